//! The scenario file as it is written. Every comment here is shown to users, in the schema and in
//! messages about missing keys.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::mirror_suite::SutFile;
use crate::metric::{Metric, Statistic};
use crate::plan::arrivals::Spacing;
use crate::plan::scenario::{Advance, Kind, Order, View};
use crate::plan::step::{Method, StepClass};

/// A scenario: who does what, how often, with which data, and what must come out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioFile {
    /// Name of letters, digits, `_` and `-`, unique in the suite.
    pub(super) name: String,
    /// Number in the report, from 1; its place in the suite if not given.
    pub(super) number: Option<u32>,
    /// Title in the report.
    pub(super) title: String,
    /// One sentence for the report's list of scenarios.
    pub(super) description: String,
    /// Which row of the report's form it fills.
    pub(super) kind: Kind,
    /// Whether the report shows it by its targets (usual) or by its endpoints.
    pub(super) view: Option<View>,
    /// Whether an iteration does all steps as written (usual) or one at random by weight.
    pub(super) order: Option<Order>,
    /// Tolerance of targets that state none, e.g. "20 %".
    pub(super) tolerance: Option<String>,
    /// The service under test, for a scenario that is run without a suite.
    pub(super) sut: Option<SutFile>,
    /// How much load, for how long.
    pub(super) load: LoadFile,
    /// By name of a profile: the values of `load` that differ in it.
    #[serde(default)]
    pub(super) profile: BTreeMap<String, LoadProfile>,
    /// Data files whose rows the templates can use.
    #[serde(default)]
    pub(super) data: Vec<FeedFile>,
    /// Steps that each user does once before the first iteration.
    #[serde(default)]
    pub(super) setup: Vec<StepFile>,
    /// Steps of an iteration.
    pub(super) steps: Vec<StepFile>,
    /// Steps that each user does once after the last iteration.
    #[serde(default)]
    pub(super) teardown: Vec<StepFile>,
    /// What must come out.
    pub(super) targets: Vec<TargetFile>,
}

/// How much load, for how long. Either `iterations` or `duration`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadFile {
    /// How many users at the same time.
    #[schemars(range(min = 1))]
    pub(super) users: u32,
    /// How many users start per second, e.g. "10 /s"; all in the first second if not given.
    pub(super) ramp: Option<String>,
    /// Iterations of each user.
    #[schemars(range(min = 1))]
    pub(super) iterations: Option<u32>,
    /// With `iterations`: the latest end, e.g. "2 min"; "10 min" if not given.
    pub(super) deadline: Option<String>,
    /// How long users iterate, ramp included, e.g. "2 min".
    pub(super) duration: Option<String>,
    /// The pause of a user after each iteration, e.g. "380 ms" or { min = "1 s", max = "3 s" }.
    pub(super) think: Option<ThinkFile>,
    /// Iterations of one user before the measured phase; 0 if not given.
    pub(super) warm_up: Option<u32>,
    /// When a request counts as failed, e.g. "30 s" (as if not given).
    pub(super) request_timeout: Option<String>,
    /// An open model: iterations come due at this rate, e.g. "200 /s" with a `duration`, or at the
    /// rates of a list of stages. `users` are then the pool that sends, without pauses.
    pub(super) arrivals: Option<ArrivalsFile>,
    /// With `arrivals`: `even` (usual) or `poisson`, which is drawn from the seed.
    pub(super) spacing: Option<Spacing>,
    /// With `arrivals`: how long after the last one answers are waited for; "10 s" if not given.
    pub(super) drain: Option<String>,
}

/// A constant rate, or stages.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ArrivalsFile {
    /// E.g. "200 /s".
    Constant(String),
    /// One after the other.
    Stages(Vec<StageFile>),
}

/// A span of time: either `rate`, or `from` and `to`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StageFile {
    /// A constant rate, e.g. "50 /s".
    pub(super) rate: Option<String>,
    /// The rate at its begin, e.g. "0 /s".
    pub(super) from: Option<String>,
    /// The rate at its end.
    pub(super) to: Option<String>,
    /// Its length, e.g. "30 s".
    pub(super) lasts: String,
}

/// What a profile changes of the load.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadProfile {
    /// Instead of `load.users`.
    #[schemars(range(min = 1))]
    pub(super) users: Option<u32>,
    /// Instead of `load.ramp`.
    pub(super) ramp: Option<String>,
    /// Instead of `load.iterations` or `load.duration`.
    #[schemars(range(min = 1))]
    pub(super) iterations: Option<u32>,
    /// Instead of `load.deadline`.
    pub(super) deadline: Option<String>,
    /// Instead of `load.duration` or `load.iterations`.
    pub(super) duration: Option<String>,
    /// Instead of `load.think`.
    pub(super) think: Option<ThinkFile>,
    /// Instead of `load.warm_up`.
    pub(super) warm_up: Option<u32>,
    /// Instead of `load.arrivals`.
    pub(super) arrivals: Option<ArrivalsFile>,
}

