//! All of a set or nothing, one after another, durable when the commit returns.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join_all;

use super::sample::{Sample, scope};
use super::{assert_conflict, assert_missing, first};
use crate::domain::session::{Session, SessionFilter};
use crate::store::{Store, StoreError, Write, WriteSet};

pub(crate) async fn a_refused_set_leaves_nothing(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let stored = sample.message(&session, 0, "I lie awake");
    store
        .commit(Write::InsertMessage(stored.clone()).into())
        .await
        .unwrap();
    let page = first(50);
    let fresh = sample.session("acme", "anna");
    let grown = Session {
        revision: 2,
        message_count: 2,
        ..session.clone()
    };
    let persona = sample.persona("acme", "coach");
    let (document, chunks) = sample.document(&persona.key, "01.md", "Rest is work.");
    let flag = sample.risk_flag(&session, "lie");
    let changes = [
        Write::PutTenant(sample.tenant("beta")),
        Write::InsertApiKey(sample.api_key("acme", 1)),
        Write::PutPersona(persona.clone()),
        Write::PutDocument { document, chunks },
        Write::InsertSession(fresh.clone()),
        Write::InsertMessage(sample.message(&fresh, 0, "hello")),
        Write::UpdateSession(grown),
        Write::PutFold(sample.fold(&session, b"state")),
        Write::InsertExperience(sample.experience(&session, "I lie awake")),
        Write::PutInsight(sample.insight("sleep", &[&session], "awake")),
        Write::PutKnowledge(sample.knowledge("acme", "sleep")),
        Write::InsertRiskFlag(flag),
        Write::KeepAnswer {
            tenant: session.tenant.clone(),
            key: "k".to_owned(),
            answer: sample.answer(Some(&session), b"answer"),
        },
    ];
    let taken = Write::InsertMessage(sample.message(&session, 0, "taken"));
    let refused = store
        .commit(changes.iter().cloned().chain([taken]).collect())
        .await;
    assert_conflict(refused, "message 0");
    let delete = Write::DeleteSession {
        tenant: session.tenant.clone(),
        id: session.id.clone(),
    };
    let lost = Write::InsertMessage(sample.message(&session, 1, "too late"));
    assert_missing(
        store.commit([delete, lost].into_iter().collect()).await,
        session.id.as_str(),
    );

    let acme = &session.tenant;
    let all = SessionFilter::default();
    assert_eq!(store.tenant(&"beta".parse().unwrap()).await.unwrap(), None);
    assert_eq!(
        store
            .api_key(crate::domain::tenant::KeyHash([1; 32]))
            .await
            .unwrap(),
        None
    );
    assert_eq!(store.persona(&persona.key).await.unwrap(), None);
    assert_eq!(store.documents(&persona.key).await.unwrap(), []);
    assert_eq!(store.chunks(&persona.key).await.unwrap(), []);
    assert_eq!(
        store.sessions(acme, &all, &page).await.unwrap().items,
        std::slice::from_ref(&session)
    );
    assert_eq!(store.messages(acme, &fresh.id, 0, 9).await.unwrap(), []);
    assert_eq!(
        store.messages(acme, &session.id, 0, 9).await.unwrap(),
        [stored]
    );
    assert_eq!(store.fold(acme, &session.id).await.unwrap(), None);
    assert_eq!(store.experiences(&scope(&session)).await.unwrap(), []);
    assert_eq!(store.insights(acme, None, &page).await.unwrap().items, []);
    assert_eq!(store.knowledge(acme, &session.persona).await.unwrap(), []);
    assert_eq!(
        store.risk_flags(acme, false, &page).await.unwrap().items,
        []
    );
    assert_eq!(store.idempotent(acme, "k").await.unwrap(), None);
    // And the same changes pass without the last.
    store.commit(changes.into_iter().collect()).await.unwrap();
    assert_eq!(
        store.sessions(acme, &all, &page).await.unwrap().items.len(),
        2
    );
}

pub(crate) async fn later_writes_of_a_set_see_the_earlier(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.session("acme", "anna");
    let said = sample.message(&session, 0, "hello");
    let grown = Session {
        revision: 2,
        message_count: 1,
        ..session.clone()
    };
    let set = [
        Write::PutTenant(sample.tenant("acme")),
        Write::InsertSession(session),
        Write::InsertMessage(said.clone()),
        Write::UpdateSession(grown.clone()),
    ];
    store.commit(WriteSet::from_iter(set)).await.unwrap();
    assert_eq!(
        store.session(&grown.tenant, &grown.id).await.unwrap(),
        Some(grown)
    );
    assert_eq!(
        store.message(&said.tenant, &said.id).await.unwrap(),
        Some(said)
    );
}

