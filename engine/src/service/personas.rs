//! Personas and their documents. Those that ship with the program are readable by every tenant and
//! changed by none.

use std::sync::Arc;

use crate::domain::id::{DocumentId, PersonaId};
use crate::domain::memory::{KnowledgeDomain, Recalled};
use crate::domain::page::Page;
use crate::domain::persona::{Chunk, Document, Persona, PersonaKey, Profile};
use crate::memory::IngestError;
use crate::store::{PageRequest, Write};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;
use super::persona_rules;

/// The use cases of personas.
pub struct Personas {
    parts: Arc<Parts>,
}

impl Personas {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
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
        let mut persona = self.own(scope, id).await?;
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
        let persona = self.own(scope, id).await?;
        scope
            .commit(
                &self.parts,
                Write::DeletePersona(persona.key.clone()).into(),
            )
            .await?;
        self.parts.memories.withdraw_persona(&persona.key);
        Ok(())
    }

    /// The documents of a persona.
    ///
    /// # Errors
    /// When there is no such persona, or the store fails.
    pub async fn documents(
        &self,
        scope: &Scope,
        id: &PersonaId,
    ) -> Result<Vec<Document>, ServiceError> {
        let persona = self.read(scope, id).await?;
        Ok(scope.db(self.parts.store.documents(&persona.key)).await?)
    }

    /// Takes a document into the foundation of a persona of the tenant; one of the same name is
    /// replaced.
    ///
    /// # Errors
    /// When there is no such persona, it is a shipped one, the document cannot be used, or the store
    /// fails.
    pub async fn add_document(
        &self,
        scope: &Scope,
        id: &PersonaId,
        name: &str,
        content: String,
    ) -> Result<(Document, Vec<Chunk>), ServiceError> {
        let persona = self.own(scope, id).await?;
        let present = scope.db(self.parts.store.documents(&persona.key)).await?;
        let replaced = present.iter().find(|document| document.name == name);
        let max = self.parts.limits.documents_per_persona;
        if replaced.is_none() && present.len() >= max {
            return Err(ServiceError::Refused {
                detail: format!(
                    "the persona has {max} documents, and no more are taken (limits.documents_per_persona)"
                ),
            });
        }
        let replaced = replaced.map(|document| document.id.clone());
        let now = self.parts.now();
        let prepared = self
            .parts
            .memories
            .prepare_document(&persona.key, name, content, now)
            .map_err(|error| refuse_document(&error))?;
        self.store_document(scope, prepared, replaced).await
    }

    async fn store_document(
        &self,
        scope: &Scope,
        (document, chunks): (Document, Vec<Chunk>),
        replaced: Option<DocumentId>,
    ) -> Result<(Document, Vec<Chunk>), ServiceError> {
        let write = Write::PutDocument {
            document: document.clone(),
            chunks: chunks.clone(),
        };
        scope.commit(&self.parts, write.into()).await?;
        if let Some(old) = replaced.filter(|old| *old != document.id) {
            self.parts
                .memories
                .withdraw_document(&document.persona, &old);
        }
        self.parts.memories.publish_document(&document, &chunks);
        Ok((document, chunks))
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

    async fn own(&self, scope: &Scope, id: &PersonaId) -> Result<Persona, ServiceError> {
        let persona = self.read(scope, id).await?;
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
}

fn refuse_document(error: &IngestError) -> ServiceError {
    let key = match error {
        IngestError::Name { .. } => "name",
        IngestError::Empty { .. } | IngestError::TooLarge { .. } | IngestError::NoProse { .. } => {
            "content"
        }
    };
    ServiceError::Invalid {
        faults: vec![Fault::at(key, error.to_string())],
    }
}
