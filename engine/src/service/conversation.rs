//! Turns of a conversation: the client's message, what it shows, what is recalled, the persona's
//! reply, and one write set with all of it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::analysis::{Delta, Observation, SessionState as Fold};
use crate::domain::id::{ClientId, ExperienceId, MessageId, RiskFlagId, SessionId};
use crate::domain::memory::{
    Experience, ExperienceKind, KnowledgeGain, MemoryScope, Origin, Recalled,
};
use crate::domain::message::{Message, ReplyNote, Role};
use crate::domain::page::{Page, PageSize};
use crate::domain::persona::Persona;
use crate::domain::risk::RiskFlag;
use crate::domain::session::{Session, SessionState};
use crate::domain::timing::Phase;
use crate::memory::{Context, ContextRequest};
use crate::provider::{Draft, Prompt};
use crate::store::{PageRequest, StoreError, Write, WriteSet};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;
use super::folds::{Folds, put_delta};
use super::idempotency::{Outcome, Repeatable};
use super::jobs;
use super::knowledge;
use super::sessions::metadata_faults;
use super::turn_lock::TurnLocks;

/// What the client says.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The words.
    pub content: String,
    /// Who says it; must be the session's client when it is given.
    pub client: Option<ClientId>,
    /// The caller's own data; [`Origin`] names the keys that are read.
    pub metadata: Map<String, Value>,
}

/// A message and what came of it.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The client's message.
    pub message: Message,
    /// The persona's reply.
    pub reply: Message,
    /// Risk flags that were raised.
    pub flags: Vec<RiskFlag>,
    /// What the reply could draw on, with the reason for each item.
    pub context: Vec<Recalled>,
    /// Whether no document of the persona was relevant.
    pub abstained: bool,
}

/// The use cases of conversations.
pub struct Conversations {
    pub(super) parts: Arc<Parts>,
    pub(super) folds: Arc<Folds>,
    pub(super) locks: TurnLocks,
}

/// A turn under construction: what is known before the first message.
struct Opening {
    session: Session,
    persona: Persona,
    memory: MemoryScope,
    fold: Fold,
    recent: Vec<Message>,
}

impl Conversations {
    pub(super) fn new(parts: Arc<Parts>, folds: Arc<Folds>) -> Self {
        Self {
            parts,
            folds,
            locks: TurnLocks::default(),
        }
    }

    /// Takes the client's messages in order, answers each, and commits all of it at once. What one
    /// message of the list tells is recalled for later requests, not for the next of the list.
    ///
    /// Runs to its end even if the caller goes away, so that store and indexes stay in step.
    ///
    /// # Errors
    /// When there is no such session, it takes no messages, a value breaks a rule, others keep
    /// changing the session, or store or provider fail.
    pub async fn say(
        self: &Arc<Self>,
        scope: &Scope,
        id: &SessionId,
        messages: Vec<NewMessage>,
        repeatable: Option<Repeatable<Vec<Turn>>>,
    ) -> Result<Outcome<Vec<Turn>>, ServiceError> {
        let (this, scope, id) = (Arc::clone(self), scope.clone(), id.clone());
        let work = async move { this.take(&scope, &id, &messages, repeatable.as_ref()).await };
        tokio::spawn(work)
            .await
            .unwrap_or_else(|error| Err(ServiceError::internal("taking the message", error)))
    }

    async fn take(
        &self,
        scope: &Scope,
        id: &SessionId,
        messages: &[NewMessage],
        repeatable: Option<&Repeatable<Vec<Turn>>>,
    ) -> Result<Outcome<Vec<Turn>>, ServiceError> {
        let _turn = self.locks.lock(id).await;
        for _ in 0..super::ATTEMPTS {
            if let Some(repeatable) = repeatable
                && let Some(kept) = repeatable.earlier(&self.parts, scope).await?
            {
                return Ok(Outcome::Replayed(kept));
            }
            match self.attempt(scope, id, messages, repeatable).await {
                Ok(turns) => return Ok(Outcome::Done(turns)),
                // Another process was faster. Read again and decide anew.
                Err(ServiceError::Store(StoreError::Conflict { what })) => {
                    tracing::debug!(session = %id, what, "a turn is tried again");
                }
                Err(error) => return Err(error),
            }
        }
        Err(ServiceError::Contended { what: "session" })
    }

