//! Transcripts: turns of a conversation that was held elsewhere. They are taken as they were said,
//! analysed and remembered like any others, and answered by nobody.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::analysis::{Delta, SessionState as Fold};
use crate::domain::id::{ExperienceId, MessageId, RiskFlagId, SessionId};
use crate::domain::memory::{Experience, ExperienceKind, MemoryScope, Origin};
use crate::domain::message::{Message, Role};
use crate::domain::risk::RiskFlag;
use crate::domain::session::{Session, SessionState};
use crate::domain::timing::Phase;
use crate::store::{StoreError, Write, WriteSet};

use super::conversation::Conversations;
use super::core::Scope;
use super::error::ServiceError;
use super::fault::Fault;
use super::folds::{Folds, put_delta};
use super::idempotency::{Outcome, Repeatable};
use super::sessions::metadata_faults;

/// A turn that was said elsewhere.
#[derive(Debug, Clone)]
pub struct SaidTurn {
    /// The client, or the professional or other person who spoke with them.
    pub role: Role,
    /// The words.
    pub content: String,
    /// When they were said; now, if it is not known.
    pub said_at: Option<Timestamp>,
    /// The caller's own data; [`Origin`] names the keys that are read.
    pub metadata: Map<String, Value>,
}

/// What a transcript became.
#[derive(Debug, Clone)]
pub struct Transcribed {
    /// The messages, in order.
    pub messages: Vec<Message>,
    /// Risk flags that were raised.
    pub flags: Vec<RiskFlag>,
}

impl Conversations {
    /// Takes turns in order at the end of the session and commits all of them at once.
    ///
    /// Runs to its end even if the caller goes away, so that store and indexes stay in step.
    ///
    /// # Errors
    /// When there is no such session, it takes no messages, a value breaks a rule, others keep
    /// changing the session, or the store fails.
    pub async fn record(
        self: &Arc<Self>,
        scope: &Scope,
        id: &SessionId,
        turns: Vec<SaidTurn>,
        repeatable: Option<Repeatable<Transcribed>>,
    ) -> Result<Outcome<Transcribed>, ServiceError> {
        let (this, scope, id) = (Arc::clone(self), scope.clone(), id.clone());
        let work = async move {
            let _turn = this.locks.lock(&id).await;
            for _ in 0..super::ATTEMPTS {
                if let Some(repeatable) = &repeatable
                    && let Some(kept) = repeatable.earlier(&this.parts, &scope).await?
                {
                    return Ok(Outcome::Replayed(kept));
                }
                match this
                    .transcribe(&scope, &id, &turns, repeatable.as_ref())
                    .await
                {
                    Ok(transcribed) => return Ok(Outcome::Done(transcribed)),
                    // Another process was faster. Read again and decide anew.
                    Err(ServiceError::Store(StoreError::Conflict { what })) => {
                        tracing::debug!(session = %id, what, "a transcript is tried again");
                    }
                    Err(error) => return Err(error),
                }
            }
            Err(ServiceError::Contended { what: "session" })
        };
        tokio::spawn(work)
            .await
            .unwrap_or_else(|error| Err(ServiceError::internal("taking the transcript", error)))
    }

