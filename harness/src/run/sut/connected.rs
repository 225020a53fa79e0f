//! A system under test that can be measured.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::launcher::{DataFolder, ask};
use crate::measurement::environment::SutRecord;
use crate::run::child::Child;
use crate::run::exchange::Destination;
use crate::run::syscall::process_cpu;

/// How long it may take to end when it is asked to.
const STOP_GRACE: Duration = Duration::from_secs(10);
/// How often a process that somebody else started is looked for.
const LOOK: Duration = Duration::from_millis(250);

/// A system that answers. One that was started here is killed when this is dropped.
#[derive(Debug)]
pub(in crate::run) struct Sut {
    pub(in crate::run) to: Destination,
    pub(in crate::run) record: SutRecord,
    pub(super) ready_url: String,
    // Before the folder: the process ends first.
    pub(super) child: Option<Child>,
    pub(super) data: Option<DataFolder>,
}

impl Sut {
    /// Says how it ended, when it does. One that cannot be seen is not known to end.
    pub(in crate::run) fn death(&self) -> Pin<Box<dyn Future<Output = String> + Send>> {
        if let Some(child) = &self.child {
            let mut end = child.watch();
            return Box::pin(async move {
                match end.wait_for(Option::is_some).await {
                    Ok(said) => said.clone().unwrap_or_default(),
                    Err(_) => "was lost sight of".to_owned(),
                }
            });
        }
        match self.record.pid {
            Some(pid) => Box::pin(async move {
                while process_cpu(pid).is_some() {
                    tokio::time::sleep(LOOK).await;
                }
                format!("(process {pid}) ended")
            }),
            None => Box::pin(std::future::pending()),
        }
    }

    /// Whether it answers now; if not, what it did instead.
    pub(in crate::run) async fn is_healthy(&self) -> Result<(), String> {
        if let Some(said) = self.child.as_ref().and_then(Child::ended) {
            return Err(format!("the system under test {said}"));
        }
        ask(self, &self.ready_url, Duration::from_secs(5))
            .await
            .map(|_| ())
            .map_err(|answer| format!("{} did not answer 2xx ({answer})", self.ready_url))
    }

    /// Ends it, if it was started here. False if it had to be killed.
    pub(in crate::run) async fn stop(mut self) -> bool {
        match &mut self.child {
            Some(child) if child.ended().is_none() => child.stop(STOP_GRACE).await,
            _ => true,
        }
    }

    /// Whether its data folder is its own and goes with it.
    pub(in crate::run) fn is_fresh(&self) -> bool {
        self.data.is_some()
    }
}
