//! What is known of one client: the sessions, their folds, the filled-in instruments. Every use case
//! over a whole client starts here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::insight::{ClientHistory, ReviewCounts, SessionHistory};
use crate::domain::id::{ClientId, PersonaId, SessionId};
use crate::domain::page::PageSize;
use crate::domain::persona::PersonaKey;
use crate::domain::session::{Session, SessionFilter};
use crate::store::PageRequest;

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;
use super::folds::Folds;

/// How many filled-in instruments of a client are looked at, the latest.
pub(super) const ENTRIES: u32 = 400;

/// Which of a client's sessions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SessionQueryOf<'q> {
    /// Only this one.
    pub(super) session: Option<&'q SessionId>,
    /// Only with this persona.
    pub(super) persona: Option<&'q PersonaId>,
}

/// Reads what is known of clients.
pub(super) struct Clients {
    parts: Arc<Parts>,
    folds: Arc<Folds>,
}

impl Clients {
    pub(super) fn new(parts: Arc<Parts>, folds: Arc<Folds>) -> Self {
        Self { parts, folds }
    }

    /// The client's sessions in which something was said, oldest first; of very many the newest.
    pub(super) async fn sessions(
        &self,
        scope: &Scope,
        client: &ClientId,
        query: &SessionQueryOf<'_>,
    ) -> Result<Vec<Session>, ServiceError> {
        let store = &self.parts.store;
        let persona = match query.persona {
            Some(id) => Some(self.persona(scope, id).await?),
            None => None,
        };
        if let Some(id) = query.session {
            let fits = |session: &Session| {
                session.client == *client
                    && persona.as_ref().is_none_or(|key| session.persona == *key)
            };
            let found = scope.db(store.session(&scope.tenant, id)).await?;
            let found = found.filter(fits).ok_or_else(|| {
                let detail = "names no session of this client and persona";
                ServiceError::Invalid {
                    faults: vec![Fault::at("session_id", detail)],
                }
            })?;
            return Ok(vec![found]);
        }
        let filter = SessionFilter {
            client: Some(client.clone()),
            persona,
            state: None,
        };
        let limit = usize::try_from(self.parts.limits.insight_sessions).unwrap_or(usize::MAX);
        let size = PageSize::LARGEST;
        let mut page = PageRequest { after: None, size };
        let mut sessions = Vec::new();
        loop {
            let part = scope
                .db(store.sessions(&scope.tenant, &filter, &page))
                .await?;
            let spoken = part.items.into_iter().filter(|it| it.message_count > 0);
            sessions.extend(spoken);
            match part.next {
                Some(after) if sessions.len() < limit => page.after = Some(after),
                _ => break,
            }
        }
        sessions.truncate(limit);
        sessions.reverse();
        Ok(sessions)
    }

    async fn persona(&self, scope: &Scope, id: &PersonaId) -> Result<PersonaKey, ServiceError> {
        let store = &self.parts.store;
        let found = scope.db(store.resolve_persona(&scope.tenant, id)).await?;
        found.map(|persona| persona.key).ok_or_else(|| {
            let detail = "names no persona; GET /api/v1/personas lists them";
            ServiceError::Invalid {
                faults: vec![Fault::at("persona_id", detail)],
            }
        })
    }

    /// The folds of these sessions and the client's instruments.
    pub(super) async fn history(
        &self,
        scope: &Scope,
        client: &ClientId,
        sessions: &[Session],
    ) -> Result<ClientHistory, ServiceError> {
        let store = &self.parts.store;
        let entries = store.instrument_entries(&scope.tenant, client, ENTRIES);
        let mut history = ClientHistory {
            instruments: scope.db(entries).await?,
            ..ClientHistory::default()
        };
        for session in sessions {
            history.sessions.push(SessionHistory {
                session: session.id.clone(),
                at: session.created_at,
                state: self.folds.of(scope, session).await?,
            });
        }
        Ok(history)
    }

    /// The same over all of the client's sessions.
    pub(super) async fn whole_history(
        &self,
        scope: &Scope,
        client: &ClientId,
    ) -> Result<(Vec<Session>, ClientHistory), ServiceError> {
        let all = SessionQueryOf::default();
        let sessions = self.sessions(scope, client, &all).await?;
        let history = self.history(scope, client, &sessions).await?;
        Ok((sessions, history))
    }

    /// What reviewers made of the persona's insights, by detector.
    pub(super) async fn reviews(
        &self,
        scope: &Scope,
        persona: &PersonaKey,
    ) -> Result<BTreeMap<String, ReviewCounts>, ServiceError> {
        let store = &self.parts.store;
        let verdicts = scope
            .db(store.review_counts(&scope.tenant, persona))
            .await?;
        let counts = verdicts.into_iter().map(|verdict| {
            let counts = ReviewCounts {
                accepted: verdict.accepted,
                rejected: verdict.rejected,
            };
            (verdict.detector, counts)
        });
        Ok(counts.collect())
    }
}
