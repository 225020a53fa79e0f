//! Analyses of the dialogue corpus, for `docs/analysis.md`.
//!
//! `cargo run --release -p smart-steps-engine --example dialogue_analysis -- show d01` holds the
//! dialogue with its persona and prints the deep analysis as Markdown; `… -- calibrate` prints how
//! often change points and segment borders are found where there are some and where there are none.

#![expect(
    clippy::unwrap_used,
    reason = "an example stops when its input is not what it expects"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};
use smart_steps_engine::analysis::{SessionState, render};
use smart_steps_engine::config::Layers;
use smart_steps_engine::domain::analysis::{Depth, SessionAnalysis};
use smart_steps_engine::domain::clock::ManualClock;
use smart_steps_engine::domain::id::{IdSource, MessageId, SessionId, TenantId};
use smart_steps_engine::domain::message::{Message, Role};
use smart_steps_engine::service::{NewMessage, NewSession, Outcome, Scope};
use smart_steps_engine::startup;

const DIALOGUES: &str = include_str!("../../scenarios/data/dialogues.jsonl");

struct Dialogue {
    id: String,
    title: String,
    persona: String,
    turns: Vec<String>,
}

fn dialogues() -> Vec<Dialogue> {
    let texts = |value: &Value| {
        let items = value.as_array().unwrap().iter();
        items
            .map(|item| item.as_str().unwrap().to_owned())
            .collect()
    };
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        Dialogue {
            id: text("id"),
            title: text("title"),
            persona: text("persona"),
            turns: texts(&line["turns"]),
        }
    };
    DIALOGUES.lines().map(read).collect()
}

