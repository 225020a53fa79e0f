//! Sessions: make, read, change, remove.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::config::LimitsConfig;
use crate::domain::id::{ClientId, PersonaId, SessionId};
use crate::domain::memory::{KnowledgeDomain, MemoryScope};
use crate::domain::page::Page;
use crate::domain::persona::PersonaKey;
use crate::domain::session::{Session, SessionFilter, SessionState};
use crate::store::{PageRequest, StoreError, Write, WriteSet};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;
use super::folds::Folds;
use super::idempotency::{Outcome, Repeatable};
use super::jobs;

/// What a new session needs.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// With whom.
    pub client: ClientId,
    /// Who answers: the tenant's own persona of this name, else the shipped one.
    pub persona: PersonaId,
    /// What it is called.
    pub title: Option<String>,
    /// What the client wants of it.
    pub goals: Vec<String>,
    /// The caller's own data.
    pub metadata: Map<String, Value>,
}

/// What is to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct SessionChange {
    /// A new title, or none at all.
    pub title: Option<Option<String>>,
    /// Other goals.
    pub goals: Option<Vec<String>>,
    /// Other data.
    pub metadata: Option<Map<String, Value>>,
    /// Another state.
    pub state: Option<SessionState>,
}

/// Which sessions a listing shows.
#[derive(Debug, Clone, Default, Hash)]
pub struct SessionQuery {
    /// Only this client's.
    pub client: Option<ClientId>,
    /// Only with the persona of this name.
    pub persona: Option<PersonaId>,
    /// Only in this state.
    pub state: Option<SessionState>,
}

/// What the four layers hold for one session.
#[derive(Debug, Clone)]
pub struct SessionMemory {
    /// Documents of the persona's foundation.
    pub documents: usize,
    /// What the persona remembers of the client, over all sessions.
    pub experiences: usize,
    /// Of these, from this session.
    pub experiences_here: usize,
    /// What the persona knows how well.
    pub knowledge: Vec<KnowledgeDomain>,
}

/// Whether a session is still the one that the caller has seen.
pub type Expected<'a> = &'a (dyn Fn(&Session) -> bool + Sync);

/// The use cases of sessions.
pub struct Sessions {
    parts: Arc<Parts>,
    folds: Arc<Folds>,
}

impl Sessions {
    pub(super) fn new(parts: Arc<Parts>, folds: Arc<Folds>) -> Self {
        Self { parts, folds }
    }

