//! Nobody's memories reach anybody else, and what was deleted is gone on every path.

use std::sync::Arc;

use jiff::Timestamp;

use super::corpus::{memories, shipped};
use super::shelf::Shelf;
use crate::config::memory::MemoryConfig;
use crate::domain::id::{ExperienceId, MessageId, SessionId};
use crate::domain::memory::{Experience, ExperienceKind, MemoryScope, Origin, Recalled};
use crate::domain::timing::Phases;
use crate::memory::{ContextRequest, Memories};

const CANARY: &str = "My canary sings about the zephyr lighthouse every morning.";

fn scope(tenant: &str, client: &str, persona: &str) -> MemoryScope {
    let (tenant, client) = (tenant.parse().unwrap(), client.parse().unwrap());
    MemoryScope {
        tenant,
        client,
        persona: shipped(persona),
    }
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(day * 86_400).unwrap()
}

fn experience(scope: &MemoryScope, session: &str, text: &str, day: i64) -> Experience {
    let place = format!("{scope:?}{session}{text}{day}");
    Experience {
        id: ExperienceId::derived(place.as_bytes()),
        scope: scope.clone(),
        session: SessionId::derived(session.as_bytes()),
        message: MessageId::derived(place.as_bytes()),
        text: text.to_owned(),
        origin: Origin::unknown(),
        topics: Vec::new(),
        affect: 0.0,
        importance: 0.5,
        kind: ExperienceKind::Exchange,
        created_at: at(day),
    }
}

async fn remembered(memories: &Memories, scope: &MemoryScope, query: &str) -> Vec<Recalled> {
    let phases = Phases::default();
    let direct = memories
        .retrieve_relevant_experiences(scope, query, 10, at(100), &phases)
        .await
        .unwrap();
    let request = ContextRequest {
        scope,
        query,
        goals: &[],
        k: 10,
        token_budget: 10_000,
        now: at(100),
    };
    let context = memories.context(&request, &phases).await.unwrap();
    assert_eq!(
        context.items.len(),
        direct.len(),
        "both ways see the same experiences"
    );
    direct
}

async fn knows(memories: &Memories, scope: &MemoryScope) -> bool {
    let recalled = remembered(memories, scope, CANARY).await;
    recalled.iter().any(|r| r.item.text().contains("canary"))
}

async fn opened(config: &MemoryConfig) -> (Arc<Shelf>, Memories) {
    let shelf = Arc::new(Shelf::default());
    let memories = memories(&shelf, config).await;
    (shelf, memories)
}

#[tokio::test]
async fn a_canary_is_heard_in_its_own_scope_only() {
    let (shelf, memories) = opened(&MemoryConfig::for_tests()).await;
    let own = scope("acme", "ann", "therapist");
    let others = [
        scope("other", "ann", "therapist"),
        scope("acme", "bob", "therapist"),
        scope("acme", "ann", "facilitator"),
    ];
    for scope in others.iter().chain([&own]) {
        let phrase = "I went for a walk by the river today.";
        shelf.put_experience(experience(scope, "s", phrase, 1));
        assert!(!knows(&memories, scope).await);
    }
    let canary = experience(&own, "s1", CANARY, 2);
    shelf.put_experience(canary.clone());
    memories
        .record_interaction(&canary, &Phases::default())
        .await
        .unwrap();
    assert!(knows(&memories, &own).await);
    for other in &others {
        assert!(!knows(&memories, other).await, "{other:?}");
    }
}

#[tokio::test]
async fn a_restart_remembers_the_same() {
    let (shelf, before) = opened(&MemoryConfig::for_tests()).await;
    let own = scope("acme", "ann", "therapist");
    assert!(!knows(&before, &own).await);
    for day in 0..30 {
        let text = format!(
            "On day {day} the canary and the dog number {} argued.",
            day % 7
        );
        let said = experience(&own, "s", &text, day);
        shelf.put_experience(said.clone());
        before
            .record_interaction(&said, &Phases::default())
            .await
            .unwrap();
    }
    shelf.experiences.lock().unwrap().reverse();
    let after = memories(&shelf, &MemoryConfig::for_tests()).await;
    let query = "What did the canary do with dog number 3?";
    assert_eq!(
        remembered(&before, &own, query).await,
        remembered(&after, &own, query).await
    );
}

