//! Joined commits, and failures of the whole transaction.

use std::sync::Arc;

use futures_util::future::join_all;
use sqlx::query;

use super::{chain, connect, disconnect, open};
use crate::config::database::DatabaseConfig;
use crate::domain::id::SessionId;
use crate::store::conformance::sample::{Sample, tenant_id};
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError, Write, WriteSet};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_sets_share_commits_and_survive_a_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = Arc::new(open(&path).await);
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let before = store.writer_counts();
    assert_eq!((before.sets, before.commits), (1, 1));
    let messages: Vec<_> = (0..200)
        .map(|seq| sample.message(&session, seq, "hello"))
        .collect();
    let commits = messages.iter().map(|message| {
        let (store, set) = (
            Arc::clone(&store),
            Write::InsertMessage(message.clone()).into(),
        );
        tokio::spawn(async move { store.commit(set).await })
    });
    for outcome in join_all(commits).await {
        outcome.unwrap().unwrap();
    }
    let counts = store.writer_counts();
    assert_eq!(counts.sets, 201);
    assert!(
        counts.commits < 101,
        "{} commits for 200 concurrent sets",
        counts.commits - 1
    );
    // Not closed: the file and its log alone must tell everything, as after a crash.
    let copy = folder.path().join("copy.db");
    for suffix in ["", "-wal"] {
        let from = format!("{}{suffix}", path.display());
        std::fs::copy(from, format!("{}{suffix}", copy.display())).unwrap();
    }
    let reopened = open(&copy).await;
    assert_eq!(
        reopened
            .messages(&session.tenant, &session.id, 0, 999)
            .await
            .unwrap(),
        messages
    );
    reopened.close().await;
    store.close().await;
    let reopened = open(&path).await;
    assert_eq!(
        reopened
            .messages(&session.tenant, &session.id, 0, 999)
            .await
            .unwrap(),
        messages
    );
    assert_eq!(
        reopened
            .session(&session.tenant, &session.id)
            .await
            .unwrap(),
        Some(session)
    );
}

#[tokio::test]
async fn a_window_gathers_what_arrives_within_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = DatabaseConfig::at(folder.path().join("test.db"));
    config.group_window_micros = 2_000;
    let store = SqliteStore::open(&config).await.unwrap();
    let sample = Sample::new(1);
    let sets =
        (0..20).map(|n| store.commit(Write::PutTenant(sample.tenant(&format!("t{n}"))).into()));
    for outcome in join_all(sets).await {
        outcome.unwrap();
    }
    let counts = store.writer_counts();
    assert_eq!(counts.sets, 20);
    assert_eq!(counts.commits, 1);
}

#[tokio::test]
async fn refused_sets_do_not_count_as_commits() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("test.db")).await;
    let lost = Write::DeleteSession {
        tenant: tenant_id("acme"),
        id: SessionId::derived(b"none"),
    };
    for _ in 0..3 {
        assert!(store.commit(lost.clone().into()).await.is_err());
    }
    let counts = store.writer_counts();
    assert_eq!((counts.sets, counts.commits), (0, 0));
}

#[tokio::test]
async fn a_full_disk_is_said_and_passes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    open(&path).await.close().await;
    let config = DatabaseConfig::at(&path);
    // As many pages as there are, and a few.
    let mut db = connect(&path).await;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&mut db)
        .await
        .unwrap();
    disconnect(db).await;
    let limit = (pages + 8).to_string();
    let store = SqliteStore::open_with(&config, super::super::SCRUB_AFTER, |options| {
        options.pragma("max_page_count", limit)
    })
    .await
    .unwrap();
    let sample = Sample::new(1);
    let session = sample.with_session(&store, "acme", "anna").await;
    let long = sample.message(&session, 0, &"x".repeat(200_000));
    let full = store
        .commit(Write::InsertMessage(long).into())
        .await
        .unwrap_err();
    assert!(full.may_pass());
    let text = chain(&full);
    assert!(
        text.contains("is full; make room") && text.contains("test.db"),
        "{text}"
    );
    let short = sample.message(&session, 0, "x");
    store
        .commit(Write::InsertMessage(short.clone()).into())
        .await
        .unwrap();
    assert_eq!(
        store
            .messages(&session.tenant, &session.id, 0, 9)
            .await
            .unwrap(),
        [short]
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    open(&path).await.close().await;
    let config = DatabaseConfig::at(&path);
    let store = SqliteStore::open_with(&config, super::super::SCRUB_AFTER, |options| {
        options.pragma("query_only", "ON")
    })
    .await
    .unwrap();
    let refused = store
        .commit(Write::PutTenant(Sample::new(1).tenant("acme")).into())
        .await;
    let text = chain(&refused.unwrap_err());
    assert!(
        text.contains("cannot be written; give this program write permission"),
        "{text}"
    );
}

#[tokio::test]
async fn another_process_that_holds_the_file_is_waited_for_and_then_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = DatabaseConfig::at(folder.path().join("test.db"));
    config.busy_timeout_ms = 20;
    let store = SqliteStore::open(&config).await.unwrap();
    let sample = Sample::new(1);
    let mut other = connect(&config.path).await;
    query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let set = WriteSet::from(Write::PutTenant(sample.tenant("acme")));
    let locked = store.commit(set.clone()).await.unwrap_err();
    assert!(locked.may_pass());
    assert!(
        chain(&locked).contains("another process holds the database"),
        "{}",
        chain(&locked)
    );
    // Reads do not mind, and the writer recovers.
    assert_eq!(store.tenant(&tenant_id("acme")).await.unwrap(), None);
    query("ROLLBACK").execute(&mut other).await.unwrap();
    store.commit(set).await.unwrap();
    assert!(store.tenant(&tenant_id("acme")).await.unwrap().is_some());
    disconnect(other).await;
}

#[tokio::test]
async fn a_value_that_sqlite_cannot_hold_refuses_its_set_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("test.db")).await;
    let sample = Sample::new(1);
    sample.with_tenant(&store, "acme").await;
    let mut known = sample.knowledge("acme", "sleep");
    known.alpha = f64::NAN;
    let good = Write::PutKnowledge(sample.knowledge("acme", "grief"));
    let (bad, good) = tokio::join!(
        store.commit(Write::PutKnowledge(known.clone()).into()),
        store.commit(good.into())
    );
    good.unwrap();
    assert!(
        matches!(&bad, Err(StoreError::Inconsistent { detail, .. }) if detail.contains("alpha")),
        "{bad:?}"
    );
    let stored = store
        .knowledge(&known.tenant, &known.persona)
        .await
        .unwrap();
    assert_eq!(stored.len(), 1);
}
