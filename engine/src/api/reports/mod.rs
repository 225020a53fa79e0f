//! `/analysis/reports`: a report on one client, as JSON, Markdown or HTML.
//!
//! [`document`] puts the report into blocks and words once; [`markdown`] and [`html`] only show them.

mod document;
mod html;
mod markdown;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::domain::id::ClientId;
use crate::domain::report::ClientReport;
use crate::domain::timing::Phase;

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, Params, PathId};

/// The form of a report.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Json,
    Markdown,
    Html,
}

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportParams {
    /// `json` (the default), `markdown` or `html`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    format: Format,
}

/// A report on one client: what a person must look at first, progress, patterns, insights, and the
/// latest session in the client's words. The same data gives the same bytes.
#[utoipa::path(
    get, path = "/analysis/reports/client/{id}", tag = "analysis", operation_id = "read_report",
    params(("id" = String, Path), ReportParams),
    responses(
        (status = 200, description = "The report, in the form that was asked for.", content(
            (ClientReport = "application/json"),
            (String = "text/markdown"),
            (String = "text/html"),
        )),
    )
)]
pub(super) async fn client(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<ClientId>,
    Params(params): Params<ReportParams>,
) -> Answer {
    let report = api.services.reports.client(&call.scope, &id).await?;
    let shown = |text: String, media_type: &'static str| {
        let mut response: Response = text.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    };
    let phases = &call.scope.phases;
    match params.format {
        Format::Json => answer::ok(phases, &report),
        Format::Markdown => {
            let text = phases.time(Phase::Serialize, || {
                markdown::render(&document::of(&report))
            });
            Ok(shown(text, "text/markdown; charset=utf-8"))
        }
        Format::Html => {
            let text = phases.time(Phase::Serialize, || html::render(&document::of(&report)));
            Ok(shown(text, "text/html; charset=utf-8"))
        }
    }
}
