//! Analyses: the stored fold, rendered. Reading one never reads the session's messages.

use std::sync::Arc;

use crate::analysis;
use crate::domain::analysis::{Depth, SessionAnalysis};
use crate::domain::id::SessionId;
use crate::domain::session::Session;
use crate::domain::timing::Phase;

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::folds::Folds;

/// The use cases of analyses.
pub struct Analyses {
    parts: Arc<Parts>,
    folds: Arc<Folds>,
}

impl Analyses {
    pub(super) fn new(parts: Arc<Parts>, folds: Arc<Folds>) -> Self {
        Self { parts, folds }
    }

    /// The session, from which a caller can tell whether the analysis has changed.
    ///
    /// # Errors
    /// When the tenant has no such session, or the store fails.
    pub async fn session(&self, scope: &Scope, id: &SessionId) -> Result<Session, ServiceError> {
        scope
            .db(self.parts.store.session(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("session", id))
    }

    /// The analysis of a session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn render(
        &self,
        scope: &Scope,
        session: &Session,
        depth: Depth,
    ) -> Result<SessionAnalysis, ServiceError> {
        let fold = self.folds.of(scope, session).await?;
        Ok(scope.phases.time(Phase::Analysis, || {
            analysis::render(&fold, &session.id, depth)
        }))
    }

    /// The version of the algorithm.
    #[must_use]
    pub fn version(&self) -> u32 {
        analysis::VERSION
    }
}
