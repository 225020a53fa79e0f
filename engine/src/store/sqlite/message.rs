//! Messages.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted, json};
use super::error::Failure;
use crate::domain::id::{MessageId, SessionId, TenantId};
use crate::domain::message::Message;
use crate::store::StoreError;

pub(super) async fn messages(
    db: &SqlitePool,
    tenant: &TenantId,
    session: &SessionId,
    from_seq: u32,
    limit: u32,
) -> Result<Vec<Message>, Failure> {
    let rows = query(
        "SELECT * FROM messages WHERE tenant = ? AND session = ? AND seq >= ? \
         ORDER BY seq LIMIT ?",
    )
    .bind(tenant.as_str())
    .bind(session.as_str())
    .bind(i64::from(from_seq))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

pub(super) async fn message(
    db: &SqlitePool,
    tenant: &TenantId,
    id: &MessageId,
) -> Result<Option<Message>, Failure> {
    let row = query("SELECT * FROM messages WHERE tenant = ? AND id = ?")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

fn read(row: &SqliteRow) -> Result<Message, StoreError> {
    let row = Columns::of("message", row);
    Ok(Message {
        id: row.id("id")?,
        tenant: row.id("tenant")?,
        session: row.id("session")?,
        seq: row.integer("seq")?,
        role: row.word("role")?,
        content: row.get("content")?,
        reply: row.optional_json("reply")?,
        metadata: row.json("metadata")?,
        created_at: row.time("created_at")?,
    })
}

pub(super) async fn insert(db: &mut SqliteConnection, message: &Message) -> Result<(), Failure> {
    let reply = message
        .reply
        .as_ref()
        .map(|reply| json("message", reply))
        .transpose()?;
    let outcome = query(
        "INSERT INTO messages \
         (tenant, session, seq, id, role, content, reply, metadata, created_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(message.tenant.as_str())
    .bind(message.session.as_str())
    .bind(i64::from(message.seq))
    .bind(message.id.as_str())
    .bind(message.role.as_str())
    .bind(&message.content)
    .bind(reply)
    .bind(json("message", &message.metadata)?)
    .bind(message.created_at.as_microsecond())
    .execute(db)
    .await;
    let what = || format!("message {} of session {}", message.seq, message.session);
    inserted(outcome, what, || format!("session {}", message.session))
}
