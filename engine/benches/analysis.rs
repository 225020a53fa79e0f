//! What the analysis costs: a message early and late in a session, the rendering, and reading it over
//! HTTP. Run with `cargo bench -p smart-steps-engine --bench analysis`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops when its set-up fails, and prints its figures"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion};
use jiff::Timestamp;
use serde_json::Map;
use smart_steps_engine::analysis::{Delta, SessionState, render};
use smart_steps_engine::config::Layers;
use smart_steps_engine::domain::analysis::Depth;
use smart_steps_engine::domain::id::{MessageId, SessionId, TenantId};
use smart_steps_engine::domain::message::{Message, Role};
use smart_steps_engine::service::{NewMessage, NewSession, Outcome, Scope};
use smart_steps_engine::shutdown::Shutdown;
use smart_steps_engine::startup::{self, Server};

const UTTERANCES: &str = include_str!("../../scenarios/data/utterances.jsonl");
const EARLY: u32 = 100;
const LATE: u32 = 10_000;
/// Messages that are stepped in one sample.
const STEPPED: u32 = 100;
const REQUESTS: usize = 2_000;

fn utterances() -> Vec<String> {
    let text = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["text"].as_str().unwrap().to_owned()
    };
    UTTERANCES.lines().map(text).collect()
}

