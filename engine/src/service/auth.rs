//! Who calls: API keys and their tenants.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::AuthConfig;
use crate::domain::id::{ApiKeyId, TenantId};
use crate::domain::tenant::{ApiKey, KeyHash, KeySecret, Tenant};
use crate::domain::timing::{Phase, Phases};
use crate::store::{Write, WriteSet};

use super::cache::Cache;
use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;

/// The holder of a valid key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose data the key opens.
    pub tenant: TenantId,
    /// The key's public name.
    pub key: ApiKeyId,
}

#[derive(Clone)]
struct Known {
    caller: Caller,
    until: Timestamp,
}

/// Checks, makes and revokes keys.
pub struct Auth {
    parts: Arc<Parts>,
    known: Cache<KeyHash, Known>,
    keep: Duration,
}

impl Auth {
    pub(super) fn new(parts: Arc<Parts>, config: &AuthConfig) -> Self {
        Self {
            parts,
            known: Cache::new(config.cache_entries),
            keep: config.cache_time(),
        }
    }

    /// Who holds this secret; nobody if it is unknown or revoked.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn identify(
        &self,
        secret: &KeySecret,
        phases: &Phases,
    ) -> Result<Option<Caller>, ServiceError> {
        phases
            .time_async(Phase::Auth, self.look_up(secret.hash()))
            .await
    }

    async fn look_up(&self, hash: KeyHash) -> Result<Option<Caller>, ServiceError> {
        let now = self.parts.now();
        if let Some(known) = self.known.get(&hash).filter(|known| now < known.until) {
            return Ok(Some(known.caller));
        }
        let Some(key) = self.parts.store.api_key(hash).await? else {
            return Ok(None);
        };
        if key.revoked_at.is_some() {
            return Ok(None);
        }
        let caller = Caller {
            tenant: key.tenant,
            key: key.id,
        };
        if let Ok(until) = now.checked_add(self.keep) {
            self.known.put(
                hash,
                Known {
                    caller: caller.clone(),
                    until,
                },
            );
        }
        Ok(Some(caller))
    }

    /// Makes the tenant unless it exists.
    ///
    /// # Errors
    /// When the name is empty or too long, or the store fails.
    pub async fn put_tenant(&self, id: TenantId, name: &str) -> Result<Tenant, ServiceError> {
        ServiceError::unless_empty(label_faults("name", name))?;
        if let Some(tenant) = self.parts.store.tenant(&id).await? {
            return Ok(tenant);
        }
        let tenant = Tenant {
            id,
            name: name.to_owned(),
            created_at: self.parts.now(),
        };
        self.parts
            .store
            .commit(Write::PutTenant(tenant.clone()).into())
            .await?;
        Ok(tenant)
    }

    /// The tenant.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn tenant(&self, id: &TenantId) -> Result<Tenant, ServiceError> {
        self.parts
            .store
            .tenant(id)
            .await?
            .ok_or_else(|| ServiceError::not_found("tenant", id))
    }

    /// Forgets the keys of a tenant that was removed.
    pub(super) fn forget_tenant(&self, tenant: &TenantId) {
        self.known.retain(|known| known.caller.tenant != *tenant);
    }

    /// A new key, with its secret, which nobody can read again.
    ///
    /// # Errors
    /// When the label is empty or too long, or the store fails.
    pub async fn create_key(
        &self,
        scope: &Scope,
        label: &str,
    ) -> Result<(ApiKey, KeySecret), ServiceError> {
        let secret = KeySecret::new(&self.parts.ids);
        let key = self.insert_key(scope, label, &secret).await?;
        Ok((key, secret))
    }

    /// Makes `secret`, which the caller chose, the tenant's only open key of this label; for
    /// development only.
    ///
    /// # Errors
    /// When the secret is too short, was revoked or opens another tenant, or the store fails.
    pub async fn adopt_key(
        &self,
        scope: &Scope,
        label: &str,
        secret: &KeySecret,
    ) -> Result<(), ServiceError> {
        if secret.reveal().len() < 16 {
            let fault = Fault::at("key", "a chosen secret must have at least 16 characters");
            return Err(ServiceError::Invalid {
                faults: vec![fault],
            });
        }
        let present = self.parts.store.api_key(secret.hash()).await?;
        match present {
            Some(key) if key.tenant != scope.tenant || key.revoked_at.is_some() => {
                let detail =
                    "the chosen secret was revoked or belongs to another tenant; choose another";
                Err(ServiceError::Refused {
                    detail: detail.to_owned(),
                })
            }
            Some(key) => {
                let others = |other: &&ApiKey| other.label == label && other.id != key.id;
                let keys = self.keys(scope).await?;
                let ids: Vec<_> = keys
                    .iter()
                    .filter(others)
                    .map(|other| other.id.clone())
                    .collect();
                self.revoke(scope, &ids).await
            }
            None => {
                self.revoke_label(scope, label).await?;
                self.insert_key(scope, label, secret).await.map(|_| ())
            }
        }
    }

    async fn insert_key(
        &self,
        scope: &Scope,
        label: &str,
        secret: &KeySecret,
    ) -> Result<ApiKey, ServiceError> {
        ServiceError::unless_empty(label_faults("label", label))?;
        let key = ApiKey {
            id: ApiKeyId::new(&self.parts.ids, &*self.parts.clock),
            tenant: scope.tenant.clone(),
            label: label.to_owned(),
            hash: secret.hash(),
            created_at: self.parts.now(),
            revoked_at: None,
        };
        scope
            .commit(&self.parts, Write::InsertApiKey(key.clone()).into())
            .await?;
        Ok(key)
    }

    /// The tenant's keys, revoked ones too.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keys(&self, scope: &Scope) -> Result<Vec<ApiKey>, ServiceError> {
        Ok(scope.db(self.parts.store.api_keys(&scope.tenant)).await?)
    }

    /// Revokes a key; from now on it opens nothing.
    ///
    /// # Errors
    /// When the tenant has no such key, or the store fails.
    pub async fn revoke_key(&self, scope: &Scope, id: &ApiKeyId) -> Result<(), ServiceError> {
        let keys = self.keys(scope).await?;
        if !keys.iter().any(|key| key.id == *id) {
            return Err(ServiceError::not_found("API key", id));
        }
        self.revoke(scope, std::slice::from_ref(id)).await
    }

    /// Revokes every key of the tenant that carries `label`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_label(&self, scope: &Scope, label: &str) -> Result<(), ServiceError> {
        let open = |key: &&ApiKey| key.label == label && key.revoked_at.is_none();
        let ids: Vec<_> = self
            .keys(scope)
            .await?
            .iter()
            .filter(open)
            .map(|key| key.id.clone())
            .collect();
        self.revoke(scope, &ids).await
    }

    async fn revoke(&self, scope: &Scope, ids: &[ApiKeyId]) -> Result<(), ServiceError> {
        let at = self.parts.now();
        let revoke = |id: &ApiKeyId| Write::RevokeApiKey {
            tenant: scope.tenant.clone(),
            id: id.clone(),
            at,
        };
        let set: WriteSet = ids.iter().map(revoke).collect();
        if !set.writes().is_empty() {
            scope.commit(&self.parts, set).await?;
        }
        self.known.retain(|known| !ids.contains(&known.caller.key));
        Ok(())
    }
}

fn label_faults(key: &'static str, text: &str) -> Vec<Fault> {
    if text.trim().is_empty() || text.chars().count() > 100 {
        return vec![Fault::at(key, "must have 1 to 100 characters")];
    }
    Vec::new()
}
