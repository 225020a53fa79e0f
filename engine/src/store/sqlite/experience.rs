//! Experiences: what personas keep of exchanges.

use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted, json};
use super::error::Failure;
use crate::domain::id::{ClientId, MessageId, SessionId, TenantId};
use crate::domain::memory::{Experience, MemoryScope, Origin};
use crate::store::StoreError;

pub(super) async fn experiences(
    db: &SqlitePool,
    scope: &MemoryScope,
) -> Result<Vec<Experience>, Failure> {
    let rows = query(
        "SELECT e.*, m.role, m.seq, m.metadata FROM experiences e \
         LEFT JOIN messages m ON m.tenant = e.tenant AND m.id = e.message \
         WHERE e.tenant = ? AND e.client = ? AND e.persona_owner = ? AND e.persona = ? \
         ORDER BY e.id",
    )
    .bind(scope.tenant.as_str())
    .bind(scope.client.as_str())
    .bind(scope.persona.owner.as_str())
    .bind(scope.persona.id.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

pub(super) async fn of_message(
    db: &SqlitePool,
    tenant: &TenantId,
    client: &ClientId,
    session: &SessionId,
    message: &MessageId,
) -> Result<Vec<Experience>, Failure> {
    let rows = query(
        "SELECT e.*, m.role, m.seq, m.metadata FROM experiences e \
         LEFT JOIN messages m ON m.tenant = e.tenant AND m.id = e.message \
         WHERE e.tenant = ? AND e.client = ? AND e.session = ? AND e.message = ? ORDER BY e.id",
    )
    .bind(tenant.as_str())
    .bind(client.as_str())
    .bind(session.as_str())
    .bind(message.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn read(row: &SqliteRow) -> Result<Experience, StoreError> {
    let row = Columns::of("experience", row);
    Ok(Experience {
        id: row.id("id")?,
        scope: MemoryScope {
            tenant: row.id("tenant")?,
            client: row.id("client")?,
            persona: row.persona("persona_owner", "persona")?,
        },
        session: row.id("session")?,
        message: row.id("message")?,
        text: row.get("text")?,
        origin: origin(&row)?,
        topics: row.json("topics")?,
        affect: row.get("affect")?,
        importance: row.get("importance")?,
        kind: row.word("kind")?,
        created_at: row.time("created_at")?,
    })
}

/// What the message tells that the experience was made of.
fn origin(row: &Columns<'_>) -> Result<Origin, StoreError> {
    let Some(metadata) = row.optional_json::<Map<String, Value>>("metadata")? else {
        return Ok(Origin::unknown());
    };
    Ok(Origin::new(
        row.word("role")?,
        row.integer("seq")?,
        &metadata,
    ))
}

pub(super) async fn insert(
    db: &mut SqliteConnection,
    experience: &Experience,
) -> Result<(), Failure> {
    let scope = &experience.scope;
    let outcome = query(
        "INSERT INTO experiences (tenant, client, persona_owner, persona, id, session, message, \
         text, topics, affect, importance, kind, created_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(scope.tenant.as_str())
    .bind(scope.client.as_str())
    .bind(scope.persona.owner.as_str())
    .bind(scope.persona.id.as_str())
    .bind(experience.id.as_str())
    .bind(experience.session.as_str())
    .bind(experience.message.as_str())
    .bind(&experience.text)
    .bind(json("experience", &experience.topics)?)
    .bind(experience.affect)
    .bind(experience.importance)
    .bind(experience.kind.as_str())
    .bind(experience.created_at.as_microsecond())
    .execute(db)
    .await;
    let parent = || format!("session {} of client {}", experience.session, scope.client);
    inserted(outcome, || format!("experience {}", experience.id), parent)
}
