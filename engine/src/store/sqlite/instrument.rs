//! Filled-in instruments.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted, json, removed};
use super::error::Failure;
use crate::domain::id::{ClientId, InstrumentEntryId, TenantId};
use crate::domain::instrument::InstrumentEntry;
use crate::store::StoreError;

/// The latest `limit` of a client, turned round so that the oldest comes first.
pub(super) async fn entries(
    db: &SqlitePool,
    tenant: &TenantId,
    client: &ClientId,
    limit: u32,
) -> Result<Vec<InstrumentEntry>, Failure> {
    let rows = query(
        "SELECT * FROM instrument_entries WHERE tenant = ? AND client = ? \
         ORDER BY taken_at DESC, id DESC LIMIT ?",
    )
    .bind(tenant.as_str())
    .bind(client.as_str())
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows.iter().rev().map(read).collect::<Result<_, _>>()?)
}

fn read(row: &SqliteRow) -> Result<InstrumentEntry, StoreError> {
    let row = Columns::of("instrument entry", row);
    Ok(InstrumentEntry {
        id: row.id("id")?,
        tenant: row.id("tenant")?,
        client: row.id("client")?,
        instrument: row.word("instrument")?,
        items: row.optional_json("items")?,
        total: row.get("total")?,
        taken_at: row.time("taken_at")?,
        created_at: row.time("created_at")?,
    })
}

pub(super) async fn insert(
    db: &mut SqliteConnection,
    entry: &InstrumentEntry,
) -> Result<(), Failure> {
    let items = entry.items.as_ref();
    let items = items
        .map(|items| json("instrument entry", items))
        .transpose()?;
    let outcome = query(
        "INSERT INTO instrument_entries (tenant, client, id, instrument, items, total, taken_at, \
         created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(entry.tenant.as_str())
    .bind(entry.client.as_str())
    .bind(entry.id.as_str())
    .bind(entry.instrument.as_str())
    .bind(items)
    .bind(entry.total)
    .bind(entry.taken_at.as_microsecond())
    .bind(entry.created_at.as_microsecond())
    .execute(db)
    .await;
    let what = || format!("instrument entry {}", entry.id);
    inserted(outcome, what, || format!("tenant {}", entry.tenant))
}

pub(super) async fn delete(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    client: &ClientId,
    id: &InstrumentEntryId,
) -> Result<(), Failure> {
    let outcome =
        query("DELETE FROM instrument_entries WHERE tenant = ? AND client = ? AND id = ?")
            .bind(tenant.as_str())
            .bind(client.as_str())
            .bind(id.as_str())
            .execute(db)
            .await?;
    removed(&outcome, || format!("instrument entry {id}"))
}
