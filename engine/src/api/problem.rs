//! Problem documents (RFC 9457): what a caller reads when a request does not succeed.
//!
//! A [`Problem`] travels in the response's extensions until the outermost layer writes it down,
//! because only there the request id is known to everybody who can fail.

use axum::body::Body;
use axum::http::header::{
    CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::service::{Fault, ServiceError};

/// Why a request did not succeed.
#[derive(Debug, Clone)]
pub(super) struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<FieldProblem>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log alone.
    cause: Option<String>,
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemDocument<'a> {
    /// What kind of problem it is; stable.
    #[serde(rename = "type")]
    #[schema(example = "urn:smart-steps:problem:not-found")]
    kind: String,
    /// The kind in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What happened in this case and what to try next.
    detail: &'a str,
    /// The request's id, as in `X-Request-Id` and in the log.
    instance: &'a str,
    /// Each value that cannot be used.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldProblem],
}

/// One value that cannot be used.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct FieldProblem {
    /// Where it stands in the body (RFC 6901); empty for the whole of it.
    pub(super) pointer: String,
    /// What is wrong with it.
    pub(super) detail: String,
}

impl Problem {
    fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            status,
            kind,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// A request that cannot be understood.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed",
            "The request cannot be understood",
            detail,
        )
    }

    /// No valid key.
    pub(super) fn unauthenticated(detail: &'static str) -> Self {
        let title = "A valid API key is needed";
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", title, detail);
        let challenge = HeaderValue::from_static("Bearer realm=\"smart-steps\"");
        problem.0.headers.push((WWW_AUTHENTICATE, challenge));
        problem
    }

    /// Nothing of that kind under this id.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// Values that break rules.
    pub(super) fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("one value cannot be used: {}: {}", one.pointer, one.detail),
            many => format!("{} values cannot be used; `errors` says which", many.len()),
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut problem = Self::new(status, "invalid", "A value cannot be used", detail);
        problem.0.errors = errors;
        problem
    }

    /// It took too long.
    pub(super) fn timeout() -> Self {
        let detail = "the request took longer than http.request_timeout_ms; it may still take effect, so repeat it under the same Idempotency-Key";
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "The request took too long",
            detail,
        )
    }

    /// Something that no caller can mend; `cause` goes to the log alone.
    pub(super) fn internal(cause: String) -> Self {
        let detail = "something went wrong on the server; it is logged under this request id";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut problem = Self::new(status, "internal", "Internal error", detail);
        problem.0.cause = Some(cause);
        problem
    }

    fn unavailable(cause: String) -> Self {
        let detail = "the database does not answer; try again in a moment";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut problem = Self::new(status, "unavailable", "Not available at present", detail);
        problem.0.cause = Some(cause);
        problem
            .0
            .headers
            .push((RETRY_AFTER, HeaderValue::from_static("1")));
        problem
    }

    /// The same, seen from a body in which the values stand under `pointer`.
    pub(super) fn below(mut self, pointer: &str) -> Self {
        for error in &mut self.0.errors {
            error.pointer.insert_str(0, pointer);
        }
        self
    }

    /// The problem of a response that a library made.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let (kind, title, detail) = match status {
            StatusCode::NOT_FOUND => (
                "not-found",
                "Not found",
                "there is nothing at this address; /docs lists what there is",
            ),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method",
                "Method not allowed",
                "this address does not take this method; the Allow header lists those it takes",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (
                "too-large",
                "The request is too large",
                "the body is larger than http.body_limit_bytes; send less at once",
            ),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "media-type",
                "JSON is needed",
                "send the body as JSON, with Content-Type: application/json",
            ),
            _ if status.is_server_error() => {
                return Self::internal(format!("a library answered {status}"));
            }
            _ => (
                "refused",
                "The request was refused",
                "the request was refused; /docs says what is taken here",
            ),
        };
        Self::new(status, kind, title, detail)
    }

    /// Writes the document down and logs what a caller must not see.
    pub(super) fn render(&self, request_id: &str) -> Response {
        let inner = &*self.0;
        if let Some(cause) = &inner.cause {
            tracing::error!(
                request_id,
                status = inner.status.as_u16(),
                cause,
                "a request failed"
            );
        }
        let document = ProblemDocument {
            kind: format!("urn:smart-steps:problem:{}", inner.kind),
            title: inner.title,
            status: inner.status.as_u16(),
            detail: &inner.detail,
            instance: request_id,
            errors: &inner.errors,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = inner.status;
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        for (name, value) in &inner.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

/// Turns every failed response into a problem document.
pub(super) fn written_down(response: Response, request_id: &str) -> Response {
    let status = response.status();
    if let Some(problem) = response.extensions().get::<Problem>() {
        return problem.render(request_id);
    }
    if status.is_client_error() || status.is_server_error() {
        let mut written = Problem::of_status(status).render(request_id);
        for (name, value) in response.headers() {
            if name != CONTENT_TYPE && name != CONTENT_LENGTH {
                written.headers_mut().insert(name, value.clone());
            }
        }
        return written;
    }
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Fault> for FieldProblem {
    fn from(fault: Fault) -> Self {
        Self {
            pointer: fault.pointer(),
            detail: fault.detail,
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound { .. } => Self::not_found(error.to_string()),
            ServiceError::Invalid { faults } => {
                Self::invalid(faults.into_iter().map(Into::into).collect())
            }
            ServiceError::Refused { detail } => Self::new(
                StatusCode::CONFLICT,
                "state",
                "The present state does not allow it",
                detail,
            ),
            ServiceError::Stale { .. } => {
                let title = "It has changed in the meantime";
                Self::new(
                    StatusCode::PRECONDITION_FAILED,
                    "stale",
                    title,
                    error.to_string(),
                )
            }
            ServiceError::Contended { .. } => {
                let title = "Others are changing it";
                Self::new(StatusCode::CONFLICT, "contended", title, error.to_string())
            }
            ServiceError::KeyReused => {
                let title = "The idempotency key was used before";
                Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "key-reused",
                    title,
                    error.to_string(),
                )
            }
            ServiceError::Cursor(bad) => Self::malformed(bad.to_string()),
            ServiceError::Store(store) if store.may_pass() => Self::unavailable(chain(&store)),
            ServiceError::Store(_) | ServiceError::Internal { .. } => Self::internal(chain(&error)),
        }
    }
}

/// An error with everything that caused it, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let words = inner.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = inner.source();
    }
    text
}
