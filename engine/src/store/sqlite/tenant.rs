//! Tenants and API keys.

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted, removed};
use super::error::Failure;
use crate::domain::id::{ApiKeyId, TenantId};
use crate::domain::tenant::{ApiKey, KeyHash, Tenant};
use crate::store::StoreError;

pub(super) async fn tenant(db: &SqlitePool, id: &TenantId) -> Result<Option<Tenant>, Failure> {
    let row = query("SELECT id, name, created_at FROM tenants WHERE id = ?")
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read_tenant).transpose()?)
}

fn read_tenant(row: &SqliteRow) -> Result<Tenant, StoreError> {
    let row = Columns::of("tenant", row);
    Ok(Tenant {
        id: row.id("id")?,
        name: row.get("name")?,
        created_at: row.time("created_at")?,
    })
}

pub(super) async fn api_key(db: &SqlitePool, hash: KeyHash) -> Result<Option<ApiKey>, Failure> {
    let row = query(
        "SELECT tenant, id, label, hash, created_at, revoked_at FROM api_keys WHERE hash = ?",
    )
    .bind(&hash.0[..])
    .fetch_optional(db)
    .await?;
    Ok(row.as_ref().map(read_api_key).transpose()?)
}

pub(super) async fn api_keys(db: &SqlitePool, tenant: &TenantId) -> Result<Vec<ApiKey>, Failure> {
    let rows = query(
        "SELECT tenant, id, label, hash, created_at, revoked_at FROM api_keys WHERE tenant = ? ORDER BY id",
    )
    .bind(tenant.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read_api_key).collect::<Result<_, _>>()?)
}

fn read_api_key(row: &SqliteRow) -> Result<ApiKey, StoreError> {
    let row = Columns::of("API key", row);
    Ok(ApiKey {
        id: row.id("id")?,
        tenant: row.id("tenant")?,
        label: row.get("label")?,
        hash: KeyHash(row.digest("hash")?),
        created_at: row.time("created_at")?,
        revoked_at: row.optional_time("revoked_at")?,
    })
}

pub(super) async fn put(db: &mut SqliteConnection, tenant: &Tenant) -> Result<(), Failure> {
    query(
        "INSERT INTO tenants (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
    )
    .bind(tenant.id.as_str())
    .bind(&tenant.name)
    .bind(tenant.created_at.as_microsecond())
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn tenants(db: &SqlitePool) -> Result<Vec<Tenant>, Failure> {
    let rows = query("SELECT id, name, created_at FROM tenants ORDER BY id")
        .fetch_all(db)
        .await?;
    Ok(rows.iter().map(read_tenant).collect::<Result<_, _>>()?)
}

/// What refers to the tenant goes with it by foreign keys. Personas do not refer, since those that
/// ship with the program belong to nobody's tenant; kept answers do not, since their key is enough.
pub(super) async fn delete(db: &mut SqliteConnection, id: &TenantId) -> Result<(), Failure> {
    if *id == TenantId::shipped() {
        let what = "the owner of the shipped personas".to_owned();
        return Err(StoreError::Conflict { what }.into());
    }
    for statement in [
        "DELETE FROM personas WHERE owner = ?",
        "DELETE FROM kept_answers WHERE tenant = ?",
    ] {
        query(statement).bind(id.as_str()).execute(&mut *db).await?;
    }
    let outcome = query("DELETE FROM tenants WHERE id = ?")
        .bind(id.as_str())
        .execute(db)
        .await?;
    removed(&outcome, || format!("tenant {id}"))
}

pub(super) async fn insert_api_key(db: &mut SqliteConnection, key: &ApiKey) -> Result<(), Failure> {
    let outcome = query(
        "INSERT INTO api_keys (tenant, id, label, hash, created_at, revoked_at) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(key.tenant.as_str())
    .bind(key.id.as_str())
    .bind(&key.label)
    .bind(&key.hash.0[..])
    .bind(key.created_at.as_microsecond())
    .bind(key.revoked_at.map(|at| at.as_microsecond()))
    .execute(db)
    .await;
    inserted(
        outcome,
        || format!("API key {}", key.id),
        || format!("tenant {}", key.tenant),
    )
}

pub(super) async fn revoke_api_key(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    id: &ApiKeyId,
    at: Timestamp,
) -> Result<(), Failure> {
    let outcome = query(
        "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE tenant = ? AND id = ?",
    )
    .bind(at.as_microsecond())
    .bind(tenant.as_str())
    .bind(id.as_str())
    .execute(db)
    .await?;
    if outcome.rows_affected() == 1 {
        return Ok(());
    }
    let what = format!("API key {id}");
    Err(StoreError::Missing { what }.into())
}
