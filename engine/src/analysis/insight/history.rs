//! A client's sessions side by side, and the topics over all of them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::SessionState;
use super::super::span::Span;
use crate::domain::id::{ChunkId, DocumentId, SessionId};
use crate::domain::insight::Evidence;

/// What is known of one client, oldest session first.
#[derive(Debug, Clone, Default)]
pub struct ClientHistory {
    /// The sessions.
    pub sessions: Vec<SessionHistory>,
    /// What the persona's documents say on the topics that were looked up.
    pub passages: Vec<PassageLink>,
}

/// One folded session.
#[derive(Debug, Clone)]
pub struct SessionHistory {
    /// Which session.
    pub session: SessionId,
    /// When it was held.
    pub at: Timestamp,
    /// Its fold.
    pub state: SessionState,
}

/// What a look-up of a topic in the persona's documents brought. A topic that was looked up without
/// success has an empty list; a topic that was not looked up has no link.
#[derive(Debug, Clone, PartialEq)]
pub struct PassageLink {
    /// The topic, as [`topics_to_look_up`](super::topics_to_look_up) gave it.
    pub topic: String,
    /// The relevant passages, the best first.
    pub passages: Vec<Passage>,
}

/// A passage of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The document.
    pub document: DocumentId,
    /// The passage.
    pub chunk: ChunkId,
    /// The document's title, for the statement.
    pub title: String,
    /// First byte of the quotation in the document's content.
    pub byte_start: usize,
    /// First byte after it.
    pub byte_end: usize,
    /// The quoted words.
    pub quote: String,
    /// Relevance from 0 to 1, by the retrieval's own calibration.
    pub score: f64,
}

impl SessionHistory {
    /// The words as evidence, with the sentence around them where it is kept.
    pub(super) fn evidence(&self, span: &Span) -> Option<Evidence> {
        let quote = self.state.ids.quote(self.state.around(span))?;
        Some(Evidence::Message {
            session_id: self.session.clone(),
            message_id: quote.message_id,
            byte_start: quote.byte_start,
            byte_end: quote.byte_end,
            quote: quote.quote,
        })
    }
}

/// A topic over all sessions.
#[derive(Debug, Clone, Default)]
pub(super) struct Topic {
    pub(super) key: String,
    /// The client's words, as first said.
    pub(super) label: String,
    /// In how many sessions.
    pub(super) sessions: u32,
    /// In how many messages.
    pub(super) messages: u32,
    /// In how many sentences.
    pub(super) sentences: u32,
    /// In how many sentences that sound negative.
    pub(super) negative: u32,
    /// Observations that count as independent: those of one session by their root.
    pub(super) weight: f64,
    pub(super) evidence: Vec<Evidence>,
}

/// All topics, ordered by key.
pub(super) struct TopicHistory {
    pub(super) topics: Vec<Topic>,
}

/// Quotations kept for a topic.
const EVIDENCE: usize = 6;

impl TopicHistory {
    pub(super) fn of(history: &ClientHistory) -> Self {
        let mut topics: BTreeMap<String, Topic> = BTreeMap::new();
        for session in &history.sessions {
            for term in session.state.topics.distinct() {
                let topic = topics.entry(term.key.clone()).or_insert_with(|| Topic {
                    key: term.key.clone(),
                    label: term.label().to_owned(),
                    ..Topic::default()
                });
                topic.sessions += 1;
                topic.messages += term.messages;
                topic.sentences += term.sentences;
                topic.negative += term.negative;
                topic.weight += f64::from(term.messages).sqrt();
                for evidence in term
                    .spans()
                    .into_iter()
                    .filter_map(|span| session.evidence(span))
                {
                    if topic.evidence.len() < EVIDENCE && !topic.evidence.contains(&evidence) {
                        topic.evidence.push(evidence);
                    }
                }
            }
        }
        Self {
            topics: topics.into_values().collect(),
        }
    }

    /// The topics of more than two messages, the one of most sessions and messages first.
    pub(super) fn leading(&self) -> Vec<&Topic> {
        let mut leading: Vec<&Topic> = self.topics.iter().filter(|t| t.messages > 2).collect();
        leading.sort_by(|a, b| {
            (b.sessions, b.messages, &a.key).cmp(&(a.sessions, a.messages, &b.key))
        });
        leading
    }
}
