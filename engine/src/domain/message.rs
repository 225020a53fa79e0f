//! Messages and what a reply rests on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{ChunkId, DocumentId, ExperienceId, MessageId, SessionId, TenantId};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person served.
    Client,
    /// The engine's persona; what it says never becomes evidence.
    Persona,
}

impl Role {
    /// The name used in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Persona => "persona",
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Where it stands.
    pub session: SessionId,
    /// Its place in the session, from 0.
    pub seq: u32,
    /// Who spoke.
    pub role: Role,
    /// What was said.
    pub content: String,
    /// How it was made, when the persona spoke.
    pub reply: Option<ReplyNote>,
    /// The caller's own data, kept as given.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// How a persona's reply came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplyNote {
    /// Which provider wrote it, e.g. `extractive` or `llm:<model>`.
    pub method: String,
    /// Why a lesser provider than the configured one answered, if one did.
    pub degraded: Option<String>,
    /// The client's message that it answers.
    pub answers: MessageId,
    /// What it quotes.
    pub citations: Vec<Citation>,
}

/// A quotation inside a reply, byte for byte equal to its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Citation {
    /// First byte of the quotation in the reply.
    pub reply_start: usize,
    /// First byte after it.
    pub reply_end: usize,
    /// Where it comes from.
    pub source: CitationSource,
    /// The quoted words.
    pub quote: String,
}

/// What a citation points at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CitationSource {
    /// A passage of a foundation document.
    Document {
        /// The document.
        document_id: DocumentId,
        /// The passage.
        chunk_id: ChunkId,
        /// The document's title.
        title: String,
        /// The section's heading.
        section: String,
        /// First byte of the quotation in the document's content.
        byte_start: usize,
        /// First byte after it.
        byte_end: usize,
        /// How relevant the passage was found to be.
        score: f64,
    },
    /// Words of the client, in this session or an earlier one.
    Message {
        /// The session.
        session_id: SessionId,
        /// The message.
        message_id: MessageId,
        /// The remembered exchange, when it came from memory.
        experience_id: Option<ExperienceId>,
        /// First byte of the quotation in the message's content.
        byte_start: usize,
        /// First byte after it.
        byte_end: usize,
    },
}
