//! Answers kept for repeated requests.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted};
use super::error::Failure;
use crate::domain::id::TenantId;
use crate::store::{KeptAnswer, StoreError};

pub(super) async fn answer(
    db: &SqlitePool,
    tenant: &TenantId,
    key: &str,
) -> Result<Option<KeptAnswer>, Failure> {
    let row = query("SELECT * FROM kept_answers WHERE tenant = ? AND key = ?")
        .bind(tenant.as_str())
        .bind(key)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

fn read(row: &SqliteRow) -> Result<KeptAnswer, StoreError> {
    let row = Columns::of("kept answer", row);
    Ok(KeptAnswer {
        session: row.optional_id("session")?,
        request: row.digest("request")?,
        status: row.integer("status")?,
        location: row.get("location")?,
        body: row.get("body")?,
        created_at: row.time("created_at")?,
    })
}

pub(super) async fn keep(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    key: &str,
    answer: &KeptAnswer,
) -> Result<(), Failure> {
    let session = answer.session.as_ref();
    let outcome = query(
        "INSERT INTO kept_answers \
         (tenant, key, session, request, status, location, body, created_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(tenant.as_str())
    .bind(key)
    .bind(session.map(|id| id.as_str()))
    .bind(&answer.request[..])
    .bind(i64::from(answer.status))
    .bind(answer.location.as_deref())
    .bind(answer.body.as_slice())
    .bind(answer.created_at.as_microsecond())
    .execute(db)
    .await;
    let parent = || session.map_or_else(String::new, |id| format!("session {id}"));
    inserted(outcome, || format!("idempotency key {key:?}"), parent)
}
