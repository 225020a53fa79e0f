//! What handlers answer with.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, LOCATION};
use axum::http::{HeaderName, StatusCode};
use axum::response::Response;
use serde::Serialize;

use crate::domain::timing::{Phase, Phases};
use crate::service::{Outcome, Rendered};

use super::problem::Problem;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The answer of a handler.
pub(super) type Answer = Result<Response, Problem>;

fn failed(error: &serde_json::Error) -> Problem {
    Problem::internal(format!("writing the answer down: {error}"))
}

fn respond(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A JSON answer.
pub(super) fn json(phases: &Phases, status: StatusCode, value: &impl Serialize) -> Answer {
    let body = phases.time(Phase::Serialize, || serde_json::to_vec(value));
    Ok(respond(status, body.map_err(|error| failed(&error))?))
}

/// A JSON answer with status 200.
pub(super) fn ok(phases: &Phases, value: &impl Serialize) -> Answer {
    json(phases, StatusCode::OK, value)
}

/// Says where the thing stands that was made.
pub(super) fn located(mut response: Response, location: &str) -> Answer {
    let value = HeaderValue::from_str(location)
        .map_err(|error| Problem::internal(format!("the location {location:?}: {error}")))?;
    response.headers_mut().insert(LOCATION, value);
    Ok(response)
}

/// A thing with its entity tag; callers may keep it and ask again.
pub(super) fn tagged(mut response: Response, etag: &str) -> Answer {
    let value = HeaderValue::from_str(etag)
        .map_err(|error| Problem::internal(format!("the entity tag {etag:?}: {error}")))?;
    let headers = response.headers_mut();
    headers.insert(ETAG, value);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// The caller has the present version already.
pub(super) fn not_modified(etag: &str) -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    tagged(response, etag)
}

/// Done, and nothing to say.
pub(super) fn no_content() -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// Something that was made: written down once, for the answer and for repetitions of it.
pub(super) fn created(
    value: &impl Serialize,
    location: String,
) -> Result<Rendered, serde_json::Error> {
    let body = serde_json::to_vec(value)?;
    Ok(Rendered {
        status: StatusCode::CREATED.as_u16(),
        location: Some(location),
        body,
    })
}

/// The answer to a request that may have been a repetition.
pub(super) fn outcome<T>(
    phases: &Arc<Phases>,
    outcome: Outcome<T>,
    render: impl Fn(&T) -> Result<Rendered, serde_json::Error>,
) -> Answer {
    let (rendered, replayed) = match outcome {
        Outcome::Done(value) => {
            let rendered = phases.time(Phase::Serialize, || render(&value));
            (rendered.map_err(|error| failed(&error))?, false)
        }
        Outcome::Replayed(kept) => (
            Rendered {
                status: kept.status,
                location: kept.location,
                body: kept.body,
            },
            true,
        ),
    };
    let status = StatusCode::from_u16(rendered.status)
        .map_err(|error| Problem::internal(format!("a kept answer: {error}")))?;
    let mut response = respond(status, rendered.body);
    if replayed {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    match rendered.location {
        Some(location) => located(response, &location),
        None => Ok(response),
    }
}
