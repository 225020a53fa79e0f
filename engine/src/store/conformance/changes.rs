//! Messages that are edited or removed, and what the analysis took from them.

use std::sync::Arc;

use super::sample::{Sample, scope, tenant_id};
use super::{assert_missing, first};
use crate::domain::insight::{Evidence, Insight, InsightStatus};
use crate::domain::memory::{Experience, Origin};
use crate::domain::message::Message;
use crate::domain::session::Session;
use crate::store::{DeltaRecord, FoldRecord, Store, Write, WriteSet};

fn delta(message: &Message, version: u32, delta: &[u8]) -> DeltaRecord {
    DeltaRecord {
        tenant: message.tenant.clone(),
        session: message.session.clone(),
        seq: message.seq,
        version,
        delta: delta.to_vec(),
    }
}

fn quoting(message: &Message, quote: &str) -> Evidence {
    let byte_start = message.content.find(quote).unwrap();
    Evidence::Message {
        session_id: message.session.clone(),
        message_id: message.id.clone(),
        byte_start,
        byte_end: byte_start + quote.len(),
        quote: quote.to_owned(),
    }
}

/// Two messages with everything that can rest on them.
struct Told {
    session: Session,
    first: Message,
    second: Message,
    remembered: [Experience; 2],
    of_first: Insight,
    of_both: Insight,
}

const FIRST: &str = "Schön, I lie awake at night";

impl Told {
    async fn store(sample: &Sample, store: &dyn Store) -> Self {
        let session = sample.with_session(store, "acme", "anna").await;
        let first = sample.message(&session, 0, FIRST);
        let second = sample.message(&session, 2, "awake again");
        let remember = |message: &Message| Experience {
            message: message.id.clone(),
            origin: Origin::of(message),
            ..sample.experience(&session, &message.content)
        };
        let remembered = [remember(&first), remember(&second)];
        let insight = |slot: &str, evidence: Vec<Evidence>| Insight {
            evidence,
            ..sample.insight(slot, &[&session], "x")
        };
        let of_first = insight("first", vec![quoting(&first, "awake")]);
        let of_both = insight(
            "both",
            vec![
                quoting(&first, "awake"),
                quoting(&second, "awake"),
                quoting(&first, "lie"),
            ],
        );
        let mut set = WriteSet::from_iter([
            Write::InsertMessage(first.clone()),
            Write::InsertMessage(second.clone()),
            Write::PutDelta(delta(&first, 1, b"first")),
            Write::PutDelta(delta(&second, 1, b"second")),
            Write::PutInsight(of_first.clone()),
            Write::PutInsight(of_both.clone()),
        ]);
        for (experience, message) in remembered.iter().zip([&first, &second]) {
            set.push(Write::InsertExperience(experience.clone()));
            set.push(Write::InsertRiskFlag(sample.risk_flag(&session, "lie")));
            set.push(Write::KeepAnswer {
                tenant: session.tenant.clone(),
                key: message.id.to_string(),
                answer: sample.answer(
                    Some(&session),
                    format!("{{\"id\":\"{}\"}}", message.id).as_bytes(),
                ),
            });
        }
        store.commit(set).await.unwrap();
        Self {
            session,
            first,
            second,
            remembered,
            of_first,
            of_both,
        }
    }

