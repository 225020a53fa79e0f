//! The store in one SQLite file.
//!
//! One task owns the only connection that can write (`writer`); reads go through a few connections
//! that cannot (`open` sets both up and says why each pragma is as it is). A read sees every
//! commit that returned before it began. The queries of each kind of thing stand in a file named
//! after it, and `apply` says which write goes where.
//!
//! It is for one server process. A second process can open the same file without harm, but waits at
//! the writer's lock, and nothing tells it of the other's changes.

mod answer;
mod apply;
mod check;
mod client;
mod columns;
mod delta;
mod document;
mod error;
mod experience;
mod fold;
mod insight;
mod instrument;
mod job;
mod knowledge;
mod message;
mod open;
mod persona;
mod risk;
mod session;
mod tenant;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, SqlitePool};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use error::SqliteError;
pub use writer::WriterCounts;

use self::error::{Failure, unavailable};
use self::writer::{Counters, Request, Writer};
use super::{
    DeltaRecord, FoldRecord, KeptAnswer, PageRequest, ReviewCount, Store, StoreError, WriteSet,
};
use crate::config::database::DatabaseConfig;
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

/// How long after an erasure SQLite's log is emptied at the latest, so that no file holds the words
/// any more.
const SCRUB_AFTER: Duration = Duration::from_secs(1);

/// A store in an SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    readers: SqlitePool,
    jobs: mpsc::Sender<Request>,
    closing: CancellationToken,
    writer: Mutex<Option<JoinHandle<SqliteConnection>>>,
    counters: Arc<Counters>,
}

impl SqliteStore {
    /// Opens the file, makes it where it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be made, opened, written or locked;
    /// [`StoreError::Inconsistent`] when it is no database or another program's;
    /// [`StoreError::Migration`] when its schema is newer than this program or was altered. The
    /// source names the path.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, StoreError> {
        Self::open_with(config, SCRUB_AFTER, |options| options).await
    }

    async fn open_with(
        config: &DatabaseConfig,
        scrub_after: Duration,
        adjust: impl FnOnce(SqliteConnectOptions) -> SqliteConnectOptions,
    ) -> Result<Self, StoreError> {
        let path = open::absolute(&config.path)?;
        open::prepare_file(&path)?;
        let db = open::connect_writer(&adjust(open::writer(config, &path)), &path).await?;
        let readers = open::connect_readers(config, &path).await?;
        let (jobs, queue) = mpsc::channel(writer::QUEUE);
        let closing = CancellationToken::new();
        let counters = Arc::new(Counters::default());
        let writer = Writer {
            path: path.clone(),
            db,
            jobs: queue,
            closing: closing.clone(),
            counters: Arc::clone(&counters),
            window: Duration::from_micros(config.group_window_micros),
            scrub_after,
            busy_timeout_ms: config.busy_timeout_ms,
        };
        let writer = Mutex::new(Some(tokio::spawn(writer.run())));
        Ok(Self {
            path,
            readers,
            jobs,
            closing,
            writer,
            counters,
        })
    }

    /// The file, in full.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the writer has done since the store was opened.
    #[must_use]
    pub fn writer_counts(&self) -> WriterCounts {
        self.counters.read()
    }

    /// Moves SQLite's log into the file and empties it, as before a copy of the file is made.
    /// Whether it is empty: `false` when a reader still used it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store is closed or the file cannot be written.
    pub async fn checkpoint(&self) -> Result<bool, StoreError> {
        self.ask(|done| Request::Checkpoint { done }).await
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Request,
    ) -> Result<T, StoreError> {
        let (done, outcome) = oneshot::channel();
        self.jobs.send(job(done)).await.map_err(|_| self.closed())?;
        outcome.await.map_err(|_| self.closed())?
    }

    fn closed(&self) -> StoreError {
        unavailable(SqliteError::Closed {
            path: self.path.clone(),
        })
    }

    fn in_store_terms<T>(&self, outcome: Result<T, Failure>) -> Result<T, StoreError> {
        outcome.map_err(|failure| failure.at(&self.path))
    }
}

