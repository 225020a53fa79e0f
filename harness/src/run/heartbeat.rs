//! Who is still there: the load generator drops a user that panicked without a word, so users are
//! counted when they begin, when they end in order, and when they are gone.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

use crate::measurement::load::UserCounts;

/// Counts the users of one phase.
#[derive(Debug)]
pub(super) struct Heartbeat {
    planned: u32,
    started: AtomicU32,
    finished: AtomicU32,
    active: AtomicU32,
    peak: AtomicU32,
    gone: AtomicU32,
    all_gone: Notify,
}

/// A user's place in the phase, from its launch until it is gone.
#[derive(Debug)]
pub(super) struct Pulse<'a> {
    heartbeat: &'a Heartbeat,
    active: bool,
}

impl Heartbeat {
    pub(super) fn new(planned: u32) -> Self {
        Self {
            planned,
            started: AtomicU32::new(0),
            finished: AtomicU32::new(0),
            active: AtomicU32::new(0),
            peak: AtomicU32::new(0),
            gone: AtomicU32::new(0),
            all_gone: Notify::new(),
        }
    }

    /// A user was launched; it has not begun its work yet.
    pub(super) fn launch(&self) -> Pulse<'_> {
        Pulse {
            heartbeat: self,
            active: false,
        }
    }

    /// Users at work now.
    pub(super) fn active(&self) -> u32 {
        self.active.load(Ordering::Relaxed)
    }

    /// Waits until every planned user was launched and is gone.
    pub(super) async fn all_gone(&self) {
        loop {
            let told = self.all_gone.notified();
            if self.gone.load(Ordering::Acquire) >= self.planned {
                return;
            }
            told.await;
        }
    }

    /// The counts. A user that began and neither finished nor is at work was lost.
    pub(super) fn counts(&self) -> UserCounts {
        let (started, finished) = (
            self.started.load(Ordering::Relaxed),
            self.finished.load(Ordering::Relaxed),
        );
        UserCounts {
            planned: self.planned,
            started,
            finished,
            lost: started
                .saturating_sub(finished)
                .saturating_sub(self.active()),
            peak: self.peak.load(Ordering::Relaxed),
        }
    }
}

impl Pulse<'_> {
    /// The user begins its work.
    pub(super) fn begin(&mut self) {
        self.active = true;
        self.heartbeat.started.fetch_add(1, Ordering::Relaxed);
        let active = self.heartbeat.active.fetch_add(1, Ordering::Relaxed) + 1;
        self.heartbeat.peak.fetch_max(active, Ordering::Relaxed);
    }

    /// The user came to the end of its work, or was stopped in order.
    pub(super) fn finish(self) {
        if self.active {
            self.heartbeat.finished.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Pulse<'_> {
    fn drop(&mut self) {
        if self.active {
            self.heartbeat.active.fetch_sub(1, Ordering::Relaxed);
        }
        self.heartbeat.gone.fetch_add(1, Ordering::Release);
        self.heartbeat.all_gone.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_user_that_vanishes_is_lost_and_the_others_are_not() {
        let heartbeat = Heartbeat::new(3);
        let mut first = heartbeat.launch();
        let mut second = heartbeat.launch();
        let third = heartbeat.launch();
        first.begin();
        second.begin();
        assert_eq!(heartbeat.active(), 2);
        first.finish();
        drop(second);
        third.finish();
        heartbeat.all_gone().await;
        let counts = UserCounts {
            planned: 3,
            started: 2,
            finished: 1,
            lost: 1,
            peak: 2,
        };
        assert_eq!(heartbeat.counts(), counts);
    }
}
