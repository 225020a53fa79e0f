//! Progress and patterns of a client, and the instruments that are entered for it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::analysis::insight::InsightConfig;
use crate::analysis::progress;
use crate::domain::id::{ClientId, InstrumentEntryId};
use crate::domain::instrument::{Instrument, InstrumentEntry};
use crate::domain::progress::{ClientPatterns, ClientProgress};
use crate::domain::timing::Phase;
use crate::store::{StoreError, Write, WriteSet};

use super::clients::{Clients, ENTRIES};
use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;
use super::jobs;

/// What a new entry needs.
#[derive(Debug, Clone)]
pub struct NewInstrumentEntry {
    /// Who filled it in.
    pub client: ClientId,
    /// Which instrument.
    pub instrument: Instrument,
    /// The answers in order.
    pub items: Option<Vec<f64>>,
    /// Their sum, where the answers are not known.
    pub total: Option<f64>,
    /// When it was filled in; now when left out.
    pub taken_at: Option<Timestamp>,
}

/// The use cases of progress.
pub struct Progress {
    parts: Arc<Parts>,
    clients: Arc<Clients>,
}

impl Progress {
    pub(super) fn new(parts: Arc<Parts>, clients: Arc<Clients>) -> Self {
        Self { parts, clients }
    }

    /// What the client's sessions and instruments show over time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(
        &self,
        scope: &Scope,
        client: &ClientId,
    ) -> Result<ClientProgress, ServiceError> {
        let (_, history) = self.clients.whole_history(scope, client).await?;
        Ok(scope
            .phases
            .time(Phase::Synthesis, || progress::progress(&history, client)))
    }

    /// What recurs over the client's sessions.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn patterns(
        &self,
        scope: &Scope,
        client: &ClientId,
    ) -> Result<ClientPatterns, ServiceError> {
        let (_, history) = self.clients.whole_history(scope, client).await?;
        let config = InsightConfig::default();
        Ok(scope.phases.time(Phase::Synthesis, || {
            progress::patterns(&history, client, &config)
        }))
    }

    /// The latest entries of a client, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn entries(
        &self,
        scope: &Scope,
        client: &ClientId,
    ) -> Result<Vec<InstrumentEntry>, ServiceError> {
        let store = &self.parts.store;
        let entries = store.instrument_entries(&scope.tenant, client, ENTRIES);
        Ok(scope.db(entries).await?)
    }

    /// Enters a filled-in instrument, and has insights looked for in its light. The same instrument
    /// of the same instant is the same entry: entered again it changes nothing.
    ///
    /// # Errors
    /// When the answers cannot be scored, the time lies in the future, there is an entry of this
    /// instant with other answers, or the store fails.
    pub async fn enter(
        &self,
        scope: &Scope,
        new: NewInstrumentEntry,
    ) -> Result<InstrumentEntry, ServiceError> {
        let now = self.parts.now();
        let entry = self.scored(scope, new, now)?;
        let mut set = WriteSet::from(Write::InsertInstrumentEntry(entry.clone()));
        set.push(jobs::soon(&self.parts, scope, &entry.client, now));
        match scope.commit(&self.parts, set).await {
            Ok(()) => Ok(entry),
            Err(StoreError::Conflict { .. }) => self.entered_before(scope, &entry).await,
            Err(error) => Err(error.into()),
        }
    }

    fn scored(
        &self,
        scope: &Scope,
        new: NewInstrumentEntry,
        now: Timestamp,
    ) -> Result<InstrumentEntry, ServiceError> {
        let refused = |field, detail: String| ServiceError::Invalid {
            faults: vec![Fault::at(field, detail)],
        };
        let taken_at = new.taken_at.unwrap_or(now);
        if taken_at > now {
            let detail = format!("lies in the future; it is {now} here");
            return Err(refused("taken_at", detail));
        }
        let field = if new.items.is_some() {
            "items"
        } else {
            "total"
        };
        let total = new.instrument.score(new.items.as_deref(), new.total);
        let total = total.map_err(|error| refused(field, error.to_string()))?;
        let micros = taken_at.as_microsecond();
        let key = [
            scope.tenant.as_str(),
            new.client.as_str(),
            new.instrument.as_str(),
            &micros.to_string(),
        ];
        Ok(InstrumentEntry {
            id: InstrumentEntryId::derived(key.join("\0").as_bytes()),
            tenant: scope.tenant.clone(),
            client: new.client,
            instrument: new.instrument,
            items: new.items,
            total,
            taken_at: Timestamp::from_microsecond(micros).unwrap_or(taken_at),
            created_at: now,
        })
    }

    async fn entered_before(
        &self,
        scope: &Scope,
        entry: &InstrumentEntry,
    ) -> Result<InstrumentEntry, ServiceError> {
        let entries = self.entries(scope, &entry.client).await?;
        let known = entries.into_iter().find(|known| known.id == entry.id);
        let same = known.filter(|known| known.items == entry.items && known.total == entry.total);
        same.ok_or_else(|| ServiceError::Refused {
            detail: format!(
                "there is a {} of this client and instant with other answers (entry {}); delete it first or send another taken_at",
                entry.instrument.title(),
                entry.id
            ),
        })
    }

    /// Removes an entry, and has insights looked for without it.
    ///
    /// # Errors
    /// When the client has no such entry, or the store fails.
    pub async fn delete(
        &self,
        scope: &Scope,
        client: &ClientId,
        id: &InstrumentEntryId,
    ) -> Result<(), ServiceError> {
        let mut set = WriteSet::from(Write::DeleteInstrumentEntry {
            tenant: scope.tenant.clone(),
            client: client.clone(),
            id: id.clone(),
        });
        set.push(jobs::soon(&self.parts, scope, client, self.parts.now()));
        match scope.commit(&self.parts, set).await {
            Err(StoreError::Missing { .. }) => Err(ServiceError::not_found("instrument entry", id)),
            outcome => Ok(outcome?),
        }
    }
}
