//! `/risk-flags`

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::id::{ClientId, MessageId, RiskFlagId, SessionId};
use crate::domain::risk::{RiskFlag, RiskResolution};

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, Params, PathId, Submission};
use super::page::{PageAnswer, PageParams, digest};
use super::problem::ProblemDocument;

/// A risk flag: words that a person must look at.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RiskFlagBody {
    #[schema(value_type = String)]
    id: RiskFlagId,
    #[schema(value_type = String)]
    client_id: ClientId,
    #[schema(value_type = String)]
    session_id: SessionId,
    #[schema(value_type = String)]
    message_id: MessageId,
    /// E.g. `passive_wish`, `active_ideation`, `self_injury`, `harm_to_others`, `abuse`.
    category: String,
    /// From 1 (low) to 6 (acute).
    severity: u8,
    /// How the words are meant: `present`, `negated`, `historical`, `hypothetical`, …
    assertion: String,
    /// Whether a person must be told at once.
    requires_human: bool,
    /// Which rule fired.
    rule: String,
    /// First byte of the words in the message.
    byte_start: usize,
    /// First byte after them.
    byte_end: usize,
    quote: String,
    /// How a person closed it, if one did.
    resolution: Option<ResolutionBody>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// How a person closed a flag.
#[derive(Debug, Serialize, ToSchema)]
struct ResolutionBody {
    reason: String,
    resolved_by: String,
    #[schema(value_type = String, format = DateTime)]
    resolved_at: Timestamp,
}

impl From<RiskFlag> for RiskFlagBody {
    fn from(flag: RiskFlag) -> Self {
        let resolution = |RiskResolution {
                              reason,
                              resolved_by,
                              resolved_at,
                          }| ResolutionBody {
            reason,
            resolved_by,
            resolved_at,
        };
        Self {
            id: flag.id,
            client_id: flag.client,
            session_id: flag.session,
            message_id: flag.message,
            requires_human: flag.finding.requires_human(),
            category: flag.finding.category,
            severity: flag.finding.severity,
            assertion: flag.finding.assertion,
            rule: flag.finding.rule,
            byte_start: flag.finding.byte_start,
            byte_end: flag.finding.byte_end,
            quote: flag.finding.quote,
            resolution: flag.resolution.map(resolution),
            created_at: flag.created_at,
        }
    }
}

/// Which flags.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RiskFlagParams {
    /// Closed ones too; false when left out.
    #[serde(default)]
    include_resolved: bool,
    limit: Option<u16>,
    cursor: Option<String>,
}

/// How a flag is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResolveBody {
    /// Why.
    reason: String,
    /// Which person.
    resolved_by: String,
}

/// The tenant's risk flags, newest first.
#[utoipa::path(
    get, path = "/risk-flags", tag = "risk", operation_id = "list_risk_flags", params(RiskFlagParams),
    responses((status = 200, body = PageAnswer<RiskFlagBody>))
)]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    call: Call,
    Params(params): Params<RiskFlagParams>,
) -> Answer {
    let filter = digest("risk-flags", &params.include_resolved);
    let request = PageParams::new(params.limit, params.cursor).request(filter)?;
    let open_only = !params.include_resolved;
    let page = api
        .services
        .risk_flags
        .list(&call.scope, open_only, &request)
        .await?;
    answer::ok(
        &call.scope.phases,
        &PageAnswer::new(page, filter, RiskFlagBody::from),
    )
}

/// Closes a risk flag, for good. Only a person does this.
#[utoipa::path(
    patch, path = "/risk-flags/{id}", tag = "risk", operation_id = "resolve_risk_flag",
    params(("id" = String, Path)), request_body = ResolveBody,
    responses(
        (status = 200, body = RiskFlagBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn resolve(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<RiskFlagId>,
    submission: Submission<ResolveBody>,
) -> Answer {
    let ResolveBody {
        reason,
        resolved_by,
    } = submission.value;
    let flag = api
        .services
        .risk_flags
        .resolve(&call.scope, &id, reason, resolved_by)
        .await?;
    answer::ok(&call.scope.phases, &RiskFlagBody::from(flag))
}
