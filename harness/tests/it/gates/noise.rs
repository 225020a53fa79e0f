//! Noise as it was recorded on a real machine: 95th percentiles of short real runs against the server
//! with known latencies, in the order base, slow, slow, base. The slow one takes 1.1 times as long.
//!
//! `STEPS_NOISE_OUT=… STEPS_NOISE_SECONDS=… cargo test … record_noise -- --ignored` records anew.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use smart_steps_harness::measurement::comparison::Side;
use smart_steps_harness::plan;
use smart_steps_harness::run::{RunOptions, run};

use super::server;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Noise {
    /// Where and how it was recorded.
    pub(super) conditions: String,
    /// Seconds that one run took, its start and its end included.
    pub(super) seconds_per_run: f64,
    /// Milliseconds, in pairs of neighbours: base and slow.
    pub(super) pairs: Vec<(f64, f64)>,
}

impl Noise {
    pub(super) fn load(name: &str) -> Self {
        let path = format!(
            "{}/tests/it/fixtures/noise/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// All runs in the order in which they were done, as if none were slow: those of the slow law are
    /// brought to the level of the others.
    pub(super) fn level_runs(&self) -> Vec<f64> {
        let median = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let ratio = median(self.pairs.iter().map(|pair| pair.1).collect())
            / median(self.pairs.iter().map(|pair| pair.0).collect());
        self.pairs
            .iter()
            .enumerate()
            .flat_map(|(place, (base, slow))| {
                let level = slow / ratio;
                if place % 2 == 0 {
                    [*base, level]
                } else {
                    [level, *base]
                }
            })
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "records for minutes; writes the file that STEPS_NOISE_OUT names"]
async fn record_noise() {
    let out = std::env::var("STEPS_NOISE_OUT").expect("STEPS_NOISE_OUT is not set");
    let seconds: u64 = std::env::var("STEPS_NOISE_SECONDS")
        .expect("STEPS_NOISE_SECONDS is not set")
        .parse()
        .unwrap();
    let conditions = std::env::var("STEPS_NOISE_CONDITIONS").unwrap_or_default();
    let (base, slow) = (server::start(1.0), server::start(1.1));
    let folder = tempfile::tempdir().unwrap();
    let file = server::scenario(folder.path(), 120);
    let suite = plan::load_scenario_file(&file, "full").unwrap();
    let began = Instant::now();
    let mut values = Vec::new();
    while began.elapsed() < Duration::from_secs(seconds) || values.len() % 4 != 0 {
        let turn = values.len();
        let address = match Side::of_turn(turn) {
            Side::Base => base,
            Side::Head => slow,
        };
        let mut options = RunOptions::new(folder.path().join(turn.to_string()), folder.path());
        options.target = Some(format!("http://{address}").parse().unwrap());
        options.seed = turn as u64 / 2;
        let record = run(&suite, &options, &mut |_| {}).await.unwrap();
        let p95 = record.scenarios[0].steps[0]
            .response
            .quantile(0.95)
            .unwrap();
        values.push(p95.unwrap().as_millis());
    }
    let pairs: Vec<(f64, f64)> = values
        .chunks_exact(2)
        .enumerate()
        .map(|(place, two)| {
            if place % 2 == 0 {
                (two[0], two[1])
            } else {
                (two[1], two[0])
            }
        })
        .collect();
    let noise = Noise {
        conditions,
        seconds_per_run: began.elapsed().as_secs_f64() / values.len() as f64,
        pairs,
    };
    assert!(noise.pairs.len() >= 10, "too short: {noise:?}");
    std::fs::write(out, serde_json::to_string_pretty(&noise).unwrap() + "\n").unwrap();
}
