//! Where the users of an open model fetch their arrivals, and the account of it: how late each was
//! taken, whether the generator or the want of an idle user was to blame, and what that want may
//! have come from.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::pacer::{Arrival, Pacer};
use super::reins::Reins;
use crate::measurement::generator::{ArrivalRecord, MeanTime};
use crate::measurement::histogram::{HistogramError, Recording};
use crate::units::Micros;

/// Users are let go this much before the first arrival, so that all of them wait for it.
const LEAD: Duration = Duration::from_millis(20);

/// The desk of one phase.
#[derive(Debug)]
pub(super) struct ArrivalDesk {
    pub(super) pacer: Arc<Pacer>,
    users: u32,
    ready: AtomicU32,
    at_work: AtomicU32,
    begun: AtomicU64,
    taken: Mutex<Taken>,
}

#[derive(Debug)]
struct Taken {
    backlog: Recording,
    unsent: Recording,
    first: Option<Instant>,
    last: Option<Instant>,
    calm: MeanTime,
    crowded: MeanTime,
}

/// An iteration at work.
#[derive(Debug)]
pub(super) struct Iteration<'a> {
    desk: &'a ArrivalDesk,
    began: Instant,
    calm: bool,
}

/// How long an iteration took, and when it ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    took: Duration,
    at: Instant,
}

/// A user's set-up. When the last one is dropped, however it ended, the users are let go.
#[derive(Debug)]
pub(super) struct SetUp<'a> {
    desk: &'a ArrivalDesk,
    reins: &'a Reins,
}

impl ArrivalDesk {
    pub(super) fn new(pacer: Pacer, users: u32) -> Self {
        Self {
            pacer: Arc::new(pacer),
            users,
            ready: AtomicU32::new(0),
            at_work: AtomicU32::new(0),
            begun: AtomicU64::new(0),
            taken: Mutex::new(Taken {
                backlog: Recording::latencies(),
                unsent: Recording::growing(),
                first: None,
                last: None,
                calm: MeanTime::default(),
                crowded: MeanTime::default(),
            }),
        }
    }

    /// A user begins its set-up.
    pub(super) fn set_up<'a>(&'a self, reins: &'a Reins) -> SetUp<'a> {
        SetUp { desk: self, reins }
    }

    /// The phase is over: what nobody has taken by now is unsent, and as old as it is now.
    pub(super) fn note_end(&self, at: Instant) {
        let ages = self.pacer.ages_of_unsent(at);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        for age in ages {
            taken.unsent.record(Micros::from_duration(age).0);
        }
    }

    /// How long the arrivals had been due that nobody took.
    pub(super) fn unsent(&self) -> Recording {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.unsent.clone()
    }

    /// A user begins an iteration; `before` is the one that it has just done.
    pub(super) fn begin(&self, arrival: Arrival, before: Option<Done>) -> Iteration<'_> {
        let now = Instant::now();
        let others = self.at_work.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.first.get_or_insert(now);
        taken.last = Some(now);
        if !arrival.found_idle_user {
            let late = now.saturating_duration_since(arrival.due);
            taken.backlog.record(Micros::from_duration(late).0);
            // It came due while this user, like all others, was at work on the one before.
            if let Some(done) = before.filter(|done| arrival.due < done.at) {
                taken.crowded.add(done.took);
            }
        }
        Iteration {
            desk: self,
            began: now,
            calm: others < (self.users / 4).max(1),
        }
    }

    pub(super) fn record(&self) -> Result<ArrivalRecord, HistogramError> {
        let pacing = self.pacer.finish().unwrap_or_else(Recording::latencies);
        let schedule = self.pacer.schedule();
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let last_due = schedule.due(schedule.len().saturating_sub(1));
        let span = last_due
            .zip(schedule.due(0))
            .map_or(Duration::ZERO, |(last, first)| last.saturating_sub(first));
        Ok(ArrivalRecord {
            scheduled: schedule.len(),
            begun: self.begun.load(Ordering::Relaxed),
            backlogged: taken.backlog.count(),
            backlog: taken.backlog.to_record()?,
            pacing: pacing.to_record()?,
            span: Micros::from_duration(span),
            taken_span: taken
                .first
                .zip(taken.last)
                .map(|(first, last)| Micros::from_duration(last.saturating_duration_since(first))),
            calm: taken.calm,
            crowded: taken.crowded,
        })
    }
}

impl Iteration<'_> {
    /// It is over.
    pub(super) fn end(self) -> Done {
        let at = Instant::now();
        let took = at.saturating_duration_since(self.began);
        if self.calm {
            let mut taken = self
                .desk
                .taken
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            taken.calm.add(took);
        }
        Done { took, at }
    }
}

impl Drop for Iteration<'_> {
    fn drop(&mut self) {
        self.desk.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for SetUp<'_> {
    fn drop(&mut self) {
        if self.desk.ready.fetch_add(1, Ordering::AcqRel) + 1 >= self.desk.users {
            self.reins.open(Instant::now() + LEAD);
        }
    }
}

impl MeanTime {
    fn add(&mut self, took: Duration) {
        self.count += 1;
        self.sum.0 = self.sum.0.saturating_add(Micros::from_duration(took).0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::arrivals::{Arrivals, Spacing};
    use crate::run::schedule::Schedule;

    fn desk(users: u32) -> ArrivalDesk {
        let plan = Arrivals::constant(100.0, Spacing::Even, Micros(1_000_000));
        ArrivalDesk::new(Pacer::new(Schedule::new(&plan, 1), users), users)
    }

    #[tokio::test]
    async fn users_are_let_go_when_the_last_is_set_up_or_gone() {
        let (desk, reins) = (desk(3), Reins::new());
        let before = Instant::now();
        let (one, two, three) = (
            desk.set_up(&reins),
            desk.set_up(&reins),
            desk.set_up(&reins),
        );
        drop((one, three));
        drop(two);
        let opened = reins.opened().await.unwrap();
        assert!(opened >= before + LEAD);
    }

    #[test]
    fn an_iteration_that_kept_its_user_from_the_next_arrival_is_crowded() {
        let desk = desk(8);
        let now = Instant::now();
        let on_time = Arrival {
            number: 0,
            due: now,
            found_idle_user: true,
        };
        let calm = desk.begin(on_time, None);
        let second = desk.begin(on_time, None);
        let third = desk.begin(on_time, None);
        assert!((calm.calm, second.calm, third.calm) == (true, true, false));
        calm.end();
        let done = third.end();
        let late = Arrival {
            due: now.checked_sub(Duration::from_millis(5)).unwrap(),
            found_idle_user: false,
            ..on_time
        };
        desk.begin(late, Some(done)).end();
        second.end();
        let record = desk.record().unwrap();
        assert_eq!(
            (record.scheduled, record.begun, record.backlogged),
            (100, 4, 1)
        );
        assert_eq!((record.crowded.count, record.calm.count), (1, 3));
        assert!(record.backlog.min.unwrap() >= Micros(5_000));
        assert_eq!(record.span, Micros(990_000));
    }
}
