//! The engine in this process, on a temporary database, with the conversations in it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::error::CliError;
use crate::cli::settings::SettingsArgs;
use crate::domain::id::{ClientId, MessageId, PersonaId, SessionId, TenantId};
use crate::domain::memory::RecalledItem;
use crate::memory::SeenTurn;
use crate::service::{NewSession, Outcome, SaidTurn, Scope, ServiceError, Services};
use crate::startup;

use super::conversation::{Conversation, Turn};

/// Whose memory the conversations go into.
const TENANT: &str = "evaluation";

/// The engine's use cases on a database that is removed in the end.
pub(super) struct Subject {
    services: Arc<Services>,
    scope: Scope,
    folder: PathBuf,
}

/// A conversation in a memory.
pub(super) struct Remembered {
    /// One of its sessions; the memory is that of its client.
    session: SessionId,
    /// Which turn became which message.
    turns: HashMap<MessageId, String>,
}

impl Drop for Subject {
    fn drop(&mut self) {
        // What stays behind in the folder for temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Subject {
    pub(super) async fn open(settings: &SettingsArgs) -> Result<Self, CliError> {
        let folder = std::env::temp_dir().join(format!("smart-steps-eval-{}", std::process::id()));
        let mut layers = settings.layers()?;
        let database = match &settings.database {
            Some(path) => path.display().to_string(),
            None => folder.join("eval.db").display().to_string(),
        };
        layers.lay_flag("a temporary database", "database.path", database)?;
        let services = startup::services(&layers.build()?).await?;
        let tenant: TenantId = named(TENANT)?;
        services
            .auth
            .put_tenant(tenant.clone(), "Evaluation")
            .await?;
        let scope = Scope {
            tenant,
            phases: Arc::default(),
        };
        Ok(Self {
            services,
            scope,
            folder,
        })
    }

    /// Takes a conversation into the memory of `persona` of a client of its own.
    pub(super) async fn remember(
        &self,
        conversation: &Conversation,
        persona: &PersonaId,
    ) -> Result<Remembered, CliError> {
        let client = format!("conversation-{}", self.services.request_id());
        let client: ClientId = named(&client)?;
        let mut turns = HashMap::new();
        let mut latest = None;
        for session in &conversation.sessions {
            let new = NewSession {
                client: client.clone(),
                persona: persona.clone(),
                title: None,
                goals: Vec::new(),
                metadata: serde_json::Map::new(),
            };
            let made = done(
                self.services
                    .sessions
                    .create(&self.scope, new, None)
                    .await?,
            )?;
            for part in session.chunks(self.services.batch_limit()) {
                let said = part.iter().map(SaidTurn::from).collect();
                let conversations = &self.services.conversations;
                let taken = conversations
                    .record(&self.scope, &made.id, said, None)
                    .await?;
                let messages = done(taken)?.messages.into_iter();
                turns.extend(messages.zip(part).map(|(m, turn)| (m.id, turn.id.clone())));
            }
            latest = Some(made.id);
        }
        let session = latest.ok_or_else(|| {
            CliError::Values(format!("conversation {}: it has no turn", conversation.id))
        })?;
        Ok(Remembered { session, turns })
    }

    /// The ids of the turns that are recalled, best first.
    pub(super) async fn ask(
        &self,
        remembered: &Remembered,
        question: &str,
        k: usize,
    ) -> Result<Vec<String>, CliError> {
        let recall = &self.services.recall;
        let session = &remembered.session;
        let found = recall.retrieve(&self.scope, session, question, k).await?;
        let turn = |item: RecalledItem| match item {
            RecalledItem::Experience { message_id, .. } => {
                remembered.turns.get(&message_id).cloned()
            }
            _ => None,
        };
        Ok(found.into_iter().filter_map(|r| turn(r.item)).collect())
    }

    /// All turns as the ranker sees them, each with its id.
    pub(super) async fn view(
        &self,
        remembered: &Remembered,
        question: &str,
    ) -> Result<Vec<(String, SeenTurn)>, CliError> {
        let recall = &self.services.recall;
        let session = &remembered.session;
        let seen = recall.ranker_view(&self.scope, session, question).await?;
        let turn = |seen: SeenTurn| Some((remembered.turns.get(&seen.message)?.clone(), seen));
        Ok(seen.into_iter().filter_map(turn).collect())
    }

    pub(super) async fn close(self) {
        self.services.close().await;
    }
}

impl From<&Turn> for SaidTurn {
    fn from(turn: &Turn) -> Self {
        Self {
            role: turn.role,
            content: turn.content.clone(),
            said_at: turn.said_at,
            metadata: turn.metadata.clone(),
        }
    }
}

/// A name of this program's own making as an id.
fn named<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, CliError> {
    text.parse()
        .map_err(|error: T::Err| CliError::Values(error.to_string()))
}

/// What was done; nothing here is under an idempotency key, so nothing is replayed.
fn done<T>(outcome: Outcome<T>) -> Result<T, ServiceError> {
    match outcome {
        Outcome::Done(done) => Ok(done),
        Outcome::Replayed(_) => Err(ServiceError::Contended { what: "session" }),
    }
}
