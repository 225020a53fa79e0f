//! What a scenario measured.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::archive::RunEnd;
use super::generator::{ArrivalRecord, GeneratorHealth};
use super::histogram::HistogramRecord;
use super::resource::ResourceSeries;
use crate::plan::target::Span;
use crate::units::{Bytes, Micros};

/// One scenario of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRecord {
    /// The scenario's name in the plan.
    pub name: String,
    /// When the measured phase began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// Length of the measured phase: first user's start to the last answer.
    pub duration: Micros,
    /// How it ended.
    pub end: RunEnd,
    /// Requests of the warm-up, which are in no other figure.
    pub warm_up_requests: u64,
    /// What became of the users.
    pub users: UserCounts,
    /// What became of the requests.
    pub accounting: Accounting,
    /// Per step, in the plan's order; a step without a request is in the list with zeros.
    pub steps: Vec<StepRecord>,
    /// One entry a second of the measured phase.
    pub windows: Vec<Window>,
    /// Response times of the parts of the measured phase that targets are about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageRecord>,
    /// Why requests failed, most frequent first.
    pub errors: Vec<ErrorCount>,
    /// CPU, memory and so on of the system under test; none if it cannot be seen (a remote target).
    pub server: Option<ResourceSeries>,
    /// The same of the generator, i.e. of this program.
    pub generator: ResourceSeries,
    /// How late the generator was where only it could be: it woke after a user's pause, or took an
    /// arrival for which a user was waiting.
    pub lateness: HistogramRecord,
    /// How long those requests had been due that were unanswered or unsent at the end: lower bounds
    /// of their response times. None in runs of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub censored: Option<HistogramRecord>,
    /// The arrivals of an open model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<ArrivalRecord>,
    /// What the generator saw of itself. None in runs of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<GeneratorHealth>,
}

/// Users of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserCounts {
    /// As planned.
    pub planned: u32,
    /// That began.
    pub started: u32,
    /// That came to the end of their work or were stopped in order.
    pub finished: u32,
    /// That vanished, e.g. by a panic.
    pub lost: u32,
    /// The most at the same time.
    pub peak: u32,
}

/// Every request is in exactly one of these: scheduled = completed + failed + in flight + unsent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accounting {
    /// Planned requests: users x iterations x steps where the plan counts iterations, else those
    /// that came due.
    pub scheduled: u64,
    /// With an answer as expected.
    pub completed: u64,
    /// With an error or an unexpected answer.
    pub failed: u64,
    /// Sent, and not answered when the scenario was cut off.
    pub in_flight: u64,
    /// Never sent.
    pub unsent: u64,
}

/// One step of a scenario over the whole measured phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// The step's name in the plan.
    pub step: String,
    /// The endpoint it is counted under.
    pub endpoint: String,
    /// Requests that ended well.
    pub completed: u64,
    /// Requests that ended badly.
    pub failed: u64,
    /// Due to last byte, completed requests.
    pub response: HistogramRecord,
    /// Sent to last byte, completed requests.
    pub service: HistogramRecord,
    /// Due to sent, completed requests.
    pub queue: HistogramRecord,
    /// Sent to first byte of the body, completed requests.
    pub first_byte: HistogramRecord,
    /// Due to the end, failed requests.
    pub failed_response: HistogramRecord,
    /// Bytes of the request bodies.
    pub sent: Bytes,
    /// Bytes of the answers' bodies.
    pub received: Bytes,
    /// Phases that the server reported in `Server-Timing`: name to times.
    pub phases: BTreeMap<String, HistogramRecord>,
}

/// A part of the measured phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageRecord {
    /// Which seconds.
    pub span: Span,
    /// Response times of completed requests, per step in the order of [`ScenarioRecord::steps`], by
    /// the second in which the answer was complete.
    pub response: Vec<HistogramRecord>,
}

/// One second of the measured phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Seconds since the start.
    pub second: u32,
    /// Users active at its end.
    pub users: u32,
    /// Per step, in the order of [`ScenarioRecord::steps`].
    pub steps: Vec<WindowStep>,
}

/// One step in one second, by the instant at which the answer was complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowStep {
    /// Requests that ended well.
    pub completed: u64,
    /// Requests that ended badly.
    pub failed: u64,
    /// Sum of the response times of the completed ones.
    pub sum: Micros,
    /// Their median, from the window's own histogram.
    pub p50: Option<Micros>,
    /// Their 95th percentile.
    pub p95: Option<Micros>,
    /// Their maximum.
    pub max: Option<Micros>,
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorCount {
    /// The step.
    pub step: String,
    /// `timeout`, `connect`, `reset`, `body`, `status 503`, `expectation $.id exists`, `capture …`.
    pub kind: String,
    /// How often.
    pub count: u64,
    /// The first one's detail.
    pub example: String,
}
