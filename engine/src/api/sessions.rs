//! `/sessions`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::domain::id::{ClientId, PersonaId, SessionId};
use crate::domain::session::{Session, SessionState};
use crate::service::{Expected, NewSession, SessionChange, SessionQuery};

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, Conditions, Params, PathId, Submission};
use super::memory::SessionMemoryBody;
use super::page::{PageAnswer, PageParams, digest};
use super::problem::{FieldProblem, Problem, ProblemDocument};

/// A new session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSessionBody {
    /// What it is called.
    title: Option<String>,
    /// With whom; the caller chooses the name.
    #[schema(value_type = String, example = "client-7")]
    client_id: ClientId,
    /// Who answers: the tenant's own persona of this name, else the shipped one.
    #[schema(value_type = String, example = "therapist")]
    persona_id: PersonaId,
    /// What the client wants of it, in the client's words.
    #[serde(default)]
    goals: Vec<String>,
    /// The caller's own data, kept as given.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionChangeBody {
    /// A new title; null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    /// Other goals.
    goals: Option<Vec<String>>,
    /// Other data, in place of what was there.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// `active`, `paused` or `completed`.
    #[schema(value_type = Option<String>, example = "paused")]
    state: Option<SessionState>,
}

/// Keeps apart "null" and "left out".
fn present<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(json).map(Some)
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionBody {
    #[schema(value_type = String)]
    id: SessionId,
    #[schema(value_type = String)]
    client_id: ClientId,
    #[schema(value_type = String)]
    persona_id: PersonaId,
    title: Option<String>,
    goals: Vec<String>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// `created`, `active`, `paused` or `completed`.
    #[schema(value_type = String)]
    state: SessionState,
    /// Both roles counted.
    message_count: u32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Session> for SessionBody {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            client_id: session.client,
            persona_id: session.persona.id,
            title: session.title,
            goals: session.goals,
            metadata: session.metadata,
            state: session.state,
            message_count: session.message_count,
            created_at: session.created_at,
            updated_at: session.updated_at,
        }
    }
}

/// Which sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionParams {
    /// Only this client's.
    #[param(value_type = Option<String>)]
    client_id: Option<ClientId>,
    /// Only with this persona.
    #[param(value_type = Option<String>)]
    persona_id: Option<PersonaId>,
    /// Only in this state.
    #[param(value_type = Option<String>)]
    state: Option<SessionState>,
    limit: Option<u16>,
    cursor: Option<String>,
}

/// The entity tag of a session: it changes with every change.
pub(super) fn etag(session: &Session) -> String {
    format!("\"r{}\"", session.revision)
}

/// Makes a session.
#[utoipa::path(
    post, path = "/sessions", tag = "sessions", operation_id = "create_session",
    request_body = NewSessionBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body give the same answer, and the session is made once.")),
    responses(
        (status = 201, body = SessionBody, headers(("Location" = String), ("ETag" = String))),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(api): State<Arc<Api>>,
    call: Call,
    submission: Submission<NewSessionBody>,
) -> Answer {
    let render = |session: &Session| {
        let location = format!("/api/v1/sessions/{}", session.id);
        answer::created(&SessionBody::from(session.clone()), location)
    };
    let (body, repeatable) = submission.repeatable(render);
    let new = NewSession {
        client: body.client_id,
        persona: body.persona_id,
        title: body.title,
        goals: body.goals,
        metadata: body.metadata,
    };
    let outcome = api
        .services
        .sessions
        .create(&call.scope, new, repeatable)
        .await?;
    answer::outcome(&call.scope.phases, outcome, render)
}

/// The tenant's sessions, newest first.
#[utoipa::path(
    get, path = "/sessions", tag = "sessions", operation_id = "list_sessions", params(SessionParams),
    responses((status = 200, body = PageAnswer<SessionBody>))
)]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    call: Call,
    Params(params): Params<SessionParams>,
) -> Answer {
    let query = SessionQuery {
        client: params.client_id,
        persona: params.persona_id,
        state: params.state,
    };
    let filter = digest("sessions", &query);
    let request = PageParams::new(params.limit, params.cursor).request(filter)?;
    let page = api
        .services
        .sessions
        .list(&call.scope, query, &request)
        .await?;
    answer::ok(
        &call.scope.phases,
        &PageAnswer::new(page, filter, SessionBody::from),
    )
}

/// One session.
#[utoipa::path(
    get, path = "/sessions/{id}", tag = "sessions", operation_id = "read_session",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, body = SessionBody, headers(("ETag" = String))),
        (status = 304, description = "The caller has the present version."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    conditions: Conditions,
) -> Answer {
    let session = api.services.sessions.read(&call.scope, &id).await?;
    let etag = etag(&session);
    if conditions.has(&etag) {
        return answer::not_modified(&etag);
    }
    answer::tagged(
        answer::ok(&call.scope.phases, &SessionBody::from(session))?,
        &etag,
    )
}

/// Changes title, goals, metadata or state.
#[utoipa::path(
    patch, path = "/sessions/{id}", tag = "sessions", operation_id = "change_session",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = SessionChangeBody,
    responses(
        (status = 200, body = SessionBody, headers(("ETag" = String))),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    conditions: Conditions,
    submission: Submission<SessionChangeBody>,
) -> Answer {
    let body = submission.value;
    if body.state == Some(SessionState::Created) {
        let detail = "must be active, paused or completed".to_owned();
        return Err(Problem::invalid(vec![FieldProblem {
            pointer: "/state".to_owned(),
            detail,
        }]));
    }
    let change = SessionChange {
        title: body.title,
        goals: body.goals,
        metadata: body.metadata,
        state: body.state,
    };
    let same = |session: &Session| conditions.allows(&etag(session));
    let expected = conditions.has_if_match().then_some(&same as Expected<'_>);
    let session = api
        .services
        .sessions
        .update(&call.scope, &id, &change, expected)
        .await?;
    let etag = etag(&session);
    answer::tagged(
        answer::ok(&call.scope.phases, &SessionBody::from(session))?,
        &etag,
    )
}

/// Removes a session with its messages, memories, analysis and flags.
#[utoipa::path(
    delete, path = "/sessions/{id}", tag = "sessions", operation_id = "delete_session",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    conditions: Conditions,
) -> Answer {
    let same = |session: &Session| conditions.allows(&etag(session));
    let expected = conditions.has_if_match().then_some(&same as Expected<'_>);
    api.services
        .sessions
        .delete(&call.scope, &id, expected)
        .await?;
    answer::no_content()
}

/// What the four memory layers hold for a session.
#[utoipa::path(
    get, path = "/sessions/{id}/memory", tag = "sessions", operation_id = "read_session_memory",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = SessionMemoryBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn memory(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
) -> Answer {
    let (session, memory) = api.services.sessions.memory(&call.scope, &id).await?;
    answer::json(
        &call.scope.phases,
        StatusCode::OK,
        &SessionMemoryBody::new(&session, memory),
    )
}
