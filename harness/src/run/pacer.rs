//! Hands out the arrivals of an open model when they are due.
//!
//! A thread of its own sleeps until an arrival is due and gives a permit to the users who wait for
//! one. The timers of the asynchronous runtime go by milliseconds; this thread was measured to be
//! late by a twentieth of that. An arrival is never dropped: when all users are at work, or when the
//! thread itself was late, permits pile up and are taken as soon as somebody can.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::reins::Reins;
use super::schedule::Schedule;
use super::syscall::wake_precisely;
use crate::measurement::histogram::Recording;

/// The thread looks up at least so often whether it is to stop.
const LOOK_UP: Duration = Duration::from_millis(50);

/// The pacer of one phase.
#[derive(Debug)]
pub(super) struct Pacer {
    schedule: Schedule,
    users: u32,
    permits: Semaphore,
    /// The number of the next arrival to be taken.
    next: AtomicU64,
    start: OnceLock<Instant>,
    stop: AtomicBool,
    thread: Mutex<Option<JoinHandle<Recording>>>,
}

/// An arrival that a user has taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    /// From 0, in the order of the schedule.
    pub(super) number: u64,
    pub(super) due: Instant,
    /// Whether it found a user that was waiting for it, so that only the generator can be late.
    pub(super) found_idle_user: bool,
}

impl Pacer {
    pub(super) fn new(schedule: Schedule, users: u32) -> Self {
        Self {
            schedule,
            users,
            permits: Semaphore::new(0),
            next: AtomicU64::new(0),
            start: OnceLock::new(),
            stop: AtomicBool::new(false),
            thread: Mutex::new(None),
        }
    }

    pub(super) fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Lets the schedule begin at this instant. The first call counts.
    pub(super) fn begin(self: &Arc<Self>, start: Instant) -> std::io::Result<()> {
        if self.start.set(start).is_err() {
            return Ok(());
        }
        let pacer = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name("pacer".to_owned())
            .spawn(move || pacer.pace(start))?;
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }

    /// Waits for an arrival; none when there are no more, or when time is up.
    pub(super) async fn take(&self, reins: &Reins) -> Option<Arrival> {
        let (permit, found_idle_user) = match self.permits.try_acquire() {
            Ok(permit) => (permit, false),
            Err(_) => {
                let permit = tokio::select! {
                    biased;
                    permit = self.permits.acquire() => permit.ok()?,
                    () = reins.over() => return None,
                };
                (permit, true)
            }
        };
        permit.forget();
        if reins.is_over() {
            return None;
        }
        let start = *self.start.get()?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Some(Arrival {
            number,
            due: start + self.schedule.due(number)?,
            found_idle_user,
        })
    }

    /// Stops the thread and returns how late it gave its permits; none if it never began.
    pub(super) fn finish(&self) -> Option<Recording> {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        thread.thread().unpark();
        thread.join().ok()
    }

    /// How long the arrivals that nobody has taken were due at an instant; those that were not yet
    /// due are left out.
    pub(super) fn ages_of_unsent(&self, at: Instant) -> Vec<Duration> {
        let Some(start) = self.start.get() else {
            return Vec::new();
        };
        let elapsed = at.saturating_duration_since(*start);
        let first = self.next.load(Ordering::Relaxed);
        let last = self.schedule.first_after(first, elapsed);
        (first..last)
            .filter_map(|number| Some(elapsed.saturating_sub(self.schedule.due(number)?)))
            .collect()
    }

    fn pace(&self, start: Instant) -> Recording {
        // Where the kernel refuses, the thread is late by some tens of microseconds more.
        let _refused = wake_precisely();
        let mut late = Recording::latencies();
        let mut given = 0;
        while let Some(due) = self.schedule.due(given) {
            if self.stop.load(Ordering::Relaxed) {
                return late;
            }
            let now = Instant::now();
            let wait = (start + due).saturating_duration_since(now);
            if !wait.is_zero() {
                if wait > LOOK_UP {
                    std::thread::park_timeout(wait - LOOK_UP / 2);
                } else {
                    std::thread::sleep(wait);
                }
                continue;
            }
            let elapsed = now.saturating_duration_since(start);
            let upto = self.schedule.first_after(given, elapsed);
            for number in given..upto {
                let due = self.schedule.due(number).unwrap_or(elapsed);
                late.record(micros(elapsed.saturating_sub(due)));
            }
            self.permits
                .add_permits(usize::try_from(upto - given).unwrap_or(usize::MAX >> 4));
            given = upto;
        }
        // Whoever still waits is told that there is nothing more.
        self.permits.add_permits(self.users as usize);
        late
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::arrivals::{Arrivals, Spacing};
    use crate::units::Micros;

    fn pacer(rate: f64, users: u32) -> Arc<Pacer> {
        let plan = Arrivals::constant(rate, Spacing::Even, Micros(100_000));
        Arc::new(Pacer::new(Schedule::new(&plan, 1), users))
    }

    #[tokio::test]
    async fn each_arrival_is_taken_once_and_then_everybody_leaves() {
        let pacer = pacer(2_000.0, 3);
        let reins = Arc::new(Reins::new());
        pacer.begin(Instant::now()).unwrap();
        let users: Vec<_> = (0..3)
            .map(|_| {
                let (pacer, reins) = (Arc::clone(&pacer), Arc::clone(&reins));
                tokio::spawn(async move {
                    let mut taken = Vec::new();
                    while let Some(arrival) = pacer.take(&reins).await {
                        assert!(arrival.due <= Instant::now(), "none comes early");
                        taken.push(arrival.number);
                    }
                    taken
                })
            })
            .collect();
        let mut taken = Vec::new();
        for user in users {
            taken.extend(user.await.unwrap());
        }
        taken.sort_unstable();
        assert_eq!(taken, (0..200).collect::<Vec<_>>());
        assert_eq!(pacer.finish().unwrap().count(), 200);
        assert!(pacer.ages_of_unsent(Instant::now()).is_empty());
    }

    #[tokio::test]
    async fn what_nobody_takes_is_unsent_with_its_age() {
        let pacer = pacer(100.0, 1);
        let start = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        pacer.begin(start).unwrap();
        let reins = Reins::new();
        let first = pacer.take(&reins).await.unwrap();
        assert_eq!((first.number, first.due), (0, start));
        let ages = pacer.ages_of_unsent(start + Duration::from_millis(45));
        let expected = [35, 25, 15, 5].map(Duration::from_millis);
        assert_eq!(ages, expected);
        reins.stop();
        assert!(pacer.take(&reins).await.is_none());
    }
}
