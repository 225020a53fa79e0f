//! What an analysis says. Every statement quotes stored messages by id and byte span.

use serde::{Deserialize, Serialize};

/// How much is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Counts, sentiment and open risk flags.
    Basic,
    /// The above with topics, key points, questions, goals.
    #[default]
    Standard,
    /// All of it, with the working figures.
    Deep,
}
