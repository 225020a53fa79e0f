//! `/conversations/{session_id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::domain::id::{ClientId, MessageId, SessionId};
use crate::domain::message::{Citation, CitationSource, Message, ReplyNote, Role};
use crate::service::{ExpectedMessage, MessageChange, NewMessage, Rendered, Turn};

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, Conditions, Params, PathId, PathIds, Submission};
use super::memory::RecalledBody;
use super::page::{PageAnswer, PageParams, digest};
use super::problem::{FieldProblem, Problem, ProblemDocument};
use super::risk_flags::RiskFlagBody;

/// What the client says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMessageBody {
    /// The words.
    #[schema(example = "I have not slept well since my father died.")]
    content: String,
    /// Who says it; must be the session's client when it is given.
    #[schema(value_type = Option<String>)]
    client_id: Option<ClientId>,
    /// The caller's own data, kept as given. `speaker` and `caption` (of a picture) are searched too.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

/// Several messages in order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchBody {
    /// The messages; each is answered, and all of it is stored at once or not at all.
    messages: Vec<NewMessageBody>,
}

impl From<NewMessageBody> for NewMessage {
    fn from(body: NewMessageBody) -> Self {
        Self {
            content: body.content,
            client: body.client_id,
            metadata: body.metadata,
        }
    }
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageBody {
    #[schema(value_type = String)]
    id: MessageId,
    #[schema(value_type = String)]
    session_id: SessionId,
    /// Its place in the session, from 0.
    seq: u32,
    /// `client` or `persona`.
    #[schema(value_type = String)]
    role: Role,
    content: String,
    /// How it was made; only of the persona's messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<ReplyBody>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// How a persona's reply came about.
#[derive(Debug, Serialize, ToSchema)]
struct ReplyBody {
    /// `extractive`, `crisis_text`, or `llm:` and the model.
    method: String,
    /// Why a lesser provider than the configured one answered, if one did.
    degraded: Option<String>,
    /// The client's message that it answers.
    #[schema(value_type = String)]
    answers: MessageId,
    /// What it quotes, byte for byte.
    citations: Vec<CitationBody>,
}

/// A quotation inside a reply.
#[derive(Debug, Serialize, ToSchema)]
struct CitationBody {
    /// First byte of the quotation in the reply.
    reply_start: usize,
    /// First byte after it.
    reply_end: usize,
    /// `kind` is `document` or `message`; the other fields say where in it.
    #[schema(value_type = Object)]
    source: CitationSource,
    quote: String,
}

impl From<ReplyNote> for ReplyBody {
    fn from(note: ReplyNote) -> Self {
        let citation = |Citation {
                            reply_start,
                            reply_end,
                            source,
                            quote,
                        }| CitationBody {
            reply_start,
            reply_end,
            source,
            quote,
        };
        Self {
            method: note.method,
            degraded: note.degraded,
            answers: note.answers,
            citations: note.citations.into_iter().map(citation).collect(),
        }
    }
}

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            session_id: message.session,
            seq: message.seq,
            role: message.role,
            content: message.content,
            reply: message.reply.map(Into::into),
            metadata: message.metadata,
            created_at: message.created_at,
        }
    }
}

/// A message and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TurnBody {
    /// The client's message.
    message: MessageBody,
    /// The persona's reply.
    reply: MessageBody,
    /// Risk flags that were raised; a person must look at them.
    risk_flags: Vec<RiskFlagBody>,
    /// What the reply could draw on, with the reason for each item.
    context: Vec<RecalledBody>,
    /// Whether no document of the persona was relevant.
    abstained: bool,
}

/// What is to change in a message; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageChangeBody {
    /// Other words; only of the client's messages.
    content: Option<String>,
    /// Other data, in place of what was there.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

/// What a batch came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchAnswer {
    /// One entry per message, in order.
    data: Vec<TurnBody>,
}

impl From<&Turn> for TurnBody {
    fn from(turn: &Turn) -> Self {
        Self {
            message: turn.message.clone().into(),
            reply: turn.reply.clone().into(),
            risk_flags: turn.flags.iter().cloned().map(Into::into).collect(),
            context: turn.context.iter().cloned().map(Into::into).collect(),
            abstained: turn.abstained,
        }
    }
}

fn location(turns: &[Turn]) -> String {
    let Some(first) = turns.first() else {
        return String::new();
    };
    format!("/api/v1/conversations/{}/messages", first.message.session)
}

