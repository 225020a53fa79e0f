//! A suite: the scenarios of a release, the system they run against, and what is judged over all.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scenario::Scenario;
use super::step::Step;
use super::target::Target;
use crate::units::Micros;

/// Everything that one run does; saved in `run.json` as it was resolved for the profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// What is tested, for titles, e.g. `The Smart Steps AI Professional Persona module`.
    pub subject: String,
    /// The profile it was resolved for: `smoke`, `quick`, `full`.
    pub profile: String,
    /// How to start and reach the system under test.
    pub sut: Sut,
    /// The scenarios in order.
    pub scenarios: Vec<Scenario>,
    /// The memory profile, if this profile takes one.
    pub memory: Option<MemoryPlan>,
    /// The micro-benchmarks, if this profile runs them.
    pub bench: Option<BenchPlan>,
    /// Rows of appendix C: what the release as a whole must meet.
    pub summary: Vec<SummaryRow>,
}

/// The system under test. Texts marked *template* know `port`, `dir` (an empty folder of this run),
/// `secret` and `root` (the folder that holds `Cargo.toml`, or that of the suite file).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sut {
    /// Its name.
    pub name: String,
    /// A command that builds it, run before it is started; not used with `--target`.
    pub build: Vec<String>,
    /// *Templates*: the command that starts it. Empty: this suite only attaches (`--target`).
    pub start: Vec<String>,
    /// *Templates*: its environment, in addition to `PATH` and `HOME`.
    pub env: BTreeMap<String, String>,
    /// Answers 2xx when it can serve.
    pub ready_path: String,
    /// How long it may take to get ready.
    pub ready_timeout: Micros,
    /// Answers JSON with the version, if it has such a path.
    pub version_path: Option<String>,
    /// Must answer 2xx with the headers below before any load; catches a wrong secret.
    pub probe_path: Option<String>,
    /// *Templates*: sent with each request.
    pub headers: BTreeMap<String, String>,
    /// The environment variable that holds the secret when attaching.
    pub secret_env: Option<String>,
    /// The file that holds the secret when attaching and the variable is not set.
    pub secret_file: Option<String>,
    /// What its database is, for the report.
    pub database: Option<String>,
}

/// The memory profile: one server process, operations one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryPlan {
    /// After how many operations memory is read, ascending, e.g. 10, 100, 1000.
    pub checkpoints: Vec<u32>,
    /// What one operation does, for the table over checkpoints.
    pub operation: OperationPlan,
    /// Kinds of operation measured one by one, for the form's table.
    pub kinds: Vec<OperationPlan>,
    /// How often each kind is done.
    pub kind_count: u32,
    /// How long the server is left alone before memory counts as released.
    pub settle: Micros,
    /// Targets on the profile: memory at start, growth over all checkpoints.
    pub targets: Vec<Target>,
}

/// One kind of operation in the memory profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationPlan {
    /// E.g. `Session Creation`.
    pub name: String,
    /// Requests before the first operation, not counted.
    pub setup: Vec<Step>,
    /// The requests of one operation.
    pub steps: Vec<Step>,
    /// Requests after the last that give back what was made, e.g. deleting sessions; done for every
    /// value captured by `setup` and `steps`.
    pub release: Vec<Step>,
    /// How many operations go on at the same time.
    pub concurrency: u32,
}

/// Micro-benchmarks run by a command that leaves a JSON file of the format in
/// `measurement::bench`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchPlan {
    /// *Templates* (`root`, `out`, `seconds`): the command.
    pub command: Vec<String>,
    /// Seconds of measurement per function.
    pub seconds: f64,
    /// Functions that must be in the result, in the report's order.
    pub functions: Vec<BenchFunction>,
}

/// One benchmarked function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchFunction {
    /// E.g. `memory_retrieval`.
    pub name: String,
    /// Its p95 must stay below this many milliseconds.
    pub target_ms: f64,
}

/// One row of the summary over the whole run: a figure of some scenarios against a requirement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummaryRow {
    /// E.g. `Response Time`.
    pub label: String,
    /// The requirement in words, e.g. `< 500 ms simple, < 2 s complex`.
    pub requirement: String,
    /// The figures that decide it.
    pub parts: Vec<SummaryPart>,
}

/// One figure of a summary row: named targets of scenarios (`scenario` empty: of the memory plan).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummaryPart {
    /// What the figure is called in the row, e.g. `simple`.
    pub label: String,
    /// The scenario, or `memory`.
    pub scenario: String,
    /// The target's label in it.
    pub target: String,
}