/// A constant pause, or one that is uniform between two bounds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ThinkFile {
    /// E.g. "380 ms".
    Constant(String),
    /// E.g. { min = "1 s", max = "3 s" }.
    Uniform(ThinkRange),
}

/// The bounds of a pause.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ThinkRange {
    /// The shortest pause.
    pub(super) min: String,
    /// The longest pause.
    pub(super) max: String,
}

/// A JSONL file: one JSON value a line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedFile {
    /// The variable's name in templates.
    pub(super) name: String,
    /// The file, relative to this one.
    pub(super) file: String,
    /// When a user moves on to the next row: `user` (never), `iteration` (usual) or `request`.
    pub(super) advance: Option<Advance>,
    /// A list field: each row is repeated for every entry, which stands in place of the list.
    pub(super) explode: Option<String>,
}

/// A request and what is expected of its answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StepFile {
    /// Name of letters, digits, `_` and `-`, unique in the scenario.
    pub(super) name: String,
    /// Row of the endpoint table, e.g. `/sessions/{id}`; the path's own shape if not given.
    pub(super) endpoint: Option<String>,
    /// HTTP method; GET if not given.
    pub(super) method: Option<Method>,
    /// Template: the path with its query, beginning with `/`.
    pub(super) path: String,
    /// Templates: header fields.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// The JSON body, a template in every text of it. A text that is nothing but one {{ name }}
    /// yields the value itself.
    pub(super) body: Option<Value>,
    /// Values taken out of the answer: variable name to JSONPath.
    #[serde(default)]
    pub(super) capture: BTreeMap<String, String>,
    /// Statuses that count as success; 200 to 299 if not given.
    #[serde(default)]
    pub(super) status: Vec<u16>,
    /// Conditions on the JSON body of the answer.
    #[serde(default)]
    pub(super) check: Vec<CheckFile>,
    /// How often the step is done in a row; 1 if not given.
    #[schemars(range(min = 1))]
    pub(super) repeat: Option<u32>,
    /// Its share where order = "weighted"; 1 if not given.
    #[schemars(range(min = 1))]
    pub(super) weight: Option<u32>,
    /// Done only in every so-many-th iteration; 1 if not given.
    #[schemars(range(min = 1))]
    pub(super) every: Option<u32>,
    /// `simple` (usual) or `complex`, for requests that are expected to take longer.
    pub(super) class: Option<StepClass>,
}

/// A condition on the first value that a JSONPath finds: exactly one of the three.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckFile {
    /// JSONPath, e.g. `$.message.id`.
    pub(super) path: String,
    /// There is a value (true) or there is none (false).
    pub(super) exists: Option<bool>,
    /// It equals this; texts are templates.
    pub(super) equals: Option<Value>,
    /// It is a list or text of at least this length.
    pub(super) min_length: Option<u64>,
}

/// What must hold of one figure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetFile {
    /// The row's label in the report, unique in the scenario.
    pub(super) label: String,
    /// The measured quantity.
    pub(super) metric: Metric,
    /// Which figure of it, e.g. `p95`; only where the quantity has several.
    pub(super) statistic: Option<Statistic>,
    /// Only these steps; all steps of the iterations if not given.
    #[serde(default)]
    pub(super) steps: Vec<String>,
    /// Only steps of these endpoints.
    #[serde(default)]
    pub(super) endpoints: Vec<String>,
    /// Only this part of the measured phase: "ramp", "steady" (after the ramp), or
    /// { from = "10 s", to = "30 s" } in whole seconds.
    pub(super) phase: Option<PhaseFile>,
    /// Of `goodput`: what a successful request must meet, e.g. "< 200 ms" of response time.
    pub(super) within: Option<String>,
    /// The bound, e.g. "< 500 ms", or "< 110 % of baseline".
    pub(super) bound: String,
    /// By how much of the bound the figure may miss it and still be MARGINAL, e.g. "20 %".
    pub(super) tolerance: Option<String>,
    /// A figure beyond this on the good side cannot be true, e.g. "0.05 ms".
    pub(super) implausible: Option<String>,
}

/// A part of the measured phase.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum PhaseFile {
    /// "ramp" or "steady".
    Named(String),
    /// E.g. { from = "10 s", to = "30 s" }.
    Between(PhaseRange),
}

/// The ends of a part of the measured phase.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PhaseRange {
    /// Its begin, in whole seconds; the start if not given.
    pub(super) from: Option<String>,
    /// Its end, in whole seconds; the end if not given.
    pub(super) to: Option<String>,
}
