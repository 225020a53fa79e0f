//! What a process and its descendants use, as the kernel counts it.
//!
//! CPU time comes from the process CPU clock, which counts nanoseconds; shares that are computed
//! from ticks or over short intervals were measured to be wrong by half. What a process used stays
//! counted when it ends.

use std::collections::BTreeMap;
use std::time::Duration;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::syscall::{process_cpu, ticks_per_second};
use crate::measurement::resource::ResourceSample;
use crate::units::{Bytes, Micros};

/// A process whose use is followed, alone or with its descendants.
#[derive(Debug)]
pub(super) struct ProcessTree {
    root: u32,
    descendants: bool,
    system: System,
    ticks: u64,
    /// CPU of each process at the last look: its own, and that of its children that have ended.
    seen: BTreeMap<u32, Cpu>,
    /// CPU of processes that ended and that no living one has taken over.
    departed: Duration,
    /// Counters of the last look: they never go back, though a process that ends takes its own away.
    last: Counters,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cpu {
    own: Duration,
    reaped: Duration,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counters {
    context_switches: u64,
    storage_read: u64,
    storage_written: u64,
}

/// CPU time that a reaped child may appear to lack, because parents are told in ticks.
const TICK_SLACK: Duration = Duration::from_millis(20);

impl ProcessTree {
    /// A process with everything that it starts.
    pub(super) fn with_descendants(root: u32) -> Result<Self, sysinfo::Error> {
        Self::new(root, true)
    }

    /// A process without its children.
    pub(super) fn alone(root: u32) -> Result<Self, sysinfo::Error> {
        Self::new(root, false)
    }

    fn new(root: u32, descendants: bool) -> Result<Self, sysinfo::Error> {
        Ok(Self {
            root,
            descendants,
            system: System::new()?,
            ticks: ticks_per_second(),
            seen: BTreeMap::new(),
            departed: Duration::ZERO,
            last: Counters::default(),
        })
    }

    pub(super) fn root(&self) -> u32 {
        self.root
    }

    /// Resident memory now; none when the process is gone.
    pub(super) fn resident(&mut self) -> Option<Bytes> {
        let pids = self.members();
        (!pids.is_empty()).then(|| self.resident_of(&pids))
    }

    /// One look; none when the root process is gone. `pss` asks for the proportional share too,
    /// which the kernel has to add up page by page.
    pub(super) fn sample(&mut self, at: Micros, pss: bool) -> Option<ResourceSample> {
        let pids = self.members();
        if pids.is_empty() {
            return None;
        }
        let cpu = self.cpu(&pids);
        let mut counters = Counters::default();
        let (mut threads, mut open_files) = (0u32, 0u32);
        for pid in &pids {
            let tasks = task_count_and_switches(*pid);
            threads = threads.saturating_add(tasks.0);
            counters.context_switches += tasks.1;
            open_files = open_files.saturating_add(entries(&format!("/proc/{pid}/fd")));
            let io = read(&format!("/proc/{pid}/io"));
            counters.storage_read += field(&io, "read_bytes:").unwrap_or(0);
            counters.storage_written += field(&io, "write_bytes:").unwrap_or(0);
        }
        self.last = Counters {
            context_switches: self.last.context_switches.max(counters.context_switches),
            storage_read: self.last.storage_read.max(counters.storage_read),
            storage_written: self.last.storage_written.max(counters.storage_written),
        };
        let (host_busy, host_steal) = host_cpu(&read("/proc/stat"), self.ticks);
        Some(ResourceSample {
            at,
            cpu: Micros::from_duration(cpu),
            rss: self.resident_of(&pids),
            pss: if pss { proportional_share(&pids) } else { None },
            threads,
            open_files,
            context_switches: self.last.context_switches,
            storage_read: Bytes(self.last.storage_read),
            storage_written: Bytes(self.last.storage_written),
            processes: u32::try_from(pids.len()).unwrap_or(u32::MAX),
            host_busy: Micros::from_duration(host_busy),
            host_steal: Micros::from_duration(host_steal),
        })
    }

    /// The processes that live now, root first.
    fn members(&self) -> Vec<u32> {
        if process_cpu(self.root).is_none() {
            return Vec::new();
        }
        let mut pids = vec![self.root];
        let mut next = 0;
        while self.descendants && next < pids.len() {
            for child in children(pids[next]) {
                if !pids.contains(&child) {
                    pids.push(child);
                }
            }
            next += 1;
        }
        pids
    }

    /// CPU time of the tree since it began, ended processes included.
    fn cpu(&mut self, pids: &[u32]) -> Duration {
        let now: BTreeMap<u32, Cpu> = pids
            .iter()
            .filter_map(|pid| {
                let reaped = if self.descendants {
                    self.reaped_children(*pid)
                } else {
                    Duration::ZERO
                };
                Some((
                    *pid,
                    Cpu {
                        own: process_cpu(*pid)?,
                        reaped,
                    },
                ))
            })
            .collect();
        self.departed += unaccounted(&self.seen, &now);
        self.seen = now;
        self.departed
            + self
                .seen
                .values()
                .map(|cpu| cpu.own + cpu.reaped)
                .sum::<Duration>()
    }

    /// CPU time of a process's children that have ended, and of theirs.
    fn reaped_children(&self, pid: u32) -> Duration {
        let stat = read(&format!("/proc/{pid}/stat"));
        // The name in parentheses may hold anything, so the fields are counted from its end.
        let Some((_, rest)) = stat.rsplit_once(')') else {
            return Duration::ZERO;
        };
        let ticks: u64 = rest
            .split_whitespace()
            .skip(13)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        ticks_to_duration(ticks, self.ticks)
    }

    fn resident_of(&mut self, pids: &[u32]) -> Bytes {
        let pids: Vec<Pid> = pids.iter().map(|pid| Pid::from_u32(*pid)).collect();
        self.system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&pids),
            true,
            ProcessRefreshKind::nothing().with_memory().without_tasks(),
        );
        Bytes(
            pids.iter()
                .filter_map(|pid| Some(self.system.process(*pid)?.memory()))
                .sum(),
        )
    }
}

