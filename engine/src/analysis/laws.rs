//! The laws of the fold, over invented and arbitrary texts.

use jiff::Timestamp;
use proptest::prelude::*;

use super::{STATE_LIMIT, SessionState, StateError, VERSION, render};
use crate::domain::analysis::{Depth, Quote, SessionAnalysis};
use crate::domain::id::{MessageId, SessionId, TenantId};
use crate::domain::memory::ExperienceKind;
use crate::domain::message::{Message, Role};

/// A message of `session`.
pub(super) fn message(session: &SessionId, seq: u32, role: Role, content: &str) -> Message {
    Message {
        id: MessageId::derived(format!("{session} {seq}").as_bytes()),
        tenant: TenantId::shipped(),
        session: session.clone(),
        seq,
        role,
        content: content.to_owned(),
        reply: None,
        metadata: serde_json::Map::new(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn session() -> SessionId {
    SessionId::derived(b"session")
}

fn conversation(texts: &[String]) -> Vec<Message> {
    (0u32..)
        .zip(texts)
        .map(|(seq, text)| {
            let role = if seq % 3 == 2 {
                Role::Persona
            } else {
                Role::Client
            };
            message(&session(), seq, role, text)
        })
        .collect()
}

pub(super) const CLIENT: [&str; 30] = [
    "I'm here because of a house. My parents' house, they both died within the same year.",
    "When I think of selling it I get something in my throat. When I think of keeping it I get tired.",
    "What would it mean to let go of it?",
    "I want to talk to my sister about the house without shouting.",
    "Awake at four again — my head goes through every e-mail I didn’t answer…",
    "i slept six hours on tuesday. five on wednesday. is that good? i can't tell",
    "My boss was horrible today!!! He said \"nobody reads your reports\" in front of everyone.",
    "I'll call the landlord about the heating on Monday.",
    "Das war schön, n'est-ce pas? 😀😢 And then: rain.",
    "I called the landlord about the heating and he was kind.",
    "I used to cut myself when I was fifteen. I don't want to die, I want to sleep.",
    "Dr. Weber said that it's normal, e.g. after a loss, at 3 a.m. or so.",
    "My sister laughed, and I finally cried. For the first time since the funeral.",
    "The house, the house, always the house. I never think of anything else!",
    "The panic attack came on the train, between two stations.",
    "I managed to stay on the train although the panic attack was terrible.",
    "Nothing.",
    "…",
    "",
    "   \n\n  ",
    "I hate it. I hate it. I love her, but I hate it.",
    "What should I do? Tell me what to do? Or don't?",
    "Everything is completely, totally pointless, always was.",
    "We sold it. I got the clock, which is ugly, and ticks.",
    "My daughter says I smile more. Maybe she's right.",
    "I am not sad; I'm tired. Tired of the stairs, tired of the lift.",
    "a b c d e f g h i j k",
    "I want to decide by the end of June, together with my sister.",
    "My sister and I decided about the house together. It was a good, warm evening.",
    "Thank you. That helped more than I thought it would.",
];

fn client_texts() -> Vec<String> {
    CLIENT.iter().map(|text| (*text).to_owned()).collect()
}

/// Every quotation of an analysis.
fn quotes(analysis: &SessionAnalysis) -> Vec<Quote> {
    fn collect(value: &serde_json::Value, found: &mut Vec<Quote>) {
        if let Ok(quote) = serde_json::from_value::<Quote>(value.clone()) {
            found.push(quote);
        }
        match value {
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            serde_json::Value::Object(map) => map.values().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&serde_json::to_value(analysis).unwrap(), &mut found);
    found
}

/// Every quotation equals the stored bytes and comes from the client. Gives how many there were.
pub(super) fn check_quotes(messages: &[Message], state: &SessionState) -> usize {
    let found = quotes(&render(state, &session(), Depth::Deep));
    let mut shown = render(state, &session(), Depth::Deep);
    let reflections = std::mem::take(&mut shown.possible_reflections);
    let elsewhere = quotes(&shown);
    for reflection in reflections {
        let stored = messages
            .iter()
            .find(|m| m.id == reflection.persona.message_id)
            .unwrap();
        assert_eq!(stored.role, Role::Persona);
    }
    for quote in &elsewhere {
        let stored = messages.iter().find(|m| m.id == quote.message_id).unwrap();
        assert_eq!(stored.role, Role::Client);
    }
    for quote in &found {
        let stored = messages.iter().find(|m| m.id == quote.message_id).unwrap();
        assert_eq!(
            stored.content.get(quote.byte_start..quote.byte_end),
            Some(quote.quote.as_str())
        );
    }
    found.len()
}

pub(super) fn bytes(state: &SessionState) -> Vec<u8> {
    state.to_bytes().unwrap()
}

#[test]
fn the_fold_of_all_is_the_fold_of_a_prefix_and_the_rest() {
    let messages = conversation(&client_texts());
    let whole = bytes(&SessionState::fold(&messages));
    for cut in 0..=messages.len() {
        let prefix = bytes(&SessionState::fold(&messages[..cut]));
        let mut state = SessionState::from_bytes(&prefix).unwrap();
        for message in &messages[cut..] {
            state = SessionState::from_bytes(&bytes(&state)).unwrap();
            state.step(message);
        }
        assert_eq!(bytes(&state), whole, "cut at {cut}");
    }
}

#[test]
fn the_same_messages_give_the_same_bytes() {
    let messages = conversation(&client_texts());
    assert_eq!(
        bytes(&SessionState::fold(&messages)),
        bytes(&SessionState::fold(&messages))
    );
}

#[test]
fn every_statement_quotes_the_stored_bytes() {
    let messages: Vec<Message> = (0u32..)
        .zip(client_texts())
        .map(|(seq, text)| message(&session(), seq, Role::Client, &text))
        .collect();
    let state = SessionState::fold(&messages);
    assert!(check_quotes(&messages, &state) > 60);
    let shown = render(&state, &session(), Depth::Deep);
    assert!(
        shown.topics.iter().any(|topic| topic.label == "house"),
        "{:#?}",
        shown.topics
    );
    assert_eq!(shown.summary.len(), 10);
    assert!(shown.goals.iter().any(|goal| goal.follow_through.is_some()));
    assert!(
        !shown.risk.requires_human && shown.risk.total == 3,
        "{:#?}",
        shown.risk
    );
}

#[test]
fn a_long_session_stays_within_its_bounds() {
    let mut state = SessionState::new();
    let mut messages = Vec::new();
    let mut early = 0;
    for round in 0..60u32 {
        for (at, text) in (0u32..).zip(CLIENT) {
            let seq = round * 30 + at;
            let text = format!(
                "{text} Number{seq} of word{}x was new and cost{seq} nothing.",
                seq * 7
            );
            let message = message(&session(), seq, Role::Client, &text);
            state.step(&message);
            messages.push(message);
        }
        assert!(
            state.stored_bytes() <= STATE_LIMIT,
            "{}",
            state.stored_bytes()
        );
        if round == 9 {
            early = state.stored_bytes();
        }
    }
    assert_eq!(state.stored_bytes(), bytes(&state).len());
    // What is kept does not grow with the session: the work of a step follows from what is kept.
    assert!(
        state.stored_bytes() < early + early / 5,
        "{early} then {}",
        state.stored_bytes()
    );
    let working = render(&state, &session(), Depth::Deep).working.unwrap();
    assert!(working.candidate_sentences <= 64 && working.terms <= 256);
    assert!(check_quotes(&messages, &state) > 60);
}

#[test]
fn long_ids_and_long_words_do_not_break_the_limit() {
    let mut state = SessionState::new();
    for seq in 0..400u32 {
        let word = format!("w{seq}").repeat(8);
        let text =
            format!("I want to {word} because {word}a and {word}b or \u{1f600}{word}c hurt me.");
        let mut message = message(&session(), seq, Role::Client, &text);
        message.id = format!("msg_{seq:0>120}").parse().unwrap();
        state.step(&message);
        assert!(bytes(&state).len() <= STATE_LIMIT);
    }
}

#[test]
fn the_persona_is_never_evidence() {
    let text =
        "I want to die. I hate the boss, the boss, the boss! What is the boss? I will paint.";
    let mut state = SessionState::new();
    let observation = state.step(&message(&session(), 0, Role::Persona, text));
    assert!(observation.risks.is_empty() && observation.topics.is_empty());
    let shown = render(&state, &session(), Depth::Deep);
    assert!(quotes(&shown).is_empty());
    assert_eq!(shown.risk.total, 0);
    assert_eq!(shown.questions.unwrap().persona.open, 1);
    assert_eq!(shown.turn_taking.persona.messages, 1);
}

#[test]
fn an_observation_tells_what_the_message_showed() {
    let mut state = SessionState::new();
    let mut step = |seq, text: &str| state.step(&message(&session(), seq, Role::Client, text));
    let plain = step(0, "My sister has a garden.");
    assert_eq!(plain.kind, ExperienceKind::Exchange);
    assert_eq!(plain.topics, ["garden", "sister"]);
    let goal = step(1, "I'll call my sister on Sunday.");
    assert_eq!(goal.kind, ExperienceKind::Commitment);
    assert_eq!(goal.topics[0], "sister");
    let risk = step(2, "I want to kill myself.");
    assert_eq!(risk.kind, ExperienceKind::Risk);
    assert!(risk.risks[0].requires_human() && risk.affect < 0.0);
    assert!(plain.importance < goal.importance && goal.importance < risk.importance);
}

#[test]
fn depth_chooses_how_much() {
    let state = SessionState::fold(&conversation(&client_texts()));
    let basic = render(&state, &session(), Depth::Basic);
    assert!(basic.topics.is_empty() && basic.key_points.is_empty() && basic.questions.is_none());
    let standard = render(&state, &session(), Depth::Standard);
    assert!(!standard.topics.is_empty() && standard.working.is_none());
    let deep = render(&state, &session(), Depth::Deep);
    assert!(deep.topics.len() >= standard.topics.len() && deep.working.is_some());
    for shown in [basic, standard, deep] {
        let json = serde_json::to_string(&shown).unwrap();
        let read: SessionAnalysis = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (read.summary, read.topics, read.goals),
            (shown.summary, shown.topics, shown.goals)
        );
        assert_eq!((read.risk, read.questions), (shown.risk, shown.questions));
    }
}

#[test]
fn bytes_of_another_version_or_none_are_refused() {
    let mut stored = bytes(&SessionState::new());
    assert!(matches!(
        SessionState::from_bytes(&[1]),
        Err(StateError::Short { len: 1 })
    ));
    assert!(matches!(
        SessionState::from_bytes(&stored[..6]),
        Err(StateError::Damaged(_))
    ));
    stored[0] = u8::try_from(VERSION + 1).unwrap();
    assert!(
        matches!(SessionState::from_bytes(&stored), Err(StateError::Version { found }) if found == VERSION + 1)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_quoted_exactly_and_folds_lawfully(
        texts in prop::collection::vec("(\\PC|[\n\r\t .!?'\"’…]){0,120}", 1..6), cut in 0usize..6,
    ) {
        let messages = conversation(&texts);
        let state = SessionState::fold(&messages);
        check_quotes(&messages, &state);
        let cut = cut.min(messages.len());
        let prefix = bytes(&SessionState::fold(&messages[..cut]));
        let mut resumed = SessionState::from_bytes(&prefix).unwrap();
        for message in &messages[cut..] {
            let observation = resumed.step(message);
            prop_assert!((-1.0..=1.0).contains(&observation.affect));
            prop_assert!((0.0..=1.0).contains(&observation.importance));
            for finding in &observation.risks {
                let words = message.content.get(finding.byte_start..finding.byte_end);
                prop_assert_eq!(words, Some(finding.quote.as_str()));
            }
        }
        prop_assert_eq!(bytes(&resumed), bytes(&state));
    }

    #[test]
    fn shuffled_sentences_are_quoted_exactly(order in Just((0..CLIENT.len()).collect::<Vec<_>>()).prop_shuffle()) {
        let texts: Vec<String> = order.iter().map(|at| CLIENT[*at].to_owned()).collect();
        let messages = conversation(&texts);
        let state = SessionState::fold(&messages);
        prop_assert!(check_quotes(&messages, &state) > 20);
        prop_assert!(bytes(&state).len() <= STATE_LIMIT);
    }
}
