//! `/conversations/{session_id}/transcript`

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::id::SessionId;
use crate::domain::message::Role;
use crate::service::{SaidTurn, Transcribed};

use super::Api;
use super::answer::{self, Answer};
use super::conversations::MessageBody;
use super::extract::{Call, PathId, Submission};
use super::problem::{FieldProblem, Problem, ProblemDocument};
use super::risk_flags::RiskFlagBody;

/// A turn that was said elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SaidTurnBody {
    /// `client`, or `persona` for the professional or another person who spoke with the client.
    #[serde(default = "client")]
    #[schema(value_type = Option<String>, example = "client")]
    role: Role,
    /// The words.
    content: String,
    /// When they were said; now, when it is left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    said_at: Option<Timestamp>,
    /// The caller's own data, kept as given. `speaker` and `caption` (of a picture) are searched too.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

fn client() -> Role {
    Role::Client
}

/// A conversation, or a part of one, that was held elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TranscriptBody {
    /// The turns in order; all are stored at once or none.
    turns: Vec<SaidTurnBody>,
}

/// What a transcript became.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TranscriptAnswer {
    /// The messages, one for each turn, in order.
    data: Vec<MessageBody>,
    /// Risk flags that were raised; a person must look at them.
    risk_flags: Vec<RiskFlagBody>,
}

/// Takes the turns of a conversation that was held elsewhere. They are analysed and remembered;
/// nobody answers them.
#[utoipa::path(
    post, path = "/conversations/{session_id}/transcript", tag = "conversations", operation_id = "record_transcript",
    params(("session_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = TranscriptBody,
    responses(
        (status = 201, body = TranscriptAnswer, headers(("Location" = String))),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn record(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    submission: Submission<TranscriptBody>,
) -> Answer {
    let location = format!("/api/v1/conversations/{id}/messages");
    let render = move |transcribed: &Transcribed| {
        let Transcribed { messages, flags } = transcribed.clone();
        let body = TranscriptAnswer {
            data: messages.into_iter().map(Into::into).collect(),
            risk_flags: flags.into_iter().map(Into::into).collect(),
        };
        answer::created(&body, location.clone())
    };
    let (body, repeatable) = submission.repeatable(render.clone());
    let max = api.services.batch_limit();
    if body.turns.is_empty() || body.turns.len() > max {
        let detail = format!("must have 1 to {max} entries");
        return Err(Problem::invalid(vec![FieldProblem {
            pointer: "/turns".to_owned(),
            detail,
        }]));
    }
    let said = |turn: SaidTurnBody| SaidTurn {
        role: turn.role,
        content: turn.content,
        said_at: turn.said_at,
        metadata: turn.metadata,
    };
    let turns = body.turns.into_iter().map(said).collect();
    let outcome = api
        .services
        .conversations
        .record(&call.scope, &id, turns, repeatable)
        .await?;
    answer::outcome(&call.scope.phases, outcome, render)
}
