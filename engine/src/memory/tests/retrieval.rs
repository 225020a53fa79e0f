//! What is found for what clients say.

use super::corpus::{PERSONAS, files, memories, shipped, shipped_memories, utterances};
use crate::config::memory::{Fusion, MemoryConfig, VectorChoice};
use crate::domain::memory::{Recalled, RecalledItem};
use crate::domain::timing::Phases;

fn title(recalled: &Recalled) -> &str {
    match &recalled.item {
        RecalledItem::Foundation { title, .. } => title,
        _ => "",
    }
}

#[tokio::test]
async fn clear_questions_find_their_document() {
    let (_, memories) = shipped_memories(&MemoryConfig::for_tests()).await;
    let wanted = [
        (
            "cbt_specialist",
            "I can't sleep, I lie awake for hours",
            "Sleep and insomnia",
        ),
        (
            "cbt_specialist",
            "I worry about everything and cannot stop",
            "Worry and rumination",
        ),
        (
            "cbt_specialist",
            "I had a panic attack and now I avoid the lift",
            "Exposure and avoidance in anxiety",
        ),
        (
            "therapist",
            "I wake up at four and lie awake until the alarm",
            "Sleep and daily rhythm",
        ),
        (
            "therapist",
            "Since my father's death the grief comes in waves",
            "Grief and loss",
        ),
        (
            "facilitator",
            "We cannot agree on a decision, every vote ends in a tie",
            "Decision-Making Methods",
        ),
        (
            "facilitator",
            "In our video meetings the cameras stay off",
            "Remote and Hybrid Meetings",
        ),
        (
            "behavioural_analyst",
            "I keep a record of what I do every day",
            "Self-Monitoring and Feedback",
        ),
    ];
    let mut missed = Vec::new();
    for (persona, query, document) in wanted {
        let hits =
            memories.retrieve_relevant_context(&shipped(persona), query, 3, &Phases::default());
        let first = hits.first().map_or("", title);
        if first != document {
            missed.push(format!("{query}: {first:?} instead of {document:?}"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test]
async fn what_no_document_speaks_of_finds_nothing() {
    let (_, memories) = shipped_memories(&MemoryConfig::for_tests()).await;
    let foreign = [
        "What is the capital of Australia?",
        "The quarterly revenue of the steel company fell by nine percent.",
        "My car needs new brake pads and the garage is closed.",
        "Photosynthesis converts light into chemical energy.",
        "How many grams are in an ounce?",
        "ok",
        "",
    ];
    let mut answered = Vec::new();
    for persona in PERSONAS {
        for query in foreign {
            let hits =
                memories.retrieve_relevant_context(&shipped(persona), query, 3, &Phases::default());
            if let Some(hit) = hits.first() {
                answered.push(format!("{persona}, {query}: {:?}", hit.reasons));
            }
        }
    }
    assert!(answered.len() <= 1, "{answered:#?}");
}

#[tokio::test]
async fn both_fusions_and_both_vector_indexes_agree_on_clear_questions() {
    let query = "I can't sleep, I lie awake for hours";
    for fusion in [Fusion::Standardised, Fusion::ReciprocalRank] {
        for vector_index in [VectorChoice::Exact, VectorChoice::Hnsw] {
            let config = MemoryConfig {
                fusion,
                vector_index,
                ..MemoryConfig::for_tests()
            };
            let (_, memories) = shipped_memories(&config).await;
            let persona = shipped("cbt_specialist");
            let hits = memories.retrieve_relevant_context(&persona, query, 1, &Phases::default());
            assert_eq!(
                title(&hits[0]),
                "Sleep and insomnia",
                "{fusion:?} {vector_index:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_index_built_from_the_store_answers_as_the_one_that_was_filled() {
    let config = MemoryConfig::for_tests();
    let (shelf, filled) = shipped_memories(&config).await;
    let reopened = memories(&shelf, &config).await;
    assert_eq!(filled.stats(), reopened.stats());
    assert_eq!(filled.stats().personas.len(), 4);
    for said in utterances().iter().step_by(25) {
        let of = |memories: &crate::memory::Memories| {
            memories.retrieve_relevant_context(
                &shipped(&said.persona),
                &said.text,
                5,
                &Phases::default(),
            )
        };
        assert_eq!(of(&filled), of(&reopened), "{}: {}", said.topic, said.text);
    }
}

#[tokio::test]
async fn passages_of_the_shipped_documents_are_their_bytes_and_of_the_wanted_length() {
    let (_, memories) = shipped_memories(&MemoryConfig::for_tests()).await;
    let (mut all, mut within) = (0, 0);
    for persona in PERSONAS {
        for (name, content) in files(persona) {
            let (document, chunks) = memories
                .prepare_document(
                    &shipped(persona),
                    &name,
                    content,
                    jiff::Timestamp::UNIX_EPOCH,
                )
                .unwrap();
            for chunk in chunks {
                assert_eq!(
                    &document.content[chunk.byte_start..chunk.byte_end],
                    chunk.text
                );
                let end = chunk.text.trim_end_matches(['’', '”', '\'', ')']);
                assert!(end.ends_with(['.', '?', '!']), "{}", chunk.text);
                let words = crate::domain::text::word_count(&chunk.text);
                all += 1;
                within += usize::from((40..=140).contains(&words));
            }
        }
    }
    assert!(all > 200 && within * 100 >= all * 95, "{within} of {all}");
}

#[tokio::test]
async fn time_goes_to_the_phase_that_took_it() {
    let (_, memories) = shipped_memories(&MemoryConfig::for_tests()).await;
    let phases = Phases::default();
    memories.retrieve_relevant_context(&shipped("therapist"), "I miss him", 3, &phases);
    let names: Vec<&str> = phases
        .snapshot()
        .iter()
        .map(|(phase, _)| phase.as_str())
        .collect();
    assert_eq!(names, ["embed", "foundation"]);
}
