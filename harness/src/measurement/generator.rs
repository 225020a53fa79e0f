//! What the generator says of itself: whether it could do what it was asked to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::histogram::HistogramRecord;
use crate::units::Micros;

/// The arrivals of an open scenario. One arrival is one iteration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrivalRecord {
    /// In the schedule.
    pub scheduled: u64,
    /// Taken by a user.
    pub begun: u64,
    /// Taken late because no user was idle when they came due.
    pub backlogged: u64,
    /// Due to taken, of the backlogged. The others are in the scenario's lateness.
    pub backlog: HistogramRecord,
    /// How late the pacer was, all arrivals that came due.
    pub pacing: HistogramRecord,
    /// First due to last due instant.
    pub span: Micros,
    /// First taken to last taken; none with fewer than two.
    pub taken_span: Option<Micros>,
    /// Mean time of iterations that began with a quarter of the users or fewer at work.
    pub calm: MeanTime,
    /// Mean time of iterations during which an arrival found no idle user.
    pub crowded: MeanTime,
}

impl ArrivalRecord {
    /// Arrivals per second as scheduled, from the first to the last; none with fewer than two.
    #[must_use]
    pub fn scheduled_rate(&self) -> Option<f64> {
        rate(self.scheduled, self.span)
    }

    /// Arrivals per second as begun, from the first to the last; none with fewer than two.
    #[must_use]
    pub fn achieved_rate(&self) -> Option<f64> {
        rate(self.begun, self.taken_span?)
    }
}

/// Between the first and the last of so many there is one fewer.
fn rate(count: u64, span: Micros) -> Option<f64> {
    (count > 1 && span.0 > 0).then(|| (count - 1) as f64 / span.as_secs())
}

/// A mean with its count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanTime {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: Micros,
}

impl MeanTime {
    /// The mean in microseconds; none without samples.
    #[must_use]
    pub fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.0 as f64 / self.count as f64)
    }
}

/// What a thread saw that does nothing but sleep and look at the clocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeneratorHealth {
    /// How late it woke each time.
    pub wakes: HistogramRecord,
    /// Long gaps in which it did not wait for a processor: the program was stopped, or the machine.
    pub stood_still: Gaps,
    /// Long gaps in which it was ready and had no processor.
    pub starved: Gaps,
    /// The largest step of the wall clock against the monotonic one, in either direction.
    pub clock_step: Micros,
    /// Descriptors that may be open; none without a limit.
    pub descriptor_limit: Option<u64>,
    /// Requests that failed because no descriptor was left.
    pub without_descriptor: u64,
    /// Requests that failed because no local port or address was left.
    pub without_port: u64,
}

/// Gaps in a thread's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    /// How many.
    pub count: u64,
    /// Together.
    pub total: Micros,
    /// The longest.
    pub longest: Micros,
}

impl Gaps {
    /// Adds one.
    pub fn add(&mut self, gap: Micros) {
        self.count += 1;
        self.total.0 = self.total.0.saturating_add(gap.0);
        self.longest = self.longest.max(gap);
    }
}
