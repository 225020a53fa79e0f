//! Insights: derived statements with their evidence.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{ChunkId, ClientId, DocumentId, InsightId, MessageId, SessionId, TenantId};
use super::persona::PersonaKey;

/// What a retracted insight says in place of its statement, which may have repeated the words.
pub const RETRACTED: &str =
    "Retracted: words that this statement rested on were changed or erased.";

/// One derived statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Insight {
    /// Follows from tenant, client, persona, detector and slots: a repeat finds the same insight.
    pub id: InsightId,
    /// Whose it is.
    pub tenant: TenantId,
    /// About whom.
    pub client: ClientId,
    /// Who drew it.
    pub persona: PersonaKey,
    /// Which detector: `recurrence`, `association`, `trend`, …
    pub detector: String,
    /// What distinguishes it from others of the detector, e.g. the topic.
    pub slot: String,
    /// The statement, made of the detector's frame and the client's words.
    pub statement: String,
    /// The test behind it.
    pub test: DetectorTest,
    /// From 0 to 1.
    pub confidence: f64,
    /// What it rests on; never empty.
    pub evidence: Vec<Evidence>,
    /// What a reviewer made of it.
    pub status: InsightStatus,
    /// When it was first drawn.
    pub created_at: Timestamp,
    /// When evidence was last added.
    pub updated_at: Timestamp,
}

/// The statistical test of a detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DetectorTest {
    /// The test's name, e.g. `fisher_exact`.
    pub name: String,
    /// Observations it used.
    pub n: u32,
    /// Size of the effect in the test's own unit.
    pub effect: f64,
    /// The p value, where the test has one.
    pub p: Option<f64>,
    /// The p value after Benjamini-Hochberg over the run.
    pub q: Option<f64>,
}

/// A review's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum InsightStatus {
    Draft,
    Accepted,
    Rejected,
    /// Words that it rested on were changed or erased, or the present data does not support it.
    Retracted,
}

impl InsightStatus {
    /// The name used in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Retracted => "retracted",
        }
    }
}

/// Words that a statement rests on, equal to the stored bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// The client's words.
    Message {
        /// Where.
        #[schema(value_type = String)]
        session_id: SessionId,
        /// Which message.
        #[schema(value_type = String)]
        message_id: MessageId,
        /// First byte in the message's content.
        byte_start: usize,
        /// First byte after it.
        byte_end: usize,
        /// The words.
        quote: String,
    },
    /// Words of a document.
    Document {
        /// Which document.
        #[schema(value_type = String)]
        document_id: DocumentId,
        /// Which passage.
        #[schema(value_type = String)]
        chunk_id: ChunkId,
        /// First byte in the document's content.
        byte_start: usize,
        /// First byte after it.
        byte_end: usize,
        /// The words.
        quote: String,
    },
}
