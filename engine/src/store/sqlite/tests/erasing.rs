//! What is deleted is gone from every table and from the bytes of the files.

use std::path::Path;

use sqlx::{AssertSqlSafe, Row, query, query_scalar};

use super::{connect, disconnect, open, open_scrubbing};
use crate::domain::session::Session;
use crate::store::conformance::sample::Sample;
use crate::store::{Store, Write, WriteSet};

const CANARY: &str = "canary-7f3a91";

/// A session whose client says the word everywhere that words go.
async fn with_canary(store: &dyn Store, sample: &Sample, other: &Session, n: usize) -> Session {
    let mut session = sample.session("acme", "anna");
    session.title = Some(format!("About {CANARY}"));
    session.goals = vec![format!("less {CANARY}")];
    session.metadata.insert("word".to_owned(), CANARY.into());
    let said = sample.message(&session, 0, &format!("{CANARY} ").repeat(1 + n * 37));
    let reply = sample.reply(&said);
    let set = [
        Write::InsertSession(session.clone()),
        Write::InsertMessage(said),
        Write::InsertMessage(reply),
        Write::PutFold(sample.fold(&session, CANARY.repeat(400).as_bytes())),
        Write::PutFold(sample.fold(&session, CANARY.as_bytes())),
        Write::InsertExperience(sample.experience(&session, CANARY)),
        Write::InsertRiskFlag(sample.risk_flag(&session, CANARY)),
        Write::PutInsight(sample.insight(&format!("{CANARY} {n}"), &[&session], CANARY)),
        Write::PutInsight({
            let mut insight = sample.insight(&format!("shared {n}"), &[other], "quiet");
            insight
                .evidence
                .extend(sample.insight("x", &[&session], CANARY).evidence);
            insight
        }),
        Write::KeepAnswer {
            tenant: session.tenant.clone(),
            key: format!("key {n}"),
            answer: sample.answer(Some(&session), CANARY.as_bytes()),
        },
    ];
    store.commit(WriteSet::from_iter(set)).await.unwrap();
    session
}

/// A neighbour, so that pages hold what stays beside what goes.
async fn with_neighbour(store: &dyn Store, sample: &Sample, n: usize) -> Session {
    let session = sample.with_session(store, "acme", "anna").await;
    let said = sample.message(&session, 0, &"quiet ".repeat(1 + n * 11));
    let set = [
        Write::InsertMessage(said.clone()),
        Write::InsertMessage(sample.reply(&said)),
        Write::PutFold(sample.fold(&session, &vec![b'q'; 10 * n])),
        Write::InsertExperience(sample.experience(&session, "quiet")),
    ];
    store.commit(WriteSet::from_iter(set)).await.unwrap();
    session
}

/// Tables and columns that hold the word.
async fn tables_with_canary(path: &Path) -> Vec<String> {
    let mut db = connect(path).await;
    let tables: Vec<String> =
        query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .fetch_all(&mut db)
            .await
            .unwrap();
    let mut found = vec![];
    for table in tables {
        let columns = query(AssertSqlSafe(format!(
            "SELECT name FROM pragma_table_info('{table}')"
        )))
        .fetch_all(&mut db)
        .await
        .unwrap();
        for column in columns {
            let column: String = column.get(0);
            let count =
                format!("SELECT count(*) FROM {table} WHERE instr({column}, '{CANARY}') > 0");
            let count: i64 = query_scalar(AssertSqlSafe(count))
                .fetch_one(&mut db)
                .await
                .unwrap();
            if count > 0 {
                found.push(format!("{table}.{column}"));
            }
        }
    }
    disconnect(db).await;
    found
}

/// How often the word stands in the bytes of the file and of the files beside it.
fn bytes_with_canary(path: &Path) -> usize {
    let mut found = 0;
    for file in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        found += bytes
            .windows(CANARY.len())
            .filter(|window| *window == CANARY.as_bytes())
            .count();
    }
    found
}

fn delete(session: &Session) -> WriteSet {
    Write::DeleteSession {
        tenant: session.tenant.clone(),
        id: session.id.clone(),
    }
    .into()
}

#[tokio::test]
async fn no_table_and_no_byte_keeps_a_deleted_session() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = open(&path).await;
    let sample = Sample::new(1);
    let other = sample.with_session(&store, "acme", "anna").await;
    let (mut gone, mut stays) = (vec![], vec![]);
    for n in 0..40 {
        gone.push(with_canary(&store, &sample, &other, n).await);
        stays.push(with_neighbour(&store, &sample, n).await);
    }
    assert_eq!(
        tables_with_canary(&path).await,
        [
            "experiences.text",
            "insight_evidence.evidence",
            "insights.slot",
            "insights.statement",
            "kept_answers.body",
            "messages.content",
            "messages.reply",
            "risk_flags.quote",
            "session_folds.state",
            "sessions.title",
            "sessions.goals",
            "sessions.metadata",
        ]
    );
    assert!(bytes_with_canary(&path) > 1_000);
    for session in &gone {
        store.commit(delete(session)).await.unwrap();
    }
    assert_eq!(tables_with_canary(&path).await, Vec::<String>::new());
    assert!(store.checkpoint().await.unwrap());
    assert_eq!(bytes_with_canary(&path), 0);
    for session in &stays {
        let kept = store
            .messages(&session.tenant, &session.id, 0, 9)
            .await
            .unwrap();
        assert_eq!(kept.len(), 2);
    }
    store.close().await;
    assert_eq!(bytes_with_canary(&path), 0);
    let mut db = connect(&path).await;
    query("VACUUM").execute(&mut db).await.unwrap();
    disconnect(db).await;
    assert_eq!(bytes_with_canary(&path), 0);
}

