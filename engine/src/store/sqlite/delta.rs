//! What the analysis took from each message.

use sqlx::sqlite::SqliteConnection;
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted};
use super::error::Failure;
use super::message;
use crate::domain::id::{SessionId, TenantId};
use crate::domain::message::Message;
use crate::store::{DeltaRecord, StoreError};

pub(super) async fn with_messages(
    db: &SqlitePool,
    tenant: &TenantId,
    session: &SessionId,
    from_seq: u32,
    limit: u32,
) -> Result<Vec<(Message, Option<DeltaRecord>)>, Failure> {
    let rows = query(
        "SELECT messages.*, taken.version AS version, taken.delta AS delta FROM messages \
         LEFT JOIN message_deltas AS taken ON taken.tenant = messages.tenant \
         AND taken.session = messages.session AND taken.seq = messages.seq \
         WHERE messages.tenant = ? AND messages.session = ? AND messages.seq >= ? \
         ORDER BY messages.seq LIMIT ?",
    )
    .bind(tenant.as_str())
    .bind(session.as_str())
    .bind(i64::from(from_seq))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    let read = |row| {
        let message = message::read(row)?;
        let row = Columns::of("delta of a message", row);
        let delta = match row.get::<Option<Vec<u8>>>("delta")? {
            Some(delta) => Some(DeltaRecord {
                tenant: tenant.clone(),
                session: session.clone(),
                seq: message.seq,
                version: row.integer("version")?,
                delta,
            }),
            None => None,
        };
        Ok::<_, StoreError>((message, delta))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

pub(super) async fn put(db: &mut SqliteConnection, delta: &DeltaRecord) -> Result<(), Failure> {
    let outcome = query(
        "INSERT INTO message_deltas (tenant, session, seq, version, delta) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, session, seq) DO UPDATE SET version = excluded.version, \
         delta = excluded.delta",
    )
    .bind(delta.tenant.as_str())
    .bind(delta.session.as_str())
    .bind(i64::from(delta.seq))
    .bind(i64::from(delta.version))
    .bind(delta.delta.as_slice())
    .execute(db)
    .await;
    let what = || {
        format!(
            "the delta of message {} of session {}",
            delta.seq, delta.session
        )
    };
    let parent = || format!("message {} of session {}", delta.seq, delta.session);
    inserted(outcome, what, parent)
}
