//! Risk flags.

use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, SqlitePool, query};

use super::columns::{Columns, inserted, integer, page, page_limit};
use super::error::Failure;
use crate::domain::id::{ClientId, RiskFlagId, TenantId};
use crate::domain::page::Page;
use crate::domain::risk::{RiskFinding, RiskFlag, RiskResolution};
use crate::store::{PageRequest, StoreError};

pub(super) async fn risk_flag(
    db: &SqlitePool,
    tenant: &TenantId,
    id: &RiskFlagId,
) -> Result<Option<RiskFlag>, Failure> {
    let row = query("SELECT * FROM risk_flags WHERE tenant = ? AND id = ?")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

pub(super) async fn risk_flags(
    db: &SqlitePool,
    tenant: &TenantId,
    open_only: bool,
    request: &PageRequest,
) -> Result<Page<RiskFlag>, Failure> {
    // Named, because for want of statistics SQLite would walk the closed ones too.
    let index = if open_only {
        "INDEXED BY risk_flags_open "
    } else {
        ""
    };
    let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM risk_flags ");
    sql.push(index)
        .push("WHERE tenant = ")
        .push_bind(tenant.as_str());
    if open_only {
        sql.push(" AND resolved_at IS NULL");
    }
    if let Some(after) = &request.after {
        sql.push(" AND id < ").push_bind(after.as_str());
    }
    sql.push(" ORDER BY id DESC LIMIT ")
        .push_bind(page_limit(request.size));
    let rows = sql.build().fetch_all(db).await?;
    Ok(page(&rows, request.size, read, |flag| flag.id.to_string())?)
}

fn read(row: &SqliteRow) -> Result<RiskFlag, StoreError> {
    let row = Columns::of("risk flag", row);
    let resolution = match row.optional_time("resolved_at")? {
        Some(resolved_at) => Some(RiskResolution {
            reason: row.get("resolution_reason")?,
            resolved_by: row.get("resolved_by")?,
            resolved_at,
        }),
        None => None,
    };
    Ok(RiskFlag {
        id: row.id("id")?,
        tenant: row.id("tenant")?,
        client: row.id("client")?,
        session: row.id("session")?,
        message: row.id("message")?,
        finding: RiskFinding {
            category: row.get("category")?,
            severity: row.integer("severity")?,
            assertion: row.get("assertion")?,
            rule: row.get("rule")?,
            byte_start: row.integer("byte_start")?,
            byte_end: row.integer("byte_end")?,
            quote: row.get("quote")?,
        },
        resolution,
        created_at: row.time("created_at")?,
    })
}

pub(super) async fn of_client(
    db: &SqlitePool,
    tenant: &TenantId,
    client: &ClientId,
    open_only: bool,
    limit: u32,
) -> Result<Vec<RiskFlag>, Failure> {
    let rows = query(
        "SELECT * FROM risk_flags INDEXED BY risk_flags_by_session \
         WHERE tenant = ? AND client = ? AND (resolved_at IS NULL OR NOT ?) \
         ORDER BY id DESC LIMIT ?",
    )
    .bind(tenant.as_str())
    .bind(client.as_str())
    .bind(open_only)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

pub(super) async fn insert(db: &mut SqliteConnection, flag: &RiskFlag) -> Result<(), Failure> {
    let (finding, resolution) = (&flag.finding, flag.resolution.as_ref());
    let outcome = query(
        "INSERT INTO risk_flags (tenant, id, client, session, message, category, severity, \
         assertion, rule, byte_start, byte_end, quote, created_at, resolution_reason, \
         resolved_by, resolved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(flag.tenant.as_str())
    .bind(flag.id.as_str())
    .bind(flag.client.as_str())
    .bind(flag.session.as_str())
    .bind(flag.message.as_str())
    .bind(&finding.category)
    .bind(i64::from(finding.severity))
    .bind(&finding.assertion)
    .bind(&finding.rule)
    .bind(integer("risk flag", finding.byte_start)?)
    .bind(integer("risk flag", finding.byte_end)?)
    .bind(&finding.quote)
    .bind(flag.created_at.as_microsecond())
    .bind(resolution.map(|by| by.reason.as_str()))
    .bind(resolution.map(|by| by.resolved_by.as_str()))
    .bind(resolution.map(|by| by.resolved_at.as_microsecond()))
    .execute(db)
    .await;
    let parent = || format!("session {} of client {}", flag.session, flag.client);
    inserted(outcome, || format!("risk flag {}", flag.id), parent)
}

pub(super) async fn resolve(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    id: &RiskFlagId,
    resolution: &RiskResolution,
) -> Result<(), Failure> {
    let outcome = query(
        "UPDATE risk_flags SET resolution_reason = ?, resolved_by = ?, resolved_at = ? \
         WHERE tenant = ? AND id = ? AND resolved_at IS NULL",
    )
    .bind(&resolution.reason)
    .bind(&resolution.resolved_by)
    .bind(resolution.resolved_at.as_microsecond())
    .bind(tenant.as_str())
    .bind(id.as_str())
    .execute(&mut *db)
    .await?;
    if outcome.rows_affected() == 1 {
        return Ok(());
    }
    let there = query("SELECT 1 FROM risk_flags WHERE tenant = ? AND id = ?")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    let what = format!("risk flag {id}");
    Err(match there {
        Some(_) => StoreError::Conflict { what }.into(),
        None => StoreError::Missing { what }.into(),
    })
}
