//! `/conversations/{session_id}/export`: a whole session as a document.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::id::SessionId;
use crate::domain::message::{Message, Role};
use crate::domain::session::Session;
use crate::domain::timing::Phase;

use super::Api;
use super::answer::Answer;
use super::conversations::MessageBody;
use super::extract::{Call, Params, PathId};
use super::problem::{Problem, ProblemDocument};
use super::sessions::SessionBody;

/// The form of the document.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    #[default]
    Json,
    Markdown,
    Text,
    Html,
}

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportParams {
    /// `json` (the default), `markdown`, `text` or `html`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    format: Format,
}

/// A whole session.
#[derive(Debug, Serialize, ToSchema)]
struct ExportBody {
    session: SessionBody,
    messages: Vec<MessageBody>,
}

/// A whole session as a document.
#[utoipa::path(
    get, path = "/conversations/{session_id}/export", tag = "conversations", operation_id = "export_conversation",
    params(("session_id" = String, Path), ExportParams),
    responses(
        (status = 200, description = "The document, in the form that was asked for."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn export(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    Params(params): Params<ExportParams>,
) -> Answer {
    let (session, messages) = api
        .services
        .conversations
        .transcript(&call.scope, &id)
        .await?;
    let document = call
        .scope
        .phases
        .time(Phase::Serialize, || match params.format {
            Format::Json => json(session, messages).map(|text| (text, "application/json", "json")),
            Format::Markdown => Ok((
                markdown(&session, &messages),
                "text/markdown; charset=utf-8",
                "md",
            )),
            Format::Text => Ok((
                plain(&session, &messages),
                "text/plain; charset=utf-8",
                "txt",
            )),
            Format::Html => Ok((
                html(&session, &messages),
                "text/html; charset=utf-8",
                "html",
            )),
        });
    let (text, media_type, ending) =
        document.map_err(|error| Problem::internal(format!("writing the export: {error}")))?;
    let mut response: Response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{id}.{ending}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn json(session: Session, messages: Vec<Message>) -> Result<String, serde_json::Error> {
    let messages = messages.into_iter().map(Into::into).collect();
    serde_json::to_string_pretty(&ExportBody {
        session: session.into(),
        messages,
    })
}

fn title(session: &Session) -> String {
    session
        .title
        .clone()
        .unwrap_or_else(|| format!("Session {}", session.id))
}

fn speaker<'s>(session: &'s Session, message: &Message) -> &'s str {
    match message.role {
        Role::Client => session.client.as_str(),
        Role::Persona => session.persona.id.as_str(),
    }
}

fn plain(session: &Session, messages: &[Message]) -> String {
    let mut text = format!(
        "{}\n{} with {}\n",
        title(session),
        session.client,
        session.persona.id
    );
    for goal in &session.goals {
        let _ = writeln!(text, "Goal: {goal}");
    }
    for message in messages {
        let who = speaker(session, message);
        let _ = write!(
            text,
            "\n[{}] {who}:\n{}\n",
            message.created_at, message.content
        );
    }
    text
}

/// Contents are quoted line by line, so that what somebody wrote is never taken for a heading.
fn markdown(session: &Session, messages: &[Message]) -> String {
    let mut text = format!(
        "# {}\n\n{} with {}\n",
        title(session),
        session.client,
        session.persona.id
    );
    if !session.goals.is_empty() {
        text.push_str("\n## Goals\n\n");
    }
    for goal in &session.goals {
        let _ = writeln!(text, "- {goal}");
    }
    text.push_str("\n## Messages\n");
    for message in messages {
        let who = speaker(session, message);
        let _ = write!(text, "\n**{who}**, {}\n\n", message.created_at);
        for line in message.content.lines() {
            let _ = writeln!(text, "> {line}");
        }
    }
    text
}

fn html(session: &Session, messages: &[Message]) -> String {
    let name = escaped(&title(session));
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{name}</title>\n<h1>{name}</h1>\n<p>{} with {}</p>\n",
        escaped(session.client.as_str()),
        escaped(session.persona.id.as_str()),
    );
    for goal in &session.goals {
        let _ = writeln!(text, "<p>Goal: {}</p>", escaped(goal));
    }
    for message in messages {
        let who = escaped(speaker(session, message));
        let at = message.created_at;
        let words = escaped(&message.content).replace('\n', "<br>\n");
        let _ = writeln!(
            text,
            "<article><h2>{who}</h2><time datetime=\"{at}\">{at}</time><p>{words}</p></article>"
        );
    }
    text.push_str("</html>\n");
    text
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_somebody_wrote_stays_text() {
        assert_eq!(
            super::escaped("<b>'a' & \"b\"</b>"),
            "&lt;b&gt;&#39;a&#39; &amp; &quot;b&quot;&lt;/b&gt;"
        );
    }
}