    async fn transcribe(
        &self,
        scope: &Scope,
        id: &SessionId,
        turns: &[SaidTurn],
        repeatable: Option<&Repeatable<Transcribed>>,
    ) -> Result<Transcribed, ServiceError> {
        let now = self.parts.now();
        let session = scope
            .db(self.parts.store.session(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("session", id))?;
        ServiceError::unless_empty(self.turn_faults(turns, now))?;
        self.unless_closed(&session, turns.len().div_ceil(2))?;
        let mut fold = Fold::clone(&*self.folds.of(scope, &session).await?);
        let mut taken = Taken {
            session,
            messages: Vec::with_capacity(turns.len()),
            experiences: Vec::with_capacity(turns.len()),
            flags: Vec::new(),
            deltas: Vec::with_capacity(turns.len()),
        };
        for turn in turns {
            self.take_turn(scope, &mut taken, &mut fold, turn, now)?;
        }
        let Taken {
            mut session,
            messages,
            experiences,
            flags,
            deltas,
        } = taken;
        session.state = SessionState::Active;
        session.revision += 1;
        session.updated_at = now;
        let mut set: WriteSet = messages.iter().cloned().map(Write::InsertMessage).collect();
        for delta in deltas {
            set.push(delta);
        }
        for experience in &experiences {
            set.push(Write::InsertExperience(experience.clone()));
        }
        for flag in &flags {
            set.push(Write::InsertRiskFlag(flag.clone()));
        }
        set.push(Folds::put(scope, &session, &fold)?);
        let transcribed = Transcribed { messages, flags };
        if let Some(repeatable) = repeatable {
            set.push(repeatable.keep(scope, &transcribed, &session.id, now)?);
        }
        set.push(Write::UpdateSession(session.clone()));
        scope.commit(&self.parts, set).await?;
        self.folds.remember(scope, &session, fold);
        for experience in &experiences {
            self.index(scope, experience).await;
        }
        Ok(transcribed)
    }

    /// What is wrong with the turns.
    fn turn_faults(&self, turns: &[SaidTurn], now: Timestamp) -> Vec<Fault> {
        let limits = &self.parts.limits;
        let mut faults = Vec::new();
        for (index, turn) in turns.iter().enumerate() {
            let mut found = Vec::new();
            if turn.content.trim().is_empty() || turn.content.chars().count() > limits.message_chars
            {
                let detail = format!("must have 1 to {} characters", limits.message_chars);
                found.push(Fault::at("content", detail));
            }
            if turn.said_at.is_some_and(|said_at| said_at > now) {
                found.push(Fault::at(
                    "said_at",
                    "lies in the future; leave it out for turns that are said now",
                ));
            }
            found.extend(metadata_faults(limits, Some(&turn.metadata)));
            faults.extend(found.into_iter().map(|fault| fault.within("turns", index)));
        }
        faults
    }

    fn take_turn(
        &self,
        scope: &Scope,
        taken: &mut Taken,
        fold: &mut Fold,
        turn: &SaidTurn,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let (ids, clock) = (&self.parts.ids, &*self.parts.clock);
        let session = &mut taken.session;
        let message = Message {
            id: MessageId::new(ids, clock),
            tenant: scope.tenant.clone(),
            session: session.id.clone(),
            seq: session.next_seq,
            role: turn.role,
            content: turn.content.clone(),
            reply: None,
            metadata: turn.metadata.clone(),
            created_at: turn.said_at.unwrap_or(now),
        };
        session.message_count += 1;
        session.next_seq += 1;
        let (delta, seen) = scope.phases.time(Phase::Analysis, || {
            let delta = Delta::of(&message);
            fold.apply(&message, &delta);
            let seen = fold.observe(&message, &delta);
            (delta, seen)
        });
        taken.deltas.push(put_delta(&message, &delta)?);
        let risky = seen.risks.iter().any(|finding| finding.requires_human());
        taken
            .flags
            .extend(seen.risks.into_iter().map(|finding| RiskFlag {
                id: RiskFlagId::new(ids, clock),
                tenant: scope.tenant.clone(),
                client: session.client.clone(),
                session: session.id.clone(),
                message: message.id.clone(),
                finding,
                resolution: None,
                created_at: now,
            }));
        taken.experiences.push(Experience {
            id: ExperienceId::new(ids, clock),
            scope: MemoryScope {
                tenant: scope.tenant.clone(),
                client: session.client.clone(),
                persona: session.persona.clone(),
            },
            session: session.id.clone(),
            message: message.id.clone(),
            text: message.content.clone(),
            origin: Origin::of(&message),
            topics: seen.topics,
            affect: seen.affect,
            importance: seen.importance,
            kind: if risky {
                ExperienceKind::Risk
            } else {
                seen.kind
            },
            created_at: message.created_at,
        });
        taken.messages.push(message);
        Ok(())
    }
}

/// Turns that were taken and are not committed yet.
struct Taken {
    session: Session,
    messages: Vec<Message>,
    experiences: Vec<Experience>,
    flags: Vec<RiskFlag>,
    /// What each message adds to the analysis, to be stored with it.
    deltas: Vec<Write>,
}
