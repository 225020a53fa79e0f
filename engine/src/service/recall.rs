//! What a persona remembers of a client, asked for directly.

use std::sync::Arc;

use crate::domain::id::SessionId;
use crate::domain::memory::{MemoryScope, Recalled};
use crate::memory::SeenTurn;

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;

/// The use cases of memories.
pub struct Recall {
    parts: Arc<Parts>,
}

impl Recall {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
    }

    /// What the session's persona remembers of its client, over all their sessions, that is relevant
    /// to `query`: best first, at most `k`, none when nothing is.
    ///
    /// # Errors
    /// When there is no such session, a value breaks a rule, or the store fails.
    pub async fn retrieve(
        &self,
        scope: &Scope,
        session: &SessionId,
        query: &str,
        k: usize,
    ) -> Result<Vec<Recalled>, ServiceError> {
        let limits = &self.parts.limits;
        let mut faults = Vec::new();
        if query.trim().is_empty() || query.chars().count() > limits.query_chars {
            let detail = format!("must have 1 to {} characters", limits.query_chars);
            faults.push(Fault::at("query", detail));
        }
        if k == 0 || k > limits.recalled {
            let detail = format!("must be a number from 1 to {}", limits.recalled);
            faults.push(Fault::at("k", detail));
        }
        ServiceError::unless_empty(faults)?;
        let memory = self.memory_scope(scope, session).await?;
        let memories = &self.parts.memories;
        Ok(memories
            .retrieve_relevant_experiences(&memory, query, k, self.parts.now(), &scope.phases)
            .await?)
    }

    /// Every remembered turn as the ranker sees it in the light of `query`.
    ///
    /// # Errors
    /// When there is no such session, or the store fails.
    pub async fn ranker_view(
        &self,
        scope: &Scope,
        session: &SessionId,
        query: &str,
    ) -> Result<Vec<SeenTurn>, ServiceError> {
        let memory = self.memory_scope(scope, session).await?;
        let memories = &self.parts.memories;
        Ok(memories
            .ranker_view(&memory, query, self.parts.now(), &scope.phases)
            .await?)
    }

    async fn memory_scope(
        &self,
        scope: &Scope,
        session: &SessionId,
    ) -> Result<MemoryScope, ServiceError> {
        let session = scope
            .db(self.parts.store.session(&scope.tenant, session))
            .await?
            .ok_or_else(|| ServiceError::not_found("session", session))?;
        Ok(MemoryScope {
            tenant: session.tenant,
            client: session.client,
            persona: session.persona,
        })
    }
}
