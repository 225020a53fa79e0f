//! One scenario from its warm-up to its record.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Sink;
use super::attack::Label;
use super::error::RunError;
use super::health::Health;
use super::options::RunOptions;
use super::phase::{Broken, Limit, Moment, Watch, conduct};
use super::recorder::{Counts, StepWindow, Totals};
use super::sampler::{Sampled, Sampler};
use super::script::{PhaseKind, Script};
use super::stages::Stages;
use super::sut::Sut;
use crate::event::{Event, Tick};
use crate::measurement::archive::{ArchiveError, RunEnd};
use crate::measurement::generator::GeneratorHealth;
use crate::measurement::histogram::Recording;
use crate::measurement::load::{Accounting, ScenarioRecord, Window, WindowStep};
use crate::measurement::raw::{IntervalLog, append_generator_rows};
use crate::measurement::resource::ResourceSeries;
use crate::plan::load::Length;
use crate::plan::scenario::Scenario;
use crate::units::Micros;

/// What a scenario is done with.
pub(super) struct Stage<'a> {
    pub(super) sut: &'a Sut,
    pub(super) options: &'a RunOptions,
    pub(super) interrupt: &'a CancellationToken,
    /// The run's folder and name.
    pub(super) folder: &'a Path,
    pub(super) stamp: &'a str,
    /// Number, from 0, of the first user of this process.
    pub(super) first_user: u32,
    /// The scenario's place in the run, from 1, and how many there are.
    pub(super) position: u32,
    pub(super) of: u32,
}

/// Does a scenario. What could be measured is in the record, however it ended.
pub(super) async fn perform(
    plan: &Scenario,
    stage: &Stage<'_>,
    sink: Sink<'_>,
) -> Result<ScenarioRecord, RunError> {
    let limit = match plan.load.length {
        Length::Duration(time) if let Some(arrivals) = &plan.load.arrivals => {
            Limit::Deadline(time.to_duration() + arrivals.drain.to_duration())
        }
        Length::Duration(time) => Limit::Lasts(time.to_duration()),
        Length::Iterations { deadline, .. } => Limit::Deadline(deadline.to_duration()),
    };
    sink(Event::ScenarioStarted {
        name: plan.name.clone(),
        title: plan.title.clone(),
        position: stage.position,
        of: stage.of,
        users: plan.load.users,
        at_most: Micros::from_duration(limit.time()),
        warm_up: plan.load.warm_up_iterations > 0,
    });
    let script = Arc::new(stage.script(plan, PhaseKind::Measured)?);
    let mut measured = Measured::new(plan, &script, stage, limit)?;
    let mut warm_up_requests = 0;
    let mut broken = stage.sut.is_healthy().await.err().map(Broken::Failed);
    if broken.is_none() && plan.load.warm_up_iterations > 0 {
        (warm_up_requests, broken) = warm_up(plan, stage, limit, sink).await?;
    }
    if broken.is_none() {
        broken = stage.wait_for_start().await;
    }
    if broken.is_none() {
        sink(Event::Measuring {
            name: plan.name.clone(),
            warm_up_requests,
        });
        broken = measured.conduct(stage, sink).await?;
    }
    for note in script.reins.take_notes().into_iter().take(MOST_NOTES) {
        sink(Event::Warning {
            text: format!("{}: {note}", plan.name),
        });
    }
    let end = match broken {
        None => RunEnd::Complete,
        Some(Broken::Interrupted) => RunEnd::Interrupted,
        Some(Broken::Failed(reason)) => RunEnd::Failed { reason },
    };
    measured.into_record(end, warm_up_requests)
}

/// How many notes of one scenario are shown; a thousand users may all say the same.
const MOST_NOTES: usize = 3;

/// The warm-up: the number of its requests, and what broke it off.
async fn warm_up(
    plan: &Scenario,
    stage: &Stage<'_>,
    limit: Limit,
    sink: Sink<'_>,
) -> Result<(u64, Option<Broken>), RunError> {
    let script = Arc::new(stage.script(plan, PhaseKind::WarmUp)?);
    let label = Label {
        scenario: &plan.name,
        phase: "warm-up",
    };
    // A warm-up has its iterations to do; the scenario's time is the longest it may take.
    let limit = Limit::Deadline(limit.time());
    let conducted = conduct(&script, label, limit, stage.watch(), &mut |_| {}).await;
    append_generator_rows(stage.folder, stage.stamp, &conducted.rows)?;
    let counts = script.recorder.counts();
    if counts.failed > 0 {
        let first = script
            .recorder
            .totals(&script.names())
            .map_err(ArchiveError::from)?
            .errors
            .into_iter()
            .next()
            .map(|error| format!("{}: {}: {}", error.step, error.kind, error.example))
            .unwrap_or_default();
        sink(Event::Warning {
            text: format!(
                "{}: {} requests of the warm-up failed ({first})",
                plan.name, counts.failed
            ),
        });
    }
    Ok((counts.due - counts.withheld, conducted.broken))
}

