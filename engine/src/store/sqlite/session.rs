//! Sessions.

use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, SqlitePool, query};

use super::columns::{Columns, inserted, json, page, page_limit, removed};
use super::error::Failure;
use super::insight;
use crate::domain::id::{SessionId, TenantId};
use crate::domain::page::Page;
use crate::domain::session::{Session, SessionFilter};
use crate::store::{PageRequest, StoreError};

pub(super) async fn session(
    db: &SqlitePool,
    tenant: &TenantId,
    id: &SessionId,
) -> Result<Option<Session>, Failure> {
    let row = query("SELECT * FROM sessions WHERE tenant = ? AND id = ?")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Each filter has an index that is in the listing's order too. Which one is used is said here: for
/// want of statistics SQLite may prefer to walk all of the tenant's sessions. With several filters
/// the narrowest serves, and the others are checked row by row.
pub(super) async fn sessions(
    db: &SqlitePool,
    tenant: &TenantId,
    filter: &SessionFilter,
    request: &PageRequest,
) -> Result<Page<Session>, Failure> {
    let index = match (&filter.client, &filter.persona, filter.state) {
        (Some(_), _, _) => "INDEXED BY sessions_by_client ",
        (None, Some(_), _) => "INDEXED BY sessions_by_persona ",
        (None, None, Some(_)) => "INDEXED BY sessions_by_state ",
        (None, None, None) => "",
    };
    let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM sessions ");
    sql.push(index).push("WHERE tenant = ");
    sql.push_bind(tenant.as_str());
    if let Some(client) = &filter.client {
        sql.push(" AND client = ").push_bind(client.as_str());
    }
    if let Some(persona) = &filter.persona {
        sql.push(" AND persona_owner = ")
            .push_bind(persona.owner.as_str());
        sql.push(" AND persona = ").push_bind(persona.id.as_str());
    }
    if let Some(state) = filter.state {
        sql.push(" AND state = ").push_bind(state.as_str());
    }
    if let Some(after) = &request.after {
        sql.push(" AND id < ").push_bind(after.as_str());
    }
    sql.push(" ORDER BY id DESC LIMIT ")
        .push_bind(page_limit(request.size));
    let rows = sql.build().fetch_all(db).await?;
    Ok(page(&rows, request.size, read, |session| {
        session.id.to_string()
    })?)
}

fn read(row: &SqliteRow) -> Result<Session, StoreError> {
    let row = Columns::of("session", row);
    Ok(Session {
        id: row.id("id")?,
        tenant: row.id("tenant")?,
        client: row.id("client")?,
        persona: row.persona("persona_owner", "persona")?,
        title: row.get("title")?,
        goals: row.json("goals")?,
        metadata: row.json("metadata")?,
        state: row.word("state")?,
        message_count: row.integer("message_count")?,
        next_seq: row.integer("next_seq")?,
        edits: row.integer("edits")?,
        revision: row.integer("revision")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

pub(super) async fn insert(db: &mut SqliteConnection, session: &Session) -> Result<(), Failure> {
    let outcome = query(
        "INSERT INTO sessions (tenant, id, client, persona_owner, persona, title, goals, metadata, \
         state, message_count, revision, created_at, updated_at, next_seq, edits) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(session.tenant.as_str())
    .bind(session.id.as_str())
    .bind(session.client.as_str())
    .bind(session.persona.owner.as_str())
    .bind(session.persona.id.as_str())
    .bind(session.title.as_deref())
    .bind(json("session", &session.goals)?)
    .bind(json("session", &session.metadata)?)
    .bind(session.state.as_str())
    .bind(i64::from(session.message_count))
    .bind(i64::from(session.revision))
    .bind(session.created_at.as_microsecond())
    .bind(session.updated_at.as_microsecond())
    .bind(i64::from(session.next_seq))
    .bind(i64::from(session.edits))
    .execute(db)
    .await;
    let parent = || format!("tenant {}", session.tenant);
    inserted(outcome, || format!("session {}", session.id), parent)
}

/// SQLite rewrites the index entries of every column that an UPDATE names, changed or not. Nearly
/// all updates count a message and keep the state, so the state is only named when that fails.
const UPDATE_SAME_STATE: &str = "UPDATE sessions \
    SET title = ?1, goals = ?2, metadata = ?3, message_count = ?4, revision = ?5, \
        created_at = ?6, updated_at = ?7, next_seq = ?14, edits = ?15 \
    WHERE tenant = ?8 AND id = ?9 AND revision = ?5 - 1 AND client = ?10 \
        AND persona_owner = ?11 AND persona = ?12 AND state = ?13";
const UPDATE_STATE_TOO: &str = "UPDATE sessions \
    SET title = ?1, goals = ?2, metadata = ?3, message_count = ?4, revision = ?5, \
        created_at = ?6, updated_at = ?7, next_seq = ?14, edits = ?15, state = ?13 \
    WHERE tenant = ?8 AND id = ?9 AND revision = ?5 - 1 AND client = ?10 \
        AND persona_owner = ?11 AND persona = ?12";

pub(super) async fn update(db: &mut SqliteConnection, session: &Session) -> Result<(), Failure> {
    let goals = json("session", &session.goals)?;
    let metadata = json("session", &session.metadata)?;
    for statement in [UPDATE_SAME_STATE, UPDATE_STATE_TOO] {
        let outcome = query(statement)
            .bind(session.title.as_deref())
            .bind(goals.as_str())
            .bind(metadata.as_str())
            .bind(i64::from(session.message_count))
            .bind(i64::from(session.revision))
            .bind(session.created_at.as_microsecond())
            .bind(session.updated_at.as_microsecond())
            .bind(session.tenant.as_str())
            .bind(session.id.as_str())
            .bind(session.client.as_str())
            .bind(session.persona.owner.as_str())
            .bind(session.persona.id.as_str())
            .bind(session.state.as_str())
            .bind(i64::from(session.next_seq))
            .bind(i64::from(session.edits))
            .execute(&mut *db)
            .await?;
        if outcome.rows_affected() == 1 {
            return Ok(());
        }
    }
    let there = query("SELECT 1 FROM sessions WHERE tenant = ? AND id = ?")
        .bind(session.tenant.as_str())
        .bind(session.id.as_str())
        .fetch_optional(db)
        .await?;
    Err(match there {
        Some(_) => {
            let what = format!("session {}, revision {}", session.id, session.revision);
            StoreError::Conflict { what }.into()
        }
        None => StoreError::Missing {
            what: format!("session {}", session.id),
        }
        .into(),
    })
}

/// Everything that refers to the session goes with it by foreign keys: messages, fold, experiences,
/// flags, kept answers, and evidence. Insights that rest on it are dealt with first.
pub(super) async fn delete(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    id: &SessionId,
) -> Result<(), Failure> {
    insight::withdraw_evidence(db, tenant, id, None).await?;
    let outcome = query("DELETE FROM sessions WHERE tenant = ? AND id = ?")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .execute(db)
        .await?;
    removed(&outcome, || format!("session {id}"))
}
