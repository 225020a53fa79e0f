//! Takes the times of every request and adds them up: per step over the whole phase, per step and
//! second in windows that are closed as time goes on, so that memory does not grow with the load.
//!
//! Users record into shards that are merged by addition, so the result does not depend on who
//! recorded where. Every request that comes due is counted when it does, and once more when it is
//! known what became of it; the two counts are kept apart so that they can be compared.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::exchange::Failure;
use crate::measurement::histogram::{HistogramError, Recording};
use crate::measurement::load::{ErrorCount, StepRecord};
use crate::units::Bytes;

/// Names of server phases kept per step; a server that makes up names does not fill the memory.
const MOST_PHASES: usize = 64;

/// One request that ended.
#[derive(Debug)]
pub(super) struct Sample<'a> {
    pub(super) due: Instant,
    pub(super) sent: Instant,
    pub(super) first_byte: Option<Instant>,
    pub(super) end: Instant,
    pub(super) sent_bytes: u64,
    pub(super) received_bytes: u64,
    pub(super) phases: &'a [(String, Duration)],
    pub(super) failure: Option<&'a Failure>,
}

/// The recorder of one phase.
#[derive(Debug)]
pub(super) struct Recorder {
    steps: usize,
    shards: Vec<Mutex<Shard>>,
    start: OnceLock<Instant>,
    due: AtomicU64,
    in_flight: AtomicU64,
    withheld: AtomicU64,
    /// Microseconds from the start to the end of the last answer.
    last_end: AtomicU64,
    /// Due to the cut, of the requests that were in flight then: lower bounds of their times.
    cut: Mutex<Recording>,
    /// Requests that failed for want of a descriptor, and of a port.
    lacking: [AtomicU64; 2],
}

/// A request that came due. Dropped before it is sent, it was withheld.
#[derive(Debug)]
pub(super) struct Due<'a> {
    recorder: &'a Recorder,
    at: Instant,
    sent: bool,
}

/// A request that was sent and of which nothing is known yet. Dropped without an end, it was in
/// flight when the phase was cut off.
#[derive(Debug)]
pub(super) struct Flight<'a> {
    recorder: &'a Recorder,
    due: Instant,
    ended: bool,
}

#[derive(Debug)]
struct Shard {
    steps: Vec<StepTotals>,
    lateness: Recording,
    errors: HashMap<(usize, String), ErrorTotal>,
    windows: VecDeque<OpenWindow>,
    /// The first second that is not closed.
    open_from: u32,
}

#[derive(Debug)]
struct StepTotals {
    completed: u64,
    failed: u64,
    response: Recording,
    service: Recording,
    queue: Recording,
    first_byte: Recording,
    failed_response: Recording,
    sent: u64,
    received: u64,
    phases: BTreeMap<String, Recording>,
}

#[derive(Debug)]
struct ErrorTotal {
    count: u64,
    first_at: Instant,
    example: String,
}

#[derive(Debug)]
struct OpenWindow {
    second: u32,
    steps: Vec<StepWindow>,
}

/// One step in one second.
#[derive(Debug, Clone, Default)]
pub(super) struct StepWindow {
    pub(super) completed: u64,
    pub(super) failed: u64,
    /// Response times of the completed; none without any.
    pub(super) response: Option<Recording>,
}

/// What became of the requests so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Came due.
    pub(super) due: u64,
    pub(super) completed: u64,
    pub(super) failed: u64,
    /// Cut off after they were sent.
    pub(super) in_flight: u64,
    /// Came due and could not be sent, because an earlier answer they need is missing.
    pub(super) withheld: u64,
}

/// Everything that was recorded.
#[derive(Debug)]
pub(super) struct Totals {
    pub(super) steps: Vec<StepRecord>,
    pub(super) errors: Vec<ErrorCount>,
    pub(super) lateness: Recording,
    pub(super) counts: Counts,
}

impl Recorder {
    /// For so many steps, with so many shards.
    pub(super) fn new(steps: usize, shards: usize) -> Self {
        let shards = (0..shards.max(1))
            .map(|_| Mutex::new(Shard::new(steps)))
            .collect();
        Self {
            steps,
            shards,
            start: OnceLock::new(),
            due: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            withheld: AtomicU64::new(0),
            last_end: AtomicU64::new(0),
            cut: Mutex::new(Recording::growing()),
            lacking: [AtomicU64::new(0), AtomicU64::new(0)],
        }
    }

    /// Sets the instant that windows count from. The first call counts.
    pub(super) fn begin(&self, start: Instant) {
        let _ = self.start.set(start);
    }

