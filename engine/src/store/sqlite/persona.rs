//! Personas.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, json, page, page_limit, removed};
use super::error::Failure;
use crate::domain::id::{PersonaId, TenantId};
use crate::domain::page::Page;
use crate::domain::persona::{Persona, PersonaKey};
use crate::store::{PageRequest, StoreError};

pub(super) async fn persona(db: &SqlitePool, key: &PersonaKey) -> Result<Option<Persona>, Failure> {
    let row = query(
        "SELECT owner, id, profile, created_at, updated_at FROM personas WHERE owner = ? AND id = ?",
    )
    .bind(key.owner.as_str())
    .bind(key.id.as_str())
    .fetch_optional(db)
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Pages by `<id>/<owner>`: neither can hold a slash.
pub(super) async fn personas(
    db: &SqlitePool,
    owner: &TenantId,
    request: &PageRequest,
) -> Result<Page<Persona>, Failure> {
    let after = request.after.as_deref().unwrap_or_default();
    let (after_id, after_owner) = after.split_once('/').unwrap_or((after, ""));
    let rows = query(
        "SELECT owner, id, profile, created_at, updated_at FROM personas \
         WHERE owner IN (?1, ?2) AND (id, owner) > (?3, ?4) ORDER BY id, owner LIMIT ?5",
    )
    .bind(owner.as_str())
    .bind(TenantId::shipped().as_str())
    .bind(after_id)
    .bind(after_owner)
    .bind(page_limit(request.size))
    .fetch_all(db)
    .await?;
    let key = |persona: &Persona| format!("{}/{}", persona.key.id, persona.key.owner);
    Ok(page(&rows, request.size, read, key)?)
}

pub(super) async fn resolve(
    db: &SqlitePool,
    owner: &TenantId,
    id: &PersonaId,
) -> Result<Option<Persona>, Failure> {
    let row = query(
        "SELECT owner, id, profile, created_at, updated_at FROM personas \
         WHERE owner IN (?1, ?2) AND id = ?3 ORDER BY owner = ?1 DESC LIMIT 1",
    )
    .bind(owner.as_str())
    .bind(TenantId::shipped().as_str())
    .bind(id.as_str())
    .fetch_optional(db)
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

fn read(row: &SqliteRow) -> Result<Persona, StoreError> {
    let row = Columns::of("persona", row);
    Ok(Persona {
        key: row.persona("owner", "id")?,
        profile: row.json("profile")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

pub(super) async fn put(db: &mut SqliteConnection, persona: &Persona) -> Result<(), Failure> {
    query(
        "INSERT INTO personas (owner, id, profile, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (owner, id) DO UPDATE SET profile = excluded.profile, \
         created_at = excluded.created_at, updated_at = excluded.updated_at",
    )
    .bind(persona.key.owner.as_str())
    .bind(persona.key.id.as_str())
    .bind(json("persona", &persona.profile)?)
    .bind(persona.created_at.as_microsecond())
    .bind(persona.updated_at.as_microsecond())
    .execute(db)
    .await?;
    Ok(())
}

/// The documents and chunks go with it by their foreign keys.
pub(super) async fn delete(db: &mut SqliteConnection, key: &PersonaKey) -> Result<(), Failure> {
    let outcome = query("DELETE FROM personas WHERE owner = ? AND id = ?")
        .bind(key.owner.as_str())
        .bind(key.id.as_str())
        .execute(db)
        .await?;
    removed(&outcome, || format!("persona {} of {}", key.id, key.owner))
}
