//! What is remembered: experiences, knowledge of a domain, and what a recall brings back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{
    ChunkId, ClientId, DocumentId, ExperienceId, InsightId, MessageId, SessionId, TenantId,
};
use super::message::{Message, Role};
use super::persona::PersonaKey;

/// Whose memory: one persona's of one client of one tenant. Nothing is ever looked up without it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MemoryScope {
    /// The owner of the data.
    pub tenant: TenantId,
    /// The client.
    pub client: ClientId,
    /// The persona that remembers.
    pub persona: PersonaKey,
}

/// How long a memory stays vivid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExperienceKind {
    /// An ordinary exchange.
    Exchange,
    /// A goal or commitment of the client; does not fade.
    Commitment,
    /// An exchange with a risk flag; does not fade.
    Risk,
}

impl ExperienceKind {
    /// The name used in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Commitment => "commitment",
            Self::Risk => "risk",
        }
    }
}

/// Who said what is remembered, where in the session, and what was shown with it: read from the
/// message, so that it is stored once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The client, or somebody else whose words a transcript holds; never the engine.
    pub role: Role,
    /// The message's place in its session.
    pub seq: u32,
    /// The speaker's name, if the message's metadata tells it.
    pub speaker: Option<String>,
    /// What a picture shows that was sent with the words, if the message's metadata tells it.
    pub caption: Option<String>,
}

impl Origin {
    /// The key of a message's metadata that holds the speaker's name.
    pub const SPEAKER: &str = "speaker";
    /// The key of a message's metadata that holds the caption of what was shown.
    pub const CAPTION: &str = "caption";

    /// What a message with these properties tells of itself.
    #[must_use]
    pub fn new(
        role: Role,
        seq: u32,
        metadata: &serde_json::Map<String, serde_json::Value>,
    ) -> Self {
        let text = |key: &str| {
            let text = metadata.get(key)?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self {
            role,
            seq,
            speaker: text(Self::SPEAKER),
            caption: text(Self::CAPTION),
        }
    }

    /// What `message` tells of itself.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        Self::new(message.role, message.seq, &message.metadata)
    }

    /// An unnamed client's first words.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            role: Role::Client,
            seq: 0,
            speaker: None,
            caption: None,
        }
    }
}

/// One exchange that a persona keeps of a client: the client's words or, from a transcript, those of
/// another person. What the engine itself says is never kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    /// Its id.
    pub id: ExperienceId,
    /// Whose memory.
    pub scope: MemoryScope,
    /// Where it was said.
    pub session: SessionId,
    /// The client's message.
    pub message: MessageId,
    /// The words, verbatim.
    pub text: String,
    /// Who said them, and where in the session.
    pub origin: Origin,
    /// Topics found in it: the client's own terms, at most eight.
    pub topics: Vec<String>,
    /// Sentiment from -1 to 1.
    pub affect: f64,
    /// How much it weighs, from 0 to 1.
    pub importance: f64,
    /// How it fades.
    pub kind: ExperienceKind,
    /// When it was said.
    pub created_at: Timestamp,
}

/// The four layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the design's own names")]
pub enum Layer {
    Foundation,
    Experience,
    Synthesis,
    Metacognition,
}

/// Why an item was recalled: one line per source that voted for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScorePart {
    /// `bm25`, `vector`, `recency`, `importance`, `fusion`, …
    pub source: String,
    /// The source's own score.
    pub score: f64,
    /// The place in the source's list, from 1, where the source ranks.
    pub rank: Option<usize>,
}

/// Something recalled from one of the layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    /// What it is.
    pub item: RecalledItem,
    /// The final score by which items are ordered.
    pub score: f64,
    /// How the score came about.
    pub reasons: Vec<ScorePart>,
}

/// The item itself, with what is needed to quote it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "layer", rename_all = "snake_case")]
pub enum RecalledItem {
    /// A passage of a document.
    Foundation {
        /// The document.
        document_id: DocumentId,
        /// The passage.
        chunk_id: ChunkId,
        /// The document's title.
        title: String,
        /// The heading above it.
        section: String,
        /// First byte in the document.
        byte_start: usize,
        /// First byte after it.
        byte_end: usize,
        /// The passage, verbatim.
        text: String,
    },
    /// A remembered exchange.
    Experience {
        /// The experience.
        experience_id: ExperienceId,
        /// Where it was said.
        session_id: SessionId,
        /// The message.
        message_id: MessageId,
        /// `client`, or `persona` for another person's words in a transcript.
        role: Role,
        /// The speaker's name, where it is known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        speaker: Option<String>,
        /// The words, verbatim.
        text: String,
        /// When it was said.
        said_at: Timestamp,
    },
    /// A derived statement.
    Synthesis {
        /// The insight.
        insight_id: InsightId,
        /// Its statement.
        text: String,
    },
}

impl RecalledItem {
    /// The words of the item.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Foundation { text, .. }
            | Self::Experience { text, .. }
            | Self::Synthesis { text, .. } => text,
        }
    }
}

/// What a persona knows how well: confidence as a Beta distribution, moved by reviews, abstentions
/// and contradictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnowledgeDomain {
    /// The tenant whose use of the persona moved it.
    pub tenant: TenantId,
    /// The persona.
    pub persona: PersonaKey,
    /// The domain, as in the persona's expertise.
    pub domain: String,
    /// Evidence for, with the prior.
    pub alpha: f64,
    /// Evidence against, with the prior.
    pub beta: f64,
    /// How often passages were found for questions in it.
    pub answered: u64,
    /// How often nothing relevant was found.
    pub abstained: u64,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// What one use or review adds to a knowledge domain.
#[derive(Debug, Clone, PartialEq)]
pub struct KnowledgeGain {
    /// The tenant whose use of the persona it was.
    pub tenant: TenantId,
    /// The persona.
    pub persona: PersonaKey,
    /// The domain, as in the persona's expertise.
    pub domain: String,
    /// Evidence for.
    pub alpha: f64,
    /// Evidence against.
    pub beta: f64,
    /// Questions for which passages were found.
    pub answered: u64,
    /// Questions for which nothing relevant was found.
    pub abstained: u64,
    /// When it was observed.
    pub at: Timestamp,
}

impl KnowledgeDomain {
    /// The prior of both parameters: as much for as against, and little of both (Jeffreys' prior of
    /// a proportion).
    pub const PRIOR: f64 = 0.5;

    /// The mean of the Beta distribution, between 0 and 1.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }
}
