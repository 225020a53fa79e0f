//! Who writes a persona's replies.
//!
//! [`OfflineModel`] needs no network and no model: it composes the persona's own sentence frames with
//! words quoted from the client and from the persona's documents. A provider sees one prompt and
//! returns one draft; it refuses to look anything up and to remember anything.

mod offline;

use async_trait::async_trait;

pub use offline::OfflineModel;

use crate::domain::id::SessionId;
use crate::domain::memory::Recalled;
use crate::domain::message::{Citation, Message};
use crate::domain::persona::Profile;

/// Writes replies.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// The provider's name, for logs and metrics.
    fn name(&self) -> &str;
    /// The persona's answer to the client's message.
    async fn reply(&self, prompt: &Prompt) -> Result<Draft, ProviderError>;
}

/// All that a reply may rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Who answers.
    pub profile: Profile,
    /// In which session.
    pub session: SessionId,
    /// The session's goals, in the client's words.
    pub goals: Vec<String>,
    /// The client's message.
    pub message: Message,
    /// Which turn of the client this is, from 0.
    pub turn: u32,
    /// The latest messages before it, in order.
    pub recent: Vec<Message>,
    /// What was recalled, best first; without a passage when nothing is relevant.
    pub context: Vec<Recalled>,
}

/// A reply before it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The words.
    pub text: String,
    /// How they came about: `extractive`.
    pub method: String,
    /// What they quote, in order of appearance.
    pub citations: Vec<Citation>,
}

/// A provider gave no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The message to answer was not written by the client.
    #[error("message {message} was not written by the client; only a client's message is answered")]
    NotFromClient {
        /// The message.
        message: String,
    },
    /// The persona has no sentence frame of a kind that every reply needs.
    #[error("persona {persona}: style.{list} is empty; add at least one sentence frame")]
    NoFrames {
        /// The persona's name.
        persona: String,
        /// The list in its style.
        list: &'static str,
    },
}

impl ProviderError {
    /// Whether the same prompt may get a reply later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        false
    }
}
