//! The folded analyses of sessions, with a bounded cache so that a message need not read its
//! session's from the database. The store decides which is right: a cached fold counts only if it
//! has taken in exactly as many messages as the session has.

use std::sync::Arc;

use crate::analysis::{self, SessionState};
use crate::domain::id::{SessionId, TenantId};
use crate::domain::session::Session;
use crate::domain::timing::Phase;
use crate::store::{FoldRecord, Write};

use super::cache::Cache;
use super::core::{Parts, Scope};
use super::error::ServiceError;

/// How many messages are read at a time when a session is folded anew.
const REFOLD_PAGE: u32 = 500;

pub(super) struct Folds {
    parts: Arc<Parts>,
    cache: Cache<(TenantId, SessionId), Arc<SessionState>>,
}

impl Folds {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        let cache = Cache::new(parts.limits.cached_folds);
        Self { parts, cache }
    }

    /// The fold over all messages of `session`.
    pub(super) async fn of(
        &self,
        scope: &Scope,
        session: &Session,
    ) -> Result<Arc<SessionState>, ServiceError> {
        if session.message_count == 0 {
            return Ok(Arc::new(SessionState::new()));
        }
        let key = (scope.tenant.clone(), session.id.clone());
        let complete = |state: &SessionState| state.messages() == session.message_count;
        if let Some(state) = self.cache.get(&key).filter(|state| complete(state)) {
            return Ok(state);
        }
        let stored = scope
            .db(self.parts.store.fold(&scope.tenant, &session.id))
            .await?;
        let state = match stored
            .and_then(|record| readable(scope, &record))
            .filter(complete)
        {
            Some(state) => state,
            None => self.refold(scope, session).await?,
        };
        let state = Arc::new(state);
        self.cache.put(key, Arc::clone(&state));
        Ok(state)
    }

    /// The fold from the messages themselves, when none is stored or another version wrote it.
    async fn refold(&self, scope: &Scope, session: &Session) -> Result<SessionState, ServiceError> {
        tracing::info!(session = %session.id, "folding the session's messages anew");
        let mut state = SessionState::new();
        loop {
            let from = state.messages();
            let read = self
                .parts
                .store
                .messages(&scope.tenant, &session.id, from, REFOLD_PAGE);
            let messages = scope.db(read).await?;
            if messages.is_empty() {
                return Ok(state);
            }
            scope.phases.time(Phase::Analysis, || {
                for message in &messages {
                    state.step(message);
                }
            });
        }
    }

    /// The write that stores `state` for `session`.
    pub(super) fn put(
        scope: &Scope,
        session: &Session,
        state: &SessionState,
    ) -> Result<Write, ServiceError> {
        let bytes = scope
            .phases
            .time(Phase::Analysis, || state.to_bytes())
            .map_err(|error| ServiceError::internal("writing the analysis down", error))?;
        Ok(Write::PutFold(FoldRecord {
            tenant: scope.tenant.clone(),
            client: session.client.clone(),
            session: session.id.clone(),
            version: analysis::VERSION,
            seq: state.messages(),
            state: bytes,
        }))
    }

    /// Remembers the fold that was committed.
    pub(super) fn remember(&self, scope: &Scope, session: &SessionId, state: SessionState) {
        self.cache
            .put((scope.tenant.clone(), session.clone()), Arc::new(state));
    }

    /// Forgets all that is remembered for a tenant; it is read again when it is asked for. Which of
    /// the sessions were a removed client's is not known here.
    pub(super) fn forget_tenant(&self, tenant: &TenantId) {
        self.cache.retain_keys(|(owner, _)| owner != tenant);
    }

    /// Forgets a session that was removed.
    pub(super) fn forget(&self, tenant: &TenantId, session: &SessionId) {
        self.cache.remove(&(tenant.clone(), session.clone()));
    }
}

fn readable(scope: &Scope, record: &FoldRecord) -> Option<SessionState> {
    let read = scope
        .phases
        .time(Phase::Analysis, || SessionState::from_bytes(&record.state));
    match read {
        Ok(state) => Some(state),
        Err(error) => {
            tracing::warn!(session = %record.session, %error, "a stored analysis is not used");
            None
        }
    }
}
