//! Persistence. Reads are methods; every change is a [`WriteSet`]: data that says what is to be
//! written, applied as a whole or not at all, and durable when [`Store::commit`] returns.
//!
//! Because a change is data, the backend may join the write sets of concurrent requests into one
//! durable commit without any of them seeing the others. Each write names what must still be true
//! (a revision, a free sequence number); if it is not, the whole set is refused with
//! [`StoreError::Conflict`] and the caller decides anew.
//!
//! Instants are kept to the microsecond; finer parts are cut off.
//!
//! Every key starts with the tenant, and with the client where the data is a client's: a foreign id
//! is simply not there.

mod error;
mod write;

#[cfg(test)]
mod conformance;
pub mod sqlite;

use async_trait::async_trait;
use jiff::Timestamp;

pub use error::StoreError;
pub use write::{DeltaRecord, FoldRecord, Hasten, KeptAnswer, ReviewCount, Write, WriteSet};

use crate::domain::document::DocumentHead;
use crate::domain::id::{
    ClientId, DocumentId, InsightId, JobId, MessageId, PersonaId, RiskFlagId, SessionId, TenantId,
};
use crate::domain::insight::Insight;
use crate::domain::instrument::InstrumentEntry;
use crate::domain::job::Job;
use crate::domain::memory::{Experience, KnowledgeDomain, MemoryScope};
use crate::domain::message::Message;
use crate::domain::page::{Page, PageSize};
use crate::domain::persona::{Chunk, Document, Persona, PersonaKey};
use crate::domain::risk::RiskFlag;
use crate::domain::session::{Session, SessionFilter};
use crate::domain::tenant::{ApiKey, KeyHash, Tenant};

/// Which page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Start after the item with this sort key.
    pub after: Option<String>,
    /// At most so many.
    pub size: PageSize,
}

/// What a backend offers. All listings are ordered by id, newest first, except insights (whose ids
/// are digests: by creation, newest first), messages (by `seq`) and chunks (by document and place).
/// A sort key is opaque to callers; any text is taken, and one that no item has is a place between.
#[async_trait]
pub trait Store: Send + Sync {
    /// Applies the whole set, durably, or nothing of it.
    async fn commit(&self, set: WriteSet) -> Result<(), StoreError>;

