//! A run that never happened, for tests: five scenarios with plausible shapes, the same each time.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};

use crate::measurement::archive::{FORMAT, RunEnd, RunRecord};
use crate::measurement::bench::{BenchRecord, FunctionRecord};
use crate::measurement::environment::{Environment, SutRecord, ToolRecord};
use crate::measurement::histogram::HistogramRecord;
use crate::measurement::load::{
    Accounting, ErrorCount, ScenarioRecord, StepRecord, UserCounts, Window, WindowStep,
};
use crate::measurement::memory::{MemoryCheckpoint, MemoryKind, MemoryRecord};
use crate::measurement::resource::{ResourceSample, ResourceSeries};
use crate::plan::scenario::{Kind, View};
use crate::units::{Bytes, Micros};

mod plan;

use plan::FUNCTIONS;

/// The shape of one scenario.
struct Shape {
    name: &'static str,
    title: &'static str,
    kind: Kind,
    view: View,
    users: u32,
    seconds: u64,
    /// Tenths of a second beyond them.
    tenths: u64,
    /// Step, endpoint, requests a second, median in microseconds.
    steps: &'static [(&'static str, &'static str, u64, u64)],
    /// Failures a second in the second half.
    failures: u64,
    /// CPU of the server in percent of two cores.
    cpu: u64,
    megabytes: (u64, u64),
}

const SHAPES: [Shape; 5] = [
    Shape {
        name: "single_user",
        title: "Single User Intensive Usage",
        kind: Kind::SingleUser,
        view: View::Targets,
        users: 1,
        seconds: 24,
        tenths: 4,
        steps: &[
            ("create_session", "/sessions", 1, 900),
            ("send_message", "/conversations", 38, 4_200),
            ("get_analysis", "/analysis", 4, 11_800),
        ],
        failures: 0,
        cpu: 18,
        megabytes: (186, 201),
    },
    Shape {
        name: "multi_user",
        title: "Multi-User Concurrent Access",
        kind: Kind::MultipleUsers,
        view: View::Targets,
        users: 50,
        seconds: 60,
        tenths: 1,
        steps: &[
            ("create_session", "/sessions", 8, 1_400),
            ("send_message", "/conversations", 240, 9_600),
            ("get_analysis", "/analysis", 12, 31_000),
        ],
        failures: 0,
        cpu: 62,
        megabytes: (203, 246),
    },
    Shape {
        name: "no_analysis",
        title: "Operations without Analysis",
        kind: Kind::BatchOperations,
        view: View::Targets,
        users: 10,
        seconds: 30,
        tenths: 0,
        steps: &[
            ("create_session", "/sessions", 5, 1_000),
            ("send_message", "/conversations", 180, 5_100),
        ],
        failures: 0,
        cpu: 41,
        megabytes: (247, 255),
    },
    Shape {
        name: "long_session",
        title: "Long-Running Session Analysis",
        kind: Kind::BatchOperations,
        view: View::Targets,
        users: 5,
        seconds: 45,
        tenths: 7,
        steps: &[
            ("send_message", "/conversations", 90, 7_400),
            ("get_analysis", "/analysis", 9, 64_000),
            ("get_insights", "/insights", 2, 118_000),
        ],
        failures: 0,
        cpu: 55,
        megabytes: (256, 291),
    },
    Shape {
        name: "endpoint_stress",
        title: "API Endpoint Stress Testing",
        kind: Kind::EndpointStress,
        view: View::Endpoints,
        users: 100,
        seconds: 120,
        tenths: 2,
        steps: &[
            ("list_sessions", "/sessions", 120, 6_200),
            ("get_session", "/sessions/{id}", 180, 2_400),
            ("list_personas", "/personas", 150, 2_900),
            ("send_message", "/conversations", 110, 22_000),
            ("get_analysis", "/analysis", 50, 88_000),
            ("get_insights", "/insights", 1, 140_000),
        ],
        failures: 3,
        cpu: 91,
        megabytes: (292, 402),
    },
];

/// The whole run.
pub(crate) fn record() -> RunRecord {
    static RECORD: LazyLock<RunRecord> = LazyLock::new(make);
    RECORD.clone()
}

