//! What the persona's documents say on the client's topics, and topics on which they say nothing.
//!
//! The relevance is the retrieval's; here it only has to pass the threshold. A gap is reported only
//! for a topic that was looked up.

use super::Finding;
use super::history::{Passage, PassageLink, Topic, View};
use crate::domain::insight::Evidence;

/// Messages with a topic from which on it is worth a statement.
const MESSAGES: u32 = 3;
const PASSAGES: usize = 2;

pub(super) fn find(view: &View<'_>, passage_score: f64) -> Vec<Finding> {
    view.history
        .passages
        .iter()
        .filter_map(|link| {
            let topic = view.topics.iter().find(|topic| topic.label == link.topic)?;
            (topic.messages >= MESSAGES).then(|| finding(topic, link, passage_score))
        })
        .collect()
}

fn finding(topic: &Topic<'_>, link: &PassageLink, passage_score: f64) -> Finding {
    let relevant: Vec<&Passage> = link
        .passages
        .iter()
        .filter(|p| p.score > passage_score)
        .take(PASSAGES)
        .collect();
    let mut evidence = topic.evidence();
    let (detector, statement, effect) = match relevant.first() {
        Some(best) => (
            "knowledge_link",
            format!(
                "\"{}\" came up in {} messages; \"{}\" speaks of it.",
                topic.label, topic.messages, best.title
            ),
            best.score,
        ),
        None => (
            "coverage_gap",
            format!(
                "\"{}\" came up in {} messages; no relevant passage was found in the persona's documents.",
                topic.label, topic.messages
            ),
            0.0,
        ),
    };
    // Without the client's words there is nothing to link; the run drops what has no evidence.
    if !evidence.is_empty() {
        evidence.extend(relevant.iter().map(|passage| quote(passage)));
    }
    Finding {
        detector,
        slot: topic.key.to_owned(),
        statement,
        test: "retrieval_relevance",
        n: topic.messages,
        effect,
        weight: topic.weight,
        evidence,
    }
}

fn quote(passage: &Passage) -> Evidence {
    Evidence::Document {
        document_id: passage.document.clone(),
        chunk_id: passage.chunk.clone(),
        byte_start: passage.byte_start,
        byte_end: passage.byte_end,
        quote: passage.quote.clone(),
    }
}