impl Stage<'_> {
    fn script(&self, plan: &Scenario, kind: PhaseKind) -> Result<Script, RunError> {
        let mut script = Script::new(
            plan,
            kind,
            self.sut.to.clone(),
            self.stamp,
            self.options.seed,
        )?;
        script.first_user = self.first_user;
        Ok(script)
    }

    /// Waits for the instant at which all shards of the run begin.
    async fn wait_for_start(&self) -> Option<Broken> {
        let start_at = self.options.shard?.start_at;
        let left = start_at.duration_since(self.options.clock.now());
        // One that is too late begins at once; that it was late is seen when the shards are merged.
        let left = Duration::try_from(left).ok()?;
        tokio::select! {
            () = tokio::time::sleep(left) => None,
            () = self.interrupt.cancelled() => Some(Broken::Interrupted),
        }
    }

    fn watch(&self) -> Watch<'_> {
        Watch {
            interrupt: self.interrupt,
            death: Box::new(self.sut.death()),
        }
    }
}

impl Limit {
    /// The longest that the phase may take, tear-down and last answers left out.
    pub(super) fn time(self) -> Duration {
        match self {
            Self::Lasts(time) | Self::Deadline(time) => time,
        }
    }
}

/// The measured phase with all that is kept of it.
struct Measured<'a> {
    plan: &'a Scenario,
    script: &'a Arc<Script>,
    steps: Vec<(String, String)>,
    planned: Option<u64>,
    limit: Limit,
    log: Option<IntervalLog>,
    started_at: Timestamp,
    sampler: Option<Sampler>,
    sampled: Option<Sampled>,
    watch: Option<Health>,
    health: Option<GeneratorHealth>,
    windows: Vec<Window>,
    stages: Stages,
    completed: u64,
    failed: u64,
    /// The first thing that could not be written or started.
    problem: Option<RunError>,
}

impl<'a> Measured<'a> {
    fn new(
        plan: &'a Scenario,
        script: &'a Arc<Script>,
        stage: &Stage<'_>,
        limit: Limit,
    ) -> Result<Self, RunError> {
        let steps = script.names();
        let started_at = stage.options.clock.now();
        let names: Vec<String> = steps.iter().map(|(name, _)| name.clone()).collect();
        Ok(Self {
            plan,
            script,
            steps,
            planned: script.planned(),
            limit,
            log: Some(IntervalLog::create(
                stage.folder,
                &plan.name,
                &names,
                started_at,
            )?),
            started_at,
            sampler: None,
            sampled: None,
            watch: None,
            health: None,
            windows: Vec::new(),
            stages: Stages::of(&plan.targets, names.len()),
            completed: 0,
            failed: 0,
            problem: None,
        })
    }

    async fn conduct(
        &mut self,
        stage: &Stage<'_>,
        sink: Sink<'_>,
    ) -> Result<Option<Broken>, RunError> {
        let script = self.script;
        let label = Label {
            scenario: &self.plan.name,
            phase: "measured",
        };
        let limit = self.limit;
        let conducted = conduct(
            script,
            label,
            limit,
            stage.watch(),
            &mut |moment| match moment {
                Moment::Begun(start) => self.begin(start, stage),
                Moment::Second(second) => self.close(second, Some(&mut *sink)),
                Moment::Ended => {
                    let last = script.recorder.last_end();
                    self.close(u32::try_from(last.as_secs()).unwrap_or(u32::MAX - 1), None);
                    self.sampled = self.sampler.take().map(Sampler::finish);
                    self.finish_watch();
                }
            },
        )
        .await;
        append_generator_rows(stage.folder, stage.stamp, &conducted.rows)?;
        if let Some(log) = self.log.take() {
            log.finish()?;
        }
        match self.problem.take() {
            Some(problem) => Err(problem),
            None => Ok(conducted.broken),
        }
    }

    fn begin(&mut self, start: Instant, stage: &Stage<'_>) {
        self.started_at = stage.options.clock.now();
        match Sampler::start(stage.sut.record.pid, start) {
            Ok(sampler) => self.sampler = Some(sampler),
            Err(source) => {
                self.problem.get_or_insert(RunError::Sampler { source });
            }
        }
        match Health::start() {
            Ok(watch) => self.watch = Some(watch),
            Err(source) => {
                self.problem.get_or_insert(RunError::Sampler { source });
            }
        }
    }

