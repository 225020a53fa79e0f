//! What became of a risk flag stays on record without the client's words.

use sqlx::{Row, query};

use super::{connect, disconnect, open};
use crate::store::conformance::sample::Sample;
use crate::store::{Store, Write};

#[tokio::test]
async fn raising_and_resolving_are_audited_and_outlive_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = open(&path).await;
    let sample = Sample::new(1);
    let session = sample.with_session(&store, "acme", "anna").await;
    let flag = sample.risk_flag(&session, "words that nobody keeps");
    let resolve = Write::ResolveRiskFlag {
        tenant: flag.tenant.clone(),
        id: flag.id.clone(),
        resolution: sample.resolution(),
    };
    let delete = Write::DeleteSession {
        tenant: session.tenant.clone(),
        id: session.id.clone(),
    };
    for write in [Write::InsertRiskFlag(flag.clone()), resolve, delete] {
        store.commit(write.into()).await.unwrap();
    }
    store.close().await;

    let mut db = connect(&path).await;
    let rows = query("SELECT * FROM risk_audit WHERE flag = ? ORDER BY event")
        .bind(flag.id.as_str())
        .fetch_all(&mut db)
        .await
        .unwrap();
    let events: Vec<String> = rows.iter().map(|row| row.get("event")).collect();
    assert_eq!(events, ["raised", "resolved"]);
    let actors: Vec<Option<String>> = rows.iter().map(|row| row.get("actor")).collect();
    assert_eq!(actors, [None, Some(sample.resolution().resolved_by)]);
    let severity: i64 = rows[0].get("severity");
    assert_eq!(severity, i64::from(flag.finding.severity));
    disconnect(db).await;
}

#[tokio::test]
async fn a_resolution_cannot_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = open(&path).await;
    let sample = Sample::new(1);
    let session = sample.with_session(&store, "acme", "anna").await;
    let flag = sample.risk_flag(&session, "words");
    let resolve = Write::ResolveRiskFlag {
        tenant: flag.tenant.clone(),
        id: flag.id.clone(),
        resolution: sample.resolution(),
    };
    for write in [Write::InsertRiskFlag(flag), resolve] {
        store.commit(write.into()).await.unwrap();
    }
    store.close().await;
    let mut db = connect(&path).await;
    let undone = query("UPDATE risk_flags SET resolved_at = NULL")
        .execute(&mut db)
        .await;
    let refusal = undone.unwrap_err().to_string();
    assert!(refusal.contains("stays resolved"), "{refusal}");
    disconnect(db).await;
}
