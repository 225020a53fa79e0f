//! The order of a run. Everything is saved the moment it exists.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::Sink;
use super::bench::{self, BenchError};
use super::error::RunError;
use super::interrupt::SignalGuard;
use super::memory_profile::{self, ProfileError};
use super::options::RunOptions;
use super::scenario::{self, Stage};
use super::script::{PhaseKind, Script};
use super::sut::{Launcher, Sut, SutError};
use crate::event::{Ending, Event};
use crate::measurement::archive::{FORMAT, RunEnd, RunRecord};
use crate::measurement::calibration::Calibration;
use crate::measurement::clock::stamp;
use crate::measurement::environment::{Environment, ToolRecord};
use crate::measurement::raw;
use crate::plan::hash::hash;
use crate::plan::scenario::Scenario;
use crate::plan::suite::Suite;

/// What ends a run before its end, with what was measured kept.
enum Halt {
    Interrupted,
    Failed(String),
    /// Nothing can be kept.
    Error(RunError),
}

impl From<RunError> for Halt {
    fn from(error: RunError) -> Self {
        Self::Error(error)
    }
}

impl From<SutError> for Halt {
    fn from(error: SutError) -> Self {
        match error {
            SutError::Interrupted => Self::Interrupted,
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<ProfileError> for Halt {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Interrupted => Self::Interrupted,
            ProfileError::Plan(error) => Self::Error(error),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<BenchError> for Halt {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Interrupted => Self::Interrupted,
            other => Self::Failed(other.to_string()),
        }
    }
}

/// See [`super::run`].
pub(super) async fn tell(
    suite: &Suite,
    options: &RunOptions,
    sink: Sink<'_>,
) -> Result<RunRecord, RunError> {
    let interrupt = options.cancel.child_token();
    let _signals = SignalGuard::install(&interrupt);
    let started_at = options.clock.now();
    let stamp = stamp(started_at);
    let folder = path_of_folder(&options.out_dir, &stamp)?;
    let launcher = Launcher::new(&suite.sut, options, &folder, interrupt.clone())?;
    check_scenarios(suite)?;
    make_folder(&folder)?;
    let mut run = RunRecord {
        format: FORMAT,
        stamp: stamp.clone(),
        started_at,
        finished_at: None,
        seed: options.seed,
        command: options.command.clone(),
        tool: ToolRecord::of_this_program(),
        environment: Environment::capture(&folder),
        suite: suite.clone(),
        plan_hash: hash(suite),
        sut: None,
        scenarios: Vec::new(),
        memory: None,
        bench: None,
        instrument: None,
        end: RunEnd::Unfinished,
        shard: options.shard,
        capacity: None,
        merged_from: None,
    };
    run.instrument = calibration(options, &run, sink);
    run.save(&folder)?;
    sink(Event::RunStarted {
        stamp,
        directory: folder.clone(),
        scenarios: count(suite.scenarios.len()),
    });
    let mut teller = Teller {
        suite,
        options,
        launcher,
        folder: &folder,
        interrupt,
        first_failure: None,
    };
    let halt = teller.chapters(&mut run, sink).await.err();
    run.end = match (halt, teller.first_failure.take()) {
        (Some(Halt::Error(error)), _) => return Err(error),
        (Some(Halt::Interrupted), _) => RunEnd::Interrupted,
        (Some(Halt::Failed(reason)), first) => RunEnd::Failed {
            reason: first.unwrap_or(reason),
        },
        (None, Some(reason)) => RunEnd::Failed { reason },
        (None, None) => RunEnd::Complete,
    };
    run.finished_at = Some(options.clock.now());
    sink(Event::Saved {
        path: run.save(&folder)?,
    });
    for path in raw::write(&folder, &run)? {
        sink(Event::Saved { path });
    }
    sink(Event::RunEnded {
        directory: folder.clone(),
        ending: ending(&run.end),
    });
    Ok(run)
}

/// The calibration of this machine and build, if there is one.
fn calibration(options: &RunOptions, run: &RunRecord, sink: Sink<'_>) -> Option<Calibration> {
    let path = options.calibration.as_deref()?;
    match Calibration::load(path) {
        Ok(made) => made.filter(|made| made.is_of(&run.environment, &run.tool)),
        Err(error) => {
            // A run is worth as much without it; its report says that there is none.
            sink(Event::Warning {
                text: error.to_string(),
            });
            None
        }
    }
}

struct Teller<'a> {
    suite: &'a Suite,
    options: &'a RunOptions,
    launcher: Launcher<'a>,
    folder: &'a Path,
    interrupt: CancellationToken,
    /// Why the first part that could not be done was not, where the run goes on after it.
    first_failure: Option<String>,
}

impl Teller<'_> {
    async fn chapters(&mut self, run: &mut RunRecord, sink: Sink<'_>) -> Result<(), Halt> {
        if !self.suite.scenarios.is_empty() || self.suite.memory.is_some() {
            self.launcher.build(sink).await?;
        }
        if !self.suite.scenarios.is_empty() {
            self.scenarios(run, sink).await?;
        }
        if self.suite.memory.is_some() {
            let taken = self.memory(run, sink).await;
            self.go_on(taken)?;
            run.save(self.folder).map_err(RunError::from)?;
        }
        if let Some(plan) = &self.suite.bench {
            let (root, folder) = (&self.options.root, self.folder);
            let measured = bench::run(plan, root, folder, &run.stamp, &self.interrupt, sink).await;
            let measured = measured
                .map(|record| run.bench = Some(record))
                .map_err(Halt::from);
            self.go_on(measured)?;
            run.save(self.folder).map_err(RunError::from)?;
        }
        Ok(())
    }

