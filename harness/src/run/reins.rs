//! How the users of a phase are held: let go together, told that time is up, stopped, cut off.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The reins of one phase. Each of the three ends includes the ones before it.
#[derive(Debug)]
pub(super) struct Reins {
    gate: watch::Sender<Option<Instant>>,
    over: CancellationToken,
    stop: CancellationToken,
    cut: CancellationToken,
    fault: watch::Sender<Option<String>>,
    notes: Mutex<Vec<String>>,
}

impl Reins {
    pub(super) fn new() -> Self {
        Self {
            gate: watch::Sender::new(None),
            over: CancellationToken::new(),
            stop: CancellationToken::new(),
            cut: CancellationToken::new(),
            fault: watch::Sender::new(None),
            notes: Mutex::new(Vec::new()),
        }
    }

    /// Lets all users go; the phase begins at this instant. The first call counts.
    pub(super) fn open(&self, at: Instant) {
        self.gate.send_if_modified(|gate| {
            let first = gate.is_none();
            if first {
                *gate = Some(at);
            }
            first
        });
    }

    /// Waits until the users are let go; none if the phase is stopped before.
    pub(super) async fn opened(&self) -> Option<Instant> {
        let mut gate = self.gate.subscribe();
        tokio::select! {
            () = self.stop.cancelled() => None,
            opened = gate.wait_for(Option::is_some) => opened.ok().and_then(|at| *at),
        }
    }

    /// Time is up: no further iteration begins, what a user does at its end is still done.
    pub(super) fn wind_down(&self) {
        self.over.cancel();
    }

    /// Nothing new is sent; what was sent may still be answered.
    pub(super) fn stop(&self) {
        self.over.cancel();
        self.stop.cancel();
    }

    /// Answers are not waited for any more.
    pub(super) fn cut(&self) {
        self.stop();
        self.cut.cancel();
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Waits until time is up.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Waits until answers are not waited for any more.
    pub(super) async fn cut_off(&self) {
        self.cut.cancelled().await;
    }

    /// The phase cannot be done as it is planned. The first fault counts.
    pub(super) fn report_fault(&self, fault: String) {
        self.fault.send_if_modified(|told| {
            let first = told.is_none();
            if first {
                *told = Some(fault);
            }
            first
        });
    }

    /// Waits for a fault.
    pub(super) async fn fault(&self) -> String {
        let mut fault = self.fault.subscribe();
        match fault.wait_for(Option::is_some).await {
            Ok(told) => told.clone().unwrap_or_default(),
            // The sender is a part of `self`, so it cannot be gone.
            Err(_) => std::future::pending().await,
        }
    }

    /// Something that the user should know and that does not end the phase.
    pub(super) fn note(&self, note: String) {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(note);
    }

    pub(super) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
