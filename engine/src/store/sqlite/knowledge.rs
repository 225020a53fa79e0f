//! What personas know how well.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{SqlitePool, query};

use super::columns::{Columns, inserted, integer};
use super::error::Failure;
use crate::domain::id::TenantId;
use crate::domain::memory::{KnowledgeDomain, KnowledgeGain};
use crate::domain::persona::PersonaKey;
use crate::store::StoreError;

pub(super) async fn knowledge(
    db: &SqlitePool,
    tenant: &TenantId,
    persona: &PersonaKey,
) -> Result<Vec<KnowledgeDomain>, Failure> {
    let rows = query(
        "SELECT * FROM knowledge_domains \
         WHERE tenant = ? AND persona_owner = ? AND persona = ? ORDER BY domain",
    )
    .bind(tenant.as_str())
    .bind(persona.owner.as_str())
    .bind(persona.id.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn read(row: &SqliteRow) -> Result<KnowledgeDomain, StoreError> {
    let row = Columns::of("knowledge domain", row);
    Ok(KnowledgeDomain {
        tenant: row.id("tenant")?,
        persona: row.persona("persona_owner", "persona")?,
        domain: row.get("domain")?,
        alpha: row.get("alpha")?,
        beta: row.get("beta")?,
        answered: row.integer("answered")?,
        abstained: row.integer("abstained")?,
        updated_at: row.time("updated_at")?,
    })
}

pub(super) async fn put(db: &mut SqliteConnection, known: &KnowledgeDomain) -> Result<(), Failure> {
    let outcome = query(
        "INSERT INTO knowledge_domains (tenant, persona_owner, persona, domain, alpha, beta, \
         answered, abstained, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (tenant, persona_owner, persona, domain) DO UPDATE SET \
         alpha = excluded.alpha, beta = excluded.beta, answered = excluded.answered, \
         abstained = excluded.abstained, updated_at = excluded.updated_at",
    )
    .bind(known.tenant.as_str())
    .bind(known.persona.owner.as_str())
    .bind(known.persona.id.as_str())
    .bind(&known.domain)
    .bind(known.alpha)
    .bind(known.beta)
    .bind(integer("knowledge domain", known.answered)?)
    .bind(integer("knowledge domain", known.abstained)?)
    .bind(known.updated_at.as_microsecond())
    .execute(db)
    .await;
    let what = || format!("knowledge domain {}", known.domain);
    inserted(outcome, what, || format!("tenant {}", known.tenant))
}

/// Added by the database itself, so that no gain is lost between a read and a write.
pub(super) async fn add(db: &mut SqliteConnection, gain: &KnowledgeGain) -> Result<(), Failure> {
    let outcome = query(
        "INSERT INTO knowledge_domains (tenant, persona_owner, persona, domain, alpha, beta, \
         answered, abstained, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?10 + ?5, ?10 + ?6, ?7, ?8, ?9) \
         ON CONFLICT (tenant, persona_owner, persona, domain) DO UPDATE SET \
         alpha = alpha + ?5, beta = beta + ?6, answered = answered + ?7, \
         abstained = abstained + ?8, updated_at = max(updated_at, ?9)",
    )
    .bind(gain.tenant.as_str())
    .bind(gain.persona.owner.as_str())
    .bind(gain.persona.id.as_str())
    .bind(&gain.domain)
    .bind(gain.alpha)
    .bind(gain.beta)
    .bind(integer("knowledge domain", gain.answered)?)
    .bind(integer("knowledge domain", gain.abstained)?)
    .bind(gain.at.as_microsecond())
    .bind(KnowledgeDomain::PRIOR)
    .execute(db)
    .await;
    let what = || format!("knowledge domain {}", gain.domain);
    inserted(outcome, what, || format!("tenant {}", gain.tenant))
}