    async fn scenarios(&mut self, run: &mut RunRecord, sink: Sink<'_>) -> Result<(), Halt> {
        let mut sut = self.launcher.connect(sink).await?;
        run.sut = Some(sut.record.clone());
        run.save(self.folder).map_err(RunError::from)?;
        let of = count(self.suite.scenarios.len());
        for (place, plan) in self.suite.scenarios.iter().enumerate() {
            if sut.is_healthy().await.is_err() && self.first_failure.is_some() {
                // The one before has died and is recorded; this one gets a process of its own.
                sut = self.launcher.connect(sink).await?;
            }
            let (part, first_user) = share(plan, self.options)?;
            let stage = Stage {
                first_user,
                sut: &sut,
                options: self.options,
                interrupt: &self.interrupt,
                folder: self.folder,
                stamp: &run.stamp,
                position: count(place + 1),
                of,
            };
            let record = scenario::perform(&part, &stage, sink).await?;
            sink(Event::ScenarioEnded {
                name: record.name.clone(),
                duration: record.duration,
                completed: record.accounting.completed,
                failed: record.accounting.failed,
                ending: ending(&record.end),
            });
            let end = record.end.clone();
            run.scenarios.push(record);
            sink(Event::Saved {
                path: run.save(self.folder).map_err(RunError::from)?,
            });
            match end {
                RunEnd::Interrupted => return Err(Halt::Interrupted),
                RunEnd::Failed { reason } => {
                    let reason = format!("scenario {}: {reason}", plan.name);
                    self.go_on(Err(Halt::Failed(reason)))?;
                }
                RunEnd::Complete | RunEnd::Unfinished => {}
            }
        }
        self.stop(sut, sink).await;
        Ok(())
    }

