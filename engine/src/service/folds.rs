//! The folded analyses of sessions, with a bounded cache so that a message need not read its
//! session's from the database. The store decides which is right: a cached fold counts only if it
//! has taken in exactly the messages that the session has now.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::{self, Delta, Observation, SessionState};
use crate::domain::id::{SessionId, TenantId};
use crate::domain::message::Message;
use crate::domain::session::Session;
use crate::domain::timing::Phase;
use crate::store::{DeltaRecord, FoldRecord, Write};

use super::cache::Cache;
use super::core::{Parts, Scope};
use super::error::ServiceError;

/// How many messages are read at a time when a session is folded anew.
const PAGE: u32 = 500;

/// A fold and the session's count of edits that it has taken in.
type Kept = (u32, Arc<SessionState>);

pub(super) struct Folds {
    parts: Arc<Parts>,
    cache: Cache<(TenantId, SessionId), Kept>,
}

/// Messages that are to be other than they are stored, by their places; none where one is to go.
pub(super) type Changes = BTreeMap<u32, Option<Message>>;

/// A session folded anew.
#[derive(Default)]
pub(super) struct Refolded {
    /// The fold.
    pub(super) state: SessionState,
    /// The deltas that were not stored, or not by this version, ready to be written.
    pub(super) deltas: Vec<Write>,
    /// What the changed messages show.
    pub(super) observed: BTreeMap<u32, Observation>,
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
        let current = |edits: u32, state: &SessionState| {
            edits == session.edits && state.messages() == session.message_count
        };
        if let Some((edits, state)) = self.cache.get(&key)
            && current(edits, &state)
        {
            return Ok(state);
        }
        let stored = scope
            .db(self.parts.store.fold(&scope.tenant, &session.id))
            .await?;
        let state = match stored {
            Some(record) => readable(scope, &record).filter(|state| current(record.edits, state)),
            None => None,
        };
        let state = match state {
            Some(state) => state,
            None => self.refold(scope, session, &Changes::new()).await?.state,
        };
        let state = Arc::new(state);
        self.cache.put(key, (session.edits, Arc::clone(&state)));
        Ok(state)
    }

    /// The fold from the messages' deltas, as it is with `changes`. A message whose delta is not
    /// stored, or is another version's, is read again.
    pub(super) async fn refold(
        &self,
        scope: &Scope,
        session: &Session,
        changes: &Changes,
    ) -> Result<Refolded, ServiceError> {
        tracing::debug!(session = %session.id, "folding the session anew");
        let mut refolded = Refolded::default();
        let mut from = 0;
        loop {
            let read =
                self.parts
                    .store
                    .messages_with_deltas(&scope.tenant, &session.id, from, PAGE);
            let page = scope.db(read).await?;
            let Some((last, _)) = page.last() else {
                return Ok(refolded);
            };
            from = last.seq.saturating_add(1);
            scope.phases.time(Phase::Analysis, || {
                page.into_iter()
                    .try_for_each(|(message, stored)| match changes.get(&message.seq) {
                        Some(None) => Ok(()),
                        Some(Some(changed)) => refolded.take(changed, None, true),
                        None => refolded.take(&message, stored, false),
                    })
            })?;
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
            edits: session.edits,
            state: bytes,
        }))
    }

    /// Remembers the fold that was committed with `session`.
    pub(super) fn remember(&self, scope: &Scope, session: &Session, state: SessionState) {
        let key = (scope.tenant.clone(), session.id.clone());
        self.cache.put(key, (session.edits, Arc::new(state)));
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

impl Refolded {
    fn take(
        &mut self,
        message: &Message,
        stored: Option<DeltaRecord>,
        changed: bool,
    ) -> Result<(), ServiceError> {
        let known = stored.and_then(|record| Delta::from_bytes(&record.delta).ok());
        let delta = match known {
            Some(delta) => delta,
            None => {
                let delta = Delta::of(message);
                self.deltas.push(put_delta(message, &delta)?);
                delta
            }
        };
        self.state.apply(message, &delta);
        if changed {
            let observed = self.state.observe(message, &delta);
            self.observed.insert(message.seq, observed);
        }
        Ok(())
    }
}

/// The write that stores a message's delta.
pub(super) fn put_delta(message: &Message, delta: &Delta) -> Result<Write, ServiceError> {
    let bytes = delta
        .to_bytes()
        .map_err(|error| ServiceError::internal("writing a message's analysis down", error))?;
    Ok(Write::PutDelta(DeltaRecord {
        tenant: message.tenant.clone(),
        session: message.session.clone(),
        seq: message.seq,
        version: analysis::VERSION,
        delta: bytes,
    }))
}

fn readable(scope: &Scope, record: &FoldRecord) -> Option<SessionState> {
    let read = scope
        .phases
        .time(Phase::Analysis, || SessionState::from_bytes(&record.state));
    match read {
        Ok(state) => Some(state),
        Err(error) => {
            tracing::info!(session = %record.session, %error, "a stored analysis is not used");
            None
        }
    }
}
