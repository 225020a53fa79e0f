//! The state of the fold: what is kept of a session so that it never has to be read again.

use serde::{Deserialize, Serialize};

use super::turns::Turns;
use super::{STATE_LIMIT, VERSION};
use crate::domain::memory::ExperienceKind;
use crate::domain::message::{Message, Role};
use crate::domain::risk::RiskFinding;

/// Why stored bytes are not a state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Folded by another version: fold the session's messages anew.
    #[error(
        "the stored analysis has version {found}, this program writes {VERSION}: fold the session's messages anew"
    )]
    Version {
        /// The stored version.
        found: u32,
    },
    /// Cut or damaged.
    #[error("the stored analysis cannot be read: fold the session's messages anew")]
    Damaged(#[source] postcard::Error),
    /// Too short to hold a version.
    #[error(
        "the stored analysis has {len} bytes, too few to hold a version: fold the session's messages anew"
    )]
    Short {
        /// Bytes given.
        len: usize,
    },
}

/// What one message showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Mean sentiment of the message's sentences, from -1 to 1; 0 for the persona's messages.
    pub affect: f64,
    /// The client's own terms, at most eight.
    pub topics: Vec<String>,
    /// How much the message weighs as a memory, from 0 to 1.
    pub importance: f64,
    /// How the memory fades.
    pub kind: ExperienceKind,
    /// What the risk rules found, all of it.
    pub risks: Vec<RiskFinding>,
}

/// The folded session.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionState {
    pub(super) turns: Turns,
}

impl SessionState {
    /// A session in which nothing was said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The state after `messages`, in their order.
    #[must_use]
    pub fn fold<'m>(messages: impl IntoIterator<Item = &'m Message>) -> Self {
        let mut state = Self::new();
        for message in messages {
            state.step(message);
        }
        state
    }

    /// Takes in one message and says what it showed.
    pub fn step(&mut self, message: &Message) -> Observation {
        let words = u32::try_from(message.content.split_whitespace().count()).unwrap_or(u32::MAX);
        self.turns.step(message.role, words);
        let said_by_client = message.role == Role::Client && words > 0;
        Observation {
            affect: 0.0,
            topics: Vec::new(),
            importance: if said_by_client { 0.1 } else { 0.0 },
            kind: ExperienceKind::Exchange,
            risks: Vec::new(),
        }
    }

    /// How many messages are folded in, both roles counted.
    #[must_use]
    pub fn messages(&self) -> u32 {
        self.turns.messages()
    }

    /// The state as it is stored, at most [`STATE_LIMIT`] bytes. The same state, the same bytes.
    ///
    /// # Errors
    /// Never for a state made by [`Self::step`]; the error is the encoder's.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StateError> {
        let head = VERSION.to_le_bytes().to_vec();
        let bytes = postcard::to_extend(self, head).map_err(StateError::Damaged)?;
        debug_assert!(bytes.len() <= STATE_LIMIT, "{} bytes", bytes.len());
        Ok(bytes)
    }

    /// The stored state.
    ///
    /// # Errors
    /// When the bytes are of another version or damaged; fold the messages anew then.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let (head, body) = bytes
            .split_first_chunk::<4>()
            .ok_or(StateError::Short { len: bytes.len() })?;
        let found = u32::from_le_bytes(*head);
        if found != VERSION {
            return Err(StateError::Version { found });
        }
        postcard::from_bytes(body).map_err(StateError::Damaged)
    }
}
