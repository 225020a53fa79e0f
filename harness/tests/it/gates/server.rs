//! A server whose latency is known: a log-normal law around five milliseconds, times a factor.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[derive(Clone)]
struct Law {
    rng: Arc<Mutex<ChaCha8Rng>>,
    factor: f64,
}

/// Serves on threads of its own until the test's process ends.
pub(super) fn start(factor: f64) -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            let law = Law {
                rng: Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(11))),
                factor,
            };
            let router = Router::new()
                .route("/work", get(work))
                .route("/ready", get(|| async { "ready" }))
                .with_state(law);
            axum::serve(listener, router).await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

async fn work(State(law): State<Law>) -> &'static str {
    let millis = {
        let mut rng = law.rng.lock().unwrap();
        let sum: f64 = (0..12).map(|_| rng.random_range(-0.5..0.5)).sum();
        5.0 * (0.25 * sum).exp() * law.factor
    };
    // The runtime's timer goes by milliseconds.
    let pause = Duration::from_secs_f64(millis / 1_000.0);
    tokio::task::spawn_blocking(move || std::thread::sleep(pause))
        .await
        .unwrap();
    "done"
}

/// A scenario file for it.
pub(super) fn scenario(folder: &Path, iterations: u32) -> PathBuf {
    let path = folder.join("work.toml");
    let text = format!(
        r#"
name = "work"
title = "Work"
description = "8 users without pauses"
kind = "multiple_users"

[sut]
name = "known latencies"
ready = "/ready"

[load]
users = 8
iterations = {iterations}
warm_up = 0

[[steps]]
name = "work"
path = "/work"

[[targets]]
label = "Response Time (95th)"
metric = "response_time"
statistic = "p95"
bound = "< 1 s"
"#
    );
    std::fs::write(&path, text).unwrap();
    path
}
