//! Insights and their evidence.

use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, QueryBuilder, Row, SqlitePool, query};

use super::columns::{Columns, inserted, json, page, page_limit, removed};
use super::error::Failure;
use crate::domain::id::{ClientId, InsightId, MessageId, SessionId, TenantId};
use crate::domain::insight::{Evidence, Insight, InsightStatus, RETRACTED};
use crate::domain::page::Page;
use crate::domain::persona::PersonaKey;
use crate::store::{PageRequest, ReviewCount, StoreError};

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

/// The insights that quote the session, or the one message of it.
const QUOTING: &str = "SELECT evidence.insight FROM sessions JOIN insight_evidence AS evidence \
    ON evidence.tenant = sessions.tenant AND evidence.client = sessions.client \
    AND evidence.session = sessions.id \
    WHERE sessions.tenant = ?1 AND sessions.id = ?2 \
    AND (?3 IS NULL OR evidence.evidence ->> 'message_id' = ?3)";

/// Takes the words of a session, or of one message of it, out of every insight, in the transaction
/// that erases or changes them. An insight that is left without any words of the client goes; any
/// other that loses evidence is retracted, and what it says, which may repeat the words, with it.
pub(super) async fn withdraw_evidence(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    session: &SessionId,
    message: Option<&MessageId>,
) -> Result<(), Failure> {
    let message = message.map(MessageId::as_str);
    let lost = format!(
        "DELETE FROM insights WHERE tenant = ?1 AND id IN ({QUOTING}) \
         AND NOT EXISTS (SELECT 1 FROM insight_evidence AS other WHERE other.tenant = ?1 \
                         AND other.insight = insights.id AND other.session IS NOT NULL \
                         AND (other.session <> ?2 \
                              OR ?3 IS NOT NULL AND other.evidence ->> 'message_id' <> ?3))"
    );
    query(AssertSqlSafe(lost))
        .bind(tenant.as_str())
        .bind(session.as_str())
        .bind(message)
        .execute(&mut *db)
        .await?;
    let hurt = format!(
        "UPDATE insights SET status = ?4, statement = ?5, slot = '' \
         WHERE tenant = ?1 AND id IN ({QUOTING})"
    );
    query(AssertSqlSafe(hurt))
        .bind(tenant.as_str())
        .bind(session.as_str())
        .bind(message)
        .bind(InsightStatus::Retracted.as_str())
        .bind(RETRACTED)
        .execute(&mut *db)
        .await?;
    query(
        "DELETE FROM insight_evidence WHERE tenant = ?1 AND session = ?2 \
         AND client = (SELECT client FROM sessions WHERE tenant = ?1 AND id = ?2) \
         AND (?3 IS NULL OR evidence ->> 'message_id' = ?3)",
    )
    .bind(tenant.as_str())
    .bind(session.as_str())
    .bind(message)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether every quotation of a message stands there as it says, byte for byte.
pub(super) async fn require_quoted(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    evidence: &[Evidence],
) -> Result<(), Failure> {
    let wrong = query(
        "SELECT item.value ->> 'message_id' FROM json_each(?2) AS item \
         WHERE item.value ->> 'kind' = 'message' AND NOT EXISTS (\
             SELECT 1 FROM messages WHERE messages.tenant = ?1 \
             AND messages.id = item.value ->> 'message_id' \
             AND messages.session = item.value ->> 'session_id' \
             AND substr(CAST(messages.content AS BLOB), (item.value ->> 'byte_start') + 1, \
                        (item.value ->> 'byte_end') - (item.value ->> 'byte_start')) \
                 = CAST(item.value ->> 'quote' AS BLOB)) LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(json("insight", &evidence)?)
    .fetch_optional(db)
    .await?;
    match wrong {
        None => Ok(()),
        Some(row) => {
            let message: String = row.try_get(0)?;
            let what = format!("the words quoted from message {message}");
            Err(StoreError::Conflict { what }.into())
        }
    }
}

pub(super) async fn review_counts(
    db: &SqlitePool,
    tenant: &TenantId,
    persona: &PersonaKey,
) -> Result<Vec<ReviewCount>, Failure> {
    let rows = query(
        "SELECT detector, sum(status = 'accepted') AS accepted, \
         sum(status = 'rejected') AS rejected FROM insights INDEXED BY insights_by_verdict \
         WHERE tenant = ? AND persona_owner = ? AND persona = ? \
         AND status IN ('accepted', 'rejected') GROUP BY detector ORDER BY detector",
    )
    .bind(tenant.as_str())
    .bind(persona.owner.as_str())
    .bind(persona.id.as_str())
    .fetch_all(db)
    .await?;
    let count = |row: &SqliteRow| {
        let row = Columns::of("insight", row);
        Ok(ReviewCount {
            detector: row.get("detector")?,
            accepted: row.integer("accepted")?,
            rejected: row.integer("rejected")?,
        })
    };
    let counts: Result<Vec<ReviewCount>, StoreError> = rows.iter().map(count).collect();
    Ok(counts?)
}
