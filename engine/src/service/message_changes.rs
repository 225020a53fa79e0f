//! Messages that are edited or removed. The analysis, what is remembered and what is derived are
//! those of the messages that remain, as if the former words had never been said; risk flags alone
//! stay, because they are the record that somebody was told.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::analysis::Delta;
use crate::domain::id::{MessageId, RiskFlagId, SessionId};
use crate::domain::memory::{Experience, MemoryScope};
use crate::domain::message::{Message, Role};
use crate::domain::risk::{RiskFinding, RiskFlag};
use crate::domain::session::Session;
use crate::store::{StoreError, Write, WriteSet};

use super::conversation::Conversations;
use super::core::Scope;
use super::error::ServiceError;
use super::fault::Fault;
use super::folds::{Changes, Folds, Refolded};
use super::sessions::metadata_faults;
use super::withdrawn_quotes;

/// What is to change in a message; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct MessageChange {
    /// Other words.
    pub content: Option<String>,
    /// Other data of the caller.
    pub metadata: Option<Map<String, Value>>,
}

/// Whether a message is the one that the caller has read.
pub type ExpectedMessage = Arc<dyn Fn(&Message) -> bool + Send + Sync>;

/// What is to be done with a message.
enum Task {
    Edit(MessageChange),
    Remove,
}

/// A write set and what follows when it is committed.
struct Plan {
    set: WriteSet,
    session: Session,
    fold: Option<crate::analysis::SessionState>,
    forget: Vec<Experience>,
    remember: Option<Experience>,
    message: Message,
}

impl Conversations {
    /// One message of a session.
    ///
    /// # Errors
    /// When the tenant has no such session or the session no such message, or the store fails.
    pub async fn message(
        &self,
        scope: &Scope,
        session: &SessionId,
        id: &MessageId,
    ) -> Result<Message, ServiceError> {
        let found = scope
            .db(self.parts.store.message(&scope.tenant, id))
            .await?;
        found
            .filter(|message| message.session == *session)
            .ok_or_else(|| ServiceError::not_found("message", id))
    }

    /// Changes words or data of a message. Only the client's words can be changed. Runs to its end
    /// even if the caller goes away.
    ///
    /// # Errors
    /// When there is no such message, a value breaks a rule, the message is no longer the expected
    /// one, others keep changing the session, or the store fails.
    pub async fn edit(
        self: &Arc<Self>,
        scope: &Scope,
        session: &SessionId,
        id: &MessageId,
        change: MessageChange,
        expected: Option<ExpectedMessage>,
    ) -> Result<Message, ServiceError> {
        self.change(scope, session, id, Task::Edit(change), expected)
            .await
    }

