//! The documents of personas: taken in, looked at, released, removed.
//!
//! A change of the store and the change of the index that follows from it are made one document at a
//! time and run to their end even if the caller goes away, so that the two stay in step.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::document::{DocumentHead, Release};
use crate::domain::id::{ChunkId, DocumentId, PersonaId};
use crate::domain::persona::{Document, Persona, PersonaKey};
use crate::memory::{IngestError, Source, Taken};
use crate::store::{StoreError, Write};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;
use super::personas::own;

const REASON_CHARS: usize = 1_000;
const NAME_CHARS: usize = 128;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// A new document.
    Added,
    /// Another text in the place of the document of this name.
    Replaced,
    /// The document of this name was this very file already; nothing was changed.
    Unchanged,
    /// The persona has the same text under another name; nothing was stored.
    Duplicate,
}

impl Intake {
    /// The name used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
            Self::Duplicate => "duplicate",
        }
    }
}

/// What was done with a file and what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeReport {
    /// What became of it.
    pub intake: Intake,
    /// The document that has the text now.
    pub document: DocumentHead,
    /// Passages that the document had before and has still.
    pub kept: usize,
    /// Passages that came.
    pub added: usize,
    /// Passages that went.
    pub removed: usize,
    /// Passages that were left out because the document says the same elsewhere.
    pub repeated: usize,
}

impl IntakeReport {
    /// Whether the store was changed.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        matches!(self.intake, Intake::Added | Intake::Replaced)
    }
}

/// The use cases of documents.
pub struct Documents {
    parts: Arc<Parts>,
    in_step: Arc<Mutex<()>>,
}

impl Documents {
    /// `in_step` is held while store and foundation are changed together.
    pub(super) fn new(parts: Arc<Parts>, in_step: Arc<Mutex<()>>) -> Self {
        Self { parts, in_step }
    }

    /// The documents of a persona, quarantined ones too.
    ///
    /// # Errors
    /// When there is no such persona, or the store fails.
    pub async fn list(
        &self,
        scope: &Scope,
        id: &PersonaId,
    ) -> Result<Vec<DocumentHead>, ServiceError> {
        let persona = self.persona(scope, id).await?;
        Ok(scope
            .db(self.parts.store.document_heads(&persona.key))
            .await?)
    }

    /// One document with its text.
    ///
    /// # Errors
    /// When there is no such persona or document, or the store fails.
    pub async fn read(
        &self,
        scope: &Scope,
        persona: &PersonaId,
        id: &DocumentId,
    ) -> Result<Document, ServiceError> {
        let persona = self.persona(scope, persona).await?;
        scope
            .db(self.parts.store.document(&persona.key, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("document", id))
    }

    /// Takes a file into the foundation of a persona of the tenant. A document of the same name is
    /// replaced; what both say is not embedded again. The same text is not stored twice.
    ///
    /// # Errors
    /// When there is no such persona, it is a shipped one, the file cannot be used, or the store
    /// fails.
    pub async fn add(
        &self,
        scope: &Scope,
        id: &PersonaId,
        source: Source,
    ) -> Result<IntakeReport, ServiceError> {
        let persona = own(&self.parts, scope, id).await?;
        let (parts, scope) = (Arc::clone(&self.parts), scope.clone());
        let in_step = Arc::clone(&self.in_step);
        let work = async move { take(&parts, &in_step, &scope, persona.key, source).await };
        joined(tokio::spawn(work).await, "taking the document")
    }

    /// What a file would become, without storing it. It may take long for a large file.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn examine(&self, persona: &PersonaKey, source: &Source) -> Result<Taken, ServiceError> {
        let now = self.parts.now();
        self.parts
            .memories
            .prepare(persona, source, now)
            .map_err(|error| refuse(&error))
    }