    /// A request came due at this instant.
    pub(super) fn come_due(&self, at: Instant) -> Due<'_> {
        self.due.fetch_add(1, Ordering::Relaxed);
        Due {
            recorder: self,
            at,
            sent: false,
        }
    }

    /// How late a user woke after a pause.
    pub(super) fn late(&self, user: u32, by: Duration) {
        self.shard(user).lateness.record(micros(by));
    }

    /// How long the requests had been due that were cut off in flight.
    pub(super) fn cut_off(&self) -> Recording {
        self.cut
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Requests that failed for want of a descriptor, and for want of a local port.
    pub(super) fn lacking(&self) -> (u64, u64) {
        let [descriptors, ports] = &self.lacking;
        (
            descriptors.load(Ordering::Relaxed),
            ports.load(Ordering::Relaxed),
        )
    }

    /// The end of the last answer, counted from the start.
    pub(super) fn last_end(&self) -> Duration {
        Duration::from_micros(self.last_end.load(Ordering::Relaxed))
    }

    /// Closes the windows up to and including a second and returns them in order, also empty ones.
    /// What is recorded for a closed second afterwards goes into the next one that is open.
    pub(super) fn close(&self, last: u32) -> Vec<(u32, Vec<StepWindow>)> {
        let mut closed: BTreeMap<u32, Vec<StepWindow>> = BTreeMap::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            for second in shard.open_from..=last {
                closed
                    .entry(second)
                    .or_insert_with(|| vec![StepWindow::default(); self.steps]);
            }
            while shard
                .windows
                .front()
                .is_some_and(|window| window.second <= last)
            {
                let Some(window) = shard.windows.pop_front() else {
                    break;
                };
                let Some(into) = closed.get_mut(&window.second) else {
                    continue;
                };
                for (into, from) in into.iter_mut().zip(window.steps) {
                    into.merge(from);
                }
            }
            shard.open_from = shard.open_from.max(last.saturating_add(1));
        }
        closed.into_iter().collect()
    }

    /// What became of the requests so far.
    pub(super) fn counts(&self) -> Counts {
        let (mut completed, mut failed) = (0, 0);
        for shard in &self.shards {
            for step in &lock(shard).steps {
                completed += step.completed;
                failed += step.failed;
            }
        }
        Counts {
            due: self.due.load(Ordering::Relaxed),
            completed,
            failed,
            in_flight: self.in_flight.load(Ordering::Relaxed),
            withheld: self.withheld.load(Ordering::Relaxed),
        }
    }

    /// Merges the shards. `steps` are the names and endpoints in order.
    pub(super) fn totals(&self, steps: &[(String, String)]) -> Result<Totals, HistogramError> {
        let mut whole = Shard::new(self.steps);
        for shard in &self.shards {
            whole.merge(&lock(shard));
        }
        let records = steps
            .iter()
            .zip(&whole.steps)
            .map(|((step, endpoint), totals)| totals.to_record(step, endpoint))
            .collect::<Result<_, _>>()?;
        let mut errors: Vec<ErrorCount> = whole
            .errors
            .into_iter()
            .map(|((step, kind), total)| ErrorCount {
                step: steps
                    .get(step)
                    .map(|(name, _)| name.clone())
                    .unwrap_or_default(),
                kind,
                count: total.count,
                example: total.example,
            })
            .collect();
        errors.sort_by(|a, b| {
            b.count
                .cmp(&a.count)
                .then_with(|| (&a.step, &a.kind).cmp(&(&b.step, &b.kind)))
        });
        let counts = self.counts();
        Ok(Totals {
            steps: records,
            errors,
            lateness: whole.lateness,
            counts,
        })
    }

    fn shard(&self, user: u32) -> MutexGuard<'_, Shard> {
        lock(&self.shards[user as usize % self.shards.len()])
    }
}

impl<'a> Due<'a> {
    /// It is about to be sent.
    pub(super) fn send(mut self) -> Flight<'a> {
        self.sent = true;
        Flight {
            recorder: self.recorder,
            due: self.at,
            ended: false,
        }
    }
}

impl Drop for Due<'_> {
    fn drop(&mut self) {
        if !self.sent {
            self.recorder.withheld.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Flight<'_> {
    /// The request ended.
    pub(super) fn end(mut self, user: u32, step: usize, sample: &Sample<'_>) {
        self.ended = true;
        let recorder = self.recorder;
        let since = recorder.start.get().map_or(Duration::ZERO, |start| {
            sample.end.saturating_duration_since(*start)
        });
        recorder
            .last_end
            .fetch_max(micros(since), Ordering::Relaxed);
        let second = u32::try_from(since.as_secs()).unwrap_or(u32::MAX);
        if let Some(place) = sample.failure.and_then(|failure| failure.lacking) {
            recorder.lacking[place as usize].fetch_add(1, Ordering::Relaxed);
        }
        recorder.shard(user).record(step, second, sample);
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.recorder.in_flight.fetch_add(1, Ordering::Relaxed);
            self.recorder
                .cut
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .record(micros(self.due.elapsed()));
        }
    }
}

impl Shard {
    fn new(steps: usize) -> Self {
        Self {
            steps: (0..steps).map(|_| StepTotals::new()).collect(),
            lateness: Recording::latencies(),
            errors: HashMap::new(),
            windows: VecDeque::new(),
            open_from: 0,
        }
    }