    async fn attempt(
        &self,
        scope: &Scope,
        id: &SessionId,
        messages: &[NewMessage],
        repeatable: Option<&Repeatable<Vec<Turn>>>,
    ) -> Result<Vec<Turn>, ServiceError> {
        let mut opening = self.open(scope, id, messages).await?;
        let mut set = WriteSet::new();
        let mut turns = Vec::with_capacity(messages.len());
        let mut experiences = Vec::new();
        for message in messages {
            let turn = self
                .turn(scope, &mut opening, message, &mut set, &mut experiences)
                .await?;
            turns.push(turn);
        }
        let now = self.parts.now();
        let Opening {
            mut session, fold, ..
        } = opening;
        session.state = SessionState::Active;
        session.revision += 1;
        session.updated_at = now;
        set.push(Folds::put(scope, &session, &fold)?);
        if let Some(repeatable) = repeatable {
            let keep = scope.phases.time(Phase::Serialize, || {
                repeatable.keep(scope, &turns, &session.id, now)
            });
            set.push(keep?);
        }
        let importance = experiences.iter().map(|it| it.importance).sum();
        let client = &session.client;
        set.push(jobs::gathered(&self.parts, scope, client, importance, now));
        set.push(Write::UpdateSession(session.clone()));
        scope.commit(&self.parts, set).await?;
        self.folds.remember(scope, &session, fold);
        for experience in &experiences {
            self.index(scope, experience).await;
        }
        Ok(turns)
    }

    /// Makes a committed experience known to the indexes. One that missed it is rebuilt from the
    /// store.
    pub(super) async fn index(&self, scope: &Scope, experience: &Experience) {
        if let Err(error) = self
            .parts
            .memories
            .record_interaction(experience, &scope.phases)
            .await
        {
            tracing::warn!(%error, experience = %experience.id, "an exchange is not indexed yet");
        }
    }

    async fn open(
        &self,
        scope: &Scope,
        id: &SessionId,
        messages: &[NewMessage],
    ) -> Result<Opening, ServiceError> {
        let parts = &self.parts;
        let session = scope
            .db(parts.store.session(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("session", id))?;
        let faults = self.faults(&session, messages);
        ServiceError::unless_empty(faults)?;
        self.unless_closed(&session, messages.len())?;
        let persona = scope
            .db(parts.store.persona(&session.persona))
            .await?
            .ok_or_else(|| ServiceError::Refused {
                detail: format!(
                    "the session's persona {:?} was removed; start a session with another",
                    session.persona.id.as_str()
                ),
            })?;
        let fold = Fold::clone(&*self.folds.of(scope, &session).await?);
        let from = session
            .next_seq
            .saturating_sub(parts.limits.recent_messages);
        let recent = match parts.limits.recent_messages {
            0 => Vec::new(),
            _ if session.message_count == 0 => Vec::new(),
            limit => {
                scope
                    .db(parts.store.messages(&scope.tenant, id, from, limit))
                    .await?
            }
        };
        let memory = MemoryScope {
            tenant: scope.tenant.clone(),
            client: session.client.clone(),
            persona: session.persona.clone(),
        };
        Ok(Opening {
            session,
            persona,
            memory,
            fold,
            recent,
        })
    }

    fn faults(&self, session: &Session, messages: &[NewMessage]) -> Vec<Fault> {
        let max = self.parts.limits.message_chars;
        let single = messages.len() == 1;
        let mut faults = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let mut found = Vec::new();
            if message.content.trim().is_empty() || message.content.chars().count() > max {
                found.push(Fault::at(
                    "content",
                    format!("must have 1 to {max} characters"),
                ));
            }
            if message
                .client
                .as_ref()
                .is_some_and(|client| *client != session.client)
            {
                found.push(Fault::at(
                    "client_id",
                    "is not the client of this session; leave it out",
                ));
            }
            found.extend(metadata_faults(&self.parts.limits, Some(&message.metadata)));
            let placed = |fault: Fault| {
                if single {
                    fault
                } else {
                    fault.within("messages", index)
                }
            };
            faults.extend(found.into_iter().map(placed));
        }
        faults
    }

