//! Messages.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted, json, removed};
use super::error::Failure;
use super::insight;
use crate::domain::id::{MessageId, SessionId, TenantId};
use crate::domain::message::{CitationSource, Message};
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

/// The note is searched as text: an id stands in it only where the message is quoted or answered.
pub(super) async fn replies_quoting(
    db: &SqlitePool,
    tenant: &TenantId,
    session: &SessionId,
    message: &MessageId,
) -> Result<Vec<Message>, Failure> {
    let rows = query(
        "SELECT * FROM messages WHERE tenant = ? AND session = ? \
         AND instr(reply, '\"' || ? || '\"') > 0 ORDER BY seq",
    )
    .bind(tenant.as_str())
    .bind(session.as_str())
    .bind(message.as_str())
    .fetch_all(db)
    .await?;
    let found = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let quotes = |found: &Message| {
        found.reply.iter().flat_map(|note| &note.citations).any(|citation| {
            matches!(&citation.source, CitationSource::Message { message_id, .. } if message_id == message)
        })
    };
    Ok(found.into_iter().filter(quotes).collect())
}

pub(super) fn read(row: &SqliteRow) -> Result<Message, StoreError> {
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

pub(super) async fn update(db: &mut SqliteConnection, message: &Message) -> Result<(), Failure> {
    let reply = message
        .reply
        .as_ref()
        .map(|reply| json("message", reply))
        .transpose()?;
    let same_words = query(
        "SELECT 1 FROM messages WHERE tenant = ? AND session = ? AND seq = ? AND content = ?",
    )
    .bind(message.tenant.as_str())
    .bind(message.session.as_str())
    .bind(i64::from(message.seq))
    .bind(&message.content)
    .fetch_optional(&mut *db)
    .await?
    .is_some();
    let outcome = query(
        "UPDATE messages SET content = ?, reply = ?, metadata = ? \
         WHERE tenant = ? AND session = ? AND seq = ? AND id = ? AND role = ?",
    )
    .bind(&message.content)
    .bind(reply)
    .bind(json("message", &message.metadata)?)
    .bind(message.tenant.as_str())
    .bind(message.session.as_str())
    .bind(i64::from(message.seq))
    .bind(message.id.as_str())
    .bind(message.role.as_str())
    .execute(&mut *db)
    .await?;
    removed(&outcome, || format!("message {}", message.id))?;
    if same_words {
        return Ok(());
    }
    query("DELETE FROM message_deltas WHERE tenant = ? AND session = ? AND seq = ?")
        .bind(message.tenant.as_str())
        .bind(message.session.as_str())
        .bind(i64::from(message.seq))
        .execute(&mut *db)
        .await?;
    retract(db, &message.tenant, &message.session, &message.id).await
}

/// The delta goes with the message by its foreign key.
pub(super) async fn delete(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    session: &SessionId,
    id: &MessageId,
) -> Result<(), Failure> {
    let outcome = query("DELETE FROM messages WHERE tenant = ? AND session = ? AND id = ?")
        .bind(tenant.as_str())
        .bind(session.as_str())
        .bind(id.as_str())
        .execute(&mut *db)
        .await?;
    removed(&outcome, || format!("message {id} of session {session}"))?;
    retract(db, tenant, session, id).await
}

/// Removes what rested on the former words of a message: experience, kept answers, and its evidence,
/// with the insights that lose it.
async fn retract(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    session: &SessionId,
    id: &MessageId,
) -> Result<(), Failure> {
    insight::withdraw_evidence(db, tenant, session, Some(id)).await?;
    let experience = "DELETE FROM experiences WHERE tenant = ?1 AND client = (SELECT client \
         FROM sessions WHERE tenant = ?1 AND id = ?2) AND session = ?2 AND message = ?3";
    let answers = "DELETE FROM kept_answers WHERE tenant = ?1 AND session = ?2 \
         AND instr(body, CAST(?3 AS BLOB)) > 0";
    for statement in [experience, answers] {
        query(statement)
            .bind(tenant.as_str())
            .bind(session.as_str())
            .bind(id.as_str())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}