    /// Removes a message; with one of the client's go the replies that it got. Runs to its end even
    /// if the caller goes away.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub async fn remove(
        self: &Arc<Self>,
        scope: &Scope,
        session: &SessionId,
        id: &MessageId,
        expected: Option<ExpectedMessage>,
    ) -> Result<(), ServiceError> {
        self.change(scope, session, id, Task::Remove, expected)
            .await
            .map(drop)
    }

    async fn change(
        self: &Arc<Self>,
        scope: &Scope,
        session: &SessionId,
        id: &MessageId,
        task: Task,
        expected: Option<ExpectedMessage>,
    ) -> Result<Message, ServiceError> {
        let (this, scope) = (Arc::clone(self), scope.clone());
        let (session, id) = (session.clone(), id.clone());
        let work = async move {
            let _turn = this.locks.lock(&session).await;
            for _ in 0..super::ATTEMPTS {
                match this
                    .attempt_change(&scope, &session, &id, &task, expected.as_ref())
                    .await
                {
                    Err(ServiceError::Store(StoreError::Conflict { what })) => {
                        tracing::debug!(%session, what, "a change is tried again");
                    }
                    outcome => return outcome,
                }
            }
            Err(ServiceError::Contended { what: "session" })
        };
        tokio::spawn(work)
            .await
            .unwrap_or_else(|error| Err(ServiceError::internal("changing the message", error)))
    }

    async fn attempt_change(
        &self,
        scope: &Scope,
        session: &SessionId,
        id: &MessageId,
        task: &Task,
        expected: Option<&ExpectedMessage>,
    ) -> Result<Message, ServiceError> {
        let message = self.message(scope, session, id).await?;
        if expected.is_some_and(|same| !same(&message)) {
            return Err(ServiceError::Stale { what: "message" });
        }
        let session = scope
            .db(self.parts.store.session(&scope.tenant, session))
            .await?
            .ok_or_else(|| ServiceError::not_found("session", session))?;
        let plan = match task {
            Task::Edit(change) => self.edited(scope, session, &message, change).await?,
            Task::Remove => self.removed(scope, session, message).await?,
        };
        self.carry_out(scope, plan).await
    }

    async fn edited(
        &self,
        scope: &Scope,
        session: Session,
        message: &Message,
        change: &MessageChange,
    ) -> Result<Plan, ServiceError> {
        let mut edited = message.clone();
        if let Some(content) = &change.content {
            edited.content.clone_from(content);
        }
        if let Some(metadata) = &change.metadata {
            edited.metadata.clone_from(metadata);
        }
        let other_words = edited.content != message.content;
        if other_words && message.role == Role::Persona {
            return Err(ServiceError::Refused {
                detail: "the words of a persona's reply cannot be changed, because they quote their sources; delete the message instead".to_owned(),
            });
        }
        let metadata = metadata_faults(&self.parts.limits, change.metadata.as_ref());
        let content = change
            .content
            .as_deref()
            .and_then(|text| self.content_fault(text));
        ServiceError::unless_empty(metadata.into_iter().chain(content).collect())?;
        let mut set = WriteSet::new();
        set.push(Write::UpdateMessage(edited.clone()));
        let mut plan = Plan {
            set,
            session,
            fold: None,
            forget: Vec::new(),
            remember: None,
            message: edited,
        };
        if other_words {
            let mut changes = self.withdraw_quotes(scope, message, &mut plan).await?;
            changes.insert(message.seq, Some(plan.message.clone()));
            plan.forget = self.experiences_of(scope, &plan.session, message).await?;
            let refolded = self.refold(scope, &mut plan, &changes).await?;
            self.observe_again(scope, message, &refolded, &mut plan);
            plan.fold = Some(refolded.state);
        }
        Ok(plan)
    }

    async fn removed(
        &self,
        scope: &Scope,
        session: Session,
        message: Message,
    ) -> Result<Plan, ServiceError> {
        let forget = self.experiences_of(scope, &session, &message).await?;
        let mut plan = Plan {
            set: WriteSet::new(),
            session,
            fold: None,
            forget,
            remember: None,
            message,
        };
        let message = plan.message.clone();
        let mut changes = self.withdraw_quotes(scope, &message, &mut plan).await?;
        let mut gone = self.replies_to(scope, &message).await?;
        gone.push(message);
        for message in &gone {
            changes.insert(message.seq, None);
            plan.set.push(Write::DeleteMessage {
                tenant: scope.tenant.clone(),
                session: plan.session.id.clone(),
                id: message.id.clone(),
            });
        }
        let count = u32::try_from(gone.len()).unwrap_or(u32::MAX);
        plan.session.message_count = plan.session.message_count.saturating_sub(count);
        plan.fold = Some(self.refold(scope, &mut plan, &changes).await?.state);
        Ok(plan)
    }

    /// The replies that the client's message got: they stand right after it, so no more is read than
    /// up to the client's next message.
    async fn replies_to(
        &self,
        scope: &Scope,
        message: &Message,
    ) -> Result<Vec<Message>, ServiceError> {
        const AFTER: u32 = 8;
        let read = self.parts.store.messages(
            &scope.tenant,
            &message.session,
            message.seq.saturating_add(1),
            AFTER,
        );
        let answers = |later: &Message| {
            let note = later.reply.as_ref();
            note.is_some_and(|note| note.answers == message.id)
        };
        let later = scope.db(read).await?;
        Ok(later
            .into_iter()
            .take_while(|later| later.role == Role::Persona)
            .filter(answers)
            .collect())
    }

    /// Takes quotations of the former words out of the session's replies. Gives the changed replies.
    async fn withdraw_quotes(
        &self,
        scope: &Scope,
        former: &Message,
        plan: &mut Plan,
    ) -> Result<Changes, ServiceError> {
        let store = &self.parts.store;
        let quoting = store.replies_quoting(&scope.tenant, &former.session, &former.id);
        let present =
            (plan.message.content != former.content).then_some(plan.message.content.as_str());
        let mut changes = Changes::new();
        for reply in scope.db(quoting).await? {
            if let Some(mended) = withdrawn_quotes::mend(&reply, &former.id, present) {
                plan.set.push(Write::UpdateMessage(mended.clone()));
                changes.insert(mended.seq, Some(mended));
            }
        }
        Ok(changes)
    }

    async fn experiences_of(
        &self,
        scope: &Scope,
        session: &Session,
        message: &Message,
    ) -> Result<Vec<Experience>, ServiceError> {
        let read = self.parts.store.experiences_of(
            &scope.tenant,
            &session.client,
            &session.id,
            &message.id,
        );
        Ok(scope.db(read).await?)
    }

    async fn refold(
        &self,
        scope: &Scope,
        plan: &mut Plan,
        changes: &Changes,
    ) -> Result<Refolded, ServiceError> {
        plan.session.edits += 1;
        let mut refolded = self.folds.refold(scope, &plan.session, changes).await?;
        for delta in refolded.deltas.drain(..) {
            plan.set.push(delta);
        }
        plan.set
            .push(Folds::put(scope, &plan.session, &refolded.state)?);
        Ok(refolded)
    }

    /// What the edited words show: an experience anew, and flags for what was not flagged before.
    fn observe_again(&self, scope: &Scope, former: &Message, refolded: &Refolded, plan: &mut Plan) {
        let Some(seen) = refolded.observed.get(&former.seq) else {
            return;
        };
        let memory = MemoryScope {
            tenant: scope.tenant.clone(),
            client: plan.session.client.clone(),
            persona: plan.session.persona.clone(),
        };
        let experience = self.experience(memory, &plan.message, seen.clone());
        plan.set.push(Write::InsertExperience(experience.clone()));
        plan.remember = Some(experience);
        let before = Delta::of(former);
        let same = |a: &RiskFinding, b: &RiskFinding| {
            (&a.category, &a.assertion, &a.quote) == (&b.category, &b.assertion, &b.quote)
        };
        for finding in &seen.risks {
            if before.risks().any(|known| same(known, finding)) {
                continue;
            }
            plan.set.push(Write::InsertRiskFlag(RiskFlag {
                id: RiskFlagId::new(&self.parts.ids, &*self.parts.clock),
                tenant: scope.tenant.clone(),
                client: plan.session.client.clone(),
                session: plan.session.id.clone(),
                message: former.id.clone(),
                finding: finding.clone(),
                resolution: None,
                created_at: self.parts.now(),
            }));
        }
    }

    async fn carry_out(&self, scope: &Scope, plan: Plan) -> Result<Message, ServiceError> {
        let Plan {
            mut set,
            mut session,
            fold,
            forget,
            remember,
            message,
        } = plan;
        session.revision += 1;
        session.updated_at = self.parts.now();
        set.push(Write::UpdateSession(session.clone()));
        scope.commit(&self.parts, set).await?;
        if let Some(fold) = fold {
            self.folds.remember(scope, &session, fold);
        }
        for experience in &forget {
            self.parts.memories.forget_experience(experience);
        }
        if let Some(experience) = &remember {
            self.index(scope, experience).await;
        }
        Ok(message)
    }

    fn content_fault(&self, content: &str) -> Option<Fault> {
        let max = self.parts.limits.message_chars;
        let unfit = content.trim().is_empty() || content.chars().count() > max;
        unfit.then(|| Fault::at("content", format!("must have 1 to {max} characters")))
    }
}
