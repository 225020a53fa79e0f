//! May this be judged at all? Decided before any target; whatever is missing makes a run or a
//! scenario INVALID, and each cause says what to do about it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use super::generator;
use crate::measurement::archive::{FORMAT, RunEnd, RunRecord};
use crate::measurement::bench::BenchRecord;
use crate::measurement::load::ScenarioRecord;
use crate::measurement::memory::MemoryRecord;
use crate::plan::scenario::Scenario;
use crate::plan::suite::{BenchPlan, MemoryPlan};

/// Share of scheduled requests, in percent, that may be cut off before the rest says too little.
pub const CUT_OFF_LIMIT: f64 = 1.0;

/// What makes a run or a part of it invalid.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// Written by another version of the program.
    Format,
    /// Nothing was measured, or nothing was to be judged.
    NoData,
    /// The system under test never got ready.
    SystemMissing,
    /// The run or scenario could not go on.
    Failed,
    /// Somebody stopped it.
    Interrupted,
    /// It was cut off without a word.
    Unfinished,
    /// A planned part is not in the record.
    PartMissing,
    /// The record holds a part that was not planned.
    PartUnplanned,
    /// A step ended no request.
    StepWithoutSample,
    /// Users vanished or never started.
    LostUsers,
    /// The counts do not add up.
    Accounting,
    /// Too much was left unsent or unanswered.
    CutOff,
    /// The generator's own use of the processors was the limit.
    Generator,
    /// Other programs, or too few cores, kept the generator from the processors.
    GeneratorStarved,
    /// The generator was stopped for a while.
    GeneratorStopped,
    /// Arrivals waited for a user although the system under test was at ease.
    PoolExhausted,
    /// The generator had no descriptor left.
    Descriptors,
    /// The generator's machine had no local port left.
    Connections,
    /// The clock or the samples do not run forward.
    Clock,
    /// A saved distribution cannot be read.
    Corrupt,
    /// Requests of a profile failed.
    ProfileFailures,
    /// The baseline cannot be compared with.
    Baseline,
}

/// One cause, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// Which.
    pub kind: CauseKind,
    /// What happened.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl Cause {
    pub(super) fn new(kind: CauseKind, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            advice: advice.into(),
        }
    }

    /// The cause of a run in which no target was judged.
    pub(crate) fn nothing_judged() -> Self {
        Self::new(
            CauseKind::NoData,
            "no target was judged",
            "run a suite whose scenarios declare targets; a run without a judgement is no pass",
        )
    }
}

/// What makes the whole run invalid.
pub(crate) fn of_run(record: &RunRecord) -> Vec<Cause> {
    let mut causes = Vec::new();
    if record.format != FORMAT {
        causes.push(Cause::new(
            CauseKind::Format,
            format!(
                "run.json has format {}, this program reads {FORMAT}",
                record.format
            ),
            "use the version of the program that wrote it",
        ));
    }
    causes.extend(of_end(&record.end, "the run"));
    if record.sut.is_none() {
        causes.push(Cause::new(
            CauseKind::SystemMissing,
            format!(
                "the system under test ({}) never got ready",
                record.suite.sut.name
            ),
            "start it by hand with the command of the suite and look at its log",
        ));
    }
    let planned: BTreeSet<&str> = record
        .suite
        .scenarios
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    let measured: BTreeSet<&str> = record.scenarios.iter().map(|s| s.name.as_str()).collect();
    if measured.len() < record.scenarios.len() {
        causes.push(Cause::new(
            CauseKind::PartUnplanned,
            "a scenario is in the record twice",
            "measure again; never join records by hand",
        ));
    }
    for name in planned.difference(&measured) {
        causes.push(Cause::new(
            CauseKind::PartMissing,
            format!("the planned scenario {name} was not measured"),
            "let the run come to its end, or leave the scenario out of the plan",
        ));
    }
    for name in measured.difference(&planned) {
        causes.push(Cause::new(
            CauseKind::PartUnplanned,
            format!("the record holds a scenario {name} that the plan does not"),
            "measure again; never join records by hand",
        ));
    }
    let nothing_planned =
        planned.is_empty() && record.suite.memory.is_none() && record.suite.bench.is_none();
    if nothing_planned {
        causes.push(Cause::nothing_judged());
    }
    causes
}

