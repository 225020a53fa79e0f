//! The use cases. Each joins memory, analysis, store and provider into one thing that a caller
//! wants, and ends in one write set: a change is there as a whole or not at all.
//!
//! Everything runs on behalf of a [`Scope`]: what belongs to another tenant is simply not there.
//! This layer knows no HTTP; [`ServiceError`] says what is wrong, and the caller chooses how to tell.

mod analyses;
mod auth;
mod cache;
pub mod check;
mod clients;
mod conversation;
mod core;
mod documents;
mod erasure;
mod error;
mod fault;
mod folds;
mod idempotency;
mod insights;
mod jobs;
mod knowledge;
mod message_changes;
pub mod persona_file;
mod persona_rules;
mod personas;
mod progress;
mod recall;
mod refolding;
mod reports;
mod risk;
mod sessions;
pub mod shipped;
mod transcript;
mod turn_lock;
mod withdrawn_quotes;

use std::sync::Arc;

pub use self::core::{Parts, Scope};
pub use analyses::Analyses;
pub use auth::{Auth, Caller};
pub use conversation::{Conversations, NewMessage, Turn};
pub use documents::{Documents, Intake, IntakeReport};
pub use erasure::Erasure;
pub use error::ServiceError;
pub use fault::{Fault, Part};
pub use idempotency::{Outcome, Render, Rendered, Repeatable};
pub use insights::{InsightRequest, Insights, Run, Verification};
pub use jobs::Jobs;
pub use message_changes::{ExpectedMessage, MessageChange};
pub use personas::Personas;
pub use progress::{NewInstrumentEntry, Progress};
pub use recall::Recall;
pub use refolding::Refolding;
pub use reports::Reports;
pub use risk::RiskFlags;
pub use sessions::{Expected, NewSession, SessionChange, SessionMemory, SessionQuery, Sessions};
pub use transcript::{SaidTurn, Transcribed};

use crate::config::AuthConfig;
use crate::domain::id::{RequestId, TenantId};
use crate::memory::Memories;
pub use crate::memory::Source;
pub use crate::store::PageRequest;
use crate::store::StoreError;

/// How often a change is decided anew when others keep changing the same thing.
const ATTEMPTS: usize = 4;

/// All use cases over the same parts.
pub struct Services {
    parts: Arc<Parts>,
    /// Held while store and foundation are changed together.
    in_step: Arc<tokio::sync::Mutex<()>>,
    /// API keys and tenants.
    pub auth: Auth,
    /// Removal of everything of a client or tenant.
    pub erasure: Erasure,
    /// Personas.
    pub personas: Personas,
    /// Their documents.
    pub documents: Documents,
    /// Sessions.
    pub sessions: Sessions,
    /// Messages.
    pub conversations: Arc<Conversations>,
    /// What is remembered.
    pub recall: Recall,
    /// Analyses.
    pub analyses: Analyses,
    /// Insights.
    pub insights: Arc<Insights>,
    /// Progress, patterns and instruments.
    pub progress: Progress,
    /// Reports on a client.
    pub reports: Reports,
    /// Work of the background.
    pub jobs: Jobs,
    /// Risk flags.
    pub risk_flags: RiskFlags,
}

impl Services {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(parts: Parts, auth: &AuthConfig) -> Self {
        let parts = Arc::new(parts);
        let folds = Arc::new(folds::Folds::new(Arc::clone(&parts)));
        let in_step: Arc<tokio::sync::Mutex<()>> = Arc::default();
        let clients = Arc::new(clients::Clients::new(
            Arc::clone(&parts),
            Arc::clone(&folds),
        ));
        let insights = Arc::new(Insights::new(Arc::clone(&parts), Arc::clone(&clients)));
        Self {
            auth: Auth::new(Arc::clone(&parts), auth),
            erasure: Erasure::new(Arc::clone(&parts), Arc::clone(&folds), Arc::clone(&in_step)),
            personas: Personas::new(Arc::clone(&parts), Arc::clone(&in_step)),
            documents: Documents::new(Arc::clone(&parts), Arc::clone(&in_step)),
            sessions: Sessions::new(Arc::clone(&parts), Arc::clone(&folds)),
            conversations: Arc::new(Conversations::new(Arc::clone(&parts), Arc::clone(&folds))),
            recall: Recall::new(Arc::clone(&parts)),
            analyses: Analyses::new(Arc::clone(&parts), folds),
            progress: Progress::new(Arc::clone(&parts), Arc::clone(&clients)),
            reports: Reports::new(Arc::clone(&parts), clients, Arc::clone(&insights)),
            jobs: Jobs::new(Arc::clone(&parts), Arc::clone(&insights)),
            insights,
            risk_flags: RiskFlags::new(Arc::clone(&parts)),
            parts,
            in_step,
        }
    }

    /// Brings the store's copy of the shipped personas up to date.
    ///
    /// # Errors
    /// When what was compiled in cannot be used, or the store fails.
    pub async fn publish_shipped(&self) -> Result<(), ServiceError> {
        shipped::publish(&self.parts).await
    }

    /// Removes a tenant with everything that it owns. Its keys open nothing from then on.
    ///
    /// # Errors
    /// When there is no such tenant, it owns the shipped personas, or the store fails.
    pub async fn delete_tenant(&self, tenant: &TenantId) -> Result<(), ServiceError> {
        self.erasure.tenant(tenant).await?;
        self.auth.forget_tenant(tenant);
        Ok(())
    }

    /// Puts memories with other vectors in the place of the present ones, with no document missing.
    ///
    /// # Errors
    /// When the store cannot be read; the present memories stay.
    pub async fn replace_memories(&self, later: Memories) -> Result<(), ServiceError> {
        let _held = self.in_step.lock().await;
        later.catch_up().await?;
        let name = later.embedder().to_owned();
        match self.parts.memories.replace(later) {
            Ok(()) => tracing::info!(embedder = name, "searches use the new vectors from here on"),
            Err(_) => tracing::warn!(embedder = name, "the vectors were replaced before"),
        }
        Ok(())
    }

    /// Gives back the memory of those that were replaced, when nobody can be asking them any more.
    pub fn drop_replaced_memories(&self) {
        self.parts.memories.drop_first();
    }

    /// Whether requests can be served.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.parts.store.ping().await
    }

    /// How many messages one batch may hold.
    #[must_use]
    pub fn batch_limit(&self) -> usize {
        self.parts.limits.batch_messages
    }

    /// Makes a request's id.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        RequestId::new(&self.parts.ids, &*self.parts.clock)
    }

    /// Keeps the indexes for the next start, waits for writes under way and closes the store.
    pub async fn close(&self) {
        self.parts.memories.save();
        self.parts.store.close().await;
    }
}
