//! The four layers behind one door.

use std::sync::Arc;

use jiff::Timestamp;

use super::context::{Context, ContextRequest};
use super::embed::Embedder;
use super::error::{IngestError, MemoryError};
use crate::config::memory::MemoryConfig;
use crate::domain::embedding::Embedding;
use crate::domain::id::{ClientId, DocumentId, SessionId, TenantId};
use crate::domain::memory::{Experience, MemoryScope, Recalled};
use crate::domain::persona::{Chunk, Document, PersonaKey};
use crate::domain::timing::Phases;
use crate::store::Store;

/// x
pub struct Memories;
/// How much is indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryStats {
    /// One line per persona with documents, ordered by key.
    pub personas: Vec<PersonaStats>,
    /// Scopes whose experiences are in memory.
    pub scopes: usize,
    /// Experiences in memory.
    pub experiences: usize,
}
/// One persona's foundation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonaStats {
    /// Whose.
    pub persona: PersonaKey,
    /// Documents.
    pub documents: usize,
    /// Passages.
    pub chunks: usize,
    /// `exact` or `hnsw`.
    pub vector_index: &'static str,
}

#[expect(missing_docs, unused_variables, clippy::unused_async, reason = "signatures first")]
impl Memories {
    pub async fn open(store: Arc<dyn Store>, embedder: Arc<dyn Embedder>, config: &MemoryConfig) -> Result<Self, MemoryError> { Ok(Self) }
    pub fn prepare_document(&self, persona: &PersonaKey, name: &str, content: String, now: Timestamp) -> Result<(Document, Vec<Chunk>), IngestError> { Err(IngestError::Empty { name: name.to_owned() }) }
    pub fn publish_document(&self, document: &Document, chunks: &[Chunk]) {}
    pub fn withdraw_document(&self, persona: &PersonaKey, id: &DocumentId) {}
    pub fn withdraw_persona(&self, persona: &PersonaKey) {}
    pub fn retrieve_relevant_context(&self, persona: &PersonaKey, query: &str, k: usize, phases: &Phases) -> Vec<Recalled> { Vec::new() }
    pub async fn retrieve_relevant_experiences(&self, scope: &MemoryScope, query: &str, k: usize, now: Timestamp, phases: &Phases) -> Result<Vec<Recalled>, MemoryError> { Ok(Vec::new()) }
    pub async fn record_interaction(&self, experience: &Experience, phases: &Phases) -> Result<(), MemoryError> { Ok(()) }
    pub fn forget_session(&self, tenant: &TenantId, client: &ClientId, session: &SessionId) {}
    pub fn forget_client(&self, tenant: &TenantId, client: &ClientId) {}
    pub async fn context(&self, request: &ContextRequest<'_>, phases: &Phases) -> Result<Context, MemoryError> {
        Ok(Context { items: Vec::new(), abstained: true, tokens: 0, left_out: 0, query: Embedding::normalised(Vec::new()) })
    }
    /// Which of `expertise` the request fell in; none if it is about none of them.
    pub fn knowledge_domain<'e>(&self, expertise: &'e [String], context: &Context, phases: &Phases) -> Option<&'e str> { None }
    pub fn stats(&self) -> MemoryStats { MemoryStats { personas: Vec::new(), scopes: 0, experiences: 0 } }
}
