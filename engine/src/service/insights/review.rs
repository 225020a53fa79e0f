//! What a person makes of an insight, and what the persona learns from it.

use jiff::Timestamp;

use crate::domain::id::InsightId;
use crate::domain::insight::{Insight, InsightStatus};
use crate::domain::memory::MemoryScope;
use crate::memory::ContextRequest;
use crate::store::{Write, WriteSet};

use super::super::core::Scope;
use super::super::error::ServiceError;
use super::super::knowledge;
use super::Insights;

impl Insights {
    /// Takes in a reviewer's decision: the insight's status, and the confidence of the knowledge
    /// domain that its statement falls in. The same decision again changes nothing.
    ///
    /// # Errors
    /// When the tenant has no such insight, it was retracted, or the store fails.
    pub async fn review(
        &self,
        scope: &Scope,
        id: &InsightId,
        accepted: bool,
    ) -> Result<Insight, ServiceError> {
        let mut insight = self.read(scope, id).await?;
        let status = if accepted {
            InsightStatus::Accepted
        } else {
            InsightStatus::Rejected
        };
        if insight.status == InsightStatus::Retracted {
            let detail =
                "the insight was retracted: its evidence is gone, or the present data does not support it"
                    .to_owned();
            return Err(ServiceError::Refused { detail });
        }
        if insight.status == status {
            return Ok(insight);
        }
        let now = self.parts.now();
        insight.status = status;
        insight.updated_at = now;
        let mut set = WriteSet::from(Write::PutInsight(insight.clone()));
        if let Some(write) = self.learn(scope, &insight, accepted, now).await? {
            set.push(write);
        }
        scope.commit(&self.parts, set).await?;
        Ok(insight)
    }

    async fn learn(
        &self,
        scope: &Scope,
        insight: &Insight,
        accepted: bool,
        now: Timestamp,
    ) -> Result<Option<Write>, ServiceError> {
        let store = &self.parts.store;
        let Some(persona) = scope.db(store.persona(&insight.persona)).await? else {
            return Ok(None);
        };
        let memory = MemoryScope {
            tenant: insight.tenant.clone(),
            client: insight.client.clone(),
            persona: insight.persona.clone(),
        };
        let request = ContextRequest {
            scope: &memory,
            query: &insight.statement,
            goals: &[],
            k: 1,
            token_budget: self.parts.limits.context_tokens,
            now,
        };
        let context = self.parts.memories.context(&request, &scope.phases).await?;
        let expertise = &persona.profile.expertise;
        let found = self
            .parts
            .memories
            .knowledge_domain(expertise, &context, &scope.phases);
        let Some(name) = found else { return Ok(None) };
        let gain = knowledge::review_of(scope, &insight.persona, name, accepted, now);
        Ok(Some(Write::AddKnowledge(gain)))
    }
}
