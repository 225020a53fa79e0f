//! Laws of the ranker over remembered turns.

use jiff::Timestamp;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::corpus::{memories, shipped};
use super::shelf::Shelf;
use crate::config::memory::MemoryConfig;
use crate::domain::id::{ExperienceId, MessageId, SessionId};
use crate::domain::memory::{
    Experience, ExperienceKind, MemoryScope, Origin, Recalled, RecalledItem,
};
use crate::domain::message::Role;
use crate::domain::timing::Phases;
use crate::memory::Memories;

const WORDS: [&str; 24] = [
    "apple",
    "boat",
    "candle",
    "dance",
    "engine",
    "forest",
    "garden",
    "harbour",
    "island",
    "jacket",
    "kitchen",
    "ladder",
    "mountain",
    "needle",
    "ocean",
    "piano",
    "quarry",
    "river",
    "saddle",
    "tunnel",
    "violin",
    "window",
    "yesterday",
    "zebra",
];

fn scope(client: &str) -> MemoryScope {
    MemoryScope {
        tenant: "acme".parse().unwrap(),
        client: client.parse().unwrap(),
        persona: shipped("therapist"),
    }
}

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(number * 86_400).unwrap()
}

fn turn(scope: &MemoryScope, number: u32, text: String) -> Experience {
    let place = format!("{}{number}", scope.client);
    Experience {
        id: ExperienceId::derived(place.as_bytes()),
        scope: scope.clone(),
        session: SessionId::derived(format!("{}{}", scope.client, number / 8).as_bytes()),
        message: MessageId::derived(place.as_bytes()),
        origin: Origin {
            role: Role::Client,
            seq: number,
            speaker: Some(["Ann", "Ben"][usize::from(number % 2 == 1)].to_owned()),
            caption: number
                .is_multiple_of(5)
                .then(|| "a harbour at night".to_owned()),
        },
        text,
        topics: Vec::new(),
        affect: 0.0,
        importance: 0.5,
        kind: ExperienceKind::Exchange,
        created_at: day(i64::from(number)),
    }
}

fn sentence(rng: &mut ChaCha20Rng, words: usize) -> String {
    let chosen: Vec<&str> = (0..words)
        .map(|_| WORDS[rng.random_range(0..WORDS.len())])
        .collect();
    let end = if rng.random_bool(0.3) { "?" } else { "." };
    format!("{}{end}", chosen.join(" "))
}

async fn ask(memories: &Memories, scope: &MemoryScope, query: &str, k: usize) -> Vec<Recalled> {
    memories
        .retrieve_relevant_experiences(scope, query, k, day(400), &Phases::default())
        .await
        .unwrap()
}

async fn filled(turns: &[Experience]) -> Memories {
    let memories = memories(&std::sync::Arc::default(), &MemoryConfig::for_tests()).await;
    ask(&memories, &turns[0].scope, "nothing yet", 1).await;
    for turn in turns {
        memories
            .record_interaction(turn, &Phases::default())
            .await
            .unwrap();
    }
    memories
}

#[tokio::test]
async fn the_order_of_inserts_changes_no_byte_of_an_answer() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let own = scope("ann");
    let mut turns: Vec<Experience> = (0..60)
        .map(|number| turn(&own, number, sentence(&mut rng, 7)))
        .collect();
    let straight = filled(&turns).await;
    turns.shuffle(&mut rng);
    let mixed = filled(&turns).await;
    let gone = turns[0].session.clone();
    for round in 0..2 {
        for _ in 0..30 {
            let query = format!("What did Ann say of {}", sentence(&mut rng, 3));
            let bytes = async |memories: &Memories| {
                serde_json::to_vec(&ask(memories, &own, &query, 20).await).unwrap()
            };
            let first = bytes(&straight).await;
            assert_eq!(first, bytes(&mixed).await, "{query}, round {round}");
            assert_eq!(first, bytes(&straight).await, "{query} once more");
        }
        for memories in [&straight, &mixed] {
            memories.forget_session(&own.tenant, &own.client, &gone);
        }
    }
}

#[tokio::test]
async fn of_equal_turns_the_younger_never_scores_less() {
    for query in ["the boat in the harbour", "When was the boat repaired?"] {
        let mut last = f64::MIN;
        for said in [0, 1, 40, 200, 390, 399, 400] {
            let own = scope("ann");
            let mut only = turn(&own, 0, "We repaired the boat in the harbour.".to_owned());
            only.created_at = day(said);
            let memories = filled(&[only]).await;
            let score = ask(&memories, &own, query, 1).await[0].score;
            assert!(
                score >= last,
                "{query}: day {said} scores {score}, before {last}"
            );
            last = score;
        }
    }
}

#[tokio::test]
async fn what_weighs_more_scores_more() {
    let own = scope("ann");
    let score = async |importance: f64| {
        let mut only = turn(&own, 0, "We repaired the boat in the harbour.".to_owned());
        only.importance = importance;
        ask(&filled(&[only]).await, &own, "the boat", 1).await[0].score
    };
    assert!(score(0.9).await > score(0.1).await);
}

#[tokio::test]
async fn a_hundred_thousand_questions_bring_back_nobody_elses_words() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let shelf = std::sync::Arc::new(Shelf::default());
    let memories = memories(&shelf, &MemoryConfig::for_tests()).await;
    let scopes: Vec<MemoryScope> = ["a", "b", "c", "d"].map(scope).into();
    for scope in &scopes {
        for number in 0..4 {
            shelf.put_experience(turn(scope, number, sentence(&mut rng, 4)));
        }
    }
    let own = |scope: &MemoryScope, recalled: &Recalled| {
        let turns = 0..4u32;
        let mut ids = turns.map(|n| MessageId::derived(format!("{}{n}", scope.client).as_bytes()));
        matches!(&recalled.item, RecalledItem::Experience { message_id, .. } if ids.any(|id| id == *message_id))
    };
    let mut found = 0;
    for _ in 0..100_000 {
        let scope = &scopes[rng.random_range(0..scopes.len())];
        let query = [
            WORDS[rng.random_range(0..WORDS.len())],
            WORDS[rng.random_range(0..WORDS.len())],
        ]
        .join(" ");
        for recalled in ask(&memories, scope, &query, 4).await {
            assert!(
                own(scope, &recalled),
                "{query} in the memory of {}",
                scope.client
            );
            found += 1;
        }
    }
    assert!(found > 10_000, "only {found} turns were recalled");
}
