//! The memory profile: operations on one server process, with its resident memory read after so many
//! of them, at its highest, and after everything was given back.

mod operations;
mod peak;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::operations::Operations;
use self::peak::PeakWatch;
use super::Sink;
use super::error::RunError;
use super::exchange::Failure;
use super::sut::Sut;
use crate::event::Event;
use crate::measurement::memory::{MemoryCheckpoint, MemoryKind, MemoryRecord};
use crate::plan::suite::MemoryPlan;
use crate::units::Bytes;

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProfileError {
    /// A part of the plan cannot be used.
    #[error(transparent)]
    Plan(#[from] RunError),
    /// The process is gone.
    #[error("the system under test {0} during the memory profile")]
    Died(String),
    /// Its memory cannot be read.
    #[error("the memory of process {pid} cannot be read: {message}; is /proc mounted?")]
    Unreadable { pid: u32, message: String },
    /// The user stopped the run.
    #[error("stopped by the user")]
    Interrupted,
}

/// Takes the profile of a system whose process is known.
pub(super) async fn take(
    plan: &MemoryPlan,
    sut: &Sut,
    pid: u32,
    stamp: &str,
    interrupt: &CancellationToken,
    sink: Sink<'_>,
) -> Result<MemoryRecord, ProfileError> {
    sink(Event::MemoryStarted);
    let unreadable = |error: std::io::Error| ProfileError::Unreadable {
        pid,
        message: error.to_string(),
    };
    let peak = PeakWatch::start(pid).map_err(unreadable)?;
    let profile = Profile {
        plan,
        sut,
        stamp,
        peak: &peak,
        sink,
    };
    tokio::select! {
        record = profile.take() => record,
        said = sut.death() => Err(ProfileError::Died(said)),
        () = interrupt.cancelled() => Err(ProfileError::Interrupted),
    }
}

struct Profile<'a> {
    plan: &'a MemoryPlan,
    sut: &'a Sut,
    stamp: &'a str,
    peak: &'a PeakWatch,
    sink: Sink<'a>,
}

impl Profile<'_> {
    async fn take(mut self) -> Result<MemoryRecord, ProfileError> {
        let mut failures = Failures::default();
        let start = self.resident()?;
        let checkpoints = self.checkpoints(&mut failures).await?;
        let mut kinds = Vec::with_capacity(self.plan.kinds.len());
        for place in 0..self.plan.kinds.len() {
            kinds.push(self.kind(place, &mut failures).await?);
        }
        Ok(MemoryRecord {
            start,
            checkpoints,
            kinds,
            failed_requests: failures.count,
            first_failure: failures.first,
        })
    }

    async fn checkpoints(
        &mut self,
        failures: &mut Failures,
    ) -> Result<Vec<MemoryCheckpoint>, ProfileError> {
        let run = format!("{}-memory", self.stamp);
        let mut operations = Operations::prepare(&self.plan.operation, &self.sut.to, &run)?;
        operations.set_up(failures).await;
        let mut checkpoints = Vec::with_capacity(self.plan.checkpoints.len());
        let last = self.plan.checkpoints.last().copied();
        for until in self.plan.checkpoints.iter().copied() {
            self.peak.reset();
            operations.run_until(until, failures).await;
            let base = self.resident()?;
            // The next operations still need what the set-up made.
            operations.release(Some(until) == last, failures).await;
            let peak = self.peak.highest().max(base);
            self.settle().await;
            let released = self.resident()?;
            (self.sink)(Event::MemoryRead {
                label: format!("after {until} operations"),
                resident: released,
            });
            checkpoints.push(MemoryCheckpoint {
                operations: until,
                base,
                peak,
                released,
            });
        }
        Ok(checkpoints)
    }

    async fn kind(
        &mut self,
        place: usize,
        failures: &mut Failures,
    ) -> Result<MemoryKind, ProfileError> {
        let plan = &self.plan.kinds[place];
        let run = format!("{}-memory-{}", self.stamp, place + 1);
        let mut operations = Operations::prepare(plan, &self.sut.to, &run)?;
        operations.set_up(failures).await;
        self.peak.reset();
        let base = self.resident()?;
        operations.run_until(self.plan.kind_count, failures).await;
        let end = self.resident()?;
        let peak = self.peak.highest().max(base).max(end);
        operations.release(true, failures).await;
        self.settle().await;
        let released = self.resident()?;
        (self.sink)(Event::MemoryRead {
            label: plan.name.clone(),
            resident: released,
        });
        Ok(MemoryKind {
            name: plan.name.clone(),
            operations: self.plan.kind_count,
            base,
            peak,
            end,
            released,
        })
    }

    async fn settle(&self) {
        tokio::time::sleep(self.plan.settle.to_duration()).await;
    }

    fn resident(&self) -> Result<Bytes, ProfileError> {
        self.peak
            .now()
            .ok_or_else(|| ProfileError::Died("ended".to_owned()))
    }
}

/// Requests of the profile that failed.
#[derive(Debug, Default)]
pub(super) struct Failures {
    count: u64,
    first: Option<String>,
}

impl Failures {
    fn add(&mut self, step: &str, failure: &Failure) {
        self.count += 1;
        let said = || format!("{step}: {}: {}", failure.kind, failure.detail);
        self.first.get_or_insert_with(said);
    }
}

/// A request of the profile that takes longer has failed.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
