//! What a process tree used, sampled over time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Bytes, Micros};

/// Samples of one process tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceSeries {
    /// The root process.
    pub pid: u32,
    /// Cores of the machine, by which CPU shares are divided.
    pub cores: u32,
    /// In order of time; the first is from the start of the phase, the last from its end.
    pub samples: Vec<ResourceSample>,
}

/// One look at a process tree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceSample {
    /// Since the start of the measured phase.
    pub at: Micros,
    /// CPU time used since the process began, all threads.
    pub cpu: Micros,
    /// Resident memory.
    pub rss: Bytes,
    /// Proportional share of memory, where the kernel tells it.
    pub pss: Option<Bytes>,
    /// Threads.
    pub threads: u32,
    /// Open file descriptors.
    pub open_files: u32,
    /// Context switches since the process began, voluntary and not.
    pub context_switches: u64,
    /// Bytes read from storage since the process began.
    pub storage_read: Bytes,
    /// Bytes written to storage since the process began.
    pub storage_written: Bytes,
    /// Processes in the tree.
    pub processes: u32,
    /// CPU time of the whole machine since it started, idle left out.
    pub host_busy: Micros,
    /// CPU time stolen by the hypervisor since the machine started.
    pub host_steal: Micros,
}

impl ResourceSeries {
    /// Of a process at which nobody has looked yet, on this machine.
    #[must_use]
    pub fn empty(pid: u32) -> Self {
        let cores = std::thread::available_parallelism()
            .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        Self {
            pid,
            cores,
            samples: Vec::new(),
        }
    }
}
