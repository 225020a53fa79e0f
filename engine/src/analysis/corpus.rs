//! The dialogue corpus: every statement of every analysis quotes stored bytes, on any number of
//! threads.

use super::laws::{bytes, check_quotes, message, session};
use super::{Delta, SessionState, render};
use crate::domain::analysis::Depth;
use crate::domain::message::{Message, Role};

/// The dialogues as messages: what the client says, and after each a reply that takes it up.
fn dialogues() -> Vec<Vec<Message>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../scenarios/data/dialogues.jsonl"
    );
    let lines = std::fs::read_to_string(path).unwrap();
    let turns = |line: &str| {
        let dialogue: serde_json::Value = serde_json::from_str(line).unwrap();
        let turns = dialogue["turns"].as_array().unwrap().clone();
        let said = turns.iter().map(|turn| turn.as_str().unwrap().to_owned());
        let mut messages = Vec::new();
        for (seq, text) in (0u32..).step_by(2).zip(said) {
            let reply = format!("You said this: {text} What is that like?");
            messages.push(message(&session(), seq, Role::Client, &text));
            messages.push(message(&session(), seq + 1, Role::Persona, &reply));
        }
        messages
    };
    lines.lines().map(turns).collect()
}

/// All that a session's readers can get, as bytes.
fn everything(messages: &[Message]) -> Vec<u8> {
    let state = SessionState::fold(messages);
    let mut all = bytes(&state);
    for depth in [Depth::Basic, Depth::Standard, Depth::Deep] {
        let rendered = render(&state, &session(), depth);
        all.extend(serde_json::to_vec(&rendered).unwrap());
    }
    for message in messages {
        all.extend(Delta::of(message).to_bytes().unwrap());
    }
    all
}

#[test]
fn every_statement_of_every_analysis_quotes_stored_bytes() {
    let dialogues = dialogues();
    assert!(dialogues.len() >= 40, "{}", dialogues.len());
    let mut quotes = 0;
    for messages in &dialogues {
        // As the session grows, not only at its end.
        let mut state = SessionState::new();
        for (at, message) in messages.iter().enumerate() {
            state.step(message);
            if at % 5 == 4 || at + 1 == messages.len() {
                quotes += check_quotes(messages, &state);
            }
        }
    }
    assert!(quotes > 5_000, "{quotes}");
    // All of them as one long session.
    let long: Vec<Message> = (0u32..)
        .zip(dialogues.concat())
        .map(|(seq, said)| message(&session(), seq, said.role, &said.content))
        .collect();
    assert!(check_quotes(&long, &SessionState::fold(&long)) > 60);
}

#[test]
fn the_bytes_are_the_same_on_every_run_and_number_of_threads() {
    let dialogues = dialogues();
    let alone: Vec<Vec<u8>> = dialogues.iter().map(|one| everything(one)).collect();
    for threads in [2, 5] {
        let share = dialogues.len().div_ceil(threads);
        let together: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let workers: Vec<_> = dialogues
                .chunks(share)
                .map(|part| {
                    scope.spawn(move || part.iter().map(|one| everything(one)).collect::<Vec<_>>())
                })
                .collect();
            workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap())
                .collect()
        });
        assert_eq!(together, alone, "{threads} threads");
    }
}
