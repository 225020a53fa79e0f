//! Joins the layers into what a reply may rest on.

use jiff::Timestamp;

use crate::domain::embedding::Embedding;
use crate::domain::memory::{MemoryScope, Recalled};

/// What is to be recalled.
#[derive(Debug, Clone, Copy)]
pub struct ContextRequest<'a> {
    /// Whose memory.
    pub scope: &'a MemoryScope,
    /// The client's words.
    pub query: &'a str,
    /// The session's goals; they move relevant passages up, they make none relevant.
    pub goals: &'a [String],
    /// At most so many items.
    pub k: usize,
    /// At most so many tokens; a token is taken to be four characters.
    pub token_budget: usize,
    /// The present.
    pub now: Timestamp,
}

/// What was recalled.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The items, best first.
    pub items: Vec<Recalled>,
    /// Whether no passage of the persona's documents is relevant. Then `items` holds none, and the
    /// reply says so.
    pub abstained: bool,
    /// Tokens of the items together; a token is taken to be four characters.
    pub tokens: usize,
    /// Relevant items that the budget or `k` left out.
    pub left_out: usize,
    /// The query's vector, for what is asked of it further on.
    pub query: Embedding,
}