    /// Lets a quarantined document through; its passages are found from then on.
    ///
    /// # Errors
    /// When there is no such persona or document, the persona is a shipped one, the document is not
    /// quarantined, a value breaks a rule, or the store fails.
    pub async fn release(
        &self,
        scope: &Scope,
        persona: &PersonaId,
        id: &DocumentId,
        reason: &str,
        released_by: &str,
    ) -> Result<Document, ServiceError> {
        let mut faults = Vec::new();
        for (key, text, max) in [
            ("reason", reason, REASON_CHARS),
            ("released_by", released_by, NAME_CHARS),
        ] {
            if text.trim().is_empty() || text.chars().count() > max {
                faults.push(Fault::at(key, format!("must have 1 to {max} characters")));
            }
        }
        ServiceError::unless_empty(faults)?;
        let persona = own(&self.parts, scope, persona).await?;
        let release = Release {
            reason: reason.to_owned(),
            released_by: released_by.to_owned(),
            released_at: self.parts.now(),
        };
        let (parts, scope, id) = (Arc::clone(&self.parts), scope.clone(), id.clone());
        let in_step = Arc::clone(&self.in_step);
        let work =
            async move { let_through(&parts, &in_step, &scope, persona.key, id, release).await };
        joined(tokio::spawn(work).await, "releasing the document")
    }

    /// Removes a document of a persona of the tenant.
    ///
    /// # Errors
    /// When there is no such persona or document, the persona is a shipped one, or the store fails.
    pub async fn delete(
        &self,
        scope: &Scope,
        persona: &PersonaId,
        id: &DocumentId,
    ) -> Result<(), ServiceError> {
        let persona = own(&self.parts, scope, persona).await?;
        let (parts, scope, id) = (Arc::clone(&self.parts), scope.clone(), id.clone());
        let in_step = Arc::clone(&self.in_step);
        let work = async move {
            let _held = in_step.lock().await;
            let write = Write::DeleteDocument {
                persona: persona.key.clone(),
                id: id.clone(),
            };
            match scope.commit(&parts, write.into()).await {
                Err(StoreError::Missing { .. }) => {
                    return Err(ServiceError::not_found("document", &id));
                }
                outcome => outcome?,
            }
            parts.memories.withdraw_document(&persona.key, &id);
            Ok(())
        };
        joined(tokio::spawn(work).await, "removing the document")
    }

    async fn persona(&self, scope: &Scope, id: &PersonaId) -> Result<Persona, ServiceError> {
        scope
            .db(self.parts.store.resolve_persona(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("persona", id))
    }
}

fn joined<T>(
    outcome: Result<Result<T, ServiceError>, tokio::task::JoinError>,
    what: &'static str,
) -> Result<T, ServiceError> {
    outcome.unwrap_or_else(|error| Err(ServiceError::internal(what, error)))
}

async fn take(
    parts: &Arc<Parts>,
    in_step: &Mutex<()>,
    scope: &Scope,
    persona: PersonaKey,
    source: Source,
) -> Result<IntakeReport, ServiceError> {
    let digest = parts
        .memories
        .digest(&source)
        .map_err(|error| refuse(&error))?;
    let source = Arc::new(source);
    // Looked at before the file is read, which takes long, and again when nothing can come between.
    let present = scope.db(parts.store.document_heads(&persona)).await?;
    if let Some(report) = settled(&present, &source.name, digest) {
        return Ok(report);
    }
    let taken = {
        let (parts, persona, source) = (Arc::clone(parts), persona.clone(), Arc::clone(&source));
        let read = move || parts.memories.prepare(&persona, &source, parts.now());
        let read = tokio::task::spawn_blocking(read).await;
        read.map_err(|error| ServiceError::internal("reading the document", error))?
            .map_err(|error| refuse(&error))?
    };
    let _held = in_step.lock().await;
    let present = scope.db(parts.store.document_heads(&persona)).await?;
    if let Some(report) = settled(&present, &source.name, digest) {
        return Ok(report);
    }
    let older = present.iter().find(|head| head.name == source.name);
    let max = parts.limits.documents_per_persona;
    if older.is_none() && present.len() >= max {
        return Err(ServiceError::Refused {
            detail: format!(
                "the persona has {max} documents, and no more are taken (limits.documents_per_persona)"
            ),
        });
    }
    let before: HashSet<ChunkId> = match older {
        Some(older) => {
            let chunks = parts.store.document_chunks(&persona, &older.id);
            let chunks = scope.db(chunks).await?;
            chunks.into_iter().map(|chunk| chunk.id).collect()
        }
        None => HashSet::new(),
    };
    let Taken {
        document,
        chunks,
        repeated,
    } = taken;
    let kept = chunks.iter().filter(|c| before.contains(&c.id)).count();
    let report = IntakeReport {
        intake: match older {
            Some(_) => Intake::Replaced,
            None => Intake::Added,
        },
        document: head(&document),
        kept,
        added: chunks.len() - kept,
        removed: before.len() - kept,
        repeated,
    };
    let write = Write::PutDocument {
        document: document.clone(),
        chunks: chunks.clone(),
    };
    scope.commit(parts, write.into()).await?;
    publish(parts, document, chunks).await?;
    Ok(report)
}

/// Embeds and indexes a committed document where computing is allowed to take its time.
async fn publish(
    parts: &Arc<Parts>,
    document: Document,
    chunks: Vec<crate::domain::persona::Chunk>,
) -> Result<(), ServiceError> {
    let parts = Arc::clone(parts);
    let work = move || parts.memories.publish_document(&document, &chunks);
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ServiceError::internal("indexing the document", error))
}

