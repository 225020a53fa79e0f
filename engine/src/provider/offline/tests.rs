use std::path::Path;

use jiff::Timestamp;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::domain::id::{ChunkId, DocumentId, ExperienceId, MessageId, SessionId, TenantId};
use crate::domain::memory::{Recalled, RecalledItem};
use crate::domain::message::{CitationSource, Message};
use crate::domain::persona::{Limits, Profile, Rules, Style, Traits};
use crate::domain::text;

#[derive(Deserialize)]
struct PersonaFile {
    name: String,
    role: String,
    version: String,
    summary: String,
    expertise: Vec<String>,
    language: String,
    traits: Traits,
    style: Style,
    rules: Rules,
    limits: Limits,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn profile(persona: &str) -> Profile {
    let path = root().join("personas").join(persona).join("persona.toml");
    let file: PersonaFile = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let PersonaFile {
        name,
        role,
        version,
        summary,
        expertise,
        language,
        traits,
        style,
        rules,
        limits,
    } = file;
    Profile {
        name,
        role,
        version,
        summary,
        expertise,
        language,
        traits,
        style,
        rules,
        limits,
    }
}

const PERSONAS: [&str; 4] = [
    "behavioural_analyst",
    "cbt_specialist",
    "facilitator",
    "therapist",
];

/// Every paragraph of the persona's documents as a passage, with the document's content.
fn passages(persona: &str) -> Vec<(String, Recalled)> {
    let folder = root().join("personas").join(persona).join("documents");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let content = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let mut at = 0;
        for block in content.split("\n\n") {
            let text = block.trim_end();
            if !text.starts_with('#') {
                let item = RecalledItem::Foundation {
                    document_id: DocumentId::derived(content.as_bytes()),
                    chunk_id: ChunkId::derived(text.as_bytes()),
                    title: "A document".to_owned(),
                    section: "A section".to_owned(),
                    byte_start: at,
                    byte_end: at + text.len(),
                    text: text.to_owned(),
                };
                found.push((
                    content.clone(),
                    Recalled {
                        item,
                        score: 1.0,
                        reasons: Vec::new(),
                    },
                ));
            }
            at += block.len() + 2;
        }
    }
    found
}

fn utterances() -> Vec<String> {
    #[derive(Deserialize)]
    struct Line {
        text: String,
    }
    let path = root().join("../scenarios/data/utterances.jsonl");
    let lines = std::fs::read_to_string(path).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str::<Line>(line).unwrap().text)
        .collect()
}

