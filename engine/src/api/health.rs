//! What operators ask: is it alive, is it ready, what is it, how is it doing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::timing::Phases;
use crate::service::ServiceError;

use super::Api;
use super::answer::{self, Answer};
use super::problem::ProblemDocument;

/// Alive or ready.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthBody {
    status: &'static str,
}

/// What runs here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VersionBody {
    name: &'static str,
    version: &'static str,
    /// The commit it was built from, if the build said so (variable `SMART_STEPS_COMMIT`).
    commit: Option<&'static str>,
    /// `release` or `debug`.
    profile: &'static str,
}

/// Whether the process runs. Asks nobody else.
#[utoipa::path(
    get, path = "/health/live", tag = "operations", operation_id = "live", security(()),
    responses((status = 200, body = HealthBody))
)]
pub(super) async fn live() -> Answer {
    answer::ok(&Phases::default(), &HealthBody { status: "ok" })
}

/// Whether requests can be served: asks the database.
#[utoipa::path(
    get, path = "/health/ready", tag = "operations", operation_id = "ready", security(()),
    responses(
        (status = 200, body = HealthBody),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ready(State(api): State<Arc<Api>>) -> Answer {
    api.services.ready().await.map_err(ServiceError::from)?;
    answer::ok(&Phases::default(), &HealthBody { status: "ok" })
}

/// Name, version and build.
#[utoipa::path(
    get, path = "/version", tag = "operations", operation_id = "version", security(()),
    responses((status = 200, body = VersionBody))
)]
pub(super) async fn version() -> Answer {
    let body = VersionBody {
        name: "smart-steps",
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("SMART_STEPS_COMMIT"),
        profile: if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        },
    };
    answer::ok(&Phases::default(), &body)
}

/// Counters in the text form of Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "operations", operation_id = "metrics", security(()),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(super) async fn metrics(State(api): State<Arc<Api>>) -> Response {
    let head = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (head, api.metrics.render()).into_response()
}
