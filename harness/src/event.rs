//! What a run tells while it goes on: plain values, printed by `report::console`, kept by nobody.
//!
//! A run never waits for its audience and never prints. An event says what happened; how it looks,
//! and whether it is shown at all, is decided by whoever takes it.

use std::path::PathBuf;

use crate::units::{Bytes, Micros};

/// One thing that happened in a run, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The run's folder exists and the work begins.
    RunStarted {
        /// `YYYYMMDD_HHMMSS`.
        stamp: String,
        /// Where everything of this run is saved.
        directory: PathBuf,
        /// How many scenarios are planned.
        scenarios: u32,
    },
    /// The command that builds the system under test was started; its output goes to a file.
    Building {
        /// The command.
        command: Vec<String>,
        /// Where its output goes.
        log: PathBuf,
    },
    /// The system under test is being started or looked for.
    Connecting {
        /// Its name.
        name: String,
        /// Where it is expected.
        url: String,
        /// Whether this run starts it.
        start: bool,
    },
    /// It answers.
    Connected {
        /// Where it was reached.
        url: String,
        /// Its process, if it can be seen and so be sampled.
        pid: Option<u32>,
        /// From start to ready, if started here.
        ready_after: Option<Micros>,
        /// What it said of its version, in short.
        version: Option<String>,
    },
    /// A scenario begins, warm-up first if it has one.
    ScenarioStarted {
        /// Its name.
        name: String,
        /// Its title.
        title: String,
        /// Its place in this run, from 1.
        position: u32,
        /// How many scenarios the run has.
        of: u32,
        /// How many users it has.
        users: u32,
        /// The longest that its measured phase may take.
        at_most: Micros,
        /// Whether a warm-up comes first.
        warm_up: bool,
    },
    /// The warm-up is over and the measured phase begins.
    Measuring {
        /// The scenario.
        name: String,
        /// Requests of the warm-up, which are in no figure.
        warm_up_requests: u64,
    },
    /// A second of the measured phase is over.
    Tick(Tick),
    /// A scenario is over.
    ScenarioEnded {
        /// Its name.
        name: String,
        /// Length of the measured phase.
        duration: Micros,
        /// Requests with an answer as expected.
        completed: u64,
        /// Requests with an error or an unexpected answer.
        failed: u64,
        /// How it ended.
        ending: Ending,
    },
    /// The memory profile begins.
    MemoryStarted,
    /// The memory profile passed a checkpoint or finished a kind of operation.
    MemoryRead {
        /// What was measured: `after 100 operations`, or the kind's name.
        label: String,
        /// Resident memory then.
        resident: Bytes,
    },
    /// The micro-benchmarks begin; their output goes to a file.
    BenchStarted {
        /// The command.
        command: Vec<String>,
        /// Where its output goes.
        log: PathBuf,
    },
    /// The micro-benchmarks are over.
    BenchEnded {
        /// How many functions were measured.
        functions: u32,
    },
    /// A planned part was left out.
    Skipped {
        /// E.g. `memory profile`.
        part: String,
        /// Why, and what would make it possible.
        reason: String,
    },
    /// A file was saved.
    Saved {
        /// The file.
        path: PathBuf,
    },
    /// Something that the user should know and that did not stop the run.
    Warning {
        /// What happened, and what to try.
        text: String,
    },
    /// The run is over and everything of it is saved.
    RunEnded {
        /// The run's folder.
        directory: PathBuf,
        /// How it ended.
        ending: Ending,
    },
}

/// How a scenario stands at the end of a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// The scenario.
    pub scenario: String,
    /// Since the start of the measured phase.
    pub elapsed: Micros,
    /// Until the latest end.
    pub left: Micros,
    /// Users active now.
    pub users: u32,
    /// Requests that ended well in this second.
    pub rate: f64,
    /// 95th percentile of their response times; none without any.
    pub p95: Option<Micros>,
    /// Requests that ended well, so far.
    pub completed: u64,
    /// Requests that failed, so far.
    pub failed: u64,
    /// Requests of the whole scenario, where the plan counts them.
    pub planned: Option<u64>,
}

/// How a run or a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All that was planned was done.
    Complete,
    /// The user stopped it.
    Interrupted,
    /// It could not go on.
    Failed {
        /// What happened, in one sentence.
        reason: String,
    },
}