#[tokio::test]
async fn the_log_is_emptied_soon_after_an_erasure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = open_scrubbing(&path).await;
    let sample = Sample::new(1);
    let other = sample.with_session(&store, "acme", "anna").await;
    let gone = with_canary(&store, &sample, &other, 3).await;
    assert!(bytes_with_canary(&path) > 0);
    store.commit(delete(&gone)).await.unwrap();
    // The writer does one thing after another: the log was emptied before this was stored.
    store
        .commit(Write::PutTenant(sample.tenant("beta")).into())
        .await
        .unwrap();
    assert_eq!(bytes_with_canary(&path), 0);
}

#[tokio::test]
async fn what_is_replaced_is_overwritten_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = open(&path).await;
    let sample = Sample::new(1);
    let session = sample.with_session(&store, "acme", "anna").await;
    let fold = sample.fold(&session, CANARY.repeat(1_000).as_bytes());
    store.commit(Write::PutFold(fold).into()).await.unwrap();
    store
        .commit(Write::PutFold(sample.fold(&session, b"quiet")).into())
        .await
        .unwrap();
    assert!(store.checkpoint().await.unwrap());
    assert_eq!(bytes_with_canary(&path), 0);
}

/// Every table with the column, so that a table that a later migration adds is not forgotten.
async fn tables_with(path: &Path, columns: &[&str]) -> Vec<(String, String)> {
    let mut db = connect(path).await;
    let rows = query(
        "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
         WHERE t.type = 'table' ORDER BY t.name",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    disconnect(db).await;
    rows.iter()
        .map(|row| (row.get(0), row.get(1)))
        .filter(|(_, column): &(String, String)| columns.contains(&column.as_str()))
        .collect()
}

async fn rows_of(path: &Path, table: &str, column: &str, value: &str) -> i64 {
    let mut db = connect(path).await;
    let count = format!("SELECT count(*) FROM {table} WHERE {column} = '{value}'");
    let count = query_scalar(AssertSqlSafe(count)).fetch_one(&mut db).await;
    disconnect(db).await;
    count.unwrap()
}

#[tokio::test]
async fn no_table_and_no_byte_keeps_a_deleted_client_or_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = open(&path).await;
    let sample = Sample::new(1);
    let neighbour = sample.with_session(&store, "beta", "anna").await;
    let other = sample.with_session(&store, "acme", "anna").await;
    for n in 0..8 {
        with_canary(&store, &sample, &other, n).await;
    }
    assert!(bytes_with_canary(&path) > 100);
    let delete = Write::DeleteClient {
        tenant: other.tenant.clone(),
        client: other.client.clone(),
    };
    store.commit(delete.into()).await.unwrap();
    for (table, column) in tables_with(&path, &["client"]).await {
        // The neighbour's client has the same name and another tenant.
        let left = rows_of(&path, &table, "tenant", "acme").await;
        assert_eq!(left, 0, "{table}.{column}");
    }
    assert!(store.checkpoint().await.unwrap());
    assert_eq!(bytes_with_canary(&path), 0);

    let session = with_canary(
        &store,
        &sample,
        &sample.with_session(&store, "acme", "anna").await,
        3,
    )
    .await;
    let coach = sample.persona("acme", "coach");
    let (document, chunks) = sample.document(&coach.key, "01.md", &format!("{CANARY}. Rest."));
    let set = [
        Write::PutPersona(coach),
        Write::PutDocument { document, chunks },
        Write::KeepAnswer {
            tenant: session.tenant.clone(),
            key: "of no session".to_owned(),
            answer: sample.answer(None, CANARY.as_bytes()),
        },
    ];
    store.commit(WriteSet::from_iter(set)).await.unwrap();
    store
        .commit(Write::DeleteTenant(session.tenant.clone()).into())
        .await
        .unwrap();
    for (table, column) in tables_with(&path, &["tenant", "owner", "persona_owner"]).await {
        assert_eq!(
            rows_of(&path, &table, &column, "acme").await,
            0,
            "{table}.{column}"
        );
    }
    assert!(store.checkpoint().await.unwrap());
    assert_eq!(bytes_with_canary(&path), 0);
    let kept = store
        .session(&neighbour.tenant, &neighbour.id)
        .await
        .unwrap();
    assert_eq!(kept, Some(neighbour));
}
