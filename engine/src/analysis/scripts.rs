//! Random scripts of inserts, edits and removals: what is folded from stored deltas is byte for byte
//! what the messages that remain give when they are read from the start.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::laws::{CLIENT, bytes, check_quotes, message, session};
use super::{Delta, STATE_LIMIT, SessionState};
use crate::domain::message::{Message, Role};

/// One step of a script; places and texts are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Insert(Role, String),
    Edit(usize, String),
    Remove(usize),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(CLIENT.to_vec()).prop_map(str::to_owned),
        2 => prop::collection::vec(prop::sample::select(CLIENT.to_vec()), 2..4)
            .prop_map(|texts| texts.join(" ")),
        1 => "(\\PC|[\n\t .!?'\"]){0,80}",
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let role = prop_oneof![2 => Just(Role::Client), 1 => Just(Role::Persona)];
    prop_oneof![
        5 => (role, text()).prop_map(|(role, text)| Step::Insert(role, text)),
        2 => (any::<usize>(), text()).prop_map(|(at, text)| Step::Edit(at, text)),
        2 => any::<usize>().prop_map(Step::Remove),
    ]
}

/// A session as the store keeps it: messages, the bytes of their deltas, the bytes of the state.
#[derive(Default)]
struct Kept {
    next: u32,
    messages: BTreeMap<u32, (Message, Vec<u8>)>,
    state: Vec<u8>,
}

impl Kept {
    fn insert(&mut self, role: Role, text: &str) {
        let message = message(&session(), self.next, role, text);
        let mut state = match self.messages.len() {
            0 => SessionState::new(),
            _ => SessionState::from_bytes(&self.state).unwrap(),
        };
        let delta = Delta::of(&message);
        state.apply(&message, &delta);
        self.state = bytes(&state);
        self.messages
            .insert(self.next, (message, delta.to_bytes().unwrap()));
        self.next += 1;
    }

    fn place(&self, at: usize) -> Option<u32> {
        let places: Vec<u32> = self.messages.keys().copied().collect();
        places.get(at % places.len().max(1)).copied()
    }

    fn edit(&mut self, at: usize, text: &str) {
        let place = self.place(at);
        if let Some((message, delta)) = place.and_then(|seq| self.messages.get_mut(&seq)) {
            text.clone_into(&mut message.content);
            *delta = Delta::of(message).to_bytes().unwrap();
            self.refold();
        }
    }

    fn remove(&mut self, at: usize) {
        if let Some(seq) = self.place(at) {
            self.messages.remove(&seq);
            self.refold();
        }
    }

    /// From the stored deltas, as the service does it.
    fn refold(&mut self) {
        let mut state = SessionState::new();
        for (message, delta) in self.messages.values() {
            state.apply(message, &Delta::from_bytes(delta).unwrap());
        }
        self.state = bytes(&state);
    }

    fn run(script: &[Step]) -> Self {
        let mut kept = Self::default();
        for step in script {
            match step {
                Step::Insert(role, text) => kept.insert(*role, text),
                Step::Edit(at, text) => kept.edit(*at, text),
                Step::Remove(at) => kept.remove(*at),
            }
        }
        kept
    }

    fn remaining(&self) -> Vec<Message> {
        self.messages
            .values()
            .map(|(message, _)| message.clone())
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn incremental_is_batch(script in prop::collection::vec(step(), 1..16)) {
        let kept = Kept::run(&script);
        let remaining = kept.remaining();
        if remaining.is_empty() {
            return Ok(());
        }
        let batch = SessionState::fold(&remaining);
        prop_assert_eq!(&kept.state, &bytes(&batch));
        prop_assert!(kept.state.len() <= STATE_LIMIT);
        check_quotes(&remaining, &batch);
    }
}

#[test]
fn a_removal_makes_room_for_what_was_crowded_out() {
    // Far more sentences than the pools hold: what an early message pushed out comes back.
    let mut kept = Kept::default();
    for round in 0..12 {
        for text in CLIENT {
            kept.insert(
                Role::Client,
                &format!("{text} Matter{round} and thing{round} worry me."),
            );
        }
    }
    for at in [0, 40, 200, 3] {
        kept.remove(at);
        let remaining = kept.remaining();
        assert_eq!(kept.state, bytes(&SessionState::fold(&remaining)));
    }
    assert!(
        check_quotes(
            &kept.remaining(),
            &SessionState::from_bytes(&kept.state).unwrap()
        ) > 60
    );
}

#[test]
fn texts_made_to_burst_the_state_do_not() {
    let mut kept = Kept::default();
    for n in 0..120u32 {
        let long = format!("w{n}").repeat(9);
        let text = match n % 6 {
            0 => format!("I want to {long} and I will {long}x because {long}y hurts me, {long}z!"),
            1 => "I want to kill myself tonight with the pills. ".repeat(40),
            2 => format!("Why {long}? How {long}a? What {long}b? When {long}c? Who {long}d?"),
            3 => format!("\u{1F600}{long} ").repeat(60),
            4 => format!("I finally managed {long}. I hate {long} terribly. I love {long} dearly."),
            _ => "a".repeat(12_000),
        };
        let role = if n % 7 == 6 {
            Role::Persona
        } else {
            Role::Client
        };
        kept.insert(role, &text);
        assert!(
            kept.state.len() <= STATE_LIMIT,
            "message {n}: {}",
            kept.state.len()
        );
    }
    let remaining = kept.remaining();
    assert_eq!(kept.state, bytes(&SessionState::fold(&remaining)));
    check_quotes(&remaining, &SessionState::from_bytes(&kept.state).unwrap());
}