    pub(super) fn unless_closed(
        &self,
        session: &Session,
        messages: usize,
    ) -> Result<(), ServiceError> {
        if !session.state.takes_messages() {
            let state = session.state.as_str();
            let next = match session.state {
                SessionState::Paused => "set its state to \"active\" first",
                _ => "start a new one",
            };
            return Err(ServiceError::Refused {
                detail: format!("the session is {state} and takes no messages; {next}"),
            });
        }
        let max = self.parts.limits.messages_per_session;
        let coming = u32::try_from(messages.saturating_mul(2)).unwrap_or(u32::MAX);
        if session.message_count.saturating_add(coming) > max {
            return Err(ServiceError::Refused {
                detail: format!(
                    "the session would exceed {max} messages (limits.messages_per_session); start a new one"
                ),
            });
        }
        Ok(())
    }

    /// One message and its reply; pushes what is to be written.
    async fn turn(
        &self,
        scope: &Scope,
        opening: &mut Opening,
        new: &NewMessage,
        set: &mut WriteSet,
        experiences: &mut Vec<Experience>,
    ) -> Result<Turn, ServiceError> {
        let now = self.parts.now();
        let message = self.client_message(scope, opening, new, now);
        let (delta, seen) = scope.phases.time(Phase::Analysis, || {
            let delta = Delta::of(&message);
            opening.fold.apply(&message, &delta);
            let seen = opening.fold.observe(&message, &delta);
            (delta, seen)
        });
        let flags = self.flags(scope, opening, &message, &seen);
        let goals = &opening.session.goals;
        let request = ContextRequest {
            scope: &opening.memory,
            query: &message.content,
            goals,
            k: self.parts.limits.context_items,
            token_budget: self.parts.limits.context_tokens,
            now,
        };
        let context = self.parts.memories.context(&request, &scope.phases).await?;
        let learned = self.learned(scope, opening, &context, now);
        if let Some(gain) = learned {
            set.push(Write::AddKnowledge(gain));
        }
        let crisis = flags.iter().any(|flag| flag.finding.requires_human());
        let draft = if crisis {
            self.crisis_reply(&opening.persona)
        } else {
            self.reply(scope, opening, &message, &context).await?
        };
        let reply = self.persona_message(scope, opening, &message, draft);
        let reply_delta = scope.phases.time(Phase::Analysis, || {
            let delta = Delta::of(&reply);
            opening.fold.apply(&reply, &delta);
            delta
        });

        let experience = self.experience(opening.memory.clone(), &message, seen);
        opening.session.message_count += 2;
        opening.session.next_seq += 2;
        set.push(Write::InsertMessage(message.clone()));
        set.push(put_delta(&message, &delta)?);
        set.push(Write::InsertMessage(reply.clone()));
        set.push(put_delta(&reply, &reply_delta)?);
        set.push(Write::InsertExperience(experience.clone()));
        experiences.push(experience);
        for flag in &flags {
            set.push(Write::InsertRiskFlag(flag.clone()));
        }
        opening.recent.extend([message.clone(), reply.clone()]);
        let keep = usize::try_from(self.parts.limits.recent_messages).unwrap_or(usize::MAX);
        let surplus = opening.recent.len().saturating_sub(keep);
        opening.recent.drain(..surplus);
        Ok(Turn {
            message,
            reply,
            flags,
            context: context.items,
            abstained: context.abstained,
        })
    }

    fn client_message(
        &self,
        scope: &Scope,
        opening: &Opening,
        new: &NewMessage,
        now: Timestamp,
    ) -> Message {
        Message {
            id: MessageId::new(&self.parts.ids, &*self.parts.clock),
            tenant: scope.tenant.clone(),
            session: opening.session.id.clone(),
            seq: opening.session.next_seq,
            role: Role::Client,
            content: new.content.clone(),
            reply: None,
            metadata: new.metadata.clone(),
            created_at: now,
        }
    }

    fn persona_message(
        &self,
        scope: &Scope,
        opening: &Opening,
        answered: &Message,
        draft: Draft,
    ) -> Message {
        Message {
            id: MessageId::new(&self.parts.ids, &*self.parts.clock),
            tenant: scope.tenant.clone(),
            session: opening.session.id.clone(),
            seq: opening.session.next_seq + 1,
            role: Role::Persona,
            content: draft.text,
            reply: Some(ReplyNote {
                method: draft.method,
                degraded: None,
                answers: answered.id.clone(),
                citations: draft.citations,
            }),
            metadata: Map::new(),
            created_at: self.parts.now(),
        }
    }

