//! The map of all URLs. Each line is one address; its handlers carry methods and documentation.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use super::problem::Problem;
use super::{
    Api, analysis, auth, clients, conversations, documents, export, health, insights, jobs, memory,
    openapi, personas, progress, reports, request, risk_flags, sessions, transcripts,
};

/// All documented addresses.
pub(super) fn documented(upload_limit: usize) -> OpenApiRouter<Arc<Api>> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(documents::add, documents::list))
        .layer(DefaultBodyLimit::max(upload_limit));
    let v1 = OpenApiRouter::new()
        // /clients/{id}
        .routes(routes!(clients::delete))
        // /sessions
        .routes(routes!(sessions::create, sessions::list))
        // /sessions/{id}
        .routes(routes!(sessions::read, sessions::change, sessions::delete))
        // /sessions/{id}/memory
        .routes(routes!(sessions::memory))
        // /sessions/{id}/memory/retrieve
        .routes(routes!(memory::retrieve))
        // /conversations/{session_id}/transcript
        .routes(routes!(transcripts::record))
        // /conversations/{session_id}/messages
        .routes(routes!(conversations::send, conversations::list))
        // /conversations/{session_id}/messages/batch
        .routes(routes!(conversations::send_batch))
        // /conversations/{session_id}/messages/{id}
        .routes(routes!(
            conversations::read,
            conversations::change,
            conversations::delete
        ))
        // /conversations/{session_id}/export
        .routes(routes!(export::export))
        // /personas
        .routes(routes!(personas::create, personas::list))
        // /personas/validate
        .routes(routes!(personas::validate))
        // /personas/{id}
        .routes(routes!(personas::read, personas::change, personas::delete))
        // /personas/{id}/documents
        .merge(uploads)
        // /personas/{id}/documents/{document_id}
        .routes(routes!(documents::read, documents::delete))
        // /personas/{id}/documents/{document_id}/release
        .routes(routes!(documents::release))
        // /personas/{id}/retrieve
        .routes(routes!(personas::retrieve))
        // /personas/{id}/knowledge
        .routes(routes!(personas::knowledge))
        // /analysis/sessions/{id}
        .routes(routes!(analysis::session))
        // /analysis/insights/client/{id}
        .routes(routes!(analysis::client_insights))
        // /analysis/progress/client/{id}
        .routes(routes!(progress::progress))
        // /analysis/progress/client/{id}/instruments
        .routes(routes!(progress::enter, progress::entries))
        // /analysis/progress/client/{id}/instruments/{entry_id}
        .routes(routes!(progress::delete))
        // /analysis/patterns/client/{id}
        .routes(routes!(progress::patterns))
        // /analysis/reports/client/{id}
        .routes(routes!(reports::client))
        // /jobs
        .routes(routes!(jobs::create))
        // /jobs/{id}
        .routes(routes!(jobs::read))
        // /insights
        .routes(routes!(insights::generate, insights::list))
        // /insights/{id}
        .routes(routes!(insights::read, insights::delete))
        // /insights/{id}/lineage
        .routes(routes!(insights::lineage))
        // /insights/{id}/reviews
        .routes(routes!(insights::review))
        // /risk-flags
        .routes(routes!(risk_flags::list))
        // /risk-flags/{id}
        .routes(routes!(risk_flags::resolve))
        // /auth/me
        .routes(routes!(auth::me))
        // /auth/keys
        .routes(routes!(auth::create_key, auth::keys))
        // /auth/keys/{id}
        .routes(routes!(auth::revoke_key));
    OpenApiRouter::with_openapi(openapi::Root::openapi())
        .nest("/api/v1", v1)
        // /health/live, /health/ready, /version, /metrics
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::version))
        .routes(routes!(health::metrics))
}

/// Everything that the server answers.
pub fn router(api: Arc<Api>) -> Router {
    let (routes, document) = documented(api.http.upload_limit_bytes).split_for_parts();
    let body_limit = DefaultBodyLimit::max(api.http.body_limit_bytes);
    routes
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document))
        .fallback(nowhere)
        .layer(body_limit)
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&api),
            request::framed,
        ))
        .with_state(api)
}

async fn nowhere() -> Problem {
    Problem::of_status(StatusCode::NOT_FOUND)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn after_panic(payload: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal(format!("a handler panicked: {text}")).into_response()
}
