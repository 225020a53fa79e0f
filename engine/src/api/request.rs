//! The outermost layer: gives each request its id and its clock, bounds its time, and writes id,
//! timings and problems into whatever comes back.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::domain::timing::Phases;

use super::Api;
use super::problem::{Problem, written_down};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

pub(super) async fn framed(
    State(api): State<Arc<Api>>,
    mut request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let id =
        incoming_id(request.headers()).unwrap_or_else(|| api.services.request_id().to_string());
    let phases = Arc::new(Phases::default());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    request.extensions_mut().insert(Arc::clone(&phases));
    let under_way = api.metrics.begin();
    let answered = tokio::time::timeout(api.http.request_timeout(), next.run(request)).await;
    let response = answered.unwrap_or_else(|_| Problem::timeout().into_response());
    let mut response = written_down(response, &id);
    drop(under_way);
    let took = start.elapsed();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    if let Ok(value) = HeaderValue::from_str(&server_timing(&phases, took)) {
        headers.insert(SERVER_TIMING, value);
    }
    let status = response.status().as_u16();
    api.metrics.record(&method, route, status, took);
    let took_ms = took.as_secs_f64() * 1e3;
    tracing::info!(target: "smart_steps_engine::requests", request_id = id, %method, route, status, took_ms);
    response
}

/// The caller's own request id, if it is one that a log line can hold.
fn incoming_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(REQUEST_ID)?.to_str().ok()?;
    let good = |c: char| c.is_ascii_alphanumeric() || "_-.:@".contains(c);
    ((1..=128).contains(&text.len()) && text.chars().all(good)).then(|| text.to_owned())
}

fn server_timing(phases: &Phases, total: Duration) -> String {
    let mut text = String::new();
    for (phase, took) in phases.snapshot() {
        let _ = write!(
            text,
            "{};dur={:.3}, ",
            phase.as_str(),
            took.as_secs_f64() * 1e3
        );
    }
    let _ = write!(text, "total;dur={:.3}", total.as_secs_f64() * 1e3);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timing::Phase;

    #[test]
    fn timings_are_in_milliseconds_with_three_decimals() {
        let phases = Phases::default();
        phases.add(Phase::Auth, Duration::from_micros(12));
        phases.add(Phase::Db, Duration::from_micros(1_500));
        phases.add(Phase::Db, Duration::from_micros(500));
        let text = server_timing(&phases, Duration::from_micros(2_345));
        assert_eq!(text, "auth;dur=0.012, db;dur=2.000, total;dur=2.345");
    }

    #[test]
    fn only_ids_that_fit_a_log_line_are_taken_over() {
        let id = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(text));
            incoming_id(&headers)
        };
        assert_eq!(id("run-1:42").as_deref(), Some("run-1:42"));
        assert_eq!((id(""), id("a b"), id("x=\"y\"")), (None, None, None));
    }
}
