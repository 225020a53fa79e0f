//! One turn at a time in each session, so that two messages do not race for the same place. What
//! other processes do is caught by the store's conflicts, not here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::domain::id::SessionId;

type Locks = Mutex<HashMap<SessionId, Arc<tokio::sync::Mutex<()>>>>;

/// The locks of the sessions that somebody holds or waits for; no more are kept.
#[derive(Default)]
pub(super) struct TurnLocks(Arc<Locks>);

/// Held during a turn.
pub(super) struct TurnGuard {
    locks: Arc<Locks>,
    session: SessionId,
    held: Option<OwnedMutexGuard<()>>,
}

impl TurnLocks {
    /// Waits until no other turn of the session is under way.
    pub(super) async fn lock(&self, session: &SessionId) -> TurnGuard {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(session.clone()).or_default())
        };
        // The guard exists before the wait, so that a wait that is given up cleans up too.
        let mut guard = TurnGuard {
            locks: Arc::clone(&self.0),
            session: session.clone(),
            held: None,
        };
        guard.held = Some(lock.lock_owned().await);
        guard
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for TurnGuard {
    fn drop(&mut self) {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        self.held = None;
        if locks
            .get(&self.session)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            locks.remove(&self.session);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn turns_of_one_session_wait_and_leave_nothing_behind() {
        let locks = TurnLocks::default();
        let one: SessionId = "ses_1".parse().unwrap();
        let two: SessionId = "ses_2".parse().unwrap();
        let first = locks.lock(&one).await;
        assert!(locks.lock(&one).now_or_never().is_none());
        assert!(locks.lock(&two).now_or_never().is_some());
        drop(first);
        assert!(locks.lock(&one).now_or_never().is_some());
        assert_eq!(locks.len(), 0);
    }
}
