//! One small run with a value in every part, for the tests of this module.

use std::collections::BTreeMap;

use super::archive::{FORMAT, RunEnd, RunRecord};
use super::bench::{BenchRecord, FunctionRecord};
use super::environment::{Environment, SutRecord, ToolRecord};
use super::histogram::{HistogramRecord, Recording};
use super::load::{
    Accounting, ErrorCount, ScenarioRecord, StepRecord, UserCounts, Window, WindowStep,
};
use super::memory::{MemoryCheckpoint, MemoryKind, MemoryRecord};
use super::resource::{ResourceSample, ResourceSeries};
use crate::plan::suite::{Suite, Sut};
use crate::units::{Bytes, Micros};

fn times(micros: &[u64]) -> HistogramRecord {
    let mut recording = Recording::latencies();
    for value in micros {
        recording.record(*value);
    }
    recording.to_record().unwrap()
}

pub(super) fn memory() -> MemoryRecord {
    MemoryRecord {
        start: Bytes(12_500_000),
        checkpoints: vec![MemoryCheckpoint {
            operations: 10,
            base: Bytes(13_000_000),
            peak: Bytes(13_500_000),
            released: Bytes(12_750_000),
        }],
        kinds: vec![MemoryKind {
            name: "Session Creation".to_owned(),
            operations: 100,
            base: Bytes(12_750_000),
            peak: Bytes(14_000_000),
            end: Bytes(13_900_000),
            released: Bytes(12_800_000),
        }],
        failed_requests: 0,
        first_failure: None,
    }
}

fn series() -> ResourceSeries {
    let sample = ResourceSample {
        at: Micros(0),
        cpu: Micros(1_000),
        rss: Bytes(12_000_000),
        pss: None,
        threads: 4,
        open_files: 9,
        context_switches: 77,
        storage_read: Bytes(0),
        storage_written: Bytes(4_096),
        processes: 1,
        host_busy: Micros(9_000_000),
        host_steal: Micros(0),
    };
    ResourceSeries {
        pid: 42,
        cores: 2,
        samples: vec![sample],
    }
}

fn step() -> StepRecord {
    StepRecord {
        step: "send".to_owned(),
        endpoint: "/messages".to_owned(),
        completed: 3,
        failed: 1,
        response: times(&[1_000, 2_000, 4_000]),
        service: times(&[900, 1_900, 3_900]),
        queue: times(&[100, 100, 100]),
        first_byte: times(&[800, 1_800, 3_800]),
        failed_response: times(&[500]),
        sent: Bytes(400),
        received: Bytes(4_000),
        phases: BTreeMap::from([("store".to_owned(), times(&[300, 400, 500]))]),
    }
}

fn scenario() -> ScenarioRecord {
    ScenarioRecord {
        name: "single_user".to_owned(),
        started_at: "2025-05-11T09:45:40Z".parse().unwrap(),
        duration: Micros(900_000),
        end: RunEnd::Complete,
        warm_up_requests: 2,
        users: UserCounts {
            planned: 1,
            started: 1,
            finished: 1,
            lost: 0,
            peak: 1,
        },
        accounting: Accounting {
            scheduled: 4,
            completed: 3,
            failed: 1,
            in_flight: 0,
            unsent: 0,
        },
        steps: vec![step()],
        windows: vec![Window {
            second: 0,
            users: 1,
            steps: vec![WindowStep {
                completed: 3,
                failed: 1,
                sum: Micros(7_000),
                p50: Some(Micros(2_000)),
                p95: Some(Micros(4_000)),
                max: Some(Micros(4_000)),
            }],
        }],
        stages: Vec::new(),
        errors: vec![ErrorCount {
            step: "send".to_owned(),
            kind: "status 503".to_owned(),
            count: 1,
            example: "503 Service Unavailable: busy".to_owned(),
        }],
        server: Some(series()),
        generator: series(),
        lateness: times(&[1_100]),
        censored: None,
        arrivals: None,
        health: None,
    }
}

fn suite() -> Suite {
    Suite {
        subject: "A service".to_owned(),
        profile: "smoke".to_owned(),
        sut: Sut {
            name: "service".to_owned(),
            build: Vec::new(),
            start: vec!["service".to_owned()],
            env: BTreeMap::new(),
            ready_path: "/ready".to_owned(),
            ready_timeout: Micros(1_000_000),
            version_path: None,
            probe_path: None,
            headers: BTreeMap::new(),
            secret_env: None,
            secret_file: None,
            database: None,
        },
        scenarios: Vec::new(),
        memory: None,
        bench: None,
        summary: Vec::new(),
    }
}

pub(crate) fn run() -> RunRecord {
    RunRecord {
        format: FORMAT,
        stamp: "20250511_094532".to_owned(),
        started_at: "2025-05-11T09:45:32Z".parse().unwrap(),
        finished_at: Some("2025-05-11T09:46:00Z".parse().unwrap()),
        seed: 7,
        command: vec!["run".to_owned()],
        tool: ToolRecord {
            version: "0.1.0".to_owned(),
            commit: None,
            build: "release".to_owned(),
            libraries: BTreeMap::new(),
        },
        environment: Environment {
            cpu_model: "a CPU".to_owned(),
            cores: 2,
            memory: Bytes(8_000_000_000),
            os: "an OS".to_owned(),
            kernel: "6.1".to_owned(),
            storage: None,
            load_before: 0.5,
            rustc: "rustc 1.95.0".to_owned(),
            fingerprint: "00".to_owned(),
        },
        suite: suite(),
        plan_hash: crate::plan::hash::hash(&suite()),
        sut: Some(SutRecord {
            url: "http://127.0.0.1:1".to_owned(),
            started_here: true,
            pid: Some(42),
            version: Some(serde_json::json!({"version": "1.0.0"})),
            command: vec!["service".to_owned()],
            ready_after: Some(Micros(50_000)),
        }),
        scenarios: vec![scenario()],
        memory: Some(memory()),
        bench: Some(BenchRecord {
            format: 1,
            functions: vec![FunctionRecord {
                name: "lookup".to_owned(),
                workload: "one lookup".to_owned(),
                calls: times(&[80, 90]),
            }],
        }),
        instrument: None,
        end: RunEnd::Complete,
        shard: None,
        capacity: None,
        merged_from: None,
    }
}