    fn record(&mut self, step: usize, second: u32, sample: &Sample<'_>) {
        let response = micros(sample.end.saturating_duration_since(sample.due));
        let count = self.steps.len();
        let Some(totals) = self.steps.get_mut(step) else {
            return;
        };
        totals.record(response, sample);
        if let Some(failure) = sample.failure {
            self.errors
                .entry((step, failure.kind.clone()))
                .and_modify(|total| total.count += 1)
                .or_insert_with(|| ErrorTotal {
                    count: 1,
                    first_at: sample.end,
                    example: failure.detail.clone(),
                });
        }
        let window = &mut self.window(second.max(self.open_from), count).steps[step];
        if sample.failure.is_some() {
            window.failed += 1;
        } else {
            window.completed += 1;
            window
                .response
                .get_or_insert_with(Recording::growing)
                .record(response);
        }
    }

    /// The open window of a second, made in its place if it is new.
    fn window(&mut self, second: u32, steps: usize) -> &mut OpenWindow {
        let place = self
            .windows
            .partition_point(|window| window.second < second);
        if self
            .windows
            .get(place)
            .is_none_or(|window| window.second != second)
        {
            let window = OpenWindow {
                second,
                steps: vec![StepWindow::default(); steps],
            };
            self.windows.insert(place, window);
        }
        &mut self.windows[place]
    }

    fn merge(&mut self, other: &Self) {
        for (into, from) in self.steps.iter_mut().zip(&other.steps) {
            into.merge(from);
        }
        self.lateness.merge(&other.lateness);
        for (key, from) in &other.errors {
            let into = self
                .errors
                .entry(key.clone())
                .or_insert_with(|| ErrorTotal {
                    count: 0,
                    first_at: from.first_at,
                    example: from.example.clone(),
                });
            into.count += from.count;
            if from.first_at < into.first_at {
                into.first_at = from.first_at;
                into.example.clone_from(&from.example);
            }
        }
    }
}

impl StepTotals {
    fn new() -> Self {
        Self {
            completed: 0,
            failed: 0,
            response: Recording::latencies(),
            service: Recording::latencies(),
            queue: Recording::latencies(),
            first_byte: Recording::latencies(),
            failed_response: Recording::latencies(),
            sent: 0,
            received: 0,
            phases: BTreeMap::new(),
        }
    }

    fn record(&mut self, response: u64, sample: &Sample<'_>) {
        self.sent += sample.sent_bytes;
        self.received += sample.received_bytes;
        if sample.failure.is_some() {
            self.failed += 1;
            self.failed_response.record(response);
            return;
        }
        self.completed += 1;
        self.response.record(response);
        self.service
            .record(micros(sample.end.saturating_duration_since(sample.sent)));
        self.queue
            .record(micros(sample.sent.saturating_duration_since(sample.due)));
        let first_byte = sample.first_byte.unwrap_or(sample.end);
        self.first_byte
            .record(micros(first_byte.saturating_duration_since(sample.sent)));
        for (name, duration) in sample.phases {
            if let Some(recording) = self.phases.get_mut(name) {
                recording.record(micros(*duration));
            } else if self.phases.len() < MOST_PHASES {
                let mut recording = Recording::latencies();
                recording.record(micros(*duration));
                self.phases.insert(name.clone(), recording);
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.completed += other.completed;
        self.failed += other.failed;
        self.sent += other.sent;
        self.received += other.received;
        self.response.merge(&other.response);
        self.service.merge(&other.service);
        self.queue.merge(&other.queue);
        self.first_byte.merge(&other.first_byte);
        self.failed_response.merge(&other.failed_response);
        for (name, recording) in &other.phases {
            self.phases
                .entry(name.clone())
                .or_insert_with(Recording::latencies)
                .merge(recording);
        }
    }

    fn to_record(&self, step: &str, endpoint: &str) -> Result<StepRecord, HistogramError> {
        Ok(StepRecord {
            step: step.to_owned(),
            endpoint: endpoint.to_owned(),
            completed: self.completed,
            failed: self.failed,
            response: self.response.to_record()?,
            service: self.service.to_record()?,
            queue: self.queue.to_record()?,
            first_byte: self.first_byte.to_record()?,
            failed_response: self.failed_response.to_record()?,
            sent: Bytes(self.sent),
            received: Bytes(self.received),
            phases: self
                .phases
                .iter()
                .map(|(name, recording)| Ok((name.clone(), recording.to_record()?)))
                .collect::<Result<_, HistogramError>>()?,
        })
    }
}

impl StepWindow {
    fn merge(&mut self, other: Self) {
        self.completed += other.completed;
        self.failed += other.failed;
        match (&mut self.response, other.response) {
            (Some(into), Some(from)) => into.merge(&from),
            (into @ None, from) => *into = from,
            (Some(_), None) => {}
        }
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // A user that panics does so outside of the recorder, so the values are whole.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
