//! The highest resident memory of a process since somebody asked, looked at every 20 ms.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::run::process::ProcessTree;
use crate::units::Bytes;

const INTERVAL: Duration = Duration::from_millis(20);

/// Watches a process tree until it is dropped.
#[derive(Debug)]
pub(super) struct PeakWatch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    tree: Mutex<ProcessTree>,
    highest: AtomicU64,
    stop: AtomicBool,
}

impl PeakWatch {
    pub(super) fn start(pid: u32) -> std::io::Result<Self> {
        let tree = ProcessTree::with_descendants(pid).map_err(std::io::Error::other)?;
        let shared = Arc::new(Shared {
            tree: Mutex::new(tree),
            highest: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let watched = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("peak".to_owned())
            .spawn(move || {
                while !watched.stop.load(Ordering::Relaxed) {
                    watched.look();
                    std::thread::park_timeout(INTERVAL);
                }
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Forgets what was seen before now.
    pub(super) fn reset(&self) {
        self.shared.highest.store(0, Ordering::Relaxed);
        self.shared.look();
    }

    /// The most seen since the last reset.
    pub(super) fn highest(&self) -> Bytes {
        Bytes(self.shared.highest.load(Ordering::Relaxed))
    }

    /// Resident memory now; none when the process is gone.
    pub(super) fn now(&self) -> Option<Bytes> {
        self.shared.look()
    }
}

impl Shared {
    fn look(&self) -> Option<Bytes> {
        let mut tree = self.tree.lock().unwrap_or_else(PoisonError::into_inner);
        let resident = tree.resident()?;
        self.highest.fetch_max(resident.0, Ordering::Relaxed);
        Some(resident)
    }
}

impl Drop for PeakWatch {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_was_given_back_is_still_the_highest() {
        let watch = PeakWatch::start(std::process::id()).unwrap();
        watch.reset();
        let before = watch.now().unwrap();
        let block = vec![1u8; 64 << 20];
        let during = watch.now().unwrap();
        assert!(during.0 >= before.0 + (60 << 20), "{before:?} {during:?}");
        drop(std::hint::black_box(block));
        assert!(watch.highest() >= during);
        watch.reset();
        assert!(watch.highest() < during);
    }
}
