//! The runs of a comparison, one after the other, each saved when it exists.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use tokio::runtime::Runtime;

use super::build::Build;
use crate::cli::measure::{CliError, Muted};
use crate::measurement::archive::{RunEnd, RunRecord};
use crate::measurement::clock::{Clock as _, SystemClock};
use crate::measurement::comparison::{ComparedRun, ComparisonRecord, Side, Subject};
use crate::measurement::load::ScenarioRecord;
use crate::metric::{Metric, Statistic, Unit};
use crate::plan::hash::hash;
use crate::plan::suite::Suite;
use crate::plan::target::{Bound, Relation, Target};
use crate::run::{self, RunOptions};
use crate::verdict::comparison::is_over;
use crate::verdict::distribution::Distribution;
use crate::verdict::figure::{self, Figure};
use crate::verdict::validity::{self, CauseKind};

/// What every run of a comparison has in common.
pub(super) struct Session<'a> {
    pub(super) suite: &'a Suite,
    pub(super) folder: &'a Path,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) base: &'a Build,
    pub(super) head: &'a Build,
}

impl Session<'_> {
    /// Runs base and head in turn until the comparison is over.
    pub(super) fn conduct(
        &self,
        mut record: ComparisonRecord,
    ) -> Result<ComparisonRecord, CliError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(CliError::Runtime)?;
        let began = Instant::now();
        record.save(self.folder)?;
        let end = loop {
            if record.runs.len().is_multiple_of(2) && is_over(&record) {
                break RunEnd::Complete;
            }
            let (run, end) = self.one(&record, &runtime)?;
            tell(&run, record.runs.len(), began, record.max_pairs);
            record.runs.push(run);
            record.save(self.folder)?;
            match end {
                RunEnd::Interrupted => break RunEnd::Interrupted,
                RunEnd::Complete => {}
                RunEnd::Failed { reason } => break RunEnd::Failed { reason },
                RunEnd::Unfinished => {
                    let reason = "a run was cut off".to_owned();
                    break RunEnd::Failed { reason };
                }
            }
        };
        record.end = end;
        record.finished_at = Some(SystemClock.now());
        record.save(self.folder)?;
        Ok(record)
    }

    fn one(
        &self,
        record: &ComparisonRecord,
        runtime: &Runtime,
    ) -> Result<(ComparedRun, RunEnd), CliError> {
        let turn = record.runs.len();
        let side = Side::of_turn(turn);
        let build = match side {
            Side::Base => self.base,
            Side::Head => self.head,
        };
        let place = format!("runs/{:03}_{}", turn + 1, side.word());
        let mut options = RunOptions::new(self.folder.join(&place), &build.root);
        options.target.clone_from(&build.target);
        options.headers.clone_from(&self.headers);
        options.seed = record.seed.wrapping_add(turn as u64 / 2);
        options.command.clone_from(&record.command);
        let muted = Muted::begin();
        let run = runtime.block_on(run::run(&build.suite(self.suite), &options, &mut |_| {}));
        drop(muted);
        let run = run?;
        let end = run.end.clone();
        Ok((
            compared(&run, side, self.suite, &record.subject, place),
            end,
        ))
    }
}

/// What a comparison keeps of a run. `suite` is the plan without the build's own program, which is the
/// one thing that may differ.
fn compared(
    run: &RunRecord,
    side: Side,
    suite: &Suite,
    subject: &Subject,
    place: String,
) -> ComparedRun {
    let mut plan = run.suite.clone();
    plan.sut.start.clone_from(&suite.sut.start);
    let mut causes: Vec<String> = validity::of_run(run)
        .into_iter()
        // Micro-benchmarks need no system.
        .filter(|cause| !(cause.kind == CauseKind::SystemMissing && run.suite.scenarios.is_empty()))
        .map(|cause| cause.what)
        .collect();
    let scenario = run.scenarios.first();
    if let (Some(plan), Some(measured)) = (run.suite.scenarios.first(), scenario) {
        causes.extend(
            validity::of_scenario(plan, measured)
                .into_iter()
                .map(|cause| cause.what),
        );
    }
    if let Some(plan) = &run.suite.bench {
        causes.extend(
            validity::of_bench(plan, run.bench.as_ref())
                .into_iter()
                .map(|cause| cause.what),
        );
    }
    let figure = figure(run, subject);
    let accounting = scenario
        .map(|scenario| scenario.accounting)
        .unwrap_or_default();
    ComparedRun {
        side,
        started_at: run.started_at,
        folder: format!("{place}/{}", run.stamp),
        plan_hash: hash(&plan),
        version: run.sut.as_ref().and_then(|sut| sut.version.clone()),
        causes,
        n: figure.map_or(0, |figure| figure.n),
        value: figure.map(|figure| figure.value),
        ended: accounting.completed + accounting.failed,
        failed: accounting.failed,
        others: scenario
            .map(|scenario| others(scenario, run.seed))
            .unwrap_or_default(),
    }
}