/// Every read is the query of that name in the file of its kind, over the readers.
#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, set: WriteSet) -> Result<(), StoreError> {
        self.ask(|done| Request::Apply { set, done }).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        if self.jobs.is_closed() {
            return Err(self.closed());
        }
        let answer = sqlx::query("SELECT 1").execute(&self.readers).await;
        self.in_store_terms(answer.map(drop).map_err(Failure::from))
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, StoreError> {
        self.in_store_terms(tenant::tenant(&self.readers, id).await)
    }

    async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        self.in_store_terms(tenant::tenants(&self.readers).await)
    }

    async fn defects(&self) -> Result<Vec<String>, StoreError> {
        self.in_store_terms(check::defects(&self.readers).await)
    }

    async fn api_key(&self, hash: KeyHash) -> Result<Option<ApiKey>, StoreError> {
        self.in_store_terms(tenant::api_key(&self.readers, hash).await)
    }

    async fn api_keys(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, StoreError> {
        self.in_store_terms(tenant::api_keys(&self.readers, tenant).await)
    }

    async fn persona(&self, key: &PersonaKey) -> Result<Option<Persona>, StoreError> {
        self.in_store_terms(persona::persona(&self.readers, key).await)
    }

    async fn personas(
        &self,
        owner: &TenantId,
        page: &PageRequest,
    ) -> Result<Page<Persona>, StoreError> {
        self.in_store_terms(persona::personas(&self.readers, owner, page).await)
    }

    async fn resolve_persona(
        &self,
        owner: &TenantId,
        id: &PersonaId,
    ) -> Result<Option<Persona>, StoreError> {
        self.in_store_terms(persona::resolve(&self.readers, owner, id).await)
    }

    async fn documents(&self, key: &PersonaKey) -> Result<Vec<Document>, StoreError> {
        self.in_store_terms(document::documents(&self.readers, key).await)
    }

    async fn document(
        &self,
        key: &PersonaKey,
        id: &DocumentId,
    ) -> Result<Option<Document>, StoreError> {
        self.in_store_terms(document::document(&self.readers, key, id).await)
    }

    async fn chunks(&self, key: &PersonaKey) -> Result<Vec<Chunk>, StoreError> {
        self.in_store_terms(document::chunks(&self.readers, key).await)
    }

    async fn document_heads(&self, key: &PersonaKey) -> Result<Vec<DocumentHead>, StoreError> {
        self.in_store_terms(document::heads(&self.readers, key).await)
    }

    async fn document_chunks(
        &self,
        key: &PersonaKey,
        id: &DocumentId,
    ) -> Result<Vec<Chunk>, StoreError> {
        self.in_store_terms(document::document_chunks(&self.readers, key, id).await)
    }

    async fn all_persona_keys(&self) -> Result<Vec<PersonaKey>, StoreError> {
        self.in_store_terms(document::persona_keys(&self.readers).await)
    }

    async fn session(
        &self,
        tenant: &TenantId,
        id: &SessionId,
    ) -> Result<Option<Session>, StoreError> {
        self.in_store_terms(session::session(&self.readers, tenant, id).await)
    }

    async fn sessions(
        &self,
        tenant: &TenantId,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<Session>, StoreError> {
        self.in_store_terms(session::sessions(&self.readers, tenant, filter, page).await)
    }

    async fn messages(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        from_seq: u32,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let found = message::messages(&self.readers, tenant, session, from_seq, limit).await;
        self.in_store_terms(found)
    }

    async fn message(
        &self,
        tenant: &TenantId,
        id: &MessageId,
    ) -> Result<Option<Message>, StoreError> {
        self.in_store_terms(message::message(&self.readers, tenant, id).await)
    }

    async fn messages_with_deltas(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        from_seq: u32,
        limit: u32,
    ) -> Result<Vec<(Message, Option<DeltaRecord>)>, StoreError> {
        let found = delta::with_messages(&self.readers, tenant, session, from_seq, limit).await;
        self.in_store_terms(found)
    }

    async fn replies_quoting(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        message: &MessageId,
    ) -> Result<Vec<Message>, StoreError> {
        let found = message::replies_quoting(&self.readers, tenant, session, message).await;
        self.in_store_terms(found)
    }

    async fn sessions_folded_otherwise(
        &self,
        version: u32,
        after: Option<&(TenantId, SessionId)>,
        limit: u32,
    ) -> Result<Vec<(TenantId, SessionId)>, StoreError> {
        self.in_store_terms(fold::of_other_versions(&self.readers, version, after, limit).await)
    }

    async fn fold(
        &self,
        tenant: &TenantId,
        session: &SessionId,
    ) -> Result<Option<FoldRecord>, StoreError> {
        self.in_store_terms(fold::fold(&self.readers, tenant, session).await)
    }

    async fn client_folds(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        limit: u32,
    ) -> Result<Vec<FoldRecord>, StoreError> {
        self.in_store_terms(fold::client_folds(&self.readers, tenant, client, limit).await)
    }

    async fn experiences(&self, scope: &MemoryScope) -> Result<Vec<Experience>, StoreError> {
        self.in_store_terms(experience::experiences(&self.readers, scope).await)
    }

    async fn experiences_of(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        session: &SessionId,
        message: &MessageId,
    ) -> Result<Vec<Experience>, StoreError> {
        let found = experience::of_message(&self.readers, tenant, client, session, message).await;
        self.in_store_terms(found)
    }

    async fn insight(
        &self,
        tenant: &TenantId,
        id: &InsightId,
    ) -> Result<Option<Insight>, StoreError> {
        self.in_store_terms(insight::insight(&self.readers, tenant, id).await)
    }

    async fn insights(
        &self,
        tenant: &TenantId,
        client: Option<&ClientId>,
        page: &PageRequest,
    ) -> Result<Page<Insight>, StoreError> {
        self.in_store_terms(insight::insights(&self.readers, tenant, client, page).await)
    }

    async fn review_counts(
        &self,
        tenant: &TenantId,
        persona: &PersonaKey,
    ) -> Result<Vec<ReviewCount>, StoreError> {
        self.in_store_terms(insight::review_counts(&self.readers, tenant, persona).await)
    }

    async fn instrument_entries(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        limit: u32,
    ) -> Result<Vec<InstrumentEntry>, StoreError> {
        self.in_store_terms(instrument::entries(&self.readers, tenant, client, limit).await)
    }

    async fn job(&self, tenant: &TenantId, id: &JobId) -> Result<Option<Job>, StoreError> {
        self.in_store_terms(job::job(&self.readers, tenant, id).await)
    }

    async fn waiting_job(&self, tenant: &TenantId, key: &str) -> Result<Option<Job>, StoreError> {
        self.in_store_terms(job::waiting(&self.readers, tenant, key).await)
    }

    async fn due_jobs(&self, now: Timestamp, limit: u32) -> Result<Vec<Job>, StoreError> {
        self.in_store_terms(job::due(&self.readers, now, limit).await)
    }

    async fn next_job_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.in_store_terms(job::next_due(&self.readers).await)
    }

    async fn knowledge(
        &self,
        tenant: &TenantId,
        persona: &PersonaKey,
    ) -> Result<Vec<KnowledgeDomain>, StoreError> {
        self.in_store_terms(knowledge::knowledge(&self.readers, tenant, persona).await)
    }

    async fn risk_flag(
        &self,
        tenant: &TenantId,
        id: &RiskFlagId,
    ) -> Result<Option<RiskFlag>, StoreError> {
        self.in_store_terms(risk::risk_flag(&self.readers, tenant, id).await)
    }

    async fn risk_flags(
        &self,
        tenant: &TenantId,
        open_only: bool,
        page: &PageRequest,
    ) -> Result<Page<RiskFlag>, StoreError> {
        self.in_store_terms(risk::risk_flags(&self.readers, tenant, open_only, page).await)
    }

    async fn client_risk_flags(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        open_only: bool,
        limit: u32,
    ) -> Result<Vec<RiskFlag>, StoreError> {
        let found = risk::of_client(&self.readers, tenant, client, open_only, limit).await;
        self.in_store_terms(found)
    }

    async fn idempotent(
        &self,
        tenant: &TenantId,
        key: &str,
    ) -> Result<Option<KeptAnswer>, StoreError> {
        self.in_store_terms(answer::answer(&self.readers, tenant, key).await)
    }

    /// The writer's connection goes last: the last one that can write moves the log into the file.
    async fn close(&self) {
        self.closing.cancel();
        // Held until all is closed, so that a second caller waits for the first.
        let mut writer = self.writer.lock().await;
        let Some(task) = writer.take() else { return };
        let db = task.await;
        self.readers.close().await;
        let closed = match db {
            Ok(db) => db.close().await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = closed {
            tracing::warn!(path = %self.path.display(), error, "the database was not closed cleanly");
        }
    }
}
