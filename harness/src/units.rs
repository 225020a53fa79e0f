//! Quantities with their unit in the type. Formatting happens in `report::filters` alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A span of time in whole microseconds.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Micros(pub u64);

impl Micros {
    /// From a duration, cut to whole microseconds.
    #[must_use]
    pub fn from_duration(duration: std::time::Duration) -> Self {
        Self(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    /// As a duration.
    #[must_use]
    pub fn to_duration(self) -> std::time::Duration {
        std::time::Duration::from_micros(self.0)
    }

    /// In milliseconds.
    #[must_use]
    pub fn as_millis(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// In seconds.
    #[must_use]
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1_000_000.0
    }
}

/// An amount of memory or traffic.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// In megabytes of 1,000,000 bytes, the unit of the reports.
    #[must_use]
    pub fn as_megabytes(self) -> f64 {
        self.0 as f64 / 1_000_000.0
    }
}
