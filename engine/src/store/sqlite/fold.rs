//! The folded analyses of sessions.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted};
use super::error::Failure;
use crate::domain::id::{ClientId, SessionId, TenantId};
use crate::store::{FoldRecord, StoreError};

pub(super) async fn fold(
    db: &SqlitePool,
    tenant: &TenantId,
    session: &SessionId,
) -> Result<Option<FoldRecord>, Failure> {
    let row = query("SELECT * FROM session_folds WHERE tenant = ? AND session = ?")
        .bind(tenant.as_str())
        .bind(session.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Read newest first so that the limit keeps the newest, and turned round afterwards.
pub(super) async fn client_folds(
    db: &SqlitePool,
    tenant: &TenantId,
    client: &ClientId,
    limit: u32,
) -> Result<Vec<FoldRecord>, Failure> {
    let rows = query(
        "SELECT * FROM session_folds WHERE tenant = ? AND client = ? \
         ORDER BY session DESC LIMIT ?",
    )
    .bind(tenant.as_str())
    .bind(client.as_str())
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows.iter().rev().map(read).collect::<Result<_, _>>()?)
}

/// Walks the sessions in the order of their key, so that the caller can go on where it stopped.
pub(super) async fn of_other_versions(
    db: &SqlitePool,
    version: u32,
    after: Option<&(TenantId, SessionId)>,
    limit: u32,
) -> Result<Vec<(TenantId, SessionId)>, Failure> {
    let (tenant, session) = after.map_or(("", ""), |(t, s)| (t.as_str(), s.as_str()));
    let rows = query(
        "SELECT sessions.tenant AS tenant, sessions.id AS id FROM sessions \
         LEFT JOIN session_folds AS fold \
         ON fold.tenant = sessions.tenant AND fold.session = sessions.id \
         WHERE (sessions.tenant, sessions.id) > (?, ?) AND sessions.message_count > 0 \
         AND fold.version IS NOT ? ORDER BY sessions.tenant, sessions.id LIMIT ?",
    )
    .bind(tenant)
    .bind(session)
    .bind(i64::from(version))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    let key = |row: &SqliteRow| {
        let row = Columns::of("session", row);
        Ok::<_, StoreError>((row.id("tenant")?, row.id("id")?))
    };
    Ok(rows.iter().map(key).collect::<Result<_, _>>()?)
}

fn read(row: &SqliteRow) -> Result<FoldRecord, StoreError> {
    let row = Columns::of("folded analysis", row);
    Ok(FoldRecord {
        tenant: row.id("tenant")?,
        client: row.id("client")?,
        session: row.id("session")?,
        version: row.integer("version")?,
        seq: row.integer("seq")?,
        edits: row.integer("edits")?,
        state: row.get("state")?,
    })
}

pub(super) async fn put(db: &mut SqliteConnection, fold: &FoldRecord) -> Result<(), Failure> {
    let outcome = query(
        "INSERT INTO session_folds (tenant, session, client, version, seq, edits, state) \
         VALUES (?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, session) DO UPDATE SET version = excluded.version, \
         seq = excluded.seq, edits = excluded.edits, state = excluded.state",
    )
    .bind(fold.tenant.as_str())
    .bind(fold.session.as_str())
    .bind(fold.client.as_str())
    .bind(i64::from(fold.version))
    .bind(i64::from(fold.seq))
    .bind(i64::from(fold.edits))
    .bind(fold.state.as_slice())
    .execute(db)
    .await;
    let parent = || format!("session {} of client {}", fold.session, fold.client);
    inserted(
        outcome,
        || format!("the analysis of session {}", fold.session),
        parent,
    )
}
