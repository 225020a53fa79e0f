//! Messages and folded analyses.

use std::sync::Arc;

use super::sample::{Sample, client_id};
use super::{assert_conflict, assert_missing};
use crate::store::{FoldRecord, Store, Write, WriteSet};

pub(crate) async fn messages_are_read_in_order(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let mut made = vec![];
    for n in 0..6 {
        let mut said = sample.message(&session, 2 * n, &format!("I slept badly, Ω\u{1F319} {n}"));
        said.metadata.insert("n".to_owned(), n.into());
        let reply = sample.reply(&said);
        made.extend([said, reply]);
    }
    // Written the other way round: the place counts, not the time.
    for message in made.iter().rev() {
        store
            .commit(Write::InsertMessage(message.clone()).into())
            .await
            .unwrap();
    }
    let (tenant, id) = (&session.tenant, &session.id);
    assert_eq!(store.messages(tenant, id, 0, 100).await.unwrap(), made);
    assert_eq!(store.messages(tenant, id, 3, 4).await.unwrap(), made[3..7]);
    assert_eq!(store.messages(tenant, id, 11, 4).await.unwrap(), made[11..]);
    assert_eq!(store.messages(tenant, id, 12, u32::MAX).await.unwrap(), []);
    assert_eq!(store.messages(tenant, id, 0, 0).await.unwrap(), []);
    assert_eq!(
        store.message(tenant, &made[7].id).await.unwrap().as_ref(),
        Some(&made[7])
    );
    let unknown = sample.message(&session, 99, "never stored");
    assert_eq!(store.message(tenant, &unknown.id).await.unwrap(), None);
    let long = sample.message(&session, 100, &"äöü\0 ".repeat(60_000));
    store
        .commit(Write::InsertMessage(long.clone()).into())
        .await
        .unwrap();
    assert_eq!(store.message(tenant, &long.id).await.unwrap(), Some(long));
}

pub(crate) async fn a_message_needs_its_session_and_a_free_place(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let absent = sample.session("acme", "anna");
    let lost = sample.message(&absent, 0, "hello");
    assert_missing(
        store.commit(Write::InsertMessage(lost).into()).await,
        absent.id.as_str(),
    );
    let session = sample.with_session(&*store, "acme", "anna").await;
    let stored = sample.message(&session, 0, "hello");
    store
        .commit(Write::InsertMessage(stored.clone()).into())
        .await
        .unwrap();
    let same_place = sample.message(&session, 0, "hello again");
    let refused = store.commit(Write::InsertMessage(same_place).into()).await;
    assert_conflict(refused, &format!("message 0 of session {}", session.id));
    let mut same_id = sample.message(&session, 1, "hello again");
    same_id.id = stored.id.clone();
    let refused = store.commit(Write::InsertMessage(same_id).into()).await;
    assert_conflict(refused, session.id.as_str());
    assert_eq!(
        store
            .messages(&session.tenant, &session.id, 0, 10)
            .await
            .unwrap(),
        [stored]
    );
}

pub(crate) async fn a_fold_is_replaced(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    assert_eq!(
        store.fold(&session.tenant, &session.id).await.unwrap(),
        None
    );
    let fold = sample.fold(&session, &[0, 255, 1, 0]);
    let longer = FoldRecord {
        version: 2,
        seq: 9,
        state: vec![7; 32 * 1024],
        ..fold.clone()
    };
    let empty = FoldRecord {
        state: vec![],
        ..fold.clone()
    };
    for fold in [fold.clone(), longer, empty] {
        store
            .commit(Write::PutFold(fold.clone()).into())
            .await
            .unwrap();
        assert_eq!(
            store.fold(&session.tenant, &session.id).await.unwrap(),
            Some(fold)
        );
    }
    let other = sample.with_session(&*store, "acme", "anna").await;
    let wrong_client = FoldRecord {
        client: client_id("ben"),
        ..sample.fold(&other, &[1])
    };
    assert_missing(
        store.commit(Write::PutFold(wrong_client).into()).await,
        "client ben",
    );
    let absent = sample.fold(&sample.session("acme", "anna"), &[1]);
    assert_missing(
        store.commit(Write::PutFold(absent).into()).await,
        "client anna",
    );
    assert_eq!(store.fold(&other.tenant, &other.id).await.unwrap(), None);
}

pub(crate) async fn the_newest_folds_of_a_client_come_oldest_first(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let mut folds = vec![];
    for n in 0..5 {
        let session = sample.with_session(&*store, "acme", "anna").await;
        let other = sample.with_session(&*store, "acme", "ben").await;
        folds.push(sample.fold(&session, &[n]));
        let set = [
            Write::PutFold(folds[usize::from(n)].clone()),
            Write::PutFold(sample.fold(&other, &[n])),
        ];
        store.commit(WriteSet::from_iter(set)).await.unwrap();
    }
    let (tenant, anna) = (folds[0].tenant.clone(), client_id("anna"));
    assert_eq!(
        store.client_folds(&tenant, &anna, 100).await.unwrap(),
        folds
    );
    assert_eq!(
        store.client_folds(&tenant, &anna, 2).await.unwrap(),
        folds[3..]
    );
    assert_eq!(store.client_folds(&tenant, &anna, 0).await.unwrap(), []);
    assert_eq!(
        store
            .client_folds(&tenant, &client_id("ann"), 9)
            .await
            .unwrap(),
        []
    );
}
