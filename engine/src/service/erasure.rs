//! Removal of everything at once: of a client, of a tenant. One write set for the store, then every
//! index and cache.
//!
//! A client is nothing but the sessions and insights under its name; when they are gone, it is.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::id::{ClientId, TenantId};
use crate::store::{StoreError, Write};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::folds::Folds;

/// Removal as a whole.
pub struct Erasure {
    parts: Arc<Parts>,
    folds: Arc<Folds>,
    in_step: Arc<Mutex<()>>,
}

impl Erasure {
    /// `in_step` is held while store and foundation are changed together.
    pub(super) fn new(parts: Arc<Parts>, folds: Arc<Folds>, in_step: Arc<Mutex<()>>) -> Self {
        Self {
            parts,
            folds,
            in_step,
        }
    }

    /// Removes everything of a client: sessions, messages, analyses, memories, insights, flags and
    /// kept answers, from the store in one transaction and from every index.
    ///
    /// # Errors
    /// When nothing is kept of such a client, or the store fails.
    pub async fn client(&self, scope: &Scope, client: &ClientId) -> Result<(), ServiceError> {
        let (parts, folds) = (Arc::clone(&self.parts), Arc::clone(&self.folds));
        let (scope, client) = (scope.clone(), client.clone());
        let work = async move {
            let write = Write::DeleteClient {
                tenant: scope.tenant.clone(),
                client: client.clone(),
            };
            match scope.commit(&parts, write.into()).await {
                Err(StoreError::Missing { .. }) => {
                    return Err(ServiceError::not_found("client", &client));
                }
                outcome => outcome?,
            }
            parts.memories.forget_client(&scope.tenant, &client);
            folds.forget_tenant(&scope.tenant);
            Ok(())
        };
        // Runs to its end even if the caller goes away: the store must not forget alone.
        tokio::spawn(work)
            .await
            .unwrap_or_else(|error| Err(ServiceError::internal("removing the client", error)))
    }

    /// Removes a tenant with everything that it owns: keys, personas and their documents, clients,
    /// sessions. Keys that callers have open are not known here: see
    /// [`Services::delete_tenant`](super::Services::delete_tenant).
    ///
    /// # Errors
    /// When there is no such tenant, it owns the shipped personas, or the store fails.
    pub(super) async fn tenant(&self, tenant: &TenantId) -> Result<(), ServiceError> {
        let _held = self.in_step.lock().await;
        match self
            .parts
            .store
            .commit(Write::DeleteTenant(tenant.clone()).into())
            .await
        {
            Err(StoreError::Missing { .. }) => {
                return Err(ServiceError::not_found("tenant", tenant));
            }
            Err(StoreError::Conflict { .. }) => {
                return Err(ServiceError::Refused {
                    detail: format!(
                        "tenant {:?} owns the personas that ship with the program and stays",
                        tenant.as_str()
                    ),
                });
            }
            outcome => outcome?,
        }
        self.parts.memories.forget_tenant(tenant);
        self.folds.forget_tenant(tenant);
        Ok(())
    }
}
