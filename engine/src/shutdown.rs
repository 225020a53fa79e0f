//! Stopping. The first signal lets requests under way finish; the second, or too long a wait, cuts.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Who is told to stop, and how gently.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    drain: CancellationToken,
    cut: CancellationToken,
}

impl Shutdown {
    /// Nobody is told to stop yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Follows the process's signals: interrupt and terminate.
    ///
    /// # Errors
    /// When the operating system does not let this process follow signals.
    pub fn on_signals() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let shutdown = Self::new();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let told = shutdown.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                told.signal();
            }
        });
        Ok(shutdown)
    }

    /// A signal to stop: the first drains, the next one cuts.
    pub fn signal(&self) {
        if self.drain.is_cancelled() {
            tracing::warn!("told to stop again: requests under way are cut");
            self.cut.cancel();
        } else {
            tracing::info!(
                "told to stop: requests under way may finish; a second signal cuts them"
            );
            self.drain.cancel();
        }
    }

    /// Waits for the first signal.
    pub async fn draining(&self) {
        self.drain.cancelled().await;
    }

    /// Waits until requests under way are to be cut: at the second signal, or `grace` after the
    /// first.
    pub async fn cutting(&self, grace: Duration) {
        self.drain.cancelled().await;
        tokio::select! {
            () = self.cut.cancelled() => {}
            () = tokio::time::sleep(grace) => tracing::warn!("requests took longer than http.shutdown_grace_ms and are cut"),
        }
    }
}