/// Message `seq` of a session in which client and persona alternate.
fn message(texts: &[String], seq: u32) -> Message {
    let session = SessionId::derived(b"bench");
    let text = texts.get(seq as usize * 7 % texts.len()).unwrap();
    Message {
        id: MessageId::derived(format!("{seq}").as_bytes()),
        tenant: TenantId::shipped(),
        session,
        seq,
        role: if seq.is_multiple_of(2) {
            Role::Client
        } else {
            Role::Persona
        },
        content: text.clone(),
        reply: None,
        metadata: Map::new(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn folded(texts: &[String], messages: u32) -> SessionState {
    let mut state = SessionState::new();
    for seq in 0..messages {
        state.step(&message(texts, seq));
    }
    state
}

/// The same messages after 100 and after 10,000 others, each with the bytes that are stored.
fn steps(criterion: &mut Criterion, texts: &[String]) {
    let mut group = criterion.benchmark_group("hundred_messages");
    group.measurement_time(Duration::from_secs(8));
    for after in [EARLY, LATE] {
        let state = folded(texts, after);
        let next: Vec<Message> = (LATE..LATE + STEPPED)
            .map(|seq| message(texts, seq))
            .collect();
        group.bench_function(format!("after_{after}"), |bencher| {
            bencher.iter_batched(
                || state.clone(),
                |mut state| {
                    for message in &next {
                        let delta = Delta::of(message);
                        state.apply(message, &delta);
                        black_box(state.observe(message, &delta));
                        black_box((delta.to_bytes().unwrap(), state.to_bytes().unwrap()));
                    }
                    state
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

/// Both sides turn by turn, so that what the machine does meanwhile meets both.
fn ratio(texts: &[String]) {
    let states = [folded(texts, EARLY), folded(texts, LATE)];
    let next: Vec<Message> = (LATE..LATE + STEPPED)
        .map(|seq| message(texts, seq))
        .collect();
    let mut spent = [Vec::new(), Vec::new()];
    for _ in 0..100 {
        for (state, spent) in states.iter().zip(&mut spent) {
            let mut state = state.clone();
            let began = Instant::now();
            for message in &next {
                black_box(state.step(message));
                black_box(state.to_bytes().unwrap());
            }
            spent.push(began.elapsed());
        }
    }
    let [early, late] = spent.map(|mut spent| {
        spent.sort();
        spent[spent.len() / 2] / STEPPED
    });
    println!(
        "message {EARLY}: {early:?}, message {LATE}: {late:?}, ratio {:.3} (medians of 100 runs of {STEPPED} messages)",
        late.as_secs_f64() / early.as_secs_f64()
    );
}

fn rendering(criterion: &mut Criterion, texts: &[String]) {
    let state = folded(texts, LATE);
    let session = SessionId::derived(b"bench");
    let mut group = criterion.benchmark_group("render_10000_messages");
    for (name, depth) in [
        ("basic", Depth::Basic),
        ("standard", Depth::Standard),
        ("deep", Depth::Deep),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| render(black_box(&state), &session, depth));
        });
    }
    let stored = state.to_bytes().unwrap();
    group.bench_function("read_the_stored_state", |bencher| {
        bencher.iter(|| SessionState::from_bytes(black_box(&stored)).unwrap());
    });
    group.finish();
    let messages: Vec<(Message, Delta)> = (0..LATE)
        .map(|seq| message(texts, seq))
        .map(|message| (message.clone(), Delta::of(&message)))
        .collect();
    let began = Instant::now();
    let mut again = SessionState::new();
    for (message, delta) in &messages {
        again.apply(message, delta);
    }
    println!(
        "folding {LATE} messages anew from their deltas: {:?}",
        began.elapsed()
    );
    assert!(again == state, "the deltas give the same state");
}

/// `GET /analysis/sessions/{id}` of a session of 10,000 messages, one request after the other.
async fn http(texts: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let mut layers = Layers::defaults().unwrap();
    let database = folder.path().join("bench.db").display().to_string();
    layers.lay_flag("bench", "database.path", database).unwrap();
    layers
        .lay_flag("bench", "http.listen", "127.0.0.1:0".to_owned())
        .unwrap();
    let config = layers.build().unwrap();
    let services = startup::services(&config).await.unwrap();
    let tenant: TenantId = "bench".parse().unwrap();
    services
        .auth
        .put_tenant(tenant.clone(), "Bench")
        .await
        .unwrap();
    let scope = Scope {
        tenant,
        phases: Arc::default(),
    };
    let (_, key) = services.auth.create_key(&scope, "bench").await.unwrap();
    let new = NewSession {
        client: "anna".parse().unwrap(),
        persona: "therapist".parse().unwrap(),
        title: None,
        goals: Vec::new(),
        metadata: Map::new(),
    };
    let session = match services.sessions.create(&scope, new, None).await.unwrap() {
        Outcome::Done(session) => session,
        Outcome::Replayed(_) => {
            unreachable!("the request has no key under which an answer is kept")
        }
    };
    for batch in 0..LATE / 200 {
        let say = |n: u32| NewMessage {
            content: texts[(batch * 100 + n) as usize * 7 % texts.len()].clone(),
            client: None,
            metadata: Map::new(),
        };
        let messages = (0..100).map(say).collect();
        services
            .conversations
            .say(&scope, &session.id, messages, None)
            .await
            .unwrap();
    }
    let server = Server::bind(Arc::clone(&services), &config).await.unwrap();
    let base = format!(
        "http://{}/api/v1/analysis/sessions/{}",
        server.address(),
        session.id
    );
    let shutdown = Shutdown::new();
    let told = shutdown.clone();
    let running = tokio::spawn(server.run(told));
    let client = reqwest::Client::new();
    for depth in ["basic", "standard", "deep"] {
        let mut spent = Vec::with_capacity(REQUESTS);
        let mut bytes = 0;
        for _ in 0..REQUESTS {
            let request = client
                .get(format!("{base}?depth={depth}"))
                .bearer_auth(key.reveal());
            let began = Instant::now();
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200);
            bytes = answer.bytes().await.unwrap().len();
            spent.push(began.elapsed());
        }
        spent.sort();
        let at = |share: usize| spent[spent.len() * share / 100];
        println!(
            "GET analysis of {LATE} messages, depth {depth}: p50 {:?}, p95 {:?}, p99 {:?}, {bytes} bytes, n {REQUESTS}",
            at(50),
            at(95),
            at(99)
        );
    }
    shutdown.signal();
    running.await.unwrap().unwrap();
}

fn main() {
    let texts = utterances();
    let mut criterion = Criterion::default().configure_from_args();
    steps(&mut criterion, &texts);
    rendering(&mut criterion, &texts);
    criterion.final_summary();
    ratio(&texts);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(http(&texts));
}