    /// Makes a session.
    ///
    /// # Errors
    /// When a value breaks a rule, the persona does not exist, or the store fails.
    pub async fn create(
        &self,
        scope: &Scope,
        new: NewSession,
        repeatable: Option<Repeatable<Session>>,
    ) -> Result<Outcome<Session>, ServiceError> {
        if let Some(repeatable) = &repeatable
            && let Some(kept) = repeatable.earlier(&self.parts, scope).await?
        {
            return Ok(Outcome::Replayed(kept));
        }
        let mut faults = text_faults(&self.parts.limits, new.title.as_deref(), Some(&new.goals));
        faults.extend(metadata_faults(&self.parts.limits, Some(&new.metadata)));
        ServiceError::unless_empty(faults)?;
        let found = scope
            .db(self
                .parts
                .store
                .resolve_persona(&scope.tenant, &new.persona))
            .await?;
        let Some(persona) = found else {
            let detail = format!(
                "there is no persona {:?}; GET /api/v1/personas lists them",
                new.persona.as_str()
            );
            return Err(ServiceError::Invalid {
                faults: vec![Fault::at("persona_id", detail)],
            });
        };
        let now = self.parts.now();
        let session = Session {
            id: SessionId::new(&self.parts.ids, &*self.parts.clock),
            tenant: scope.tenant.clone(),
            client: new.client,
            persona: persona.key,
            title: new.title,
            goals: new.goals,
            metadata: new.metadata,
            state: SessionState::Created,
            message_count: 0,
            next_seq: 0,
            edits: 0,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        let mut set = WriteSet::from(Write::InsertSession(session.clone()));
        if let Some(repeatable) = &repeatable {
            set.push(repeatable.keep(scope, &session, &session.id, now)?);
        }
        match (scope.commit(&self.parts, set).await, repeatable) {
            (Ok(()), _) => Ok(Outcome::Done(session)),
            // Somebody used the same key at the same moment: theirs is the answer.
            (Err(StoreError::Conflict { .. }), Some(repeatable)) => {
                match repeatable.earlier(&self.parts, scope).await? {
                    Some(kept) => Ok(Outcome::Replayed(kept)),
                    None => Err(ServiceError::Contended { what: "session" }),
                }
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// One session.
    ///
    /// # Errors
    /// When the tenant has no such session, or the store fails.
    pub async fn read(&self, scope: &Scope, id: &SessionId) -> Result<Session, ServiceError> {
        scope
            .db(self.parts.store.session(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("session", id))
    }

    /// The tenant's sessions, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        &self,
        scope: &Scope,
        query: SessionQuery,
        page: &PageRequest,
    ) -> Result<Page<Session>, ServiceError> {
        let persona = match query.persona {
            Some(id) => match scope
                .db(self.parts.store.resolve_persona(&scope.tenant, &id))
                .await?
            {
                Some(persona) => Some(persona.key),
                None => {
                    return Ok(Page {
                        items: Vec::new(),
                        next: None,
                    });
                }
            },
            None => None,
        };
        let filter = SessionFilter {
            client: query.client,
            persona,
            state: query.state,
        };
        Ok(scope
            .db(self.parts.store.sessions(&scope.tenant, &filter, page))
            .await?)
    }

    /// Changes a session; `expected` is the revision that the caller has seen, if it says one.
    ///
    /// # Errors
    /// When there is no such session, it has changed, a value breaks a rule, the state cannot follow
    /// the present one, or the store fails.
    pub async fn update(
        &self,
        scope: &Scope,
        id: &SessionId,
        change: &SessionChange,
        expected: Option<Expected<'_>>,
    ) -> Result<Session, ServiceError> {
        let title = change.title.as_ref().and_then(Option::as_deref);
        let mut faults = text_faults(&self.parts.limits, title, change.goals.as_deref());
        faults.extend(metadata_faults(
            &self.parts.limits,
            change.metadata.as_ref(),
        ));
        ServiceError::unless_empty(faults)?;
        for _ in 0..super::ATTEMPTS {
            let mut session = self.read(scope, id).await?;
            unless_stale(&session, expected)?;
            if let Some(state) = change.state {
                if !session.state.may_become(state) {
                    let (from, to) = (session.state.as_str(), state.as_str());
                    let detail = format!("the session is {from} and cannot become {to}");
                    return Err(ServiceError::Refused { detail });
                }
                session.state = state;
            }
            if let Some(title) = &change.title {
                session.title.clone_from(title);
            }
            if let Some(goals) = &change.goals {
                session.goals.clone_from(goals);
            }
            if let Some(metadata) = &change.metadata {
                session.metadata.clone_from(metadata);
            }
            session.revision += 1;
            session.updated_at = self.parts.now();
            match scope
                .commit(&self.parts, Write::UpdateSession(session.clone()).into())
                .await
            {
                Ok(()) => return Ok(session),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Contended { what: "session" })
    }

    /// Removes a session with everything that rests on it.
    ///
    /// # Errors
    /// When there is no such session, it has changed, or the store fails.
    pub async fn delete(
        &self,
        scope: &Scope,
        id: &SessionId,
        expected: Option<Expected<'_>>,
    ) -> Result<(), ServiceError> {
        let session = self.read(scope, id).await?;
        unless_stale(&session, expected)?;
        let mut set = WriteSet::from(Write::DeleteSession {
            tenant: scope.tenant.clone(),
            id: id.clone(),
        });
        let now = self.parts.now();
        set.push(jobs::soon(&self.parts, scope, &session.client, now));
        scope.commit(&self.parts, set).await?;
        self.folds.forget(&scope.tenant, id);
        self.parts
            .memories
            .forget_session(&scope.tenant, &session.client, id);
        Ok(())
    }

    /// What the memory layers hold for a session.
    ///
    /// # Errors
    /// When there is no such session, or the store fails.
    pub async fn memory(
        &self,
        scope: &Scope,
        id: &SessionId,
    ) -> Result<(Session, SessionMemory), ServiceError> {
        let session = self.read(scope, id).await?;
        let persona: &PersonaKey = &session.persona;
        let memory_scope = MemoryScope {
            tenant: scope.tenant.clone(),
            client: session.client.clone(),
            persona: persona.clone(),
        };
        let store = &self.parts.store;
        let experiences = scope.db(store.experiences(&memory_scope)).await?;
        let memory = SessionMemory {
            documents: scope.db(store.documents(persona)).await?.len(),
            experiences: experiences.len(),
            experiences_here: experiences.iter().filter(|e| e.session == *id).count(),
            knowledge: scope.db(store.knowledge(&scope.tenant, persona)).await?,
        };
        Ok((session, memory))
    }
}

fn unless_stale(session: &Session, expected: Option<Expected<'_>>) -> Result<(), ServiceError> {
    match expected {
        Some(is_expected) if !is_expected(session) => Err(ServiceError::Stale { what: "session" }),
        _ => Ok(()),
    }
}

fn text_faults(limits: &LimitsConfig, title: Option<&str>, goals: Option<&[String]>) -> Vec<Fault> {
    let max = limits.goal_chars;
    let mut faults = Vec::new();
    let unfit = |text: &str| text.trim().is_empty() || text.chars().count() > max;
    if title.is_some_and(unfit) {
        faults.push(Fault::at(
            "title",
            format!("must have 1 to {max} characters"),
        ));
    }
    let goals = goals.unwrap_or_default();
    if goals.len() > limits.goals_per_session {
        let detail = format!("must have at most {} entries", limits.goals_per_session);
        faults.push(Fault::at("goals", detail));
    }
    for (index, _) in goals.iter().enumerate().filter(|(_, goal)| unfit(goal)) {
        let detail = format!("must have 1 to {max} characters");
        faults.push(
            Fault {
                path: Vec::new(),
                detail,
            }
            .within("goals", index),
        );
    }
    faults
}

/// What is wrong with a caller's own data.
pub(super) fn metadata_faults(
    limits: &LimitsConfig,
    metadata: Option<&Map<String, Value>>,
) -> Option<Fault> {
    let metadata = metadata.filter(|map| !map.is_empty())?;
    let size = serde_json::to_vec(metadata).map_or(usize::MAX, |bytes| bytes.len());
    let max = limits.metadata_bytes;
    (size > max).then(|| {
        Fault::at(
            "metadata",
            format!("has {size} bytes as JSON; at most {max} are kept"),
        )
    })
}