/// Says something; the persona answers.
#[utoipa::path(
    post, path = "/conversations/{session_id}/messages", tag = "conversations", operation_id = "send_message",
    params(
        ("session_id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body give the same answer, and the message is stored once."),
    ),
    request_body = NewMessageBody,
    responses(
        (status = 201, body = TurnBody, headers(("Location" = String))),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn send(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    submission: Submission<NewMessageBody>,
) -> Answer {
    let render = |turns: &Vec<Turn>| -> Result<Rendered, serde_json::Error> {
        answer::created(&turns.first().map(TurnBody::from), location(turns))
    };
    let (body, repeatable) = submission.repeatable(render);
    let messages = vec![body.into()];
    let outcome = api
        .services
        .conversations
        .say(&call.scope, &id, messages, repeatable)
        .await?;
    answer::outcome(&call.scope.phases, outcome, render)
}

/// Says several things in order; the persona answers each, and all is stored at once.
#[utoipa::path(
    post, path = "/conversations/{session_id}/messages/batch", tag = "conversations", operation_id = "send_messages",
    params(("session_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = BatchBody,
    responses(
        (status = 201, body = BatchAnswer, headers(("Location" = String))),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn send_batch(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    submission: Submission<BatchBody>,
) -> Answer {
    let render = |turns: &Vec<Turn>| -> Result<Rendered, serde_json::Error> {
        let data = turns.iter().map(TurnBody::from).collect();
        answer::created(&BatchAnswer { data }, location(turns))
    };
    let (body, repeatable) = submission.repeatable(render);
    let max = api.services.batch_limit();
    if body.messages.is_empty() || body.messages.len() > max {
        let detail = format!("must have 1 to {max} entries");
        return Err(Problem::invalid(vec![FieldProblem {
            pointer: "/messages".to_owned(),
            detail,
        }]));
    }
    let messages = body.messages.into_iter().map(Into::into).collect();
    let outcome = api
        .services
        .conversations
        .say(&call.scope, &id, messages, repeatable)
        .await?;
    answer::outcome(&call.scope.phases, outcome, render)
}

/// The messages of a session, in order.
#[utoipa::path(
    get, path = "/conversations/{session_id}/messages", tag = "conversations", operation_id = "list_messages",
    params(("session_id" = String, Path), PageParams),
    responses(
        (status = 200, body = PageAnswer<MessageBody>),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    Params(params): Params<PageParams>,
) -> Answer {
    let filter = digest("messages", &id);
    let page = api
        .services
        .conversations
        .messages(&call.scope, &id, &params.request(filter)?)
        .await?;
    let page = PageAnswer::new(page, filter, MessageBody::from);
    answer::json(&call.scope.phases, StatusCode::OK, &page)
}

/// Follows from what can change in a message.
fn etag(message: &Message) -> String {
    let mut digest = Sha256::new();
    digest.update(message.content.as_bytes());
    digest.update([0]);
    digest.update(
        Value::Object(message.metadata.clone())
            .to_string()
            .as_bytes(),
    );
    digest.update([0]);
    digest.update(message.id.as_str().as_bytes());
    let bytes: [u8; 32] = digest.finalize().into();
    let hex: String = bytes
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"m{hex}\"")
}

fn expected(conditions: Conditions) -> Option<ExpectedMessage> {
    conditions
        .has_if_match()
        .then(|| -> ExpectedMessage { Arc::new(move |message| conditions.allows(&etag(message))) })
}

/// One message.
#[utoipa::path(
    get, path = "/conversations/{session_id}/messages/{id}", tag = "conversations", operation_id = "read_message",
    params(("session_id" = String, Path), ("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, body = MessageBody, headers(("ETag" = String))),
        (status = 304, description = "The caller has the present version."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    call: Call,
    PathIds(session, id): PathIds<SessionId, MessageId>,
    conditions: Conditions,
) -> Answer {
    let conversations = &api.services.conversations;
    let message = conversations.message(&call.scope, &session, &id).await?;
    let etag = etag(&message);
    if conditions.has(&etag) {
        return answer::not_modified(&etag);
    }
    answer::tagged(
        answer::ok(&call.scope.phases, &MessageBody::from(message))?,
        &etag,
    )
}

/// Changes the words of a client's message, or a message's data. Analysis, memory and insights become
/// those of the new words; risk flags stay, and new ones are raised for what is new.
#[utoipa::path(
    patch, path = "/conversations/{session_id}/messages/{id}", tag = "conversations", operation_id = "change_message",
    params(("session_id" = String, Path), ("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = MessageChangeBody,
    responses(
        (status = 200, body = MessageBody, headers(("ETag" = String))),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    call: Call,
    PathIds(session, id): PathIds<SessionId, MessageId>,
    conditions: Conditions,
    submission: Submission<MessageChangeBody>,
) -> Answer {
    let MessageChangeBody { content, metadata } = submission.value;
    let change = MessageChange { content, metadata };
    let expected = expected(conditions);
    let message = api
        .services
        .conversations
        .edit(&call.scope, &session, &id, change, expected)
        .await?;
    let etag = etag(&message);
    answer::tagged(
        answer::ok(&call.scope.phases, &MessageBody::from(message))?,
        &etag,
    )
}

/// Removes a message, with what was remembered, analysed and derived from it; with a client's message
/// go the replies that it got. Risk flags stay: they are the record that somebody was told.
#[utoipa::path(
    delete, path = "/conversations/{session_id}/messages/{id}", tag = "conversations", operation_id = "delete_message",
    params(("session_id" = String, Path), ("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    call: Call,
    PathIds(session, id): PathIds<SessionId, MessageId>,
    conditions: Conditions,
) -> Answer {
    let expected = expected(conditions);
    api.services
        .conversations
        .remove(&call.scope, &session, &id, expected)
        .await?;
    answer::no_content()
}