#[tokio::test]
async fn a_forgotten_session_is_gone_and_cannot_come_back_late() {
    let (shelf, memories) = opened(&MemoryConfig::for_tests()).await;
    let own = scope("acme", "ann", "therapist");
    let canary = experience(&own, "gone", CANARY, 1);
    let kept = experience(&own, "kept", "The lighthouse has a new lamp.", 1);
    shelf.put_experience(canary.clone());
    shelf.put_experience(kept);
    assert!(knows(&memories, &own).await);

    shelf
        .experiences
        .lock()
        .unwrap()
        .retain(|e| e.session != canary.session);
    memories.forget_session(&own.tenant, &own.client, &canary.session);
    assert!(!knows(&memories, &own).await);
    memories
        .record_interaction(&canary, &Phases::default())
        .await
        .unwrap();
    assert!(!knows(&memories, &own).await);
    assert_eq!(remembered(&memories, &own, "the new lamp").await.len(), 1);
    assert_eq!(memories.stats().experiences, 1);
}

#[tokio::test]
async fn a_forgotten_client_is_gone_and_may_begin_anew() {
    let (shelf, memories) = opened(&MemoryConfig::for_tests()).await;
    let own = scope("acme", "ann", "therapist");
    let canary = experience(&own, "s", CANARY, 1);
    shelf.put_experience(canary.clone());
    assert!(knows(&memories, &own).await);

    shelf.experiences.lock().unwrap().clear();
    memories.forget_client(&own.tenant, &own.client);
    assert_eq!(memories.stats().scopes, 0);
    assert!(!knows(&memories, &own).await);
    memories
        .record_interaction(&canary, &Phases::default())
        .await
        .unwrap();
    assert!(!knows(&memories, &own).await);

    let anew = experience(&own, "s2", CANARY, 3);
    shelf.put_experience(anew.clone());
    memories
        .record_interaction(&anew, &Phases::default())
        .await
        .unwrap();
    assert!(knows(&memories, &own).await);
}

#[tokio::test]
async fn scopes_in_memory_are_bounded_and_dropped_ones_come_back() {
    let config = MemoryConfig {
        scopes_in_memory: 2,
        ..MemoryConfig::for_tests()
    };
    let (shelf, memories) = opened(&config).await;
    for client in ["a", "b", "c", "d"] {
        let scope = scope("acme", client, "therapist");
        shelf.put_experience(experience(&scope, client, CANARY, 1));
        assert!(knows(&memories, &scope).await);
        assert!(memories.stats().scopes <= 2);
    }
    assert!(knows(&memories, &scope("acme", "a", "therapist")).await);
}

#[tokio::test]
async fn an_older_exchange_fades_and_a_commitment_does_not() {
    let (shelf, memories) = opened(&MemoryConfig::for_tests()).await;
    let own = scope("acme", "ann", "therapist");
    let text = "I will call my sister about the garden.";
    let old = experience(&own, "s1", text, 0);
    let young = experience(&own, "s2", text, 95);
    let mut promise = experience(&own, "s3", text, 0);
    promise.kind = ExperienceKind::Commitment;
    for said in [&old, &young, &promise] {
        shelf.put_experience(said.clone());
    }
    let recalled = remembered(&memories, &own, "my sister and the garden").await;
    let recency = |said: &Experience| {
        let mut of = recalled.iter().filter(|r| {
            matches!(&r.item, crate::domain::memory::RecalledItem::Experience { experience_id, .. }
                if *experience_id == said.id)
        });
        let reasons = &of.next().unwrap().reasons;
        reasons
            .iter()
            .find(|r| r.source == "recency")
            .unwrap()
            .score
    };
    assert!(recency(&old) < recency(&young));
    assert!(recency(&young) < 1.0);
    assert_eq!(recency(&promise), 1.0);
}

#[tokio::test]
async fn a_withdrawn_document_and_persona_are_gone() {
    let (_, memories) = opened(&MemoryConfig::for_tests()).await;
    let persona = shipped("therapist");
    let phases = Phases::default();
    let publish = |name: &str, content: &str| {
        let prepared = memories.prepare_document(&persona, name, content.to_owned(), at(0));
        let (document, chunks) = prepared.unwrap();
        memories.publish_document(&document, &chunks);
        document
    };
    let found = |query: &str| {
        memories
            .retrieve_relevant_context(&persona, query, 5, &phases)
            .len()
    };

    let first = publish(
        "a.md",
        "# Birds\n\nA canary sings in the zephyr lighthouse.",
    );
    publish("b.md", "# Boats\n\nA ferry crosses the harbour at noon.");
    assert_eq!((found(CANARY), found("the ferry in the harbour")), (1, 1));
    publish("a.md", "# Birds\n\nA heron stands in the shallow water.");
    assert_eq!((found(CANARY), found("a heron in shallow water")), (0, 1));
    assert_eq!(memories.stats().personas[0].documents, 2);

    memories.withdraw_document(&persona, &first.id);
    assert_eq!(
        memories.stats().personas[0].documents,
        2,
        "it was replaced before"
    );
    memories.withdraw_persona(&persona);
    assert_eq!(found("the ferry in the harbour"), 0);
    assert!(memories.stats().personas.is_empty());
}
