//! Which write goes where.

use sqlx::sqlite::SqliteConnection;

use super::error::Failure;
use super::{
    answer, client, delta, document, experience, fold, insight, instrument, job, knowledge,
};
use super::{message, persona, risk, session, tenant};
use crate::store::{Write, WriteSet};

/// Applies the writes in their order and stops at the first that is refused. Undoing the earlier
/// ones is the caller's part.
pub(super) async fn apply(db: &mut SqliteConnection, set: &WriteSet) -> Result<(), Failure> {
    for write in set.writes() {
        match write {
            Write::PutTenant(it) => tenant::put(db, it).await,
            Write::InsertApiKey(it) => tenant::insert_api_key(db, it).await,
            Write::RevokeApiKey { tenant, id, at } => {
                tenant::revoke_api_key(db, tenant, id, *at).await
            }
            Write::PutPersona(it) => persona::put(db, it).await,
            Write::DeletePersona(key) => persona::delete(db, key).await,
            Write::PutDocument {
                document: it,
                chunks,
            } => document::put(db, it, chunks).await,
            Write::ReleaseDocument {
                persona,
                id,
                release,
            } => document::release(db, persona, id, release).await,
            Write::DeleteDocument { persona, id } => document::delete(db, persona, id).await,
            Write::InsertSession(it) => session::insert(db, it).await,
            Write::UpdateSession(it) => session::update(db, it).await,
            Write::DeleteSession { tenant, id } => session::delete(db, tenant, id).await,
            Write::DeleteClient { tenant, client } => client::delete(db, tenant, client).await,
            Write::DeleteTenant(id) => tenant::delete(db, id).await,
            Write::InsertMessage(it) => message::insert(db, it).await,
            Write::UpdateMessage(it) => message::update(db, it).await,
            Write::DeleteMessage {
                tenant,
                session,
                id,
            } => message::delete(db, tenant, session, id).await,
            Write::PutDelta(it) => delta::put(db, it).await,
            Write::PutFold(it) => fold::put(db, it).await,
            Write::InsertExperience(it) => experience::insert(db, it).await,
            Write::RequireQuoted { tenant, evidence } => {
                insight::require_quoted(db, tenant, evidence).await
            }
            Write::PutInsight(it) => insight::put(db, it).await,
            Write::DeleteInsight { tenant, id } => insight::delete(db, tenant, id).await,
            Write::InsertInstrumentEntry(it) => instrument::insert(db, it).await,
            Write::DeleteInstrumentEntry { tenant, client, id } => {
                instrument::delete(db, tenant, client, id).await
            }
            Write::EnqueueJob { job: it, hasten } => job::enqueue(db, it, *hasten).await,
            Write::UpdateJob(it) => job::update(db, it).await,
            Write::ForgetFinishedJobs { tenant, before } => {
                job::forget_finished(db, tenant, *before).await
            }
            Write::PutKnowledge(it) => knowledge::put(db, it).await,
            Write::AddKnowledge(it) => knowledge::add(db, it).await,
            Write::InsertRiskFlag(it) => risk::insert(db, it).await,
            Write::ResolveRiskFlag {
                tenant,
                id,
                resolution,
            } => risk::resolve(db, tenant, id, resolution).await,
            Write::KeepAnswer {
                tenant,
                key,
                answer: it,
            } => answer::keep(db, tenant, key, it).await,
        }?;
    }
    Ok(())
}