fn of_end(end: &RunEnd, whose: &str) -> Option<Cause> {
    match end {
        RunEnd::Complete => None,
        RunEnd::Unfinished => Some(Cause::new(
            CauseKind::Unfinished,
            format!("{whose} was cut off before its end"),
            "run it again; if it is killed, look for the kernel's out-of-memory message",
        )),
        RunEnd::Interrupted => Some(Cause::new(
            CauseKind::Interrupted,
            format!("{whose} was interrupted"),
            "run it again and let it come to its end",
        )),
        RunEnd::Failed { reason } => Some(Cause::new(
            CauseKind::Failed,
            format!("{whose} could not go on: {reason}"),
            "mend what the message names and run it again",
        )),
    }
}

/// What makes one scenario invalid.
pub(crate) fn of_scenario(plan: &Scenario, record: &ScenarioRecord) -> Vec<Cause> {
    let mut causes: Vec<Cause> = of_end(&record.end, "the scenario").into_iter().collect();
    causes.extend(of_steps(plan, record));
    causes.extend(of_users(record));
    causes.extend(of_accounting(record));
    causes.extend(of_clock(record));
    causes.extend(generator::causes(record));
    causes
}

fn of_steps(plan: &Scenario, record: &ScenarioRecord) -> Vec<Cause> {
    let mut causes = Vec::new();
    for step in &plan.steps {
        let Some(found) = record.steps.iter().find(|s| s.step == step.name) else {
            causes.push(Cause::new(
                CauseKind::PartMissing,
                format!("the planned step {} is not in the record", step.name),
                "measure again with this version of the program",
            ));
            continue;
        };
        if found.completed + found.failed == 0 {
            causes.push(Cause::new(
                CauseKind::StepWithoutSample,
                format!("the step {} ended no request", step.name),
                "lengthen the scenario, raise the step's weight or lower its `every`",
            ));
        }
    }
    let planned = |name: &str| {
        [&plan.setup, &plan.steps, &plan.teardown]
            .iter()
            .any(|list| list.iter().any(|s| s.name == name))
    };
    for step in record.steps.iter().filter(|step| !planned(&step.step)) {
        causes.push(Cause::new(
            CauseKind::PartUnplanned,
            format!(
                "the record holds a step {} that the plan does not",
                step.step
            ),
            "measure again; never join records by hand",
        ));
    }
    for step in &record.steps {
        let kept = [&step.response, &step.service]
            .into_iter()
            .chain([&step.failed_response]);
        let read = kept
            .map(|record| Distribution::merge([record]))
            .collect::<Result<Vec<_>, _>>();
        let what = match read {
            Err(error) => error.to_string(),
            Ok(read) => {
                let counts: Vec<u64> = read.iter().map(Distribution::count).collect();
                if counts == [step.completed, step.completed, step.failed] {
                    continue;
                }
                "its histograms hold another number of samples than it counted".to_owned()
            }
        };
        causes.push(Cause::new(
            CauseKind::Corrupt,
            format!("the step {} cannot be judged: {what}", step.step),
            "restore run.json from its folder's copy, or measure again",
        ));
    }
    causes
}

fn of_users(record: &ScenarioRecord) -> Option<Cause> {
    let users = record.users;
    let whole = users.lost == 0
        && users.started == users.planned
        && users.finished + users.lost == users.started
        && users.started > 0;
    (!whole).then(|| {
        Cause::new(
            CauseKind::LostUsers,
            format!(
                "of {} planned users {} started, {} finished and {} were lost",
                users.planned, users.started, users.finished, users.lost
            ),
            "lengthen the scenario past its ramp; a lost user is a bug, so look at the log",
        )
    })
}

