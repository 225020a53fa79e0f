//! `run.json`: one run with all its measurements.

use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bench::BenchRecord;
use super::environment::{Environment, SutRecord, ToolRecord};
use super::load::ScenarioRecord;
use super::memory::MemoryRecord;
use crate::plan::suite::Suite;

/// The format that this version of the program writes.
pub const FORMAT: u32 = 1;

/// One run. Saved after every scenario, so that an interrupted run keeps what it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// Version of this layout.
    pub format: u32,
    /// `YYYYMMDD_HHMMSS`, UTC: the name of the run's folder and files.
    pub stamp: String,
    /// When the run began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// When it ended; none while it goes on or if it was cut off.
    #[schemars(with = "Option<String>")]
    pub finished_at: Option<Timestamp>,
    /// Seed of all randomness in the plan.
    pub seed: u64,
    /// The arguments of the command.
    pub command: Vec<String>,
    /// The program that measured.
    pub tool: ToolRecord,
    /// The machine.
    pub environment: Environment,
    /// The plan as resolved.
    pub suite: Suite,
    /// SHA-256 of the resolved plan.
    pub plan_hash: String,
    /// What was measured on; none if it never got ready.
    pub sut: Option<SutRecord>,
    /// The scenarios that were begun, in order.
    pub scenarios: Vec<ScenarioRecord>,
    /// The memory profile, if taken.
    pub memory: Option<MemoryRecord>,
    /// The micro-benchmarks, if run.
    pub bench: Option<BenchRecord>,
    /// How the run ended.
    pub end: RunEnd,
}

/// How a run or a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunEnd {
    /// Still going on, or cut off without a chance to say so.
    Unfinished,
    /// All that was planned was done.
    Complete,
    /// The user stopped it (Ctrl-C, SIGTERM).
    Interrupted,
    /// It could not go on; what was measured until then is kept.
    Failed {
        /// What happened, in one sentence.
        reason: String,
    },
}

/// Why a run could not be saved or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file could not be written.
    #[error("cannot save {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
