//! Where the time of a request went: the phases of the `Server-Timing` header.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A phase, named after the code that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named after the code that ran")]
pub enum Phase {
    Auth,
    Db,
    Embed,
    Foundation,
    Experience,
    Provider,
    Analysis,
    Synthesis,
    Serialize,
}

impl Phase {
    /// The name in the header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Db => "db",
            Self::Embed => "embed",
            Self::Foundation => "foundation",
            Self::Experience => "experience",
            Self::Provider => "provider",
            Self::Analysis => "analysis",
            Self::Synthesis => "synthesis",
            Self::Serialize => "serialize",
        }
    }
}

/// Collects the phases of one request; phases of the same name add up.
#[derive(Debug, Default)]
pub struct Phases(Mutex<Vec<(Phase, Duration)>>);

impl Phases {
    /// Adds `took` to `phase`.
    pub fn add(&self, phase: Phase, took: Duration) {
        let mut list = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match list.iter_mut().find(|(p, _)| *p == phase) {
            Some((_, sum)) => *sum += took,
            None => list.push((phase, took)),
        }
    }

    /// Runs `work` and adds its time.
    pub fn time<T>(&self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let out = work();
        self.add(phase, start.elapsed());
        out
    }

    /// Awaits `work` and adds the time until it is done, waiting included.
    pub async fn time_async<T>(&self, phase: Phase, work: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let out = work.await;
        self.add(phase, start.elapsed());
        out
    }

    /// The sums in the order in which the phases began.
    #[must_use]
    pub fn snapshot(&self) -> Vec<(Phase, Duration)> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }
}