    /// What rests on the second message alone is untouched, the flags too.
    async fn assert_rest(&self, store: &dyn Store) {
        let tenant = &self.session.tenant;
        assert_eq!(
            store.experiences(&scope(&self.session)).await.unwrap(),
            self.remembered[1..]
        );
        assert_eq!(
            store.insight(tenant, &self.of_first.id).await.unwrap(),
            None
        );
        let both = store
            .insight(tenant, &self.of_both.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(both.evidence, [quoting(&self.second, "awake")]);
        assert_eq!(both.status, InsightStatus::Retracted);
        let kept = |message: &Message| message.id.to_string();
        assert!(
            store
                .idempotent(tenant, &kept(&self.first))
                .await
                .unwrap()
                .is_none()
        );
        assert!(
            store
                .idempotent(tenant, &kept(&self.second))
                .await
                .unwrap()
                .is_some()
        );
        let flags = store.risk_flags(tenant, false, &first(9)).await.unwrap();
        assert_eq!(
            flags.items.len(),
            2,
            "flags are the record of what was said"
        );
    }
}

pub(crate) async fn a_changed_message_keeps_its_place_and_loses_what_rested_on_its_words(
    store: Arc<dyn Store>,
) {
    let told = Told::store(&Sample::new(1), &*store).await;
    let mut changed = told.first.clone();
    changed.content = "Schön, I lie here at peace".to_owned();
    changed.metadata.insert("mended".to_owned(), true.into());
    store
        .commit(Write::UpdateMessage(changed.clone()).into())
        .await
        .unwrap();
    let (tenant, session) = (&told.session.tenant, &told.session.id);
    let stored = store
        .messages_with_deltas(tenant, session, 0, 9)
        .await
        .unwrap();
    let second = (told.second.clone(), Some(delta(&told.second, 1, b"second")));
    assert_eq!(stored, [(changed, None), second]);
    told.assert_rest(&*store).await;
}

pub(crate) async fn a_removed_message_takes_along_what_rests_on_it(store: Arc<dyn Store>) {
    let told = Told::store(&Sample::new(1), &*store).await;
    let delete = Write::DeleteMessage {
        tenant: told.session.tenant.clone(),
        session: told.session.id.clone(),
        id: told.first.id.clone(),
    };
    store.commit(delete.clone().into()).await.unwrap();
    let (tenant, session) = (&told.session.tenant, &told.session.id);
    assert_eq!(store.message(tenant, &told.first.id).await.unwrap(), None);
    let stored = store
        .messages_with_deltas(tenant, session, 0, 9)
        .await
        .unwrap();
    let second = (told.second.clone(), Some(delta(&told.second, 1, b"second")));
    assert_eq!(stored, [second]);
    told.assert_rest(&*store).await;
    assert_missing(store.commit(delete.into()).await, told.first.id.as_str());
}

pub(crate) async fn other_data_of_a_message_disturbs_nothing(store: Arc<dyn Store>) {
    let told = Told::store(&Sample::new(1), &*store).await;
    let mut changed = told.first.clone();
    changed.metadata.insert("room".to_owned(), 7.into());
    store
        .commit(Write::UpdateMessage(changed.clone()).into())
        .await
        .unwrap();
    let (tenant, session) = (&told.session.tenant, &told.session.id);
    let stored = store
        .messages_with_deltas(tenant, session, 0, 1)
        .await
        .unwrap();
    assert_eq!(
        stored,
        [(changed.clone(), Some(delta(&changed, 1, b"first")))]
    );
    assert_eq!(
        store.experiences(&scope(&told.session)).await.unwrap(),
        told.remembered
    );
    assert_eq!(
        store.insight(tenant, &told.of_both.id).await.unwrap(),
        Some(told.of_both)
    );
}

pub(crate) async fn only_what_is_there_is_changed(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let told = Told::store(&sample, &*store).await;
    let other = sample.with_session(&*store, "acme", "anna").await;
    let beta = sample.with_tenant(&*store, "beta").await;
    let absent = sample.message(&told.session, 0, "never stored");
    let moved = Message {
        seq: 5,
        ..told.first.clone()
    };
    let foreign = Message {
        tenant: beta.clone(),
        ..told.first.clone()
    };
    for message in [absent, moved, foreign] {
        let named = message.id.to_string();
        let outcome = store.commit(Write::UpdateMessage(message).into()).await;
        assert_missing(outcome, &named);
    }
    for (tenant, session) in [
        (tenant_id("beta"), &told.session.id),
        (tenant_id("acme"), &other.id),
    ] {
        let delete = Write::DeleteMessage {
            tenant,
            session: session.clone(),
            id: told.first.id.clone(),
        };
        assert_missing(store.commit(delete.into()).await, told.first.id.as_str());
    }
    let nowhere = delta(&sample.message(&told.session, 77, "x"), 1, b"x");
    let outcome = store.commit(Write::PutDelta(nowhere).into()).await;
    assert_missing(outcome, "message 77");
    let (tenant, session) = (&told.session.tenant, &told.session.id);
    assert_eq!(
        store.messages(tenant, session, 0, 9).await.unwrap(),
        [told.first, told.second]
    );
}

pub(crate) async fn deltas_come_with_their_messages(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let messages: Vec<Message> = [0, 1, 5, 6]
        .map(|seq| sample.message(&session, seq, "hello"))
        .to_vec();
    for message in &messages {
        store
            .commit(Write::InsertMessage(message.clone()).into())
            .await
            .unwrap();
    }
    for record in [
        delta(&messages[1], 1, b"old"),
        delta(&messages[1], 2, b"new\0"),
        delta(&messages[3], 1, b""),
    ] {
        store.commit(Write::PutDelta(record).into()).await.unwrap();
    }
    let (tenant, id) = (&session.tenant, &session.id);
    let all = store.messages_with_deltas(tenant, id, 0, 9).await.unwrap();
    let expected: Vec<(Message, Option<DeltaRecord>)> = vec![
        (messages[0].clone(), None),
        (messages[1].clone(), Some(delta(&messages[1], 2, b"new\0"))),
        (messages[2].clone(), None),
        (messages[3].clone(), Some(delta(&messages[3], 1, b""))),
    ];
    assert_eq!(all, expected);
    let part = store.messages_with_deltas(tenant, id, 1, 2).await.unwrap();
    assert_eq!(part, expected[1..3]);
    let foreign = tenant_id("beta");
    assert_eq!(
        store
            .messages_with_deltas(&foreign, id, 0, 9)
            .await
            .unwrap(),
        []
    );
}

pub(crate) async fn replies_are_found_by_what_they_quote(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let said = sample.message(&session, 0, "hello");
    let reply = sample.reply(&said);
    let mut answers_only = sample.reply(&sample.message(&session, 2, "again"));
    if let Some(note) = &mut answers_only.reply {
        note.answers = said.id.clone();
    }
    let set = [&said, &reply, &answers_only].map(|m| Write::InsertMessage(m.clone()));
    store.commit(WriteSet::from_iter(set)).await.unwrap();
    let found = |tenant: &str| {
        let (store, tenant) = (Arc::clone(&store), tenant_id(tenant));
        let (session, id) = (session.id.clone(), said.id.clone());
        async move { store.replies_quoting(&tenant, &session, &id).await.unwrap() }
    };
    assert_eq!(found("acme").await, [reply]);
    assert_eq!(found("beta").await, []);
}

pub(crate) async fn sessions_folded_otherwise_are_walked_in_order(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let mut expected = vec![];
    for n in 0..6u32 {
        let mut session = sample
            .with_session(&*store, if n % 2 == 0 { "acme" } else { "beta" }, "anna")
            .await;
        session.message_count = u32::from(n != 5);
        session.next_seq = 3;
        session.edits = n;
        session.revision += 1;
        let mut set = WriteSet::from(Write::UpdateSession(session.clone()));
        if n != 2 {
            set.push(Write::PutFold(FoldRecord {
                version: if n == 3 { 7 } else { 6 },
                ..sample.fold(&session, b"state")
            }));
        }
        store.commit(set).await.unwrap();
        let stored = store.session(&session.tenant, &session.id).await.unwrap();
        assert_eq!(stored, Some(session.clone()));
        // One is of the version asked for, one has no messages.
        if n != 3 && n != 5 {
            expected.push((session.tenant, session.id));
        }
    }
    expected.sort();
    let all = store.sessions_folded_otherwise(7, None, 9).await.unwrap();
    assert_eq!(all, expected);
    let page = store
        .sessions_folded_otherwise(7, Some(&all[0]), 2)
        .await
        .unwrap();
    assert_eq!(page, expected[1..3]);
    assert_eq!(
        store
            .sessions_folded_otherwise(7, all.last(), 9)
            .await
            .unwrap(),
        []
    );
}