fn message(role: Role, content: &str, seq: u32) -> Message {
    Message {
        id: MessageId::derived(format!("{seq}{content}").as_bytes()),
        tenant: TenantId::shipped(),
        session: SessionId::derived(b"now"),
        seq,
        role,
        content: content.to_owned(),
        reply: None,
        metadata: serde_json::Map::new(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn experience(text: &str) -> Recalled {
    let item = RecalledItem::Experience {
        experience_id: ExperienceId::derived(text.as_bytes()),
        session_id: SessionId::derived(b"before"),
        message_id: MessageId::derived(text.as_bytes()),
        role: Role::Client,
        speaker: None,
        text: text.to_owned(),
        said_at: Timestamp::UNIX_EPOCH,
    };
    Recalled {
        item,
        score: 0.9,
        reasons: Vec::new(),
    }
}

fn prompt(persona: &str, content: &str, context: Vec<Recalled>) -> Prompt {
    Prompt {
        profile: profile(persona),
        session: SessionId::derived(b"now"),
        goals: Vec::new(),
        message: message(Role::Client, content, 0),
        turn: 0,
        recent: Vec::new(),
        context,
    }
}

fn answer(prompt: &Prompt) -> Draft {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(OfflineModel.reply(prompt)).unwrap()
}

/// Every citation equals its place in the reply and in its source.
fn assert_cited(draft: &Draft, prompt: &Prompt, document: Option<&str>) {
    let mut at = 0;
    for citation in &draft.citations {
        assert!(
            citation.reply_start >= at,
            "citations are in order and apart"
        );
        at = citation.reply_end;
        assert_eq!(
            &draft.text[citation.reply_start..citation.reply_end],
            citation.quote
        );
        let source = match &citation.source {
            CitationSource::Document {
                byte_start,
                byte_end,
                ..
            } => &document.unwrap()[*byte_start..*byte_end],
            CitationSource::Message {
                message_id,
                byte_start,
                byte_end,
                ..
            } => {
                let experience = prompt.context.iter().find_map(|r| match &r.item {
                    RecalledItem::Experience {
                        message_id: id,
                        text,
                        ..
                    } if id == message_id => Some(text.as_str()),
                    _ => None,
                });
                let own = (prompt.message.id == *message_id).then_some(&*prompt.message.content);
                &own.or(experience).unwrap()[*byte_start..*byte_end]
            }
        };
        assert_eq!(source, citation.quote);
    }
}

#[test]
fn every_citation_equals_its_source_for_all_documents_and_utterances() {
    let utterances = utterances();
    let mut said = utterances.iter().cycle();
    let (mut all, mut quoting) = (0, 0);
    for persona in PERSONAS {
        for (content, passage) in passages(persona) {
            for _ in 0..3 {
                let words = said.next().unwrap();
                let context = vec![passage.clone(), experience(said.next().unwrap())];
                let prompt = prompt(persona, words, context);
                let draft = answer(&prompt);
                assert_cited(&draft, &prompt, Some(&content));
                let quotes_document = |c: &crate::domain::message::Citation| {
                    matches!(c.source, CitationSource::Document { .. })
                };
                all += 1;
                quoting += usize::from(draft.citations.iter().any(quotes_document));
                assert!(!draft.text.contains(['{', '}']), "{}", draft.text);
            }
        }
    }
    // Passages that speak of nothing but danger to life are not quoted.
    assert!(
        quoting < all && quoting * 100 >= all * 95,
        "{quoting} of {all}"
    );
}

#[test]
fn replies_are_short_and_end_with_a_question_or_a_goal() {
    let utterances = utterances();
    let lengths: Vec<usize> = PERSONAS
        .iter()
        .flat_map(|persona| {
            passages(persona)
                .into_iter()
                .map(move |(_, p)| (*persona, p))
        })
        .zip(utterances.iter().cycle())
        .map(|((persona, passage), words)| {
            let draft = answer(&prompt(persona, words, vec![passage]));
            assert!(draft.text.ends_with(['?', '.', '”']), "{}", draft.text);
            text::word_count(&draft.text)
        })
        .collect();
    let within = lengths
        .iter()
        .filter(|words| (25..=130).contains(*words))
        .count();
    assert!(
        within * 100 >= lengths.len() * 98,
        "{within} of {}",
        lengths.len()
    );
    assert!(lengths.iter().all(|words| *words <= 140));
}

#[test]
fn the_same_prompt_gives_the_same_reply_and_another_turn_another() {
    let first = prompt(
        "therapist",
        "I miss my father more than I expected.",
        Vec::new(),
    );
    assert_eq!(answer(&first), answer(&first));
    let texts: std::collections::BTreeSet<String> = (0..10)
        .map(|turn| {
            answer(&Prompt {
                turn,
                ..first.clone()
            })
            .text
        })
        .collect();
    assert!(
        texts.len() >= 8,
        "{} different replies in ten turns",
        texts.len()
    );
}

#[test]
fn frames_of_the_last_replies_are_not_used_again() {
    let mut prompt = prompt("facilitator", "The meeting ran over again.", Vec::new());
    let style = prompt.profile.style.clone();
    for turn in 0..5 {
        prompt.turn = turn;
        let text = answer(&prompt).text;
        let opener = style
            .acknowledgements
            .iter()
            .find(|a| text.starts_with(a.as_str()))
            .unwrap();
        for earlier in prompt.recent.iter().filter(|m| m.role == Role::Persona) {
            assert!(
                !earlier.content.starts_with(opener.as_str()),
                "{opener:?} came twice"
            );
        }
        prompt
            .recent
            .push(message(Role::Persona, &text, turn * 2 + 1));
    }
}

#[test]
fn without_a_passage_it_says_so_and_quotes_no_document() {
    let prompt = prompt(
        "cbt_specialist",
        "My car needs new brake pads this week.",
        Vec::new(),
    );
    let draft = answer(&prompt);
    let style = &prompt.profile.style;
    assert!(
        style
            .no_knowledge
            .iter()
            .any(|frame| draft.text.contains(frame))
    );
    assert_eq!(draft.citations.len(), 1);
    assert_cited(&draft, &prompt, None);
}

#[test]
fn an_earlier_exchange_is_quoted_unless_it_is_one_of_the_latest() {
    let earlier = "I argued with my sister about the garden fence.";
    let mut prompt = prompt(
        "therapist",
        "My sister rang about the garden today.",
        vec![experience(earlier)],
    );
    let quoted = |draft: &Draft| draft.text.contains("argued with my sister");
    let draft = answer(&prompt);
    assert!(quoted(&draft), "{}", draft.text);
    assert_cited(&draft, &prompt, None);
    let mut latest = message(Role::Client, earlier, 1);
    latest.id = MessageId::derived(earlier.as_bytes());
    prompt.recent.push(latest);
    assert!(!quoted(&answer(&prompt)));
}

#[test]
fn words_of_a_persona_are_never_quoted() {
    let mut prompt = prompt(
        "therapist",
        "Yes, that is how the lighthouse feels to me.",
        Vec::new(),
    );
    prompt.recent.push(message(
        Role::Persona,
        "The lighthouse feels like a zephyr.",
        0,
    ));
    for turn in 0..20 {
        prompt.turn = turn;
        assert!(!answer(&prompt).text.contains("zephyr"));
    }
    prompt.message.role = Role::Persona;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let refused = runtime.block_on(OfflineModel.reply(&prompt));
    assert!(matches!(refused, Err(ProviderError::NotFromClient { .. })));
}

#[test]
fn a_goal_comes_back_now_and_then() {
    let mut prompt = prompt("facilitator", "We talked about the agenda.", Vec::new());
    prompt.goals = vec![
        "Speak up in meetings.".to_owned(),
        "Finish the agenda on time".to_owned(),
    ];
    let mentioned = (0..40)
        .filter(|turn| {
            let text = answer(&Prompt {
                turn: *turn,
                ..prompt.clone()
            })
            .text;
            text.contains("“Finish the agenda on time”")
        })
        .count();
    assert!((2..=25).contains(&mentioned), "in {mentioned} of 40 turns");
}

#[test]
fn a_message_without_words_gets_a_reply_without_a_quotation() {
    for content in ["…", "ok", "", "🙂🙂", "{quote} {passage}"] {
        let draft = answer(&prompt("therapist", content, Vec::new()));
        assert!(draft.citations.is_empty(), "{content:?}: {}", draft.text);
        assert!(!draft.text.is_empty());
    }
}

proptest! {
    #[test]
    fn any_message_is_answered_with_true_citations(content in "[a-zA-Zé“”\"'.,;:!?—() \n{}]{0,200}", memory in "[a-zA-Z ,.é]{0,120}") {
        let prompt = prompt("therapist", &content, vec![experience(&memory)]);
        let draft = answer(&prompt);
        assert_cited(&draft, &prompt, None);
    }
}
