//! Whether quoted words still stand where an insight says.

use crate::domain::id::InsightId;
use crate::domain::insight::{Evidence, Insight};

use super::super::core::Scope;
use super::super::error::ServiceError;
use super::Insights;

/// Whether quoted words still stand where an insight says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Byte for byte.
    Verified,
    /// The source is there and says something else.
    Differs,
    /// The source is gone.
    Missing,
}

impl Insights {
    /// The evidence of an insight, each piece compared with its source as it is now.
    ///
    /// # Errors
    /// When the tenant has no such insight, or the store fails.
    pub async fn lineage(
        &self,
        scope: &Scope,
        id: &InsightId,
    ) -> Result<(Insight, Vec<(Evidence, Verification)>), ServiceError> {
        let insight = self.read(scope, id).await?;
        let mut checked = Vec::with_capacity(insight.evidence.len());
        for evidence in &insight.evidence {
            let verification = self.verify(scope, &insight, evidence).await?;
            checked.push((evidence.clone(), verification));
        }
        Ok((insight, checked))
    }

    async fn verify(
        &self,
        scope: &Scope,
        insight: &Insight,
        evidence: &Evidence,
    ) -> Result<Verification, ServiceError> {
        let store = &self.parts.store;
        let (source, start, end, quote) = match evidence {
            Evidence::Message {
                message_id,
                byte_start,
                byte_end,
                quote,
                ..
            } => {
                let message = scope.db(store.message(&scope.tenant, message_id)).await?;
                (
                    message.map(|message| message.content),
                    *byte_start,
                    *byte_end,
                    quote,
                )
            }
            Evidence::Document {
                document_id,
                byte_start,
                byte_end,
                quote,
                ..
            } => {
                let document = scope
                    .db(store.document(&insight.persona, document_id))
                    .await?;
                (
                    document.map(|document| document.content),
                    *byte_start,
                    *byte_end,
                    quote,
                )
            }
        };
        Ok(match source {
            None => Verification::Missing,
            Some(text) if text.get(start..end) == Some(quote.as_str()) => Verification::Verified,
            Some(_) => Verification::Differs,
        })
    }
}