fn make() -> RunRecord {
    RunRecord {
        format: FORMAT,
        stamp: "20250511_094532".to_owned(),
        started_at: "2025-05-11T09:45:32Z".parse().unwrap(),
        finished_at: Some("2025-05-11T09:52:10Z".parse().unwrap()),
        seed: 7,
        command: vec!["steps-perf".to_owned(), "run".to_owned()],
        tool: ToolRecord {
            version: "0.1.0".to_owned(),
            commit: Some("7e57dd5f0c1e2b3a4d5c6b7a89".to_owned()),
            build: "release".to_owned(),
            libraries: BTreeMap::from([("goose".to_owned(), "0.19.1".to_owned())]),
        },
        environment: Environment {
            cpu_model: "AMD EPYC 7B13".to_owned(),
            cores: 2,
            memory: Bytes(8_000_000_000),
            os: "Debian GNU/Linux 12".to_owned(),
            kernel: "6.1.0".to_owned(),
            storage: Some("ext4, 64 GB".to_owned()),
            load_before: 0.2,
            rustc: "rustc 1.95.0".to_owned(),
            fingerprint: "f".repeat(64),
        },
        suite: plan::suite(),
        plan_hash: crate::plan::hash::hash(&plan::suite()),
        sut: Some(SutRecord {
            url: "http://127.0.0.1:18080".to_owned(),
            started_here: true,
            pid: Some(4_711),
            version: Some(serde_json::json!({"version": "0.1.0"})),
            command: vec!["target/release/smart-steps".to_owned()],
            ready_after: Some(Micros(480_000)),
        }),
        scenarios: SHAPES.iter().map(scenario).collect(),
        memory: Some(memory()),
        bench: Some(bench()),
        instrument: None,
        end: RunEnd::Complete,
        shard: None,
        capacity: None,
        merged_from: None,
    }
}