    async fn memory(&mut self, run: &mut RunRecord, sink: Sink<'_>) -> Result<(), Halt> {
        let Some(plan) = &self.suite.memory else {
            return Ok(());
        };
        let sut = self.launcher.connect(sink).await?;
        if run.sut.is_none() {
            run.sut = Some(sut.record.clone());
        }
        let Some(pid) = sut.record.pid else {
            sink(Event::Skipped {
                part: "memory profile".to_owned(),
                reason: "the target's process cannot be seen from here; run on its machine, or \
                         without --target"
                    .to_owned(),
            });
            return Ok(());
        };
        if !sut.is_fresh() {
            sink(Event::Warning {
                text: "the memory profile is taken of a process that has worked before: its start \
                       is not that of a fresh one; run without --target for that"
                    .to_owned(),
            });
        }
        let taken =
            memory_profile::take(plan, &sut, pid, &run.stamp, &self.interrupt, &mut *sink).await;
        run.memory = Some(taken?);
        self.stop(sut, sink).await;
        Ok(())
    }

    async fn stop(&self, sut: Sut, sink: Sink<'_>) {
        if !sut.stop().await {
            sink(Event::Warning {
                text: format!(
                    "{} did not end when it was asked to (SIGTERM) and was killed",
                    self.suite.sut.name
                ),
            });
        }
    }

    /// Lets a failure pass, and remembers it, where the user wants the rest all the same.
    fn go_on(&mut self, result: Result<(), Halt>) -> Result<(), Halt> {
        match result {
            Err(Halt::Failed(reason)) if self.options.keep_going => {
                self.first_failure.get_or_insert(reason);
                Ok(())
            }
            other => other,
        }
    }
}

/// The scenario with the users that this process has, and the number of the first of them.
fn share<'p>(
    plan: &'p Scenario,
    options: &RunOptions,
) -> Result<(Cow<'p, Scenario>, u32), RunError> {
    let Some(shard) = options.shard else {
        return Ok((Cow::Borrowed(plan), 0));
    };
    let users = plan.load.users;
    if plan.load.arrivals.is_some() {
        return Err(RunError::Plan {
            place: format!("scenario `{}`", plan.name),
            message: "arrivals are one schedule and cannot be shared out; use users with pauses"
                .to_owned(),
        });
    }
    match shard.part.part_of(plan) {
        Some(part) => Ok((Cow::Owned(part), shard.part.first_user_of(users))),
        None => Err(RunError::Plan {
            place: format!("scenario `{}`", plan.name),
            message: format!(
                "{users} users leave none for shard {} of {}; use fewer shards",
                shard.part.index, shard.part.count
            ),
        }),
    }
}

/// Finds parts of the plan that cannot be used before anything is started.
fn check_scenarios(suite: &Suite) -> Result<(), RunError> {
    let to = super::exchange::Destination {
        base: "http://127.0.0.1".to_owned(),
        client: reqwest::Client::new(),
    };
    for scenario in &suite.scenarios {
        Script::new(scenario, PhaseKind::Measured, to.clone(), "check", 0)?;
    }
    Ok(())
}

fn path_of_folder(out_dir: &Path, stamp: &str) -> Result<PathBuf, RunError> {
    let absolute = std::path::absolute(out_dir);
    let absolute = absolute.map_err(|source| RunError::Folder {
        path: out_dir.to_path_buf(),
        source,
    })?;
    Ok(absolute.join(stamp))
}

fn make_folder(path: &Path) -> Result<(), RunError> {
    let made = match path.parent() {
        Some(parent) => std::fs::create_dir_all(parent).and_then(|()| std::fs::create_dir(path)),
        None => std::fs::create_dir(path),
    };
    made.map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => RunError::FolderExists {
            path: path.to_path_buf(),
        },
        _ => RunError::Folder {
            path: path.to_path_buf(),
            source,
        },
    })
}

fn ending(end: &RunEnd) -> Ending {
    match end {
        RunEnd::Complete => Ending::Complete,
        RunEnd::Interrupted => Ending::Interrupted,
        RunEnd::Failed { reason } => Ending::Failed {
            reason: reason.clone(),
        },
        RunEnd::Unfinished => Ending::Failed {
            reason: "it did not finish".to_owned(),
        },
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
