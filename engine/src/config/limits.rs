//! How much of everything is taken.

use serde::Deserialize;

use super::{Unfit, within};

/// `[limits]`. What each is for stands in `defaults.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "defaults.toml is the manual")]
pub struct LimitsConfig {
    pub messages_per_session: u32,
    pub message_chars: usize,
    pub batch_messages: usize,
    pub goals_per_session: usize,
    pub goal_chars: usize,
    pub metadata_bytes: usize,
    pub documents_per_persona: usize,
    pub query_chars: usize,
    pub passages: usize,
    pub recalled: usize,
    pub context_items: usize,
    pub context_tokens: usize,
    pub recent_messages: u32,
    pub cached_folds: usize,
    pub insight_sessions: u32,
}

impl LimitsConfig {
    pub(super) fn check(&self) -> Result<(), Unfit> {
        within(
            "limits.messages_per_session",
            self.messages_per_session,
            2..=1_000_000,
        )?;
        within("limits.message_chars", self.message_chars, 1..=1_000_000)?;
        within("limits.batch_messages", self.batch_messages, 1..=1_000)?;
        within(
            "limits.goals_per_session",
            self.goals_per_session,
            0..=1_000,
        )?;
        within("limits.goal_chars", self.goal_chars, 1..=10_000)?;
        within("limits.metadata_bytes", self.metadata_bytes, 2..=1 << 20)?;
        within(
            "limits.documents_per_persona",
            self.documents_per_persona,
            1..=10_000,
        )?;
        within("limits.query_chars", self.query_chars, 1..=100_000)?;
        within("limits.passages", self.passages, 1..=1_000)?;
        within("limits.recalled", self.recalled, 1..=1_000)?;
        within("limits.context_items", self.context_items, 1..=100)?;
        within("limits.recent_messages", self.recent_messages, 0..=100)?;
        within("limits.context_tokens", self.context_tokens, 50..=100_000)?;
        within("limits.cached_folds", self.cached_folds, 1..=1_000_000)?;
        within("limits.insight_sessions", self.insight_sessions, 1..=10_000)
    }
}