pub(crate) async fn an_empty_set_is_applied(store: Arc<dyn Store>) {
    store.commit(WriteSet::new()).await.unwrap();
    assert_eq!(store.all_persona_keys().await.unwrap(), []);
}

pub(crate) async fn concurrent_commits_are_all_stored(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let messages: Vec<_> = (0..200)
        .map(|seq| sample.message(&session, seq, &format!("message {seq}")))
        .collect();
    let commits = messages.iter().cloned().map(|message| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let seq = message.seq;
            let id = message.id.clone();
            // Every tenth comes with a write that is refused, and must not harm its neighbours.
            let mut set = WriteSet::from(Write::InsertMessage(message.clone()));
            if seq % 10 == 0 {
                set.push(Write::InsertMessage(message.clone()));
            }
            let outcome = store.commit(set).await;
            let found = store.message(&message.tenant, &id).await.unwrap();
            (seq, outcome, found)
        })
    });
    for done in join_all(commits).await {
        let (seq, outcome, found) = done.unwrap();
        if seq % 10 == 0 {
            assert_conflict(outcome, &format!("message {seq} "));
            assert_eq!(found, None);
        } else {
            outcome.unwrap();
            assert_eq!(found.unwrap().seq, seq);
        }
    }
    let stored = store
        .messages(&session.tenant, &session.id, 0, 1_000)
        .await
        .unwrap();
    let expected: Vec<_> = messages.into_iter().filter(|m| m.seq % 10 != 0).collect();
    assert_eq!(stored, expected);
}

pub(crate) async fn of_two_writers_of_one_place_one_wins(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    for seq in 0..10 {
        let grown = Session {
            revision: seq + 2,
            message_count: seq + 1,
            ..session.clone()
        };
        let attempts = (0..4).map(|n| {
            let said = sample.message(&session, seq, &format!("attempt {n}"));
            let set = [
                Write::InsertMessage(said),
                Write::UpdateSession(grown.clone()),
            ];
            store.commit(set.into_iter().collect())
        });
        let outcomes = join_all(attempts).await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let lost = outcomes
            .iter()
            .filter(|o| matches!(o, Err(StoreError::Conflict { .. })))
            .count();
        assert_eq!((won, lost), (1, 3));
        let stored = store.session(&session.tenant, &session.id).await.unwrap();
        assert_eq!(stored.unwrap().revision, seq + 2);
    }
    assert_eq!(
        store
            .messages(&session.tenant, &session.id, 0, 99)
            .await
            .unwrap()
            .len(),
        10
    );
}

pub(crate) async fn a_caller_that_goes_away_disturbs_nobody(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    for seq in 0..50 {
        let leaver = sample.message(&session, 2 * seq, "gone before the answer");
        // Polled once, so that the set is on its way, and dropped.
        drop(
            store
                .commit(Write::InsertMessage(leaver).into())
                .now_or_never(),
        );
        let stayer = sample.message(&session, 2 * seq + 1, "stays");
        store
            .commit(Write::InsertMessage(stayer).into())
            .await
            .unwrap();
    }
    let stored = store
        .messages(&session.tenant, &session.id, 0, 1_000)
        .await
        .unwrap();
    let stayed = stored
        .iter()
        .filter(|message| message.content == "stays")
        .count();
    assert_eq!(stayed, 50);
}

pub(crate) async fn a_read_sees_what_was_committed_before(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    for seq in 0..100 {
        let said = sample.message(&session, seq, "hello");
        store
            .commit(Write::InsertMessage(said.clone()).into())
            .await
            .unwrap();
        let reads = (0..3).map(|_| store.message(&said.tenant, &said.id));
        for found in join_all(reads).await {
            assert_eq!(found.unwrap().as_ref(), Some(&said));
        }
    }
}

pub(crate) async fn a_closed_store_says_so(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    // Whatever was sent before is still stored, and its sender is told so.
    let last = sample.message(&session, 0, "the last");
    let mut sent = Box::pin(store.commit(Write::InsertMessage(last).into()));
    let early = sent.as_mut().now_or_never();
    store.close().await;
    match early {
        Some(outcome) => outcome.unwrap(),
        None => sent.await.unwrap(),
    }
    let outcome = store
        .commit(Write::PutTenant(sample.tenant("beta")).into())
        .await;
    assert!(
        outcome.as_ref().is_err_and(StoreError::may_pass),
        "{outcome:?}"
    );
    let read = store.session(&session.tenant, &session.id).await;
    assert!(read.as_ref().is_err_and(StoreError::may_pass), "{read:?}");
    assert!(store.ping().await.is_err());
    store.close().await;
}
