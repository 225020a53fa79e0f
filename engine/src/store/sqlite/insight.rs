//! Insights and their evidence.

use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, SqlitePool, query};

use super::columns::{Columns, inserted, json, page, page_limit, removed};
use super::error::Failure;
use crate::domain::id::{ClientId, InsightId, TenantId};
use crate::domain::insight::Insight;
use crate::domain::page::Page;
use crate::store::{PageRequest, StoreError};

/// One row an insight, its evidence gathered into one JSON list in its order.
const SELECT: &str = "SELECT *, \
    (SELECT json_group_array(json(evidence) ORDER BY place) FROM insight_evidence AS held \
     WHERE held.tenant = insights.tenant AND held.insight = insights.id) AS evidence \
    FROM insights WHERE tenant = ";

pub(super) async fn insight(
    db: &SqlitePool,
    tenant: &TenantId,
    id: &InsightId,
) -> Result<Option<Insight>, Failure> {
    let mut sql = QueryBuilder::<Sqlite>::new(SELECT);
    sql.push_bind(tenant.as_str())
        .push(" AND id = ")
        .push_bind(id.as_str());
    let row = sql.build().fetch_optional(db).await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Pages by `<created_at>/<id>`. A text that is no such key is a place after the last.
pub(super) async fn insights(
    db: &SqlitePool,
    tenant: &TenantId,
    client: Option<&ClientId>,
    request: &PageRequest,
) -> Result<Page<Insight>, Failure> {
    let mut sql = QueryBuilder::<Sqlite>::new(SELECT);
    sql.push_bind(tenant.as_str());
    if let Some(client) = client {
        sql.push(" AND client = ").push_bind(client.as_str());
    }
    if let Some(after) = &request.after {
        let (micros, id) = after.split_once('/').unwrap_or((after.as_str(), ""));
        let micros = micros.parse::<i64>().unwrap_or(i64::MIN);
        sql.push(" AND (created_at, id) < (").push_bind(micros);
        sql.push(", ").push_bind(id).push(")");
    }
    sql.push(" ORDER BY created_at DESC, id DESC LIMIT ")
        .push_bind(page_limit(request.size));
    let rows = sql.build().fetch_all(db).await?;
    let key = |insight: &Insight| format!("{}/{}", insight.created_at.as_microsecond(), insight.id);
    Ok(page(&rows, request.size, read, key)?)
}

fn read(row: &SqliteRow) -> Result<Insight, StoreError> {
    let row = Columns::of("insight", row);
    Ok(Insight {
        id: row.id("id")?,
        tenant: row.id("tenant")?,
        client: row.id("client")?,
        persona: row.persona("persona_owner", "persona")?,
        detector: row.get("detector")?,
        slot: row.get("slot")?,
        statement: row.get("statement")?,
        test: row.json("test")?,
        confidence: row.get("confidence")?,
        evidence: row.json("evidence")?,
        status: row.word("status")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

pub(super) async fn put(db: &mut SqliteConnection, insight: &Insight) -> Result<(), Failure> {
    let (tenant, id) = (insight.tenant.as_str(), insight.id.as_str());
    let outcome = query(
        "INSERT INTO insights (tenant, id, client, persona_owner, persona, detector, slot, \
         statement, test, confidence, status, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, id) DO UPDATE SET client = excluded.client, \
         persona_owner = excluded.persona_owner, persona = excluded.persona, \
         detector = excluded.detector, slot = excluded.slot, statement = excluded.statement, \
         test = excluded.test, confidence = excluded.confidence, status = excluded.status, \
         created_at = excluded.created_at, updated_at = excluded.updated_at",
    )
    .bind(tenant)
    .bind(id)
    .bind(insight.client.as_str())
    .bind(insight.persona.owner.as_str())
    .bind(insight.persona.id.as_str())
    .bind(&insight.detector)
    .bind(&insight.slot)
    .bind(&insight.statement)
    .bind(json("insight", &insight.test)?)
    .bind(insight.confidence)
    .bind(insight.status.as_str())
    .bind(insight.created_at.as_microsecond())
    .bind(insight.updated_at.as_microsecond())
    .execute(&mut *db)
    .await;
    inserted(
        outcome,
        || format!("insight {id}"),
        || format!("tenant {tenant}"),
    )?;
    query("DELETE FROM insight_evidence WHERE tenant = ? AND insight = ?")
        .bind(tenant)
        .bind(id)
        .execute(&mut *db)
        .await?;
    // One statement however long the list is.
    let outcome = query(
        "INSERT INTO insight_evidence (tenant, insight, place, client, session, evidence) \
         SELECT ?1, ?2, item.key, ?3, item.value ->> 'session_id', item.value \
         FROM json_each(?4) AS item",
    )
    .bind(tenant)
    .bind(id)
    .bind(insight.client.as_str())
    .bind(json("insight", &insight.evidence)?)
    .execute(db)
    .await;
    let parent = || {
        format!(
            "a session of client {} that insight {id} quotes",
            insight.client
        )
    };
    inserted(outcome, || format!("the evidence of insight {id}"), parent)
}

pub(super) async fn delete(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    id: &InsightId,
) -> Result<(), Failure> {
    let outcome = query("DELETE FROM insights WHERE tenant = ? AND id = ?")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .execute(db)
        .await?;
    removed(&outcome, || format!("insight {id}"))
}
