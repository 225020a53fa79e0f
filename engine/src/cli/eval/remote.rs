//! An engine elsewhere, reached over HTTP as any caller reaches it.

use std::collections::HashMap;

use reqwest::{Client, Method, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::cli::error::CliError;
use crate::domain::clock::SystemClock;
use crate::domain::id::{IdSource, PersonaId, RequestId};
use crate::startup::StartupError;

use super::conversation::{Conversation, Turn};

/// Turns in one request: within the default limits, and far below that of a body.
const PART: usize = 50;

/// A server and a key to it.
pub(super) struct Remote {
    http: Client,
    base: String,
    key: String,
    ids: IdSource,
}

/// A conversation in the server's memory.
pub(super) struct Remembered {
    /// Its sessions; the memory is that of their client.
    sessions: Vec<String>,
    /// Which turn became which message.
    turns: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Deserialize)]
struct Many<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Recalled {
    message_id: String,
}

impl Remote {
    pub(super) fn new(url: &str, key: String) -> Result<Self, CliError> {
        if !url.starts_with("http://") {
            return Err(CliError::Values(format!(
                "--url {url}: give an address that begins with http:// (a server behind TLS is reached through its proxy's inner side)"
            )));
        }
        Ok(Self {
            http: Client::new(),
            base: format!("{}/api/v1", url.trim_end_matches('/')),
            key,
            ids: IdSource::from_entropy().map_err(StartupError::Entropy)?,
        })
    }

    /// Takes a conversation into the memory of `persona` of a client of its own.
    pub(super) async fn remember(
        &self,
        conversation: &Conversation,
        persona: &PersonaId,
    ) -> Result<Remembered, CliError> {
        let client = format!("evaluation-{}", RequestId::new(&self.ids, &SystemClock));
        let mut remembered = Remembered {
            sessions: Vec::new(),
            turns: HashMap::new(),
        };
        for session in &conversation.sessions {
            let body = json!({"client_id": client, "persona_id": persona.as_str()});
            let made: Made = self.post("/sessions", &body).await?;
            let path = format!("/conversations/{}/transcript", made.id);
            remembered.sessions.push(made.id);
            for part in session.chunks(PART) {
                let turns: Vec<Value> = part.iter().map(line).collect();
                let taken: Many<Made> = self.post(&path, &json!({"turns": turns})).await?;
                let ids = taken.data.into_iter().map(|message| message.id);
                remembered
                    .turns
                    .extend(ids.zip(part.iter().map(|turn| turn.id.clone())));
            }
        }
        Ok(remembered)
    }

    /// The ids of the turns that are recalled, best first.
    pub(super) async fn ask(
        &self,
        remembered: &Remembered,
        question: &str,
        k: usize,
    ) -> Result<Vec<String>, CliError> {
        let Some(session) = remembered.sessions.last() else {
            return Ok(Vec::new());
        };
        let path = format!("/sessions/{session}/memory/retrieve");
        let found: Many<Recalled> = self
            .post(&path, &json!({"query": question, "k": k}))
            .await?;
        let turn = |recalled: Recalled| remembered.turns.get(&recalled.message_id).cloned();
        Ok(found.data.into_iter().filter_map(turn).collect())
    }

    /// Removes the conversation from the server.
    pub(super) async fn forget(&self, remembered: &Remembered) -> Result<(), CliError> {
        for session in &remembered.sessions {
            self.send(Method::DELETE, &format!("/sessions/{session}"), None)
                .await?;
        }
        Ok(())
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, CliError> {
        let response = self.send(Method::POST, path, Some(body)).await?;
        response
            .json()
            .await
            .map_err(|error| self.failed(path, &error.to_string()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, CliError> {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.key);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request
            .send()
            .await
            .map_err(|error| self.failed(path, &format!("{error}; is the server running?")))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        Err(self.failed(path, &format!("{status}: {text}")))
    }

    fn failed(&self, path: &str, why: &str) -> CliError {
        CliError::Values(format!("{}{path}: {why}", self.base))
    }
}

fn line(turn: &Turn) -> Value {
    json!({
        "role": turn.role,
        "content": turn.content,
        "said_at": turn.said_at,
        "metadata": turn.metadata,
    })
}
