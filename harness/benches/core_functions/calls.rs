//! The time of every single call, warm-up left out.

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

use smart_steps_harness::measurement::bench::{BenchRecord, FORMAT, FunctionRecord};
use smart_steps_harness::measurement::histogram::{HistogramError, Recording};
use smart_steps_harness::metric::Statistic;

/// Collects the functions in the order in which they are measured.
pub(crate) struct Ledger {
    warm_up: Duration,
    functions: RefCell<Vec<(String, String, Recording)>>,
}

/// Takes the calls of one function.
pub(crate) struct Calls {
    warm_up: Duration,
    first: Option<Instant>,
    recording: Recording,
}

impl Ledger {
    pub(crate) fn new(warm_up: Duration) -> Self {
        Self {
            warm_up,
            functions: RefCell::default(),
        }
    }

    pub(crate) fn calls(&self) -> Calls {
        Calls {
            warm_up: self.warm_up,
            first: None,
            recording: Recording::calls(),
        }
    }

    /// Adds a function; one that was filtered out on the command line has no calls and is left out.
    pub(crate) fn add(&self, name: &str, workload: &str, calls: Calls) {
        if calls.recording.count() > 0 {
            let named = (name.to_owned(), workload.to_owned(), calls.recording);
            self.functions.borrow_mut().push(named);
        }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let functions = self.functions.borrow();
        let records = functions.iter().map(|(name, workload, recording)| {
            Ok(FunctionRecord {
                name: name.clone(),
                workload: workload.clone(),
                calls: recording.to_record()?,
            })
        });
        let record = BenchRecord {
            format: FORMAT,
            functions: records.collect::<Result<_, HistogramError>>()?,
        };
        std::fs::write(path, serde_json::to_vec_pretty(&record)?)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(())
    }
}

impl Calls {
    /// Makes `iterations` calls one after the other and returns the sum of their times. Calls of a
    /// batch that begins within the warm-up are made and not kept.
    pub(crate) fn time<T>(&mut self, iterations: u64, mut call: impl FnMut() -> T) -> Duration {
        let keep = self.begin();
        let mut sum = Duration::ZERO;
        for _ in 0..iterations {
            let start = Instant::now();
            let out = std::hint::black_box(call());
            let took = start.elapsed();
            drop(out);
            self.note(keep, took);
            sum += took;
        }
        sum
    }

    /// Makes more calls of a slow function until its 95th percentile may be stated. One that was
    /// filtered out on the command line has made none and gets none.
    pub(crate) fn top_up<T>(&mut self, call: impl FnMut() -> T) {
        let made = self.recording.count();
        let wanted = Statistic::P95.sample_floor().unwrap_or(0);
        if self.first.is_some() && made < wanted {
            self.time(wanted - made, call);
        }
    }

    fn begin(&mut self) -> bool {
        self.first.get_or_insert_with(Instant::now).elapsed() >= self.warm_up
    }

    fn note(&mut self, keep: bool, took: Duration) {
        if keep {
            self.recording
                .record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        }
    }
}