    fn flags(
        &self,
        scope: &Scope,
        opening: &Opening,
        message: &Message,
        seen: &Observation,
    ) -> Vec<RiskFlag> {
        let flag = |finding: &crate::domain::risk::RiskFinding| RiskFlag {
            id: RiskFlagId::new(&self.parts.ids, &*self.parts.clock),
            tenant: scope.tenant.clone(),
            client: opening.session.client.clone(),
            session: opening.session.id.clone(),
            message: message.id.clone(),
            finding: finding.clone(),
            resolution: None,
            created_at: message.created_at,
        };
        seen.risks.iter().map(flag).collect()
    }

    fn crisis_reply(&self, persona: &Persona) -> Draft {
        Draft {
            text: self
                .parts
                .crisis
                .for_language(&persona.profile.language)
                .to_owned(),
            method: "crisis_text".to_owned(),
            citations: Vec::new(),
        }
    }

    async fn reply(
        &self,
        scope: &Scope,
        opening: &Opening,
        message: &Message,
        context: &Context,
    ) -> Result<Draft, ServiceError> {
        let prompt = Prompt {
            profile: opening.persona.profile.clone(),
            session: opening.session.id.clone(),
            goals: opening.session.goals.clone(),
            message: message.clone(),
            turn: message.seq / 2,
            recent: opening.recent.clone(),
            context: context.items.clone(),
        };
        scope
            .phases
            .time_async(Phase::Provider, self.parts.model.reply(&prompt))
            .await
            .map_err(|error| ServiceError::internal("writing the reply", error))
    }

    /// What the request shows of the knowledge domain that it falls in.
    fn learned(
        &self,
        scope: &Scope,
        opening: &Opening,
        context: &Context,
        now: Timestamp,
    ) -> Option<KnowledgeGain> {
        let expertise = &opening.persona.profile.expertise;
        let name = self
            .parts
            .memories
            .knowledge_domain(expertise, context, &scope.phases)?;
        let persona = &opening.persona.key;
        Some(knowledge::use_of(
            scope,
            persona,
            name,
            context.abstained,
            now,
        ))
    }

    /// What the persona keeps of the client's message.
    pub(super) fn experience(
        &self,
        scope: MemoryScope,
        message: &Message,
        seen: Observation,
    ) -> Experience {
        let risky = seen.risks.iter().any(|finding| finding.requires_human());
        Experience {
            id: ExperienceId::new(&self.parts.ids, &*self.parts.clock),
            scope,
            session: message.session.clone(),
            message: message.id.clone(),
            text: message.content.clone(),
            origin: Origin::of(message),
            topics: seen.topics,
            affect: seen.affect,
            importance: seen.importance,
            kind: if risky {
                ExperienceKind::Risk
            } else {
                seen.kind
            },
            created_at: message.created_at,
        }
    }

    /// A page of the session's messages, in order.
    ///
    /// # Errors
    /// When there is no such session, or the store fails.
    pub async fn messages(
        &self,
        scope: &Scope,
        id: &SessionId,
        page: &PageRequest,
    ) -> Result<Page<Message>, ServiceError> {
        let store = &self.parts.store;
        if scope.db(store.session(&scope.tenant, id)).await?.is_none() {
            return Err(ServiceError::not_found("session", id));
        }
        let from = match &page.after {
            Some(after) => after
                .parse::<u32>()
                .map_err(|_| crate::domain::page::BadCursor)?
                .saturating_add(1),
            None => 0,
        };
        let size = u32::from(page.size.get());
        let mut items = scope
            .db(store.messages(&scope.tenant, id, from, size + 1))
            .await?;
        let more = items.len() > usize::from(page.size.get());
        items.truncate(usize::from(page.size.get()));
        let next = items
            .last()
            .filter(|_| more)
            .map(|message| message.seq.to_string());
        Ok(Page { items, next })
    }

    /// The whole session, for export.
    ///
    /// # Errors
    /// When there is no such session, or the store fails.
    pub async fn transcript(
        &self,
        scope: &Scope,
        id: &SessionId,
    ) -> Result<(Session, Vec<Message>), ServiceError> {
        let store = &self.parts.store;
        let session = scope
            .db(store.session(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("session", id))?;
        let mut messages = Vec::new();
        let mut page = PageRequest {
            after: None,
            size: PageSize::LARGEST,
        };
        loop {
            let part = self.messages(scope, id, &page).await?;
            messages.extend(part.items);
            match part.next {
                Some(after) => page.after = Some(after),
                None => return Ok((session, messages)),
            }
        }
    }
}
