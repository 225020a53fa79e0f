//! `/insights`

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::id::{ClientId, InsightId, PersonaId, SessionId};
use crate::domain::insight::{DetectorTest, Evidence, Insight, InsightStatus};
use crate::service::{InsightRequest, Run, Verification};

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, Params, PathId, Submission};
use super::page::{PageAnswer, PageParams, digest};
use super::problem::ProblemDocument;

/// Whose insights are wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GenerateBody {
    #[schema(value_type = String)]
    client_id: ClientId,
    /// From this session alone.
    #[schema(value_type = Option<String>)]
    session_id: Option<SessionId>,
    /// From sessions with this persona alone.
    #[schema(value_type = Option<String>)]
    persona_id: Option<PersonaId>,
}

/// A derived statement with what it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InsightBody {
    #[schema(value_type = String)]
    id: InsightId,
    #[schema(value_type = String)]
    client_id: ClientId,
    #[schema(value_type = String)]
    persona_id: PersonaId,
    /// Which test drew it: `recurrence`, `association`, `trend`, …
    detector: String,
    /// What distinguishes it from others of the detector, e.g. the topic.
    slot: String,
    statement: String,
    test: DetectorTest,
    /// From 0 to 1.
    confidence: f64,
    /// Quotations, byte for byte equal to their sources.
    evidence: Vec<Evidence>,
    status: InsightStatus,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Insight> for InsightBody {
    fn from(insight: Insight) -> Self {
        Self {
            id: insight.id,
            client_id: insight.client,
            persona_id: insight.persona.id,
            detector: insight.detector,
            slot: insight.slot,
            statement: insight.statement,
            test: insight.test,
            confidence: insight.confidence,
            evidence: insight.evidence,
            status: insight.status,
            created_at: insight.created_at,
            updated_at: insight.updated_at,
        }
    }
}

/// What a run brought. No insight is a valid answer: there is too little, or nothing stands out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunBody {
    /// How many sessions were looked at.
    sessions: usize,
    /// Drawn for the first time.
    created: usize,
    /// Known already, now with other evidence or figures.
    updated: usize,
    /// Drafts of earlier runs that the present data does not support any more.
    retracted: usize,
    /// All that the run supports.
    data: Vec<InsightBody>,
}

impl From<Run> for RunBody {
    fn from(run: Run) -> Self {
        Self {
            sessions: run.sessions,
            created: run.created,
            updated: run.updated,
            retracted: run.retracted,
            data: run.insights.into_iter().map(Into::into).collect(),
        }
    }
}

/// Which insights.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct InsightParams {
    /// Only about this client.
    #[param(value_type = Option<String>)]
    client_id: Option<ClientId>,
    limit: Option<u16>,
    cursor: Option<String>,
}

/// The evidence of an insight, compared with its sources as they are now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineageBody {
    insight: InsightBody,
    lineage: Vec<LineageEntry>,
    /// Whether every quotation still stands where the insight says.
    verified: bool,
}

/// One quotation.
#[derive(Debug, Serialize, ToSchema)]
struct LineageEntry {
    evidence: Evidence,
    /// `verified`, `differs` or `missing`.
    verification: &'static str,
}

/// A reviewer's decision.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Accept,
    Reject,
}

/// A review.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewBody {
    /// `accept` or `reject`.
    decision: Decision,
}

/// Looks for insights about a client and keeps what is found. A repeat adds evidence and no
/// duplicates.
#[utoipa::path(
    post, path = "/insights", tag = "insights", operation_id = "generate_insights",
    request_body = GenerateBody,
    responses(
        (status = 200, body = RunBody),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn generate(
    State(api): State<Arc<Api>>,
    call: Call,
    submission: Submission<GenerateBody>,
) -> Answer {
    let body = submission.value;
    let request = InsightRequest {
        client: body.client_id,
        session: body.session_id,
        persona: body.persona_id,
    };
    let run = api
        .services
        .insights
        .generate(&call.scope, &request)
        .await?;
    answer::ok(&call.scope.phases, &RunBody::from(run))
}

/// The tenant's insights, newest first.
#[utoipa::path(
    get, path = "/insights", tag = "insights", operation_id = "list_insights", params(InsightParams),
    responses((status = 200, body = PageAnswer<InsightBody>))
)]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    call: Call,
    Params(params): Params<InsightParams>,
) -> Answer {
    let filter = digest("insights", &params.client_id);
    let request = PageParams::new(params.limit, params.cursor).request(filter)?;
    let page = api
        .services
        .insights
        .list(&call.scope, params.client_id.as_ref(), &request)
        .await?;
    answer::ok(
        &call.scope.phases,
        &PageAnswer::new(page, filter, InsightBody::from),
    )
}

/// One insight.
#[utoipa::path(
    get, path = "/insights/{id}", tag = "insights", operation_id = "read_insight",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = InsightBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<InsightId>,
) -> Answer {
    let insight = api.services.insights.read(&call.scope, &id).await?;
    answer::ok(&call.scope.phases, &InsightBody::from(insight))
}

/// Removes an insight.
#[utoipa::path(
    delete, path = "/insights/{id}", tag = "insights", operation_id = "delete_insight",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<InsightId>,
) -> Answer {
    api.services.insights.delete(&call.scope, &id).await?;
    answer::no_content()
}

/// What an insight rests on, compared with its sources as they are now.
#[utoipa::path(
    get, path = "/insights/{id}/lineage", tag = "insights", operation_id = "read_lineage",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = LineageBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn lineage(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<InsightId>,
) -> Answer {
    let (insight, checked) = api.services.insights.lineage(&call.scope, &id).await?;
    let verified = checked
        .iter()
        .all(|(_, found)| *found == Verification::Verified);
    let entry = |(evidence, found)| LineageEntry {
        evidence,
        verification: match found {
            Verification::Verified => "verified",
            Verification::Differs => "differs",
            Verification::Missing => "missing",
        },
    };
    let lineage = checked.into_iter().map(entry).collect();
    answer::ok(
        &call.scope.phases,
        &LineageBody {
            insight: insight.into(),
            lineage,
            verified,
        },
    )
}

/// Accepts or rejects an insight; the persona's knowledge of the domain moves with it.
#[utoipa::path(
    post, path = "/insights/{id}/reviews", tag = "insights", operation_id = "review_insight",
    params(("id" = String, Path)), request_body = ReviewBody,
    responses(
        (status = 200, body = InsightBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn review(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<InsightId>,
    submission: Submission<ReviewBody>,
) -> Answer {
    let accepted = matches!(submission.value.decision, Decision::Accept);
    let insight = api
        .services
        .insights
        .review(&call.scope, &id, accepted)
        .await?;
    answer::ok(&call.scope.phases, &InsightBody::from(insight))
}