/// Numbers without a pattern that the eye would find, between 0 and 1, the same each time.
fn noise(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// A skewed latency around a median.
fn latency(median: u64, seed: u64) -> u64 {
    let (a, b) = (noise(seed), noise(seed.wrapping_mul(31).wrapping_add(7)));
    let normal = (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos();
    (median as f64 * (0.35 * normal).exp()).round().max(1.0) as u64
}

/// A saved histogram of these values.
pub(crate) fn histogram(values: &[u64], high: u64) -> HistogramRecord {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, high, 3).unwrap();
    for value in values {
        histogram.record((*value).max(1)).unwrap();
    }
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(&histogram, &mut bytes)
        .unwrap();
    HistogramRecord {
        hdr: STANDARD.encode(bytes),
        count: values.len() as u64,
        sum: Micros(values.iter().sum()),
        min: values.iter().min().copied().map(Micros),
        max: values.iter().max().copied().map(Micros),
    }
}

fn latencies(values: &[u64]) -> HistogramRecord {
    histogram(values, 3_600_000_000)
}

fn scenario(shape: &Shape) -> ScenarioRecord {
    let tag = shape.name.len() as u64 * 1_000_003;
    let mut times: Vec<Vec<u64>> = vec![Vec::new(); shape.steps.len()];
    let mut failed = vec![0_u64; shape.steps.len()];
    let mut windows = Vec::new();
    let last = if shape.tenths > 0 {
        shape.seconds + 1
    } else {
        shape.seconds
    };
    for second in 0..last {
        let share = if second < shape.seconds {
            1.0
        } else {
            shape.tenths as f64 / 10.0
        };
        // Users start one after the other.
        let ramp = ((second + 1) as f64 * 10.0 / f64::from(shape.users)).min(1.0);
        let mut steps = Vec::new();
        for (index, (_, _, rate, median)) in shape.steps.iter().enumerate() {
            let seed = tag + second * 7_919 + index as u64 * 104_729;
            let wobble = 0.85 + 0.3 * noise(seed);
            let count = (*rate as f64 * wobble * ramp * share).round() as u64;
            let mut window: Vec<u64> = (0..count)
                .map(|i| latency(*median, seed * 65_537 + i))
                .collect();
            let slowest = index + 2 >= shape.steps.len();
            let failures = if slowest && second * 2 > shape.seconds {
                shape.failures * ((noise(seed + 1) * 3.0) as u64)
            } else {
                0
            };
            failed[index] += failures;
            times[index].extend(&window);
            window.sort_unstable();
            let at = |q: f64| {
                window
                    .get(((window.len() as f64 * q).ceil() as usize).saturating_sub(1))
                    .copied()
                    .map(Micros)
            };
            steps.push(WindowStep {
                completed: count,
                failed: failures,
                sum: Micros(window.iter().sum()),
                p50: at(0.5),
                p95: at(0.95),
                max: at(1.0),
            });
        }
        windows.push(Window {
            second: u32::try_from(second).unwrap(),
            users: shape.users,
            steps,
        });
    }
    let completed: u64 = times.iter().map(|times| times.len() as u64).sum();
    let all_failed: u64 = failed.iter().sum();
    let duration = Micros((shape.seconds * 10 + shape.tenths) * 100_000);
    ScenarioRecord {
        name: shape.name.to_owned(),
        started_at: "2025-05-11T09:46:00Z".parse().unwrap(),
        duration,
        end: RunEnd::Complete,
        warm_up_requests: 20,
        users: UserCounts {
            planned: shape.users,
            started: shape.users,
            finished: shape.users,
            lost: 0,
            peak: shape.users,
        },
        accounting: Accounting {
            scheduled: completed + all_failed,
            completed,
            failed: all_failed,
            in_flight: 0,
            unsent: 0,
        },
        steps: shape
            .steps
            .iter()
            .zip(times.iter().zip(&failed))
            .map(|(step, (times, failed))| step_record((step.0, step.1), times, *failed))
            .collect(),
        windows,
        stages: Vec::new(),
        errors: errors(shape, &failed),
        server: Some(series(shape, duration, shape.cpu, shape.megabytes, tag)),
        generator: ResourceSeries {
            pid: 4_712,
            ..series(shape, duration, shape.cpu / 6, (38, 44), tag + 1)
        },
        lateness: latencies(&(0..500).map(|i| latency(120, tag + i)).collect::<Vec<_>>()),
        censored: None,
        arrivals: None,
        health: None,
    }
}

fn step_record((step, endpoint): (&str, &str), times: &[u64], failed: u64) -> StepRecord {
    let completed = times.len() as u64;
    StepRecord {
        step: step.to_owned(),
        endpoint: endpoint.to_owned(),
        completed,
        failed,
        response: latencies(times),
        service: latencies(times),
        queue: latencies(&vec![40; times.len()]),
        first_byte: latencies(times),
        failed_response: latencies(&vec![30_000_000; usize::try_from(failed).unwrap()]),
        sent: Bytes(completed * 300),
        received: Bytes(completed * 900),
        phases: BTreeMap::new(),
    }
}

fn errors(shape: &Shape, failed: &[u64]) -> Vec<ErrorCount> {
    let kinds = ["status 503", "timeout"];
    shape
        .steps
        .iter()
        .zip(failed)
        .filter(|(_, failed)| **failed > 0)
        .zip(kinds)
        .map(|((step, failed), kind)| ErrorCount {
            step: step.0.to_owned(),
            kind: kind.to_owned(),
            count: *failed,
            example: "GET <b>&co</b> | no answer within 30 s".to_owned(),
        })
        .collect()
}

fn series(
    shape: &Shape,
    duration: Micros,
    cpu: u64,
    megabytes: (u64, u64),
    tag: u64,
) -> ResourceSeries {
    let mut used = 1_000_000_u64;
    let (mut busy, mut steal) = (90_000_000_u64, 0_u64);
    let count = duration.0 / 250_000;
    let samples = (0..=count)
        .map(|index| {
            let ramp = (index as f64 / 4.0 * 10.0 / f64::from(shape.users)).min(1.0);
            let share = cpu as f64 / 100.0 * (0.9 + 0.2 * noise(tag + index)) * ramp;
            if index > 0 {
                used += (share * 500_000.0) as u64;
                busy += (cpu_of_machine(shape, share * 100.0 / cpu as f64) * 500_000.0) as u64;
                steal += (noise(tag + index * 3) * 6_000.0) as u64;
            }
            let grown = (megabytes.1 - megabytes.0) as f64 * (index as f64 / count as f64).sqrt();
            let rss = megabytes.0 as f64 + grown + 3.0 * noise(tag + index * 11);
            ResourceSample {
                at: Micros(index * 250_000),
                cpu: Micros(used),
                rss: Bytes((rss * 1e6) as u64),
                pss: None,
                threads: 9,
                open_files: 40,
                context_switches: index * 900,
                storage_read: Bytes(0),
                storage_written: Bytes(index * 4_096),
                processes: 1,
                host_busy: Micros(busy),
                host_steal: Micros(steal),
            }
        })
        .collect();
    ResourceSeries {
        pid: 4_711,
        cores: 2,
        samples,
    }
}

/// Server and generator together, and a little more; `wobble` is about 1.
fn cpu_of_machine(shape: &Shape, wobble: f64) -> f64 {
    let all = shape.cpu + shape.cpu / 6;
    ((all as f64 / 100.0 + 0.02) * wobble).min(1.0)
}

fn memory() -> MemoryRecord {
    let megabytes = |value: f64| Bytes((value * 1e6) as u64);
    let checkpoint = |operations, base, peak, released| MemoryCheckpoint {
        operations,
        base: megabytes(base),
        peak: megabytes(peak),
        released: megabytes(released),
    };
    MemoryRecord {
        start: megabytes(185.2),
        checkpoints: vec![
            checkpoint(10, 192.6, 204.8, 190.1),
            checkpoint(100, 218.4, 256.3, 212.7),
            checkpoint(1_000, 263.1, 312.7, 247.8),
        ],
        kinds: vec![MemoryKind {
            name: "Session Creation".to_owned(),
            operations: 100,
            base: megabytes(190.0),
            peak: megabytes(196.0),
            end: megabytes(195.0),
            released: megabytes(191.0),
        }],
        failed_requests: 0,
        first_failure: None,
    }
}

fn bench() -> BenchRecord {
    let functions = FUNCTIONS
        .iter()
        .map(|(name, median, _)| {
            let calls: Vec<u64> = (0..2_000).map(|i| latency(*median, i + median)).collect();
            FunctionRecord {
                name: (*name).to_owned(),
                workload: "one call on 2,000 entries".to_owned(),
                calls: histogram(&calls, 60_000_000_000),
            }
        })
        .collect();
    BenchRecord {
        format: 1,
        functions,
    }
}
