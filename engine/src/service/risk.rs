//! Risk flags: listed for people, and closed by people only.

use std::sync::Arc;

use crate::domain::id::RiskFlagId;
use crate::domain::page::Page;
use crate::domain::risk::{RiskFlag, RiskResolution};
use crate::store::{PageRequest, StoreError, Write};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;

/// The use cases of risk flags.
pub struct RiskFlags {
    parts: Arc<Parts>,
}

impl RiskFlags {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
    }

    /// The tenant's flags, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        &self,
        scope: &Scope,
        open_only: bool,
        page: &PageRequest,
    ) -> Result<Page<RiskFlag>, ServiceError> {
        Ok(scope
            .db(self.parts.store.risk_flags(&scope.tenant, open_only, page))
            .await?)
    }

    /// Closes a flag, for good.
    ///
    /// # Errors
    /// When there is no such flag, it is closed already, a value breaks a rule, or the store fails.
    pub async fn resolve(
        &self,
        scope: &Scope,
        id: &RiskFlagId,
        reason: String,
        resolved_by: String,
    ) -> Result<RiskFlag, ServiceError> {
        let unfit = |text: &str, max: usize| text.trim().is_empty() || text.chars().count() > max;
        let mut faults = Vec::new();
        if unfit(&reason, 2_000) {
            faults.push(Fault::at("reason", "must have 1 to 2000 characters"));
        }
        if unfit(&resolved_by, 200) {
            faults.push(Fault::at("resolved_by", "must have 1 to 200 characters"));
        }
        ServiceError::unless_empty(faults)?;
        let mut flag = scope
            .db(self.parts.store.risk_flag(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("risk flag", id))?;
        let closed = || ServiceError::Refused {
            detail: "the risk flag is closed already".to_owned(),
        };
        if flag.resolution.is_some() {
            return Err(closed());
        }
        let resolution = RiskResolution {
            reason,
            resolved_by,
            resolved_at: self.parts.now(),
        };
        let write = Write::ResolveRiskFlag {
            tenant: scope.tenant.clone(),
            id: id.clone(),
            resolution: resolution.clone(),
        };
        match scope.commit(&self.parts, write.into()).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => return Err(closed()),
            Err(error) => return Err(error.into()),
        }
        flag.resolution = Some(resolution);
        Ok(flag)
    }
}