    fn finish_watch(&mut self) {
        let lacking = self.script.recorder.lacking();
        match self.watch.take().and_then(|watch| watch.finish(lacking)) {
            Some(Ok(health)) => self.health = Some(health),
            Some(Err(error)) => {
                self.problem
                    .get_or_insert(RunError::Archive(ArchiveError::from(error)));
            }
            None => {}
        }
    }

    /// Closes the windows up to a second, and tells of it.
    fn close(&mut self, last: u32, sink: Option<Sink<'_>>) {
        let users = self.script.heartbeat.active();
        let mut all = Recording::growing();
        let mut completed_now = 0;
        for (second, steps) in self.script.recorder.close(last) {
            self.stages.add(second, &steps);
            for (place, step) in steps.iter().enumerate() {
                self.completed += step.completed;
                self.failed += step.failed;
                completed_now += step.completed;
                let Some(response) = &step.response else {
                    continue;
                };
                all.merge(response);
                if let Some(log) = &mut self.log
                    && let Err(error) = log.write(place, second, response.histogram())
                {
                    self.problem.get_or_insert(error.into());
                }
            }
            self.windows.push(Window {
                second,
                users,
                steps: steps.iter().map(window).collect(),
            });
        }
        let Some(sink) = sink else { return };
        let elapsed = Duration::from_secs(u64::from(last) + 1);
        sink(Event::Tick(Tick {
            scenario: self.plan.name.clone(),
            elapsed: Micros::from_duration(elapsed),
            left: Micros::from_duration(self.limit.time().saturating_sub(elapsed)),
            users,
            rate: completed_now as f64,
            p95: all.quantile(0.95).map(Micros),
            completed: self.completed,
            failed: self.failed,
            planned: self.planned,
        }));
    }

    fn into_record(self, end: RunEnd, warm_up_requests: u64) -> Result<ScenarioRecord, RunError> {
        let Totals {
            steps,
            errors,
            lateness,
            counts,
        } = self
            .script
            .recorder
            .totals(&self.steps)
            .map_err(ArchiveError::from)?;
        let mut censored = self.script.recorder.cut_off();
        let arrivals = match &self.script.arrivals {
            Some(desk) => {
                censored.merge(&desk.unsent());
                Some(desk.record().map_err(ArchiveError::from)?)
            }
            None => None,
        };
        let (server, generator) = match self.sampled {
            Some(sampled) => (sampled.server, sampled.generator),
            None => (None, ResourceSeries::empty(std::process::id())),
        };
        Ok(ScenarioRecord {
            name: self.plan.name.clone(),
            started_at: self.started_at,
            duration: Micros::from_duration(self.script.recorder.last_end()),
            end,
            warm_up_requests,
            users: self.script.heartbeat.counts(),
            accounting: accounting(self.planned, counts),
            steps,
            windows: self.windows,
            stages: self.stages.to_records().map_err(ArchiveError::from)?,
            errors,
            server,
            generator,
            lateness: lateness.to_record().map_err(ArchiveError::from)?,
            censored: Some(censored.to_record().map_err(ArchiveError::from)?),
            arrivals,
            health: self.health,
        })
    }
}

/// What became of the requests, of so many planned; none where those that came due are all there are.
pub(super) fn accounting(planned: Option<u64>, counts: Counts) -> Accounting {
    debug_assert_eq!(
        counts.due,
        counts.completed + counts.failed + counts.in_flight + counts.withheld,
        "a request got lost between due and done"
    );
    let scheduled = planned.unwrap_or(counts.due);
    let sent = counts.completed + counts.failed + counts.in_flight;
    debug_assert!(sent <= scheduled, "more requests than planned");
    Accounting {
        scheduled,
        completed: counts.completed,
        failed: counts.failed,
        in_flight: counts.in_flight,
        unsent: scheduled.saturating_sub(sent),
    }
}

fn window(step: &StepWindow) -> WindowStep {
    let response = step.response.as_ref();
    let quantile = |q| response.and_then(|times| times.quantile(q)).map(Micros);
    WindowStep {
        completed: step.completed,
        failed: step.failed,
        sum: Micros(response.map_or(0, Recording::sum)),
        p50: quantile(0.5),
        p95: quantile(0.95),
        max: response.and_then(Recording::max).map(Micros),
    }
}
