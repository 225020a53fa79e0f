//! What every use case works with, and on whose behalf it runs.

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;

use crate::config::LimitsConfig;
use crate::config::WorkerConfig;
use crate::config::crisis::CrisisTexts;
use crate::domain::clock::Clock;
use crate::domain::id::{IdSource, TenantId};
use crate::domain::timing::{Phase, Phases};
use crate::memory::{LiveMemories, MemoryError};
use crate::provider::LanguageModel;
use crate::store::{Store, StoreError, WriteSet};

use super::error::ServiceError;

/// The finished parts that are passed inward.
pub struct Parts {
    /// Where data is kept.
    pub store: Arc<dyn Store>,
    /// What is remembered.
    pub memories: LiveMemories,
    /// Who writes replies.
    pub model: Arc<dyn LanguageModel>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: IdSource,
    /// How much of everything is taken.
    pub limits: LimitsConfig,
    /// When clients are reflected on, and how often a job is tried.
    pub worker: WorkerConfig,
    /// The fixed texts for emergencies.
    pub crisis: CrisisTexts,
}

/// On whose behalf a use case runs, and where its time is noted.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The tenant; everything read and written is filtered by it.
    pub tenant: TenantId,
    /// The phases of the request.
    pub phases: Arc<Phases>,
}

impl Parts {
    /// The present, cut to the microsecond: that is what the store keeps, and what is answered now
    /// must be what is read later.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

impl Scope {
    /// Awaits a call of the store and notes its time.
    pub(super) async fn db<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.phases.time_async(Phase::Db, call).await
    }

    /// Commits and notes the time.
    pub(super) async fn commit(&self, parts: &Parts, set: WriteSet) -> Result<(), StoreError> {
        self.db(parts.store.commit(set)).await
    }
}

impl From<MemoryError> for ServiceError {
    fn from(error: MemoryError) -> Self {
        match error {
            MemoryError::Store(error) => Self::Store(error),
        }
    }
}