/// The report on a file that the persona has already.
fn settled(present: &[DocumentHead], name: &str, digest: [u8; 32]) -> Option<IntakeReport> {
    let same = |head: &&DocumentHead| head.digest == Some(digest);
    let named = present.iter().find(|head| head.name == name);
    let (intake, head) = match named.filter(same) {
        Some(head) => (Intake::Unchanged, head),
        None => (Intake::Duplicate, present.iter().find(same)?),
    };
    // The name now stands for a text that the persona has elsewhere too: the older text must go.
    if intake == Intake::Duplicate && named.is_some() {
        return None;
    }
    Some(IntakeReport {
        intake,
        document: head.clone(),
        kept: 0,
        added: 0,
        removed: 0,
        repeated: 0,
    })
}

async fn let_through(
    parts: &Arc<Parts>,
    in_step: &Mutex<()>,
    scope: &Scope,
    persona: PersonaKey,
    id: DocumentId,
    release: Release,
) -> Result<Document, ServiceError> {
    let _held = in_step.lock().await;
    let write = Write::ReleaseDocument {
        persona: persona.clone(),
        id: id.clone(),
        release,
    };
    match scope.commit(parts, write.into()).await {
        Err(StoreError::Missing { .. }) => return Err(ServiceError::not_found("document", &id)),
        Err(StoreError::Conflict { .. }) => {
            return Err(ServiceError::Refused {
                detail: format!(
                    "the document {:?} is not quarantined, or was released before",
                    id.as_str()
                ),
            });
        }
        outcome => outcome?,
    }
    let document = scope
        .db(parts.store.document(&persona, &id))
        .await?
        .ok_or_else(|| ServiceError::not_found("document", &id))?;
    let chunks = scope.db(parts.store.document_chunks(&persona, &id)).await?;
    publish(parts, document.clone(), chunks).await?;
    Ok(document)
}

/// The document without its text.
pub(super) fn head(document: &Document) -> DocumentHead {
    DocumentHead {
        id: document.id.clone(),
        name: document.name.clone(),
        title: document.title.clone(),
        format: document.format,
        bytes: document.content.len(),
        digest: document.digest,
        quarantine: document.quarantine.clone(),
        created_at: document.created_at,
    }
}

fn refuse(error: &IngestError) -> ServiceError {
    let key = match error {
        IngestError::Name { .. } => "name",
        IngestError::Format { .. } => "format",
        IngestError::Empty { .. }
        | IngestError::TooLarge { .. }
        | IngestError::SourceTooLarge { .. }
        | IngestError::Unreadable { .. }
        | IngestError::NoProse { .. } => "content",
    };
    ServiceError::Invalid {
        faults: vec![Fault::at(key, error.to_string())],
    }
}
