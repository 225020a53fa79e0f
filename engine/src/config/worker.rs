//! Work of the background.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use super::{Unfit, within};

/// `[worker]`. What each is for stands in `defaults.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "defaults.toml is the manual")]
pub struct WorkerConfig {
    pub enabled: bool,
    poll_seconds: u32,
    pub reflect_importance: f64,
    reflect_settle_seconds: u32,
    reflect_after_hours: u32,
    pub attempts: u32,
    first_retry_seconds: u32,
    longest_retry_seconds: u32,
    lease_seconds: u32,
    keep_finished_days: u32,
}

fn seconds(n: u32) -> SignedDuration {
    SignedDuration::from_secs(i64::from(n))
}

impl WorkerConfig {
    /// How long the worker rests at most.
    #[must_use]
    pub fn poll(&self) -> Duration {
        Duration::from_secs(u64::from(self.poll_seconds))
    }

    /// How long a reflection waits for further changes.
    #[must_use]
    pub fn settle(&self) -> SignedDuration {
        seconds(self.reflect_settle_seconds)
    }

    /// When a client is reflected on at the latest.
    #[must_use]
    pub fn schedule(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.reflect_after_hours))
    }

    /// The wait after a first failure.
    #[must_use]
    pub fn first_retry(&self) -> SignedDuration {
        seconds(self.first_retry_seconds)
    }

    /// The longest wait.
    #[must_use]
    pub fn longest_retry(&self) -> SignedDuration {
        seconds(self.longest_retry_seconds)
    }

    /// How long an attempt may take.
    #[must_use]
    pub fn lease(&self) -> SignedDuration {
        seconds(self.lease_seconds)
    }

    /// How long finished jobs can be read.
    #[must_use]
    pub fn keep_finished(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.keep_finished_days))
    }

    pub(super) fn check(&self) -> Result<(), Unfit> {
        within("worker.poll_seconds", self.poll_seconds, 1..=3_600)?;
        within(
            "worker.reflect_importance",
            self.reflect_importance,
            0.1..=1e6,
        )?;
        within(
            "worker.reflect_settle_seconds",
            self.reflect_settle_seconds,
            0..=86_400,
        )?;
        within(
            "worker.reflect_after_hours",
            self.reflect_after_hours,
            1..=8_760,
        )?;
        within("worker.attempts", self.attempts, 1..=100)?;
        within(
            "worker.first_retry_seconds",
            self.first_retry_seconds,
            1..=86_400,
        )?;
        within(
            "worker.longest_retry_seconds",
            self.longest_retry_seconds,
            1..=86_400,
        )?;
        within("worker.lease_seconds", self.lease_seconds, 5..=86_400)?;
        within(
            "worker.keep_finished_days",
            self.keep_finished_days,
            1..=3_650,
        )
    }
}
