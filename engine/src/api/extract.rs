//! What handlers take out of a request.

use std::str::FromStr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::domain::id::{ApiKeyId, IdError};
use crate::domain::tenant::KeySecret;
use crate::domain::timing::Phases;
use crate::service::{Rendered, Repeatable, Scope};

use super::Api;
use super::problem::{FieldProblem, Problem};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The timings of the request.
pub(super) fn phases(parts: &Parts) -> Arc<Phases> {
    parts
        .extensions
        .get::<Arc<Phases>>()
        .cloned()
        .unwrap_or_default()
}

/// An authenticated call.
pub(super) struct Call {
    /// On whose behalf.
    pub(super) scope: Scope,
    /// With which key.
    pub(super) key: ApiKeyId,
}

impl FromRequestParts<Arc<Api>> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let phases = phases(parts);
        let secret = secret(&parts.headers)?;
        let Some(caller) = api.services.auth.identify(&secret, &phases).await? else {
            return Err(Problem::unauthenticated(
                "the API key is unknown or was revoked",
            ));
        };
        Ok(Self {
            scope: Scope {
                tenant: caller.tenant,
                phases,
            },
            key: caller.key,
        })
    }
}

fn secret(headers: &HeaderMap) -> Result<KeySecret, Problem> {
    const MISSING: &str = "send the key as `Authorization: Bearer ssk_…` or `X-API-Key: ssk_…`";
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let presented = match bearer.and_then(|value| value.split_once(' ')) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Some(key.trim()),
        _ => headers.get(API_KEY).and_then(|value| value.to_str().ok()),
    };
    presented
        .map(KeySecret::presented)
        .ok_or_else(|| Problem::unauthenticated(MISSING))
}

/// An id in the path. One of another kind is simply not there.
pub(super) struct PathId<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for PathId<T>
where
    T: FromStr<Err = IdError>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::of_status(StatusCode::NOT_FOUND))?;
        text.parse()
            .map(Self)
            .map_err(|error: IdError| Problem::not_found(error.to_string()))
    }
}

/// Two ids in the path, the outer one first.
pub(super) struct PathIds<A, B>(pub(super) A, pub(super) B);

impl<A, B, S> FromRequestParts<S> for PathIds<A, B>
where
    A: FromStr<Err = IdError>,
    B: FromStr<Err = IdError>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((outer, inner)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::of_status(StatusCode::NOT_FOUND))?;
        let absent = |error: IdError| Problem::not_found(error.to_string());
        Ok(Self(
            outer.parse().map_err(absent)?,
            inner.parse().map_err(absent)?,
        ))
    }
}

/// The query string.
pub(super) struct Params<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Params<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(value) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::malformed(error.body_text()))?;
        Ok(Self(value))
    }
}

/// The `If-Match` and `If-None-Match` headers.
pub(super) struct Conditions {
    matches: Option<String>,
    none_match: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = |name| {
            let value = parts.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        Ok(Self {
            matches: text(IF_MATCH),
            none_match: text(IF_NONE_MATCH),
        })
    }
}

impl Conditions {
    /// Whether the caller names a version that must still be the present one.
    pub(super) fn has_if_match(&self) -> bool {
        self.matches.is_some()
    }

    /// Whether `etag` is one that `If-Match` allows (strong comparison).
    pub(super) fn allows(&self, etag: &str) -> bool {
        let listed = |list: &str| {
            list.split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag == etag)
        };
        self.matches.as_deref().is_none_or(listed)
    }

    /// Whether the caller has `etag` already (weak comparison).
    pub(super) fn has(&self, etag: &str) -> bool {
        let same = |tag: &str| tag == "*" || tag.trim_start_matches("W/") == etag;
        self.none_match
            .as_deref()
            .is_some_and(|list| list.split(',').map(str::trim).any(same))
    }
}

/// A JSON body, with what is needed to recognise its repetition.
pub(super) struct Submission<T> {
    /// The body.
    pub(super) value: T,
    digest: [u8; 32],
    key: Option<String>,
}

impl<T, S> FromRequest<S> for Submission<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let key = idempotency_key(request.headers())?;
        let head = format!("{} {}\n", request.method(), request.uri().path());
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| Problem::of_status(error.status()))?;
        let value = parse(&body)?;
        let digest = Sha256::new()
            .chain_update(head)
            .chain_update(&body)
            .finalize()
            .into();
        Ok(Self { value, digest, key })
    }
}

impl<T> Submission<T> {
    /// The body, and how its outcome is kept if it came under an idempotency key.
    pub(super) fn repeatable<O>(
        self,
        render: impl Fn(&O) -> Result<Rendered, serde_json::Error> + Send + Sync + 'static,
    ) -> (T, Option<Repeatable<O>>) {
        let repeatable = self.key.map(|key| Repeatable {
            key,
            request: self.digest,
            render: Arc::new(render),
        });
        (self.value, repeatable)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    essence.is_some_and(|essence| {
        essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json")
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    match value.to_str().ok().map(|text| text.trim_matches('"')) {
        Some(text) if (1..=255).contains(&text.len()) => Ok(Some(text.to_owned())),
        _ => Err(Problem::malformed(
            "the Idempotency-Key must have 1 to 255 visible ASCII characters",
        )),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            Problem::invalid(vec![FieldProblem {
                pointer,
                detail: inner.to_string(),
            }])
        } else {
            Problem::malformed(format!("the body is not JSON: {inner}"))
        }
    })?;
    json.end()
        .map_err(|error| Problem::malformed(format!("the body is not JSON: {error}")))?;
    Ok(value)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entity_tags_are_compared_as_the_header_asks() {
        let conditions = |matches: Option<&str>, none_match: Option<&str>| Conditions {
            matches: matches.map(str::to_owned),
            none_match: none_match.map(str::to_owned),
        };
        assert!(conditions(None, None).allows("\"r1\""));
        assert!(conditions(Some("\"r0\", \"r1\""), None).allows("\"r1\""));
        assert!(conditions(Some("*"), None).allows("\"r1\""));
        assert!(!conditions(Some("W/\"r1\""), None).allows("\"r1\""));
        assert!(conditions(None, Some("W/\"r1\"")).has("\"r1\""));
        assert!(!conditions(None, Some("\"r2\"")).has("\"r1\""));
    }
}
