//! The background: does what is due, one job at a time, until it is told to stop.
//!
//! One at a time on purpose: requests come first, and nobody waits for a job. What the worker does
//! not finish, because the process ends, is due again when its lease is over.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::config::WorkerConfig;
use crate::service::Services;

/// Rest after the store failed, so that the log is not filled.
const REST: Duration = Duration::from_secs(5);

/// The worker of one process.
pub struct Worker {
    services: Arc<Services>,
    poll: Duration,
}

impl Worker {
    /// A worker that has not begun.
    #[must_use]
    pub fn new(services: Arc<Services>, config: &WorkerConfig) -> Self {
        Self {
            services,
            poll: config.poll(),
        }
    }

    /// Works until `stop` is cancelled; a job under way is finished first.
    pub async fn run(self, stop: CancellationToken) {
        let jobs = &self.services.jobs;
        while !stop.is_cancelled() {
            let rest = match jobs.run_next().await {
                Ok(true) => continue,
                Ok(false) => {
                    let wait = jobs.wait_for_work(self.poll);
                    tokio::select! {
                        () = stop.cancelled() => return,
                        waited = wait => waited.err(),
                    }
                }
                Err(error) => Some(error),
            };
            if let Some(error) = rest {
                tracing::warn!(%error, "the background rests: the store did not answer");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(REST) => {}
                }
            }
        }
    }
}
