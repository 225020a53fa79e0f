//! What a target may judge, and in which unit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A measured quantity of a scenario or of the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// From the instant a request was due to the last byte of its answer; successful requests.
    ResponseTime,
    /// From the instant it was sent to the last byte; successful requests.
    ServiceTime,
    /// From the instant it was sent to the first byte of its body; successful requests.
    FirstByte,
    /// Requests that succeeded and met the target's `within`, as a share of all that ended or per time.
    Goodput,
    /// Failed requests as a share of all that ended.
    ErrorRate,
    /// Completed requests of the target's steps per second of the measured phase.
    Throughput,
    /// The same, per user.
    ThroughputPerUser,
    /// The largest number of users that were active at the same time.
    ConcurrentUsers,
    /// CPU time of the system under test as a share of all cores of the machine.
    Cpu,
    /// Resident memory of the system under test.
    Memory,
    /// Resident memory at the end of the measured phase against its start.
    MemoryGrowth,
    /// By how much resident memory rises, by the median of all pairwise slopes.
    MemorySlope,
}

/// Which figure of a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Statistic {
    Average,
    Median,
    P90,
    P95,
    P99,
    #[serde(rename = "p99_9")]
    P999,
    Min,
    Max,
}

impl Statistic {
    /// The quantile, for those that are one.
    #[must_use]
    pub fn quantile(self) -> Option<f64> {
        match self {
            Self::Median => Some(0.5),
            Self::P90 => Some(0.9),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            Self::P999 => Some(0.999),
            Self::Average | Self::Min | Self::Max => None,
        }
    }

    /// How many samples a percentile needs to be stated with 99 % confidence (the rule of MLPerf's
    /// early stopping: the chance of at most one sample beyond it is below 1 %); none for others.
    #[must_use]
    pub fn sample_floor(self) -> Option<u64> {
        match self {
            Self::Median => Some(11),
            Self::P90 => Some(64),
            Self::P95 => Some(130),
            Self::P99 => Some(662),
            Self::P999 => Some(6_636),
            Self::Average | Self::Min | Self::Max => None,
        }
    }
}

/// The unit of a bound and of the value compared with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Milliseconds,
    Percent,
    PerSecond,
    PerMinute,
    Users,
    Megabytes,
    MegabytesPerMinute,
    /// The same figure of the baseline is 100.
    PercentOfBaseline,
}

impl Metric {
    /// The units in which a bound on this quantity may be written; the first is the usual one.
    #[must_use]
    pub fn units(self) -> &'static [Unit] {
        match self {
            Self::ResponseTime | Self::ServiceTime | Self::FirstByte => &[Unit::Milliseconds],
            Self::Goodput => &[Unit::Percent, Unit::PerSecond, Unit::PerMinute],
            Self::MemorySlope => &[Unit::MegabytesPerMinute],
            Self::ErrorRate | Self::Cpu | Self::MemoryGrowth => &[Unit::Percent],
            Self::Throughput | Self::ThroughputPerUser => &[Unit::PerSecond, Unit::PerMinute],
            Self::ConcurrentUsers => &[Unit::Users],
            Self::Memory => &[Unit::Megabytes],
        }
    }

    /// Whether larger figures are better.
    #[must_use]
    pub fn more_is_better(self) -> bool {
        matches!(
            self,
            Self::Throughput | Self::ThroughputPerUser | Self::ConcurrentUsers | Self::Goodput
        )
    }

    /// The statistics that make sense for this quantity.
    #[must_use]
    pub fn statistics(self) -> &'static [Statistic] {
        use Statistic::{Average, Max, Median, Min, P90, P95, P99, P999};
        match self {
            Self::ResponseTime | Self::ServiceTime | Self::FirstByte => {
                &[Average, Median, P90, P95, P99, P999, Min, Max]
            }
            Self::Cpu => &[Average, Max],
            Self::Memory => &[Min, Max, Average],
            Self::ErrorRate
            | Self::Goodput
            | Self::MemorySlope
            | Self::Throughput
            | Self::ThroughputPerUser
            | Self::ConcurrentUsers
            | Self::MemoryGrowth => &[],
        }
    }
}
