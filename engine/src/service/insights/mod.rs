//! Insights: drawn from a client's folded sessions, kept under ids that follow from what they say,
//! so that a repeat adds evidence and no duplicate.
//!
//! [`generate`] looks for them, [`lineage`] compares them with their sources, [`review`] takes in
//! what a person makes of them. Nothing here is ever put into words by anybody but the detectors and
//! the client.

mod generate;
mod lineage;
mod review;

use std::sync::Arc;

pub use generate::{InsightRequest, Run};
pub use lineage::Verification;

use crate::domain::id::{ClientId, InsightId};
use crate::domain::insight::Insight;
use crate::domain::page::{Page, PageSize};
use crate::store::{PageRequest, Write};

use super::clients::Clients;
use super::core::{Parts, Scope};
use super::error::ServiceError;

/// The use cases of insights.
pub struct Insights {
    parts: Arc<Parts>,
    clients: Arc<Clients>,
}

impl Insights {
    pub(super) fn new(parts: Arc<Parts>, clients: Arc<Clients>) -> Self {
        Self { parts, clients }
    }

    /// One insight.
    ///
    /// # Errors
    /// When the tenant has no such insight, or the store fails.
    pub async fn read(&self, scope: &Scope, id: &InsightId) -> Result<Insight, ServiceError> {
        scope
            .db(self.parts.store.insight(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("insight", id))
    }

    /// The tenant's insights, about one client or all, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        &self,
        scope: &Scope,
        client: Option<&ClientId>,
        page: &PageRequest,
    ) -> Result<Page<Insight>, ServiceError> {
        Ok(scope
            .db(self.parts.store.insights(&scope.tenant, client, page))
            .await?)
    }

    /// Removes an insight.
    ///
    /// # Errors
    /// When the tenant has no such insight, or the store fails.
    pub async fn delete(&self, scope: &Scope, id: &InsightId) -> Result<(), ServiceError> {
        self.read(scope, id).await?;
        let write = Write::DeleteInsight {
            tenant: scope.tenant.clone(),
            id: id.clone(),
        };
        Ok(scope.commit(&self.parts, write.into()).await?)
    }

    /// All insights about one client, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn all(
        &self,
        scope: &Scope,
        client: &ClientId,
    ) -> Result<Vec<Insight>, ServiceError> {
        let size = PageSize::LARGEST;
        let mut page = PageRequest { after: None, size };
        let mut insights = Vec::new();
        loop {
            let part = self.list(scope, Some(client), &page).await?;
            insights.extend(part.items);
            match part.next {
                Some(after) => page.after = Some(after),
                None => return Ok(insights),
            }
        }
    }
}

#[cfg(test)]
mod tests;