fn figure(run: &RunRecord, subject: &Subject) -> Option<Figure> {
    match subject {
        Subject::Scenario {
            name,
            metric,
            statistic,
            steps,
        } => {
            let scenario = run
                .scenarios
                .iter()
                .find(|scenario| scenario.name == *name)?;
            of_scenario(scenario, *metric, *statistic, steps, run.seed)
        }
        Subject::Bench {
            function,
            statistic,
        } => {
            let bench = run.bench.as_ref()?;
            let function = bench
                .functions
                .iter()
                .find(|known| known.name == *function)?;
            let calls = Distribution::merge([&function.calls]).ok()?;
            // Benchmarked calls are kept in nanoseconds: a million of them are a millisecond.
            figure::of_distribution(&calls, Some(*statistic), 1e6).ok()
        }
    }
}

fn of_scenario(
    scenario: &ScenarioRecord,
    metric: Metric,
    statistic: Option<Statistic>,
    steps: &[String],
    seed: u64,
) -> Option<Figure> {
    let question = Target {
        label: String::new(),
        metric,
        statistic,
        steps: steps.to_vec(),
        phase: None,
        within: None,
        // Nothing is held against it; only the unit counts.
        bound: Bound {
            relation: Relation::Below,
            value: 0.0,
            unit: metric
                .units()
                .first()
                .copied()
                .unwrap_or(Unit::Milliseconds),
        },
        tolerance_percent: 0.0,
        implausible_beyond: None,
    };
    match figure::of_scenario(&question, scenario, seed) {
        Ok(figure) => Some(figure),
        // A run is one sample here: that it is too short for an interval of its own is no matter.
        Err(none) => none.value.map(|value| Figure {
            n: none.n,
            value,
            interval: None,
        }),
    }
}

/// Figures for information, over all steps.
fn others(scenario: &ScenarioRecord, seed: u64) -> BTreeMap<String, f64> {
    let mut others = BTreeMap::new();
    let wanted = [
        (
            "average (ms)",
            Metric::ResponseTime,
            Some(Statistic::Average),
        ),
        ("median (ms)", Metric::ResponseTime, Some(Statistic::Median)),
        ("requests (/s)", Metric::Throughput, None),
    ];
    for (name, metric, statistic) in wanted {
        if let Some(figure) = of_scenario(scenario, metric, statistic, &[], seed) {
            others.insert(name.to_owned(), figure.value);
        }
    }
    let ended = scenario.accounting.completed + scenario.accounting.failed;
    if let Some((first, last)) = scenario
        .server
        .as_ref()
        .and_then(|series| Some((series.samples.first()?, series.samples.last()?)))
        && ended > 0
    {
        let used = last.cpu.0.saturating_sub(first.cpu.0) as f64 / 1_000.0;
        others.insert("CPU (ms a request)".to_owned(), used / ended as f64);
    }
    others
}

fn tell(run: &ComparedRun, turn: usize, began: Instant, max_pairs: u32) {
    let mut line = format!(
        "run {:>3}, pair {:>3} of at most {max_pairs}, {}: {}",
        turn + 1,
        turn / 2 + 1,
        run.side.word(),
        run.value
            .map_or_else(|| "no figure".to_owned(), |value| format!("{value:.3}")),
    );
    if let Some(cause) = run.causes.first() {
        line.push_str(&format!(" (invalid: {cause})"));
    }
    if turn == 1 {
        let pair = began.elapsed().as_secs_f64();
        line.push_str(&format!(
            "; a pair takes {pair:.1} s, all of them {:.1} min",
            pair * f64::from(max_pairs) / 60.0
        ));
    }
    // A console that cannot be written to any more must not cost the measurements.
    let _gone = writeln!(std::io::stderr(), "{line}");
}
