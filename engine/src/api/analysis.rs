//! `/analysis`

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::analysis::{Depth, SessionAnalysis};
use crate::domain::id::{ClientId, SessionId};

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, Conditions, Params, PathId};
use super::insights::InsightBody;
use super::page::{PageAnswer, PageParams, digest};
use super::problem::ProblemDocument;

/// How much.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AnalysisParams {
    /// `basic`, `standard` (the default) or `deep`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    depth: Depth,
}

/// What a session's messages show. Every statement quotes stored messages by id and byte span.
#[utoipa::path(
    get, path = "/analysis/sessions/{id}", tag = "analysis", operation_id = "analyse_session",
    params(("id" = String, Path), AnalysisParams, ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, body = SessionAnalysis, headers(("ETag" = String))),
        (status = 304, description = "The caller has the present version."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn session(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    Params(params): Params<AnalysisParams>,
    conditions: Conditions,
) -> Answer {
    let analyses = &api.services.analyses;
    let session = analyses.session(&call.scope, &id).await?;
    let depth = match params.depth {
        Depth::Basic => "basic",
        Depth::Standard => "standard",
        Depth::Deep => "deep",
    };
    let earlier = match params.depth {
        Depth::Deep => analyses.earlier(&call.scope, &session).await?,
        Depth::Basic | Depth::Standard => Vec::new(),
    };
    let etag = analyses.tag(&session, &earlier, depth);
    if conditions.has(&etag) {
        return answer::not_modified(&etag);
    }
    let analysis = analyses
        .render_beside(&call.scope, &session, &earlier, params.depth)
        .await?;
    answer::tagged(answer::ok(&call.scope.phases, &analysis)?, &etag)
}

/// The insights about a client, newest first.
#[utoipa::path(
    get, path = "/analysis/insights/client/{id}", tag = "analysis", operation_id = "list_client_insights",
    params(("id" = String, Path), PageParams),
    responses((status = 200, body = PageAnswer<InsightBody>))
)]
pub(super) async fn client_insights(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<ClientId>,
    Params(params): Params<PageParams>,
) -> Answer {
    let filter = digest("client-insights", &id);
    let request = params.request(filter)?;
    let page = api
        .services
        .insights
        .list(&call.scope, Some(&id), &request)
        .await?;
    answer::ok(
        &call.scope.phases,
        &PageAnswer::new(page, filter, InsightBody::from),
    )
}
