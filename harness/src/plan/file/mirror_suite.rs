//! The suite file as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::mirror::{StepFile, TargetFile};

/// A suite: the scenarios of a release, the service they run against, and what is judged over all.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SuiteFile {
    /// What is tested, for titles.
    pub(super) subject: String,
    /// Scenario files, relative to this one, in the order of the run.
    pub(super) scenarios: Vec<String>,
    /// The service under test.
    pub(super) sut: SutFile,
    /// The memory profile.
    pub(super) memory: Option<MemoryFile>,
    /// The micro-benchmarks.
    pub(super) bench: Option<BenchFile>,
    /// What the release as a whole must meet.
    #[serde(default)]
    pub(super) summary: Vec<SummaryFile>,
    /// By name of a profile: what differs in it.
    #[serde(default)]
    pub(super) profile: BTreeMap<String, SuiteProfile>,
}

/// How to start and reach the service under test. Texts know `port`, `dir`, `secret`, `root`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SutFile {
    /// Its name.
    pub(super) name: String,
    /// The command that builds it, run before it is started.
    #[serde(default)]
    pub(super) build: Vec<String>,
    /// Templates: the command that starts it. Without it, `--target` must say where it runs.
    #[serde(default)]
    pub(super) start: Vec<String>,
    /// Templates: its environment, in addition to PATH and HOME.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// Path that answers 2xx when it can serve, e.g. "/health".
    pub(super) ready: String,
    /// How long it may take to get ready; "60 s" if not given.
    pub(super) ready_timeout: Option<String>,
    /// Path that answers JSON with the version.
    pub(super) version: Option<String>,
    /// Path that must answer 2xx with `headers` before any load.
    pub(super) probe: Option<String>,
    /// Templates: header fields sent with each request.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// Environment variable that holds the secret when attaching.
    pub(super) secret_env: Option<String>,
    /// File that holds the secret when attaching and the variable is not set.
    pub(super) secret_file: Option<String>,
    /// What its database is, for the report.
    pub(super) database: Option<String>,
}

/// The memory profile: one server process, operations one after the other.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemoryFile {
    /// After how many operations memory is read, ascending.
    pub(super) checkpoints: Vec<u32>,
    /// How often each kind of operation is done; 100 if not given.
    #[schemars(range(min = 1))]
    pub(super) kind_count: Option<u32>,
    /// How long the server is left alone before memory counts as released; "5 s" if not given.
    pub(super) settle: Option<String>,
    /// Tolerance of targets that state none.
    pub(super) tolerance: Option<String>,
    /// What one operation does, for the table over checkpoints.
    pub(super) operation: OperationFile,
    /// Kinds of operation measured one by one.
    #[serde(default)]
    pub(super) kinds: Vec<OperationFile>,
    /// Targets on the profile: metric `memory` or `memory_growth`.
    #[serde(default)]
    pub(super) targets: Vec<TargetFile>,
}

/// One kind of operation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationFile {
    /// Its name in the report.
    pub(super) name: String,
    /// How many operations go on at the same time; 1 if not given.
    #[schemars(range(min = 1))]
    pub(super) concurrency: Option<u32>,
    /// Requests before the first operation.
    #[serde(default)]
    pub(super) setup: Vec<StepFile>,
    /// The requests of one operation.
    pub(super) steps: Vec<StepFile>,
    /// Requests that give back what was made.
    #[serde(default)]
    pub(super) release: Vec<StepFile>,
}

/// Micro-benchmarks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BenchFile {
    /// Templates (`root`, `out`, `seconds`): the command.
    pub(super) command: Vec<String>,
    /// Measuring time per function, e.g. "10 s".
    pub(super) time: String,
    /// Functions that must be in the result, in the report's order.
    pub(super) functions: Vec<BenchFunctionFile>,
}

/// One benchmarked function.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BenchFunctionFile {
    /// Its name in the bench's result.
    pub(super) name: String,
    /// Its p95 must stay below this, e.g. "500 ms".
    pub(super) target: String,
}

/// One row of the summary over the whole run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SummaryFile {
    /// The row's label.
    pub(super) label: String,
    /// The requirement in words.
    pub(super) requirement: String,
    /// The figures that decide it.
    pub(super) parts: Vec<SummaryPartFile>,
}

/// One figure of a summary row.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SummaryPartFile {
    /// What the figure is called in the row.
    pub(super) label: String,
    /// A scenario's name, or `memory`.
    pub(super) scenario: String,
    /// The label of a target in it.
    pub(super) target: String,
}

/// What a profile changes of the suite.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SuiteProfile {
    /// Of the memory profile.
    pub(super) memory: Option<MemoryProfile>,
    /// Of the micro-benchmarks.
    pub(super) bench: Option<BenchProfile>,
}

/// What a profile changes of the memory profile.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemoryProfile {
    /// Whether it is taken at all; true if not given.
    pub(super) enabled: Option<bool>,
    /// Instead of `memory.checkpoints`.
    pub(super) checkpoints: Option<Vec<u32>>,
    /// Instead of `memory.kind_count`.
    #[schemars(range(min = 1))]
    pub(super) kind_count: Option<u32>,
    /// Instead of `memory.settle`.
    pub(super) settle: Option<String>,
}

/// What a profile changes of the micro-benchmarks.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BenchProfile {
    /// Whether they are run at all; true if not given.
    pub(super) enabled: Option<bool>,
    /// Instead of `bench.time`.
    pub(super) time: Option<String>,
}