fn message(seq: u32, role: Role, content: &str) -> Message {
    Message {
        id: format!("msg_{seq}").parse::<MessageId>().unwrap(),
        tenant: TenantId::shipped(),
        session: SessionId::derived(b"example"),
        seq,
        role,
        content: content.to_owned(),
        reply: None,
        metadata: Map::new(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

/// Holds the dialogue with its persona and reads the deep analysis.
async fn hold(dialogue: &Dialogue) -> SessionAnalysis {
    let folder = tempfile::tempdir().unwrap();
    let mut layers = Layers::defaults().unwrap();
    let database = folder.path().join("example.db").display().to_string();
    layers
        .lay_flag("example", "database.path", database)
        .unwrap();
    let clock = Arc::new(ManualClock::at_second(1_750_000_000));
    let services = startup::services_with(&layers.build().unwrap(), clock, IdSource::seeded(1))
        .await
        .unwrap();
    let tenant: TenantId = "example".parse().unwrap();
    services
        .auth
        .put_tenant(tenant.clone(), "Example")
        .await
        .unwrap();
    let scope = Scope {
        tenant,
        phases: Arc::default(),
    };
    let new = NewSession {
        client: "client".parse().unwrap(),
        persona: dialogue.persona.parse().unwrap(),
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
    for words in &dialogue.turns {
        let said = NewMessage {
            content: words.clone(),
            client: None,
            metadata: Map::new(),
        };
        services
            .conversations
            .say(&scope, &session.id, vec![said], None)
            .await
            .unwrap();
    }
    let session = services
        .analyses
        .session(&scope, &session.id)
        .await
        .unwrap();
    let analysis = services
        .analyses
        .render(&scope, &session, Depth::Deep)
        .await
        .unwrap();
    services.close().await;
    analysis
}

/// The analysis without ids and places, which say nothing to a reader of the example.
fn readable(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let hidden = [
                "message_id",
                "byte_start",
                "byte_end",
                "session_id",
                "working",
                "method",
            ];
            let kept = map
                .into_iter()
                .filter(|(key, _)| !hidden.contains(&key.as_str()));
            let mut shown: Map<String, Value> =
                kept.map(|(key, value)| (key, readable(value))).collect();
            if shown.len() == 1
                && let Some(quote) = shown.remove("quote")
            {
                return quote;
            }
            Value::Object(shown)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(readable).collect()),
        Value::Number(number) => match number.as_f64() {
            Some(float) if !number.is_u64() => ((float * 1_000.0).round() / 1_000.0).into(),
            _ => Value::Number(number),
        },
        other => other,
    }
}

fn show(out: &mut String, dialogue: &Dialogue, analysis: &SessionAnalysis) {
    let value = readable(serde_json::to_value(analysis).unwrap());
    writeln!(
        out,
        "### {}: “{}”, with the {}\n",
        dialogue.id, dialogue.title, dialogue.persona
    )
    .unwrap();
    writeln!(
        out,
        "```json\n{}\n```\n",
        serde_json::to_string_pretty(&value).unwrap()
    )
    .unwrap();
}

fn analysed(texts: &[String]) -> SessionAnalysis {
    let messages: Vec<Message> = (0u32..)
        .zip(texts)
        .map(|(seq, text)| message(seq, Role::Client, text))
        .collect();
    render(
        &SessionState::fold(&messages),
        &SessionId::derived(b"example"),
        Depth::Deep,
    )
}

fn place(id: &MessageId) -> usize {
    id.as_str().trim_start_matches("msg_").parse().unwrap()
}

/// Single sentences of the corpus with their sentiment, by dialogue.
fn sentences() -> Vec<Vec<(String, f64)>> {
    let one = |text: &String| {
        let mut state = SessionState::new();
        let seen = state.step(&message(0, Role::Client, text));
        (text.clone(), seen.affect)
    };
    let cut = |dialogue: Dialogue| {
        let pieces = dialogue
            .turns
            .iter()
            .flat_map(|turn| turn.split_inclusive(". "));
        pieces.map(|piece| one(&piece.trim().to_owned())).collect()
    };
    dialogues().into_iter().map(cut).collect()
}

const RUNS: usize = 1_000;
const LENGTH: usize = 60;

fn calibrate(out: &mut String) {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let by_dialogue = sentences();
    let all: Vec<(String, f64)> = by_dialogue.concat();
    let (mut alarmed, mut alarms) = (0usize, 0usize);
    for _ in 0..RUNS {
        let texts: Vec<String> = (0..LENGTH)
            .map(|_| all.choose(&mut rng).unwrap().0.clone())
            .collect();
        let found = analysed(&texts).sentiment.change_points.len();
        alarmed += usize::from(found > 0);
        alarms += found;
    }
    writeln!(out, "change points, {RUNS} sessions of {LENGTH} sentences in random order: {alarmed} sessions with at least one false alarm, {:.2} per 100 sentences",
        alarms as f64 / (RUNS * LENGTH) as f64 * 100.0).unwrap();
    let low: Vec<&(String, f64)> = all.iter().filter(|(_, affect)| *affect < -0.05).collect();
    let high: Vec<&(String, f64)> = all.iter().filter(|(_, affect)| *affect > 0.05).collect();
    for share in [0.6, 0.75, 0.9] {
        let (mut found, mut near, mut lag) = (0usize, 0usize, 0usize);
        for _ in 0..RUNS {
            let texts: Vec<String> = (0..LENGTH)
                .map(|at| {
                    let burdened =
                        rng.random_bool(if at < LENGTH / 2 { share } else { 1.0 - share });
                    let from = if burdened { &low } else { &high };
                    from.choose(&mut rng).unwrap().0.clone()
                })
                .collect();
            let points = analysed(&texts).sentiment.change_points;
            found += usize::from(!points.is_empty());
            let nearest = points
                .iter()
                .map(|p| place(&p.from.message_id).abs_diff(LENGTH / 2))
                .min();
            if let Some(distance) = nearest.filter(|distance| *distance <= 8) {
                near += 1;
                lag += distance;
            }
        }
        writeln!(out, "  from {share:.2} burdened to {share:.2} light in the middle: found in {found} of {RUNS}, within 8 sentences in {near}, there off by {:.1} on average",
            lag as f64 / near.max(1) as f64).unwrap();
    }
    segments(out, &by_dialogue, &mut rng);
}

fn segments(out: &mut String, by_dialogue: &[Vec<(String, f64)>], rng: &mut ChaCha8Rng) {
    let texts = |at: usize| {
        by_dialogue[at]
            .iter()
            .map(|(text, _)| text.clone())
            .collect::<Vec<_>>()
    };
    let long: Vec<usize> = (0..by_dialogue.len())
        .filter(|at| by_dialogue[*at].len() >= 15)
        .collect();
    let (mut pairs, mut hit, mut borders, mut elsewhere, mut total, mut by_chance) =
        (0usize, 0usize, 0usize, 0usize, 0usize, 0.0);
    for _ in 0..400 {
        let mut two = long.clone();
        two.shuffle(rng);
        let (one, other) = (texts(two[0]), texts(two[1]));
        let truth = one.len();
        let joined = [one, other].concat();
        let length = joined.len();
        let Some(found) = analysed(&joined)
            .segments
            .and_then(|s| s.measured().cloned())
        else {
            continue;
        };
        let places: Vec<usize> = found
            .list
            .iter()
            .skip(1)
            .map(|s| place(&s.from.message_id))
            .collect();
        pairs += 1;
        total += length;
        borders += places.len();
        hit += usize::from(places.iter().any(|at| at.abs_diff(truth) <= 4));
        elsewhere += places.iter().filter(|at| at.abs_diff(truth) > 4).count();
        let miss = 1.0 - 9.0 / length as f64;
        by_chance += 1.0 - miss.powi(i32::try_from(places.len()).unwrap());
    }
    writeln!(out, "segments, {pairs} pairs of dialogues set one after the other: the border found within 4 sentences in {:.0} % (by chance {:.0} %), {:.1} borders per 100 sentences, {elsewhere} of {borders} inside a dialogue",
        hit as f64 / pairs as f64 * 100.0, by_chance / pairs as f64 * 100.0, borders as f64 / total as f64 * 100.0).unwrap();
    let mut alone = BTreeMap::new();
    for at in 0..by_dialogue.len() {
        let analysis = analysed(&texts(at));
        let messages: u32 = analysis.themes.iter().map(|theme| theme.messages).sum();
        alone.insert(at, (messages, analysis.messages));
    }
    let (grouped, all) = alone.values().fold((0, 0), |(a, b), (m, n)| (a + m, b + n));
    writeln!(
        out,
        "themes: {:.0} % of {all} sentences taken alone stand in a group of at least two",
        f64::from(grouped) / f64::from(all) * 100.0
    )
    .unwrap();
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = String::new();
    match arguments.split_first() {
        Some((command, _)) if command == "calibrate" => calibrate(&mut out),
        Some((command, ids)) if command == "show" => {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            for dialogue in dialogues()
                .iter()
                .filter(|dialogue| ids.contains(&dialogue.id))
            {
                show(&mut out, dialogue, &runtime.block_on(hold(dialogue)));
            }
        }
        _ => out.push_str("Usage: dialogue_analysis show ID… | calibrate\n"),
    }
    std::io::stdout().write_all(out.as_bytes()).unwrap();
}
