//! Jobs of the background.

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, SqlitePool, query};

use super::columns::{Columns, inserted, json};
use super::error::Failure;
use crate::domain::id::{JobId, TenantId};
use crate::domain::job::Job;
use crate::store::{Hasten, StoreError};

pub(super) async fn job(
    db: &SqlitePool,
    tenant: &TenantId,
    id: &JobId,
) -> Result<Option<Job>, Failure> {
    let row = query("SELECT * FROM jobs WHERE tenant = ? AND id = ?")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

pub(super) async fn waiting(
    db: &SqlitePool,
    tenant: &TenantId,
    key: &str,
) -> Result<Option<Job>, Failure> {
    let row = query("SELECT * FROM jobs WHERE tenant = ? AND waiting_for = ?")
        .bind(tenant.as_str())
        .bind(key)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

pub(super) async fn due(db: &SqlitePool, now: Timestamp, limit: u32) -> Result<Vec<Job>, Failure> {
    let rows = query(
        "SELECT * FROM jobs INDEXED BY jobs_due \
         WHERE state IN ('queued', 'running') AND due_at <= ? ORDER BY due_at LIMIT ?",
    )
    .bind(now.as_microsecond())
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

pub(super) async fn next_due(db: &SqlitePool) -> Result<Option<Timestamp>, Failure> {
    let row = query(
        "SELECT due_at FROM jobs INDEXED BY jobs_due \
         WHERE state IN ('queued', 'running') ORDER BY due_at LIMIT 1",
    )
    .fetch_optional(db)
    .await?;
    let time = |row: &SqliteRow| Columns::of("job", row).time("due_at");
    Ok(row.as_ref().map(time).transpose()?)
}

fn read(row: &SqliteRow) -> Result<Job, StoreError> {
    let row = Columns::of("job", row);
    Ok(Job {
        id: row.id("id")?,
        tenant: row.id("tenant")?,
        task: row.json("task")?,
        state: row.word("state")?,
        attempts: row.integer("attempts")?,
        weight: row.get("weight")?,
        due_at: row.time("due_at")?,
        outcome: row.optional_json("outcome")?,
        error: row.get("error")?,
        revision: row.integer("revision")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// One that waits for the same work takes the weight and the earlier time; the new one's id is not
/// used then. Nobody else writes between the two statements.
pub(super) async fn enqueue(
    db: &mut SqliteConnection,
    job: &Job,
    hasten: Option<Hasten>,
) -> Result<(), Failure> {
    let key = job.task.key();
    let outcome = query(
        "INSERT INTO jobs (tenant, id, client, task, waiting_for, state, attempts, weight, due_at, \
         outcome, error, revision, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, waiting_for) WHERE waiting_for IS NOT NULL DO UPDATE SET \
         weight = weight + excluded.weight, due_at = min(due_at, excluded.due_at), \
         revision = revision + 1, updated_at = excluded.updated_at \
         RETURNING weight",
    )
    .bind(job.tenant.as_str())
    .bind(job.id.as_str())
    .bind(job.task.client().as_str())
    .bind(json("job", &job.task)?)
    .bind(&key)
    .bind(job.state.as_str())
    .bind(i64::from(job.attempts))
    .bind(job.weight)
    .bind(job.due_at.as_microsecond())
    .bind(job.outcome.as_ref().map(|it| json("job", it)).transpose()?)
    .bind(job.error.as_deref())
    .bind(i64::from(job.revision))
    .bind(job.created_at.as_microsecond())
    .bind(job.updated_at.as_microsecond())
    .fetch_one(&mut *db)
    .await;
    let gathered: f64 = match outcome {
        Ok(row) => row.try_get(0)?,
        Err(error) => {
            let what = || format!("job {}", job.id);
            return inserted(Err(error), what, || format!("tenant {}", job.tenant));
        }
    };
    let Some(hasten) = hasten.filter(|hasten| gathered >= hasten.weight) else {
        return Ok(());
    };
    query(
        "UPDATE jobs SET due_at = min(due_at, ?) \
         WHERE tenant = ? AND waiting_for = ?",
    )
    .bind(hasten.due_at.as_microsecond())
    .bind(job.tenant.as_str())
    .bind(&key)
    .execute(db)
    .await?;
    Ok(())
}

/// A job that was started once does not wait any more: whoever wants the same work asks anew.
pub(super) async fn update(db: &mut SqliteConnection, job: &Job) -> Result<(), Failure> {
    let outcome = query(
        "UPDATE jobs SET waiting_for = NULL, state = ?, attempts = ?, due_at = ?, outcome = ?, \
         error = ?, revision = ?, updated_at = ? \
         WHERE tenant = ? AND id = ? AND revision = ? - 1",
    )
    .bind(job.state.as_str())
    .bind(i64::from(job.attempts))
    .bind(job.due_at.as_microsecond())
    .bind(job.outcome.as_ref().map(|it| json("job", it)).transpose()?)
    .bind(job.error.as_deref())
    .bind(i64::from(job.revision))
    .bind(job.updated_at.as_microsecond())
    .bind(job.tenant.as_str())
    .bind(job.id.as_str())
    .bind(i64::from(job.revision))
    .execute(&mut *db)
    .await?;
    if outcome.rows_affected() == 1 {
        return Ok(());
    }
    let there = query("SELECT 1 FROM jobs WHERE tenant = ? AND id = ?")
        .bind(job.tenant.as_str())
        .bind(job.id.as_str())
        .fetch_optional(db)
        .await?;
    Err(match there {
        Some(_) => StoreError::Conflict {
            what: format!("job {}, revision {}", job.id, job.revision),
        }
        .into(),
        None => StoreError::Missing {
            what: format!("job {}", job.id),
        }
        .into(),
    })
}

pub(super) async fn forget_finished(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    before: Timestamp,
) -> Result<(), Failure> {
    query("DELETE FROM jobs WHERE tenant = ? AND updated_at < ? AND state IN ('done', 'failed')")
        .bind(tenant.as_str())
        .bind(before.as_microsecond())
        .execute(db)
        .await?;
    Ok(())
}
