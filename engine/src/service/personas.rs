//! Personas. Those that ship with the program are readable by every tenant and
//! changed by none.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::id::PersonaId;
use crate::domain::memory::{KnowledgeDomain, Recalled};
use crate::domain::page::Page;
use crate::domain::persona::{Persona, PersonaKey, Profile};
use crate::store::{PageRequest, Write};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;
use super::persona_rules;

/// The use cases of personas.
pub struct Personas {
    parts: Arc<Parts>,
    in_step: Arc<Mutex<()>>,
}

impl Personas {
    /// `in_step` is held while store and foundation are changed together.
    pub(super) fn new(parts: Arc<Parts>, in_step: Arc<Mutex<()>>) -> Self {
        Self { parts, in_step }
    }

    /// The tenant's personas and the shipped ones.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        &self,
        scope: &Scope,
        page: &PageRequest,
    ) -> Result<Page<Persona>, ServiceError> {
        Ok(scope
            .db(self.parts.store.personas(&scope.tenant, page))
            .await?)
    }

    /// The tenant's own persona of this name, else the shipped one.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn read(&self, scope: &Scope, id: &PersonaId) -> Result<Persona, ServiceError> {
        scope
            .db(self.parts.store.resolve_persona(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("persona", id))
    }

    /// Everything that is wrong with a profile, without storing it.
    #[must_use]
    pub fn validate(&self, profile: &Profile) -> Vec<Fault> {
        persona_rules::faults(profile)
    }

    /// A new persona of the tenant. It may carry the name of a shipped one and then stands in its
    /// place for this tenant.
    ///
    /// # Errors
    /// When the profile breaks a rule, the tenant has a persona of this name, or the store fails.
    pub async fn create(
        &self,
        scope: &Scope,
        id: PersonaId,
        profile: Profile,
    ) -> Result<Persona, ServiceError> {
        ServiceError::unless_empty(persona_rules::faults(&profile))?;
        let key = PersonaKey {
            owner: scope.tenant.clone(),
            id,
        };
        if scope.db(self.parts.store.persona(&key)).await?.is_some() {
            return Err(ServiceError::Refused {
                detail: format!(
                    "there is a persona {:?} already; change it with PATCH",
                    key.id.as_str()
                ),
            });
        }
        let now = self.parts.now();
        let persona = Persona {
            key,
            profile,
            created_at: now,
            updated_at: now,
        };
        scope
            .commit(&self.parts, Write::PutPersona(persona.clone()).into())
            .await?;
        Ok(persona)
    }

    /// Another profile for a persona of the tenant.
    ///
    /// # Errors
    /// When there is no such persona, it is a shipped one, the profile breaks a rule, or the store
    /// fails.
    pub async fn replace(
        &self,
        scope: &Scope,
        id: &PersonaId,
        profile: Profile,
    ) -> Result<Persona, ServiceError> {
        ServiceError::unless_empty(persona_rules::faults(&profile))?;
        let mut persona = own(&self.parts, scope, id).await?;
        persona.profile = profile;
        persona.updated_at = self.parts.now();
        scope
            .commit(&self.parts, Write::PutPersona(persona.clone()).into())
            .await?;
        Ok(persona)
    }

    /// Removes a persona of the tenant with its documents. Its sessions stay readable and take no
    /// more messages.
    ///
    /// # Errors
    /// When there is no such persona, it is a shipped one, or the store fails.
    pub async fn delete(&self, scope: &Scope, id: &PersonaId) -> Result<(), ServiceError> {
        let persona = own(&self.parts, scope, id).await?;
        let (parts, scope) = (Arc::clone(&self.parts), scope.clone());
        let in_step = Arc::clone(&self.in_step);
        let work = async move {
            let _held = in_step.lock().await;
            let write = Write::DeletePersona(persona.key.clone());
            scope.commit(&parts, write.into()).await?;
            parts.memories.withdraw_persona(&persona.key);
            Ok(())
        };
        // Runs to its end even if the caller goes away: the store must not forget alone.
        tokio::spawn(work)
            .await
            .unwrap_or_else(|error| Err(ServiceError::internal("removing the persona", error)))
    }

    /// The passages of a persona's documents that are relevant to `query`, best first; none when
    /// nothing is.
    ///
    /// # Errors
    /// When there is no such persona, a value breaks a rule, or the store fails.
    pub async fn retrieve(
        &self,
        scope: &Scope,
        id: &PersonaId,
        query: &str,
        k: usize,
    ) -> Result<Vec<Recalled>, ServiceError> {
        let limits = &self.parts.limits;
        let mut faults = Vec::new();
        if query.trim().is_empty() || query.chars().count() > limits.query_chars {
            faults.push(Fault::at(
                "query",
                format!("must have 1 to {} characters", limits.query_chars),
            ));
        }
        if k == 0 || k > limits.passages {
            faults.push(Fault::at(
                "k",
                format!("must be a number from 1 to {}", limits.passages),
            ));
        }
        ServiceError::unless_empty(faults)?;
        let persona = self.read(scope, id).await?;
        Ok(self
            .parts
            .memories
            .retrieve_relevant_context(&persona.key, query, k, &scope.phases))
    }

    /// What a persona knows how well, as the tenant's use of it has shown.
    ///
    /// # Errors
    /// When there is no such persona, or the store fails.
    pub async fn knowledge(
        &self,
        scope: &Scope,
        id: &PersonaId,
    ) -> Result<Vec<KnowledgeDomain>, ServiceError> {
        let persona = self.read(scope, id).await?;
        Ok(scope
            .db(self.parts.store.knowledge(&scope.tenant, &persona.key))
            .await?)
    }
}

/// The persona, if it is the tenant's own to change.
pub(super) async fn own(
    parts: &Parts,
    scope: &Scope,
    id: &PersonaId,
) -> Result<Persona, ServiceError> {
    let persona = scope
        .db(parts.store.resolve_persona(&scope.tenant, id))
        .await?
        .ok_or_else(|| ServiceError::not_found("persona", id))?;
    if persona.key.owner != scope.tenant {
        return Err(ServiceError::Refused {
            detail: format!(
                "the persona {:?} ships with the program and is not changed; make one of your own with POST /api/v1/personas",
                id.as_str()
            ),
        });
    }
    Ok(persona)
}