fn of_accounting(record: &ScenarioRecord) -> Vec<Cause> {
    let counts = record.accounting;
    let mut causes = Vec::new();
    let ended = counts.completed + counts.failed;
    let sum = ended + counts.in_flight + counts.unsent;
    if sum != counts.scheduled {
        causes.push(Cause::new(
            CauseKind::Accounting,
            format!(
                "{} requests were scheduled and {sum} are accounted for",
                counts.scheduled
            ),
            "this is a bug of the harness: keep the folder of the run and report it",
        ));
    }
    let steps = record
        .steps
        .iter()
        .fold((0, 0), |sum, s| (sum.0 + s.completed, sum.1 + s.failed));
    if steps != (counts.completed, counts.failed) {
        causes.push(Cause::new(
            CauseKind::Accounting,
            format!(
                "the steps count {} completed and {} failed requests, the scenario {} and {}",
                steps.0, steps.1, counts.completed, counts.failed
            ),
            "this is a bug of the harness: keep the folder of the run and report it",
        ));
    }
    let windows = record.windows.iter().flat_map(|window| &window.steps);
    let windows = windows.fold((0, 0), |sum, s| (sum.0 + s.completed, sum.1 + s.failed));
    if windows != steps {
        causes.push(Cause::new(
            CauseKind::Accounting,
            format!(
                "the seconds count {} completed and {} failed requests, the steps {} and {}",
                windows.0, windows.1, steps.0, steps.1
            ),
            "this is a bug of the harness: keep the folder of the run and report it",
        ));
    }
    let cut_off = counts.in_flight + counts.unsent;
    if counts.scheduled > 0 && cut_off as f64 > counts.scheduled as f64 * CUT_OFF_LIMIT / 100.0 {
        causes.push(Cause::new(
            CauseKind::CutOff,
            format!(
                "{cut_off} of {} requests were unsent or unanswered at the end, over {CUT_OFF_LIMIT} %",
                counts.scheduled
            ),
            "raise the deadline or lower the number of iterations: what was cut off is what was slow",
        ));
    }
    if ended == 0 {
        causes.push(Cause::new(
            CauseKind::NoData,
            "no request ended",
            "try the scenario's first step by hand, e.g. with curl, and look at the server's log",
        ));
    }
    causes
}

fn of_clock(record: &ScenarioRecord) -> Option<Cause> {
    let forward = |samples: &[crate::measurement::resource::ResourceSample]| {
        samples
            .windows(2)
            .all(|pair| pair[0].at <= pair[1].at && pair[0].cpu <= pair[1].cpu)
    };
    let server = record
        .server
        .as_ref()
        .is_none_or(|series| forward(&series.samples));
    let seconds = record
        .windows
        .windows(2)
        .all(|pair| pair[0].second < pair[1].second);
    (!(server && seconds && forward(&record.generator.samples))).then(|| {
        Cause::new(
            CauseKind::Clock,
            "samples do not run forward in time or in CPU time",
            "look whether the server restarted or a process of its tree ended, then measure again",
        )
    })
}

/// What makes the memory profile invalid.
pub(crate) fn of_memory(plan: &MemoryPlan, record: Option<&MemoryRecord>) -> Vec<Cause> {
    let Some(record) = record else {
        return vec![Cause::new(
            CauseKind::PartMissing,
            "the planned memory profile was not taken",
            "let the run come to its end; the profile needs a server on this machine",
        )];
    };
    let mut causes = Vec::new();
    let taken: Vec<u32> = record.checkpoints.iter().map(|c| c.operations).collect();
    if taken != plan.checkpoints {
        causes.push(Cause::new(
            CauseKind::PartMissing,
            format!(
                "checkpoints at {:?} operations were planned, {taken:?} taken",
                plan.checkpoints
            ),
            "let the run come to its end",
        ));
    }
    if record.failed_requests > 0 {
        let first = record
            .first_failure
            .as_deref()
            .unwrap_or("no detail was kept");
        causes.push(Cause::new(
            CauseKind::ProfileFailures,
            format!(
                "{} requests of the profile failed; the first: {first}",
                record.failed_requests
            ),
            "mend the operation's steps: memory of failed requests says nothing",
        ));
    }
    causes
}

/// What makes the benchmarks invalid.
pub(crate) fn of_bench(plan: &BenchPlan, record: Option<&BenchRecord>) -> Vec<Cause> {
    let Some(record) = record else {
        return vec![Cause::new(
            CauseKind::PartMissing,
            "the planned benchmarks were not run",
            "let the run come to its end, or run the bench command of the suite by hand",
        )];
    };
    let missing: Vec<&str> = plan
        .functions
        .iter()
        .map(|function| function.name.as_str())
        .filter(|name| !record.functions.iter().any(|f| f.name == *name))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    vec![Cause::new(
        CauseKind::PartMissing,
        format!("the benchmarks left no figure for {}", missing.join(", ")),
        "make the bench command write every function that the plan names",
    )]
}