    /// Whether the backend answers; used by the readiness probe.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The tenant, if there is one.
    async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, StoreError>;
    /// All tenants, ordered by id; for checks of the whole store.
    async fn tenants(&self) -> Result<Vec<Tenant>, StoreError>;
    /// What the backend finds wrong with its own data, one line each; nothing when it is sound.
    async fn defects(&self) -> Result<Vec<String>, StoreError>;
    /// The key with this hash, revoked or not.
    async fn api_key(&self, hash: KeyHash) -> Result<Option<ApiKey>, StoreError>;
    /// The tenant's keys, revoked ones too, ordered by id.
    async fn api_keys(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, StoreError>;

    /// One persona.
    async fn persona(&self, key: &PersonaKey) -> Result<Option<Persona>, StoreError>;
    /// The personas of `owner` and the shipped ones, ordered by name of the persona id, then owner.
    async fn personas(
        &self,
        owner: &TenantId,
        page: &PageRequest,
    ) -> Result<Page<Persona>, StoreError>;
    /// The persona `id` of `owner`, else the shipped one of that name.
    async fn resolve_persona(
        &self,
        owner: &TenantId,
        id: &PersonaId,
    ) -> Result<Option<Persona>, StoreError>;
    /// The documents of a persona, ordered by file name.
    async fn documents(&self, key: &PersonaKey) -> Result<Vec<Document>, StoreError>;
    /// One document of a persona.
    async fn document(
        &self,
        key: &PersonaKey,
        id: &DocumentId,
    ) -> Result<Option<Document>, StoreError>;
    /// The documents of a persona without their texts, ordered by file name.
    async fn document_heads(&self, key: &PersonaKey) -> Result<Vec<DocumentHead>, StoreError>;
    /// The chunks of one document in order, quarantined or not.
    async fn document_chunks(
        &self,
        key: &PersonaKey,
        id: &DocumentId,
    ) -> Result<Vec<Chunk>, StoreError>;
    /// The chunks of a persona's documents that may be found: those of a quarantined document are not
    /// among them until it is released.
    async fn chunks(&self, key: &PersonaKey) -> Result<Vec<Chunk>, StoreError>;
    /// Every persona that has documents, of every owner; for rebuilding indexes at start.
    async fn all_persona_keys(&self) -> Result<Vec<PersonaKey>, StoreError>;

    /// One session.
    async fn session(
        &self,
        tenant: &TenantId,
        id: &SessionId,
    ) -> Result<Option<Session>, StoreError>;
    /// The tenant's sessions, newest first.
    async fn sessions(
        &self,
        tenant: &TenantId,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<Session>, StoreError>;
    /// The messages of a session from `from_seq` on, in order.
    async fn messages(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        from_seq: u32,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError>;
    /// One message.
    async fn message(
        &self,
        tenant: &TenantId,
        id: &MessageId,
    ) -> Result<Option<Message>, StoreError>;
    /// The messages of a session from `from_seq` on, in order, each with what the analysis took from
    /// it, where that is stored.
    async fn messages_with_deltas(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        from_seq: u32,
        limit: u32,
    ) -> Result<Vec<(Message, Option<DeltaRecord>)>, StoreError>;
    /// The replies of a session that quote `message`, in order.
    async fn replies_quoting(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        message: &MessageId,
    ) -> Result<Vec<Message>, StoreError>;
    /// Sessions with messages whose stored fold is not of `version` or not there, of all tenants,
    /// ordered by tenant and id, after `after`; for folding anew when the algorithm has changed.
    async fn sessions_folded_otherwise(
        &self,
        version: u32,
        after: Option<&(TenantId, SessionId)>,
        limit: u32,
    ) -> Result<Vec<(TenantId, SessionId)>, StoreError>;
    /// The folded analysis of a session.
    async fn fold(
        &self,
        tenant: &TenantId,
        session: &SessionId,
    ) -> Result<Option<FoldRecord>, StoreError>;
    /// The folded analyses of a client's sessions, oldest first, at most `limit` of the newest.
    async fn client_folds(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        limit: u32,
    ) -> Result<Vec<FoldRecord>, StoreError>;

    /// What one persona remembers of one client, oldest first.
    async fn experiences(&self, scope: &MemoryScope) -> Result<Vec<Experience>, StoreError>;

    /// What the persona remembers of one message, if anything.
    async fn experiences_of(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        session: &SessionId,
        message: &MessageId,
    ) -> Result<Vec<Experience>, StoreError>;

    /// One insight.
    async fn insight(
        &self,
        tenant: &TenantId,
        id: &InsightId,
    ) -> Result<Option<Insight>, StoreError>;
    /// A tenant's insights, about one client or all.
    async fn insights(
        &self,
        tenant: &TenantId,
        client: Option<&ClientId>,
        page: &PageRequest,
    ) -> Result<Page<Insight>, StoreError>;

    /// What reviewers made of a persona's insights, by detector; a detector without a review is not
    /// in it.
    async fn review_counts(
        &self,
        tenant: &TenantId,
        persona: &PersonaKey,
    ) -> Result<Vec<ReviewCount>, StoreError>;

    /// The latest `limit` filled-in instruments of a client, oldest first by when they were taken.
    async fn instrument_entries(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        limit: u32,
    ) -> Result<Vec<InstrumentEntry>, StoreError>;

    /// One job.
    async fn job(&self, tenant: &TenantId, id: &JobId) -> Result<Option<Job>, StoreError>;
    /// The job with this key that was never started, if there is one.
    async fn waiting_job(&self, tenant: &TenantId, key: &str) -> Result<Option<Job>, StoreError>;
    /// Jobs of all tenants that are due, the one that waits longest first; running ones whose lease
    /// is over among them.
    async fn due_jobs(&self, now: Timestamp, limit: u32) -> Result<Vec<Job>, StoreError>;
    /// When the next job is due, due ones included.
    async fn next_job_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// What a persona knows how well, as this tenant's use of it has shown, ordered by domain.
    async fn knowledge(
        &self,
        tenant: &TenantId,
        persona: &PersonaKey,
    ) -> Result<Vec<KnowledgeDomain>, StoreError>;

    /// One risk flag.
    async fn risk_flag(
        &self,
        tenant: &TenantId,
        id: &RiskFlagId,
    ) -> Result<Option<RiskFlag>, StoreError>;
    /// The tenant's risk flags, newest first; only the open ones if `open_only`.
    async fn risk_flags(
        &self,
        tenant: &TenantId,
        open_only: bool,
        page: &PageRequest,
    ) -> Result<Page<RiskFlag>, StoreError>;

    /// The risk flags about one client, newest first, at most `limit`; only the open ones if
    /// `open_only`.
    async fn client_risk_flags(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        open_only: bool,
        limit: u32,
    ) -> Result<Vec<RiskFlag>, StoreError>;

    /// The answer kept under an idempotency key, if the key was used before.
    async fn idempotent(
        &self,
        tenant: &TenantId,
        key: &str,
    ) -> Result<Option<KeptAnswer>, StoreError>;

    /// Waits for writes under way and closes the backend.
    async fn close(&self);
}
