//! How API keys are looked up.

use std::time::Duration;

use serde::Deserialize;

use super::{Unfit, within};

/// `[auth]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    cache_seconds: u64,
    /// How many keys are remembered at most.
    pub cache_entries: usize,
}

impl AuthConfig {
    /// How long a key's owner is remembered.
    #[must_use]
    pub fn cache_time(&self) -> Duration {
        Duration::from_secs(self.cache_seconds)
    }

    pub(super) fn check(&self) -> Result<(), Unfit> {
        within("auth.cache_seconds", self.cache_seconds, 0..=3_600)?;
        within("auth.cache_entries", self.cache_entries, 1..=1_000_000)
    }
}