/// CPU time that was seen before and is nowhere now: of processes that ended without a living
/// parent in the tree that waited for them.
fn unaccounted(before: &BTreeMap<u32, Cpu>, now: &BTreeMap<u32, Cpu>) -> Duration {
    let lost: Duration = before
        .iter()
        .filter(|(pid, _)| !now.contains_key(*pid))
        .map(|(_, cpu)| cpu.own + cpu.reaped)
        .sum();
    let taken_over: Duration = now
        .iter()
        .filter_map(|(pid, cpu)| Some(cpu.reaped.saturating_sub(before.get(pid)?.reaped)))
        .sum();
    if taken_over + TICK_SLACK >= lost {
        Duration::ZERO
    } else {
        lost - taken_over
    }
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    tasks
        .flatten()
        .flat_map(|task| {
            let list = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect()
}

fn task_count_and_switches(pid: u32) -> (u32, u64) {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return (0, 0);
    };
    tasks.flatten().fold((0, 0), |(count, switches), task| {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let of_task = field(&status, "voluntary_ctxt_switches:").unwrap_or(0)
            + field(&status, "nonvoluntary_ctxt_switches:").unwrap_or(0);
        (count + 1, switches + of_task)
    })
}

fn proportional_share(pids: &[u32]) -> Option<Bytes> {
    let kilobytes: Vec<u64> = pids
        .iter()
        .filter_map(|pid| field(&read(&format!("/proc/{pid}/smaps_rollup")), "Pss:"))
        .collect();
    (kilobytes.len() == pids.len()).then(|| Bytes(kilobytes.iter().sum::<u64>() * 1_024))
}

/// Busy and stolen CPU time of the machine since it started.
fn host_cpu(stat: &str, ticks: u64) -> (Duration, Duration) {
    let fields: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    let at = |place: usize| fields.get(place).copied().unwrap_or(0);
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are within user.
    let busy = at(0) + at(1) + at(2) + at(5) + at(6);
    (
        ticks_to_duration(busy, ticks),
        ticks_to_duration(at(7), ticks),
    )
}

fn ticks_to_duration(count: u64, per_second: u64) -> Duration {
    Duration::from_micros(count.saturating_mul(1_000_000) / per_second)
}

fn field(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn entries(path: &str) -> u32 {
    std::fs::read_dir(path).map_or(0, |entries| {
        u32::try_from(entries.count()).unwrap_or(u32::MAX)
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};
    use std::time::Instant;

    use super::*;

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn cpu(own: u64, reaped: u64) -> Cpu {
        Cpu {
            own: millis(own),
            reaped: millis(reaped),
        }
    }

    #[test]
    fn a_process_that_its_parent_waited_for_is_counted_once() {
        let before = BTreeMap::from([(1, cpu(100, 0)), (2, cpu(500, 0))]);
        let now = BTreeMap::from([(1, cpu(110, 510))]);
        assert_eq!(unaccounted(&before, &now), Duration::ZERO);
    }

    #[test]
    fn a_process_that_nobody_in_the_tree_waited_for_stays_counted() {
        let before = BTreeMap::from([(1, cpu(100, 0)), (2, cpu(500, 40))]);
        let now = BTreeMap::from([(1, cpu(110, 0))]);
        assert_eq!(unaccounted(&before, &now), millis(540));
    }

    #[test]
    fn the_host_is_busy_without_idle_waiting_and_stolen_time() {
        let stat = "cpu  100 10 50 9000 300 5 5 40 20 0\ncpu0 1 1 1 1\n";
        assert_eq!(host_cpu(stat, 100), (millis(1_700), millis(400)));
    }

    struct Reaped(Child);

    impl Drop for Reaped {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn shell(script: &str) -> Reaped {
        let mut command = Command::new("/bin/sh");
        Reaped(
            command
                .args(["-c", script])
                .stdout(Stdio::null())
                .spawn()
                .unwrap(),
        )
    }

    /// The child tells its own CPU use by `times`, so the test holds on a busy machine too.
    #[test]
    fn cpu_of_a_busy_child_and_of_its_ended_children_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let burn = "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done";
        let script = format!(
            "({burn}); ({burn}); {burn}; times > {0}.tmp; mv {0}.tmp {0}; sleep 60",
            told.display()
        );
        let child = shell(&script);
        let mut tree = ProcessTree::with_descendants(child.0.id()).unwrap();
        let began = Instant::now();
        let mut most = 0;
        while !told.exists() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "the child does not end"
            );
            let sample = tree.sample(Micros(0), false).unwrap();
            assert!(sample.cpu.0 >= most, "CPU time went back");
            most = sample.cpu.0;
            std::thread::sleep(millis(20));
        }
        let counted = tree.sample(Micros(0), true).unwrap();
        // Two lines: the shell's user and system time, then those of its children.
        let truth: f64 = std::fs::read_to_string(&told)
            .unwrap()
            .split_whitespace()
            .map(|time| {
                let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
                minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
            })
            .sum();
        let error = (counted.cpu.as_secs() - truth).abs() / truth;
        assert!(
            error < 0.1,
            "counted {} of {truth} s",
            counted.cpu.as_secs()
        );
        assert!(
            counted.rss.0 > 100_000 && counted.pss.is_some(),
            "{counted:?}"
        );
        assert_eq!(counted.processes, 2, "the shell and its sleep");
    }

    #[test]
    fn a_process_that_is_gone_gives_no_sample() {
        let mut tree = ProcessTree::with_descendants(u32::MAX).unwrap();
        assert_eq!(tree.sample(Micros(0), true), None);
        assert_eq!(tree.resident(), None);
    }
}
