//! The personas that ship with the program: compiled in, and put into the store at start when they
//! differ from what is there.

use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::domain::document::DocumentHead;
use crate::domain::id::{DocumentId, PersonaId, TenantId};
use crate::domain::persona::{Chunk, Document, Persona, PersonaKey, Profile};
use crate::domain::tenant::Tenant;
use crate::domain::timing::Phases;
use crate::memory::{IngestError, Source};
use crate::store::{Write, WriteSet};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::persona_file::{self, PersonaFileError};

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/personas");

/// A persona as its folder holds it.
#[derive(Debug, Clone)]
pub struct ShippedPersona {
    /// Its name.
    pub id: PersonaId,
    /// What is said of it.
    pub profile: Profile,
    /// File names and texts of its documents, ordered by name.
    pub documents: Vec<(&'static str, &'static str)>,
}

/// What was compiled in cannot be used. Tests read all of it, so this is a defect of the build.
#[derive(Debug, thiserror::Error)]
pub enum ShippedError {
    /// A folder without `persona.toml`, or a file that is not text.
    #[error("{path} is missing or is not text")]
    File {
        /// Inside `engine/personas`.
        path: String,
    },
    /// A persona file that is refused.
    #[error(transparent)]
    Persona(#[from] PersonaFileError),
    /// A document that cannot be used.
    #[error("personas/{persona}: {source}")]
    Document {
        /// Of which persona.
        persona: PersonaId,
        /// Why.
        source: IngestError,
    },
}

/// Reads the personas that were compiled in.
///
/// # Errors
/// When one cannot be used; see [`ShippedError`].
pub fn read() -> Result<Vec<ShippedPersona>, ShippedError> {
    FOLDER.dirs().map(read_one).collect()
}

fn read_one(folder: &'static Dir<'static>) -> Result<ShippedPersona, ShippedError> {
    let path = folder.path().join("persona.toml");
    let shown = path.display().to_string();
    let text = folder
        .get_file(&path)
        .and_then(include_dir::File::contents_utf8);
    let text = text.ok_or_else(|| ShippedError::File {
        path: shown.clone(),
    })?;
    let (id, profile) = persona_file::parse(&format!("personas/{shown}"), text)?;
    let mut documents = Vec::new();
    for file in folder
        .get_dir(folder.path().join("documents"))
        .iter()
        .flat_map(|dir| dir.files())
    {
        let missing = || ShippedError::File {
            path: file.path().display().to_string(),
        };
        let name = file
            .path()
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(missing)?;
        documents.push((name, file.contents_utf8().ok_or_else(missing)?));
    }
    documents.sort_unstable();
    Ok(ShippedPersona {
        id,
        profile,
        documents,
    })
}

/// Brings the store's copy up to date. Only what differs is written.
///
/// # Errors
/// When what was compiled in cannot be used, or the store fails.
pub(super) async fn publish(parts: &Parts) -> Result<(), ServiceError> {
    let personas =
        read().map_err(|error| ServiceError::internal("reading the shipped personas", error))?;
    let scope = Scope {
        tenant: TenantId::shipped(),
        phases: Arc::new(Phases::default()),
    };
    let tenant = Tenant {
        id: scope.tenant.clone(),
        name: "Smart Steps".to_owned(),
        created_at: parts.now(),
    };
    if parts.store.tenant(&tenant.id).await?.is_none() {
        scope.commit(parts, Write::PutTenant(tenant).into()).await?;
    }
    for shipped in personas {
        publish_one(parts, &scope, shipped).await?;
    }
    Ok(())
}

async fn publish_one(
    parts: &Parts,
    scope: &Scope,
    shipped: ShippedPersona,
) -> Result<(), ServiceError> {
    let key = PersonaKey {
        owner: scope.tenant.clone(),
        id: shipped.id,
    };
    let now = parts.now();
    let mut set = WriteSet::new();
    let stored = parts.store.persona(&key).await?;
    if stored
        .as_ref()
        .is_none_or(|persona| persona.profile != shipped.profile)
    {
        let created_at = stored.map_or(now, |persona| persona.created_at);
        let profile = shipped.profile;
        set.push(Write::PutPersona(Persona {
            key: key.clone(),
            profile,
            created_at,
            updated_at: now,
        }));
    }
    let present = parts.store.document_heads(&key).await?;
    let refused = |source| {
        let persona = key.id.clone();
        let error = ShippedError::Document { persona, source };
        ServiceError::internal("reading the shipped personas", error)
    };
    let mut current = Vec::new();
    let mut new: Vec<(Document, Vec<Chunk>)> = Vec::new();
    for (name, content) in &shipped.documents {
        let source = Source::markdown(*name, *content);
        let digest = parts.memories.digest(&source).map_err(refused)?;
        let same = |head: &&DocumentHead| head.name == *name && head.digest == Some(digest);
        if let Some(head) = present.iter().find(same) {
            current.push(head.id.clone());
        } else {
            let taken = parts
                .memories
                .prepare(&key, &source, now)
                .map_err(refused)?;
            new.push((taken.document, taken.chunks));
        }
    }
    let renewed = |head: &DocumentHead| new.iter().any(|(d, _)| d.name == head.name);
    let stale: Vec<DocumentId> = present
        .iter()
        .filter(|head| !current.contains(&head.id) && !renewed(head))
        .map(|head| head.id.clone())
        .collect();
    for id in &stale {
        set.push(Write::DeleteDocument {
            persona: key.clone(),
            id: id.clone(),
        });
    }
    for (document, chunks) in &new {
        set.push(Write::PutDocument {
            document: document.clone(),
            chunks: chunks.clone(),
        });
    }
    if set.writes().is_empty() {
        return Ok(());
    }
    scope.commit(parts, set).await?;
    for id in &stale {
        parts.memories.withdraw_document(&key, id);
    }
    for (document, chunks) in &new {
        parts.memories.publish_document(document, chunks);
    }
    tracing::info!(persona = %key.id, documents = new.len(), "a shipped persona was brought up to date");
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_shipped_persona_is_accepted_and_has_documents() {
        let personas = super::read().unwrap();
        let ids: Vec<&str> = personas.iter().map(|persona| persona.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "behavioural_analyst",
                "cbt_specialist",
                "facilitator",
                "therapist"
            ]
        );
        for persona in &personas {
            assert!(
                persona.documents.len() >= 5,
                "{} has too few documents",
                persona.id
            );
        }
    }
}
