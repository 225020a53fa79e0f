//! A store that holds what memory reads and nothing else.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::document::DocumentHead;
use crate::domain::id::{
    ClientId, DocumentId, InsightId, JobId, MessageId, PersonaId, RiskFlagId, SessionId, TenantId,
};
use crate::domain::insight::Insight;
use crate::domain::instrument::InstrumentEntry;
use crate::domain::job::Job;
use crate::domain::memory::{Experience, KnowledgeDomain, MemoryScope};
use crate::domain::message::Message;
use crate::domain::page::Page;
use crate::domain::persona::{Chunk, Document, Persona, PersonaKey};
use crate::domain::risk::RiskFlag;
use crate::domain::session::{Session, SessionFilter};
use crate::domain::tenant::{ApiKey, KeyHash, Tenant};
use crate::store::{
    DeltaRecord, FoldRecord, KeptAnswer, PageRequest, ReviewCount, Store, StoreError, WriteSet,
};

#[derive(Default)]
pub(super) struct Shelf {
    documents: Mutex<Vec<(Document, Vec<Chunk>)>>,
    pub(super) experiences: Mutex<Vec<Experience>>,
    pub(super) insights: Mutex<Vec<Insight>>,
}

impl Shelf {
    pub(super) fn put_document(&self, document: Document, chunks: Vec<Chunk>) {
        self.documents.lock().unwrap().push((document, chunks));
    }

    /// Takes away the document of this title.
    pub(super) fn take_document(
        &self,
        persona: &PersonaKey,
        title: &str,
    ) -> (Document, Vec<Chunk>) {
        let mut held = self.documents.lock().unwrap();
        let wanted = |(d, _): &(Document, _)| d.persona == *persona && d.title == title;
        let at = held.iter().position(wanted).unwrap();
        held.remove(at)
    }

    pub(super) fn put_experience(&self, experience: Experience) {
        self.experiences.lock().unwrap().push(experience);
    }
}

type Answer<T> = Result<T, StoreError>;

fn not_held<T>() -> Answer<T> {
    Err(StoreError::Missing {
        what: "what this double does not hold".to_owned(),
    })
}

#[async_trait]
impl Store for Shelf {
    async fn documents(&self, key: &PersonaKey) -> Answer<Vec<Document>> {
        let held = self.documents.lock().unwrap();
        Ok(held
            .iter()
            .map(|(d, _)| d)
            .filter(|d| d.persona == *key)
            .cloned()
            .collect())
    }
    async fn chunks(&self, key: &PersonaKey) -> Answer<Vec<Chunk>> {
        let held = self.documents.lock().unwrap();
        let of_persona = held.iter().filter(|(d, _)| d.persona == *key);
        Ok(of_persona.flat_map(|(_, chunks)| chunks).cloned().collect())
    }
    async fn all_persona_keys(&self) -> Answer<Vec<PersonaKey>> {
        let held = self.documents.lock().unwrap();
        let mut keys: Vec<PersonaKey> = held.iter().map(|(d, _)| d.persona.clone()).collect();
        keys.sort();
        keys.dedup();
        Ok(keys)
    }
    async fn experiences(&self, scope: &MemoryScope) -> Answer<Vec<Experience>> {
        let held = self.experiences.lock().unwrap();
        Ok(held.iter().filter(|e| e.scope == *scope).cloned().collect())
    }
    async fn insights(
        &self,
        tenant: &TenantId,
        client: Option<&ClientId>,
        _: &PageRequest,
    ) -> Answer<Page<Insight>> {
        let held = self.insights.lock().unwrap();
        let of_client = held
            .iter()
            .filter(|i| i.tenant == *tenant && client.is_none_or(|c| i.client == *c));
        Ok(Page {
            items: of_client.cloned().collect(),
            next: None,
        })
    }

