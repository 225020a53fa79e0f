//! Watches the generator from inside: a thread that sleeps for a few milliseconds at a time and
//! looks what the clocks say when it wakes.
//!
//! A long gap has one of two causes, which the kernel's account of the thread tells apart: it was
//! ready to run and waited for a processor, or it was not, because the whole program or machine was
//! stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::syscall::{descriptor_limit, wake_precisely, wall_clock};
use crate::measurement::generator::{Gaps, GeneratorHealth};
use crate::measurement::histogram::{HistogramError, Recording};
use crate::units::Micros;

/// How long it sleeps.
const SLEEP: Duration = Duration::from_millis(5);

/// Gaps beyond this are looked into.
const GAP: Duration = Duration::from_millis(20);

/// Both clocks are read within this.
const AT_ONCE: Duration = Duration::from_millis(1);

/// A thread at work.
#[derive(Debug)]
pub(super) struct Health {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

#[derive(Debug)]
struct Seen {
    wakes: Recording,
    stood_still: Gaps,
    starved: Gaps,
    clock_step: Micros,
}

impl Health {
    pub(super) fn start() -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("health".to_owned())
            .spawn(move || watch(&told))?;
        Ok(Self { stop, thread })
    }

    /// Ends within some milliseconds. `lacking` are the requests that failed for want of a
    /// descriptor and of a port.
    pub(super) fn finish(
        self,
        lacking: (u64, u64),
    ) -> Option<Result<GeneratorHealth, HistogramError>> {
        self.stop.store(true, Ordering::Relaxed);
        let seen = self.thread.join().ok()?;
        Some(seen.wakes.to_record().map(|wakes| GeneratorHealth {
            wakes,
            stood_still: seen.stood_still,
            starved: seen.starved,
            clock_step: seen.clock_step,
            descriptor_limit: descriptor_limit(),
            without_descriptor: lacking.0,
            without_port: lacking.1,
        }))
    }
}

fn watch(stop: &AtomicBool) -> Seen {
    let _refused = wake_precisely();
    let mut seen = Seen {
        wakes: Recording::latencies(),
        stood_still: Gaps::default(),
        starved: Gaps::default(),
        clock_step: Micros(0),
    };
    let mut waited = waited_for_processor();
    let mut clocks = Clocks::read();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        std::thread::sleep(SLEEP);
        let late = began.elapsed().saturating_sub(SLEEP);
        seen.wakes.record(Micros::from_duration(late).0);
        let now = Clocks::read();
        seen.clock_step = seen.clock_step.max(now.step_since(&clocks));
        clocks = now;
        let waited_now = waited_for_processor();
        let (gap, in_vain) = (Micros::from_duration(late), waited_now.zip(waited));
        waited = waited_now;
        if late < GAP {
            continue;
        }
        match in_vain {
            // More than half of the gap in the queue: the processor was what it lacked.
            Some((now, before)) if now.saturating_sub(before) * 2 < late => {
                seen.stood_still.add(gap);
            }
            _ => seen.starved.add(gap),
        }
    }
    seen
}

/// How long this thread was ready to run and had no processor, in all; none where the kernel does
/// not say.
fn waited_for_processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// Both clocks at about the same instant.
struct Clocks {
    wall: Duration,
    monotonic: Instant,
}

impl Clocks {
    fn read() -> Self {
        let mut tries = 0;
        loop {
            let monotonic = Instant::now();
            let wall = wall_clock();
            tries += 1;
            // An interruption between the two would look like a step.
            if monotonic.elapsed() < AT_ONCE || tries == 5 {
                return Self { wall, monotonic };
            }
        }
    }

    /// By how much the wall clock went on more or less than the monotonic one.
    fn step_since(&self, before: &Self) -> Micros {
        let monotonic = self.monotonic.saturating_duration_since(before.monotonic);
        let expected = before.wall + monotonic;
        Micros::from_duration(self.wall.abs_diff(expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_the_wall_clock_is_seen_in_both_directions() {
        let monotonic = Instant::now();
        let at = |wall, later| Clocks {
            wall: Duration::from_millis(wall),
            monotonic: monotonic + Duration::from_millis(later),
        };
        assert_eq!(at(1_005, 5).step_since(&at(1_000, 0)), Micros(0));
        assert_eq!(at(4_005, 5).step_since(&at(1_000, 0)), Micros(3_000_000));
        assert_eq!(at(505, 5).step_since(&at(1_000, 0)), Micros(500_000));
    }

    #[test]
    fn the_kernel_tells_how_long_a_thread_waited() {
        let before = waited_for_processor().unwrap();
        std::thread::yield_now();
        assert!(waited_for_processor().unwrap() >= before);
    }

    #[test]
    fn a_watch_that_ends_has_looked() {
        let health = Health::start().unwrap();
        std::thread::sleep(Duration::from_millis(30));
        let seen = health.finish((3, 4)).unwrap().unwrap();
        assert!(seen.wakes.count > 0);
        assert_eq!((seen.without_descriptor, seen.without_port), (3, 4));
    }
}
