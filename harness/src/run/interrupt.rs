//! The user's wish to stop: Ctrl-C and SIGTERM.
//!
//! goose installs a process-wide handler for Ctrl-C with the `ctrlc` crate, which takes one handler
//! per process and puts it in the place of any other. Ours is therefore installed first and with the
//! same crate; goose's attempt is then refused and it goes on without.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Runs of this process that are going on.
static RUNS: Mutex<BTreeMap<u64, CancellationToken>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(0);
static INSTALL: Once = Once::new();

/// How the program ends on the second Ctrl-C, as shells report it.
const EXIT_INTERRUPTED: i32 = 130;

/// Keeps a run stoppable by signals as long as it lives.
#[derive(Debug)]
pub(super) struct SignalGuard {
    id: u64,
    terminate: Option<JoinHandle<()>>,
}

impl SignalGuard {
    /// Has signals cancel the token from now on.
    pub(super) fn install(token: &CancellationToken) -> Self {
        INSTALL.call_once(|| {
            // Refused only if the program has a handler of its own, which is as well.
            let _ = ctrlc::set_handler(interrupted);
        });
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        runs().insert(id, token.clone());
        let terminate = signal(SignalKind::terminate()).ok().map(|mut signal| {
            let token = token.clone();
            tokio::spawn(async move {
                signal.recv().await;
                token.cancel();
            })
        });
        Self { id, terminate }
    }
}

impl Drop for SignalGuard {
    fn drop(&mut self) {
        if let Some(task) = &self.terminate {
            task.abort();
        }
        runs().remove(&self.id);
    }
}

fn runs() -> MutexGuard<'static, BTreeMap<u64, CancellationToken>> {
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first Ctrl-C stops the runs in order, the second ends the program; children of this program
/// end with it.
fn interrupted() {
    let runs = runs();
    if runs.values().all(CancellationToken::is_cancelled) {
        std::process::exit(EXIT_INTERRUPTED);
    }
    runs.values().for_each(CancellationToken::cancel);
}