    async fn commit(&self, _: WriteSet) -> Answer<()> {
        not_held()
    }
    async fn ping(&self) -> Answer<()> {
        Ok(())
    }
    async fn tenant(&self, _: &TenantId) -> Answer<Option<Tenant>> {
        not_held()
    }
    async fn tenants(&self) -> Answer<Vec<Tenant>> {
        not_held()
    }
    async fn defects(&self) -> Answer<Vec<String>> {
        not_held()
    }
    async fn document_heads(&self, _: &PersonaKey) -> Answer<Vec<DocumentHead>> {
        not_held()
    }
    async fn document_chunks(&self, _: &PersonaKey, _: &DocumentId) -> Answer<Vec<Chunk>> {
        not_held()
    }
    async fn api_key(&self, _: KeyHash) -> Answer<Option<ApiKey>> {
        not_held()
    }
    async fn api_keys(&self, _: &TenantId) -> Answer<Vec<ApiKey>> {
        not_held()
    }
    async fn persona(&self, _: &PersonaKey) -> Answer<Option<Persona>> {
        not_held()
    }
    async fn personas(&self, _: &TenantId, _: &PageRequest) -> Answer<Page<Persona>> {
        not_held()
    }
    async fn resolve_persona(&self, _: &TenantId, _: &PersonaId) -> Answer<Option<Persona>> {
        not_held()
    }
    async fn document(&self, _: &PersonaKey, _: &DocumentId) -> Answer<Option<Document>> {
        not_held()
    }
    async fn session(&self, _: &TenantId, _: &SessionId) -> Answer<Option<Session>> {
        not_held()
    }
    async fn sessions(
        &self,
        _: &TenantId,
        _: &SessionFilter,
        _: &PageRequest,
    ) -> Answer<Page<Session>> {
        not_held()
    }
    async fn messages(&self, _: &TenantId, _: &SessionId, _: u32, _: u32) -> Answer<Vec<Message>> {
        not_held()
    }
    async fn message(&self, _: &TenantId, _: &MessageId) -> Answer<Option<Message>> {
        not_held()
    }
    async fn messages_with_deltas(
        &self,
        _: &TenantId,
        _: &SessionId,
        _: u32,
        _: u32,
    ) -> Answer<Vec<(Message, Option<DeltaRecord>)>> {
        not_held()
    }
    async fn replies_quoting(
        &self,
        _: &TenantId,
        _: &SessionId,
        _: &MessageId,
    ) -> Answer<Vec<Message>> {
        not_held()
    }
    async fn sessions_folded_otherwise(
        &self,
        _: u32,
        _: Option<&(TenantId, SessionId)>,
        _: u32,
    ) -> Answer<Vec<(TenantId, SessionId)>> {
        not_held()
    }
    async fn experiences_of(
        &self,
        _: &TenantId,
        _: &ClientId,
        _: &SessionId,
        _: &MessageId,
    ) -> Answer<Vec<Experience>> {
        not_held()
    }
    async fn fold(&self, _: &TenantId, _: &SessionId) -> Answer<Option<FoldRecord>> {
        not_held()
    }
    async fn client_folds(&self, _: &TenantId, _: &ClientId, _: u32) -> Answer<Vec<FoldRecord>> {
        not_held()
    }
    async fn insight(&self, _: &TenantId, _: &InsightId) -> Answer<Option<Insight>> {
        not_held()
    }
    async fn knowledge(&self, _: &TenantId, _: &PersonaKey) -> Answer<Vec<KnowledgeDomain>> {
        not_held()
    }
    async fn risk_flag(&self, _: &TenantId, _: &RiskFlagId) -> Answer<Option<RiskFlag>> {
        not_held()
    }
    async fn risk_flags(&self, _: &TenantId, _: bool, _: &PageRequest) -> Answer<Page<RiskFlag>> {
        not_held()
    }
    async fn idempotent(&self, _: &TenantId, _: &str) -> Answer<Option<KeptAnswer>> {
        not_held()
    }
    async fn review_counts(&self, _: &TenantId, _: &PersonaKey) -> Answer<Vec<ReviewCount>> {
        not_held()
    }
    async fn client_risk_flags(
        &self,
        _: &TenantId,
        _: &ClientId,
        _: bool,
        _: u32,
    ) -> Answer<Vec<RiskFlag>> {
        not_held()
    }
    async fn instrument_entries(
        &self,
        _: &TenantId,
        _: &ClientId,
        _: u32,
    ) -> Answer<Vec<InstrumentEntry>> {
        not_held()
    }
    async fn job(&self, _: &TenantId, _: &JobId) -> Answer<Option<Job>> {
        not_held()
    }
    async fn waiting_job(&self, _: &TenantId, _: &str) -> Answer<Option<Job>> {
        not_held()
    }
    async fn due_jobs(&self, _: Timestamp, _: u32) -> Answer<Vec<Job>> {
        not_held()
    }
    async fn next_job_due(&self) -> Answer<Option<Timestamp>> {
        not_held()
    }
    async fn close(&self) {}
}
