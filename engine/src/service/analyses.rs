//! Analyses: the stored fold, rendered. Reading one never reads the session's messages.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::analysis;
use crate::domain::analysis::{Depth, SessionAnalysis};
use crate::domain::id::SessionId;
use crate::domain::page::PageSize;
use crate::domain::session::{Session, SessionFilter};
use crate::domain::timing::Phase;
use crate::store::PageRequest;

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::folds::Folds;

/// How many earlier sessions of the client a deep analysis looks at.
const EARLIER: u16 = 20;

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

    /// The client's sessions before this one, newest first, whose goals a deep analysis looks for.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn earlier(
        &self,
        scope: &Scope,
        session: &Session,
    ) -> Result<Vec<Session>, ServiceError> {
        let filter = SessionFilter {
            client: Some(session.client.clone()),
            ..SessionFilter::default()
        };
        // Sessions are listed newest first, so those after this one are those before it in time.
        let page = PageRequest {
            after: Some(session.id.to_string()),
            size: PageSize::new(EARLIER).unwrap_or_default(),
        };
        let listed = self.parts.store.sessions(&scope.tenant, &filter, &page);
        let mut sessions = scope.db(listed).await?.items;
        sessions.retain(|session| session.message_count > 0);
        Ok(sessions)
    }

    /// The analysis of a session by itself.
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

    /// The same with what the session tells of the goals of `earlier` ones.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn render_beside(
        &self,
        scope: &Scope,
        session: &Session,
        earlier: &[Session],
        depth: Depth,
    ) -> Result<SessionAnalysis, ServiceError> {
        let mut rendered = self.render(scope, session, depth).await?;
        let fold = self.folds.of(scope, session).await?;
        for before in earlier.iter().rev() {
            let stated = self.folds.of(scope, before).await?;
            let told = scope.phases.time(Phase::Analysis, || {
                analysis::follow_through(&fold, &stated, &before.id)
            });
            rendered.earlier_goals.extend(told);
        }
        Ok(rendered)
    }

    /// The entity tag of an analysis: it follows from the version of the algorithm and from which
    /// messages the session, and the earlier ones that were looked at, have.
    #[must_use]
    pub fn tag(&self, session: &Session, earlier: &[Session], depth: &str) -> String {
        let mut digest = Sha256::new();
        for one in earlier {
            digest.update(one.id.as_str().as_bytes());
            digest.update(one.next_seq.to_le_bytes());
            digest.update(one.edits.to_le_bytes());
        }
        let bytes: [u8; 32] = digest.finalize().into();
        let others: String = match earlier {
            [] => String::new(),
            _ => bytes
                .iter()
                .take(6)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        };
        let Session {
            next_seq, edits, ..
        } = session;
        format!(
            "\"a{}-{next_seq}-{edits}-{depth}{others}\"",
            analysis::VERSION
        )
    }
}
