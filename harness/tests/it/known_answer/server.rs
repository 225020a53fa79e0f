//! A server with known latency laws that measures the truth in its handlers, and with answers that
//! are wrong on purpose. It runs in the test's process or in one of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use hdrhistogram::Histogram;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// Set in a process that is to be nothing but the server.
pub(super) const PORT: &str = "KNOWN_ANSWER_PORT";

#[derive(Clone)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    state: Shared,
}

type Shared = Arc<Mutex<Inner>>;

struct Inner {
    rng: ChaCha8Rng,
    /// By law, the time from the handler's begin to its end in microseconds.
    truth: BTreeMap<String, Histogram<u64>>,
    held: BTreeMap<u64, Vec<u8>>,
    requests: u64,
}

impl Server {
    /// Serves on threads of its own until the test's process ends.
    pub(super) fn start() -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || serve(0, |server| sender.send(server).unwrap()));
        receiver.recv().unwrap()
    }

    pub(super) fn url(&self) -> reqwest::Url {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// What a law's answers took.
    pub(super) fn truth(&self, law: &str) -> Histogram<u64> {
        self.state.lock().unwrap().truth[law].clone()
    }

    /// Forgets what answers took.
    pub(super) fn forget(&self) {
        self.state.lock().unwrap().truth.clear();
    }

    /// Requests other than those that ask whether it is ready.
    pub(super) fn requests(&self) -> u64 {
        self.state.lock().unwrap().requests
    }
}

/// Serves for ever.
pub(super) fn serve(port: u16, ready: impl FnOnce(Server)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let state: Shared = Arc::new(Mutex::new(Inner {
            rng: ChaCha8Rng::seed_from_u64(5),
            truth: BTreeMap::new(),
            held: BTreeMap::new(),
            requests: 0,
        }));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
            .await
            .unwrap();
        ready(Server {
            address: listener.local_addr().unwrap(),
            state: Arc::clone(&state),
        });
        axum::serve(listener, router(state)).await.unwrap();
    });
}

fn router(state: Shared) -> Router {
    Router::new()
        .route("/law/{law}", get(law))
        .route("/status/{code}", get(status))
        .route("/slow", get(slow))
        .route("/item", post(item))
        .route("/item/{id}", get(item_is).delete(drop_item))
        .route("/nothing", get(|| async { axum::Json(json!({})) }))
        .route("/timed", get(timed))
        .route("/exit", get(exit))
        .route("/gone", delete(|| async { StatusCode::NO_CONTENT }))
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&state),
            count,
        ))
        .route("/ready", get(|| async { "ready" }))
        .route(
            "/version",
            get(|| async { axum::Json(json!({"version": "1.2.3"})) }),
        )
        .with_state(state)
}

async fn count(
    State(state): State<Shared>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    state.lock().unwrap().requests += 1;
    next.run(request).await
}

async fn law(State(state): State<Shared>, Path(law): Path<String>) -> impl IntoResponse {
    let began = Instant::now();
    let millis = draw(&law, &mut state.lock().unwrap().rng);
    // The runtime's timer goes by milliseconds and would have answers leave in clumps.
    let pause = Duration::from_secs_f64(millis / 1_000.0);
    tokio::task::spawn_blocking(move || std::thread::sleep(pause))
        .await
        .unwrap();
    let took = u64::try_from(began.elapsed().as_micros()).unwrap();
    let mut inner = state.lock().unwrap();
    let histogram = inner
        .truth
        .entry(law)
        .or_insert_with(|| Histogram::new_with_bounds(1, 3_600_000_000, 3).unwrap());
    histogram.record(took).unwrap();
    "done"
}

/// Milliseconds that an answer is to take.
fn draw(law: &str, rng: &mut ChaCha8Rng) -> f64 {
    let share: f64 = rng.random_range(0.0..1.0);
    match law {
        "constant" => 5.0,
        "lognormal" => {
            let other: f64 = rng.random_range(f64::MIN_POSITIVE..1.0);
            let normal = (-2.0 * other.ln()).sqrt() * (std::f64::consts::TAU * share).cos();
            (20f64.ln() + 0.5 * normal).exp().min(200.0)
        }
        "bimodal" if share < 0.9 => 10.0 + share,
        "bimodal" => 80.0 + share,
        other => panic!("no law {other}"),
    }
}

async fn status(Path(code): Path<u16>) -> impl IntoResponse {
    (StatusCode::from_u16(code).unwrap(), "as asked")
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(30)).await;
    "late"
}

/// Makes an item that takes 34 megabytes: the C library gives blocks above 32 back at once.
async fn item(State(state): State<Shared>) -> axum::Json<Value> {
    let mut inner = state.lock().unwrap();
    let id = inner.rng.random_range(1..u64::MAX / 2);
    inner.held.insert(id, vec![1; 34 << 20]);
    axum::Json(json!({"id": id}))
}

async fn item_is(State(state): State<Shared>, Path(id): Path<u64>) -> impl IntoResponse {
    let known = state.lock().unwrap().held.contains_key(&id);
    let status = if known {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    (status, axum::Json(json!({"id": id, "parts": [1, 2]})))
}

async fn drop_item(State(state): State<Shared>, Path(id): Path<u64>) -> StatusCode {
    match state.lock().unwrap().held.remove(&id) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}

async fn timed() -> impl IntoResponse {
    (
        [(
            "server-timing",
            "store;dur=1.5, rank;dur=0.25;desc=\"a, b\"",
        )],
        "timed",
    )
}

async fn exit() -> &'static str {
    std::process::exit(7)
}

/// The server as a child: started by the other tests with [`PORT`] set, it serves until it is
/// killed. As a test of its own it starts such a child and speaks with it.
#[test]
fn the_server_runs_in_a_process_of_its_own() {
    if let Ok(port) = std::env::var(PORT) {
        serve(port.parse().unwrap(), |_| {});
        return;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (program, arguments) = child_command();
    let mut child = std::process::Command::new(program)
        .args(arguments)
        .env(PORT, port.to_string())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let answers = loop {
        if let Ok(answer) = get_raw(([127, 0, 0, 1], port).into(), "/version") {
            break answer.contains("1.2.3");
        }
        if began.elapsed() > Duration::from_secs(20) {
            break false;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answers);
}

/// What starts the server as a child: this test program with the test above.
pub(super) fn child_command() -> (String, Vec<String>) {
    let program = std::env::current_exe().unwrap().display().to_string();
    let name = "known_answer::server::the_server_runs_in_a_process_of_its_own";
    (
        program,
        [name, "--exact", "--nocapture"].map(str::to_owned).to_vec(),
    )
}

/// A request without a client.
pub(super) fn get_raw(address: SocketAddr, path: &str) -> std::io::Result<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
