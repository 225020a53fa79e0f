//! Requests that may be repeated: the answer is kept in the same write set as the change, so that
//! there is never a change without its answer, nor an answer without its change.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::id::SessionId;
use crate::store::{KeptAnswer, Write};

use super::core::{Parts, Scope};
use super::error::ServiceError;

/// How an answer to be kept is written down: status, `Location` and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The status.
    pub status: u16,
    /// The `Location` header, if there is one.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Writes an outcome down.
pub type Render<T> = Arc<dyn Fn(&T) -> Result<Rendered, serde_json::Error> + Send + Sync>;

/// A request under an idempotency key.
#[derive(Clone)]
pub struct Repeatable<T> {
    /// The caller's key.
    pub key: String,
    /// Digest of method, path and body.
    pub request: [u8; 32],
    /// How the outcome is written down.
    pub render: Render<T>,
}

/// The outcome of a request that may be a repetition.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It was done now.
    Done(T),
    /// It was done before; this was the answer.
    Replayed(KeptAnswer),
}

impl<T> Repeatable<T> {
    /// The answer of an earlier request under the same key.
    pub(super) async fn earlier(
        &self,
        parts: &Parts,
        scope: &Scope,
    ) -> Result<Option<KeptAnswer>, ServiceError> {
        match scope
            .db(parts.store.idempotent(&scope.tenant, &self.key))
            .await?
        {
            Some(kept) if kept.request == self.request => Ok(Some(kept)),
            Some(_) => Err(ServiceError::KeyReused),
            None => Ok(None),
        }
    }

    /// The write that keeps the answer.
    pub(super) fn keep(
        &self,
        scope: &Scope,
        outcome: &T,
        session: &SessionId,
        now: Timestamp,
    ) -> Result<Write, ServiceError> {
        let rendered = (self.render)(outcome)
            .map_err(|error| ServiceError::internal("writing the answer down", error))?;
        Ok(Write::KeepAnswer {
            tenant: scope.tenant.clone(),
            key: self.key.clone(),
            answer: KeptAnswer {
                session: Some(session.clone()),
                request: self.request,
                status: rendered.status,
                location: rendered.location,
                body: rendered.body,
                created_at: now,
            },
        })
    }
}
