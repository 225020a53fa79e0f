//! Insights: drawn from a client's folded sessions, kept under ids that follow from what they say,
//! so that a repeat adds evidence and no duplicate.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::analysis::insight::{
    ClientHistory, InsightConfig, InsightDraft, Passage, PassageLink, SessionHistory, detect,
    topics_to_look_up,
};
use crate::domain::id::{ClientId, InsightId, PersonaId, SessionId};
use crate::domain::insight::{Evidence, Insight, InsightStatus};
use crate::domain::memory::{MemoryScope, Recalled, RecalledItem};
use crate::domain::page::{Page, PageSize};
use crate::domain::persona::PersonaKey;
use crate::domain::session::{Session, SessionFilter};
use crate::domain::timing::Phase;
use crate::memory::ContextRequest;
use crate::store::{PageRequest, Write, WriteSet};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::fault::Fault;
use super::folds::Folds;
use super::knowledge;

/// How many topics of a client are looked up in the persona's documents.
const TOPICS: usize = 12;
/// How many passages are looked at for each.
const PASSAGES: usize = 3;
/// How many quotations an insight keeps.
const EVIDENCE: usize = 40;

/// Whose insights are wanted.
#[derive(Debug, Clone)]
pub struct InsightRequest {
    /// About whom.
    pub client: ClientId,
    /// From this session alone.
    pub session: Option<SessionId>,
    /// From sessions with this persona alone.
    pub persona: Option<PersonaId>,
}

/// What a run brought.
#[derive(Debug, Clone)]
pub struct Run {
    /// How many sessions were looked at.
    pub sessions: usize,
    /// Drawn for the first time.
    pub created: usize,
    /// Known already, now with other evidence or figures.
    pub updated: usize,
    /// All that the run supports, new or not.
    pub insights: Vec<Insight>,
}

/// Whether quoted words still stand where an insight says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Byte for byte.
    Verified,
    /// The source is there and says something else.
    Differs,
    /// The source is gone.
    Missing,
}

/// The use cases of insights.
pub struct Insights {
    parts: Arc<Parts>,
    folds: Arc<Folds>,
}

impl Insights {
    pub(super) fn new(parts: Arc<Parts>, folds: Arc<Folds>) -> Self {
        Self { parts, folds }
    }

    /// Looks for insights and keeps what is found. An empty run is a valid answer.
    ///
    /// # Errors
    /// When session or persona do not exist or do not fit the client, or the store fails.
    pub async fn generate(
        &self,
        scope: &Scope,
        request: &InsightRequest,
    ) -> Result<Run, ServiceError> {
        let sessions = self.sessions(scope, request).await?;
        let mut by_persona: BTreeMap<PersonaKey, Vec<Session>> = BTreeMap::new();
        for session in &sessions {
            by_persona
                .entry(session.persona.clone())
                .or_default()
                .push(session.clone());
        }
        let mut run = Run {
            sessions: sessions.len(),
            created: 0,
            updated: 0,
            insights: Vec::new(),
        };
        let mut set = WriteSet::new();
        for (persona, sessions) in &by_persona {
            for draft in self.draw(scope, persona, sessions).await? {
                self.keep(scope, request, persona, draft, &mut run, &mut set)
                    .await?;
            }
        }
        if !set.writes().is_empty() {
            scope.commit(&self.parts, set).await?;
        }
        Ok(run)
    }

    async fn sessions(
        &self,
        scope: &Scope,
        request: &InsightRequest,
    ) -> Result<Vec<Session>, ServiceError> {
        let store = &self.parts.store;
        let persona = match &request.persona {
            Some(id) => {
                let found = scope.db(store.resolve_persona(&scope.tenant, id)).await?;
                let fault = || Fault::at("persona_id", "names no persona");
                Some(
                    found
                        .ok_or_else(|| ServiceError::Invalid {
                            faults: vec![fault()],
                        })?
                        .key,
                )
            }
            None => None,
        };
        if let Some(id) = &request.session {
            let fits = |session: &Session| {
                session.client == request.client
                    && persona.as_ref().is_none_or(|key| session.persona == *key)
            };
            let found = scope
                .db(store.session(&scope.tenant, id))
                .await?
                .filter(fits);
            let fault = || Fault::at("session_id", "names no session of this client and persona");
            return found
                .map(|session| vec![session])
                .ok_or_else(|| ServiceError::Invalid {
                    faults: vec![fault()],
                });
        }
        let filter = SessionFilter {
            client: Some(request.client.clone()),
            persona,
            state: None,
        };
        let limit = usize::try_from(self.parts.limits.insight_sessions).unwrap_or(usize::MAX);
        let size = PageSize::new(PageSize::MAX).unwrap_or_default();
        let mut page = PageRequest { after: None, size };
        let mut sessions = Vec::new();
        loop {
            let part = scope
                .db(store.sessions(&scope.tenant, &filter, &page))
                .await?;
            sessions.extend(
                part.items
                    .into_iter()
                    .filter(|session| session.message_count > 0),
            );
            match part.next {
                Some(after) if sessions.len() < limit => page.after = Some(after),
                _ => break,
            }
        }
        sessions.truncate(limit);
        sessions.reverse();
        Ok(sessions)
    }

    /// What the sessions with one persona support.
    async fn draw(
        &self,
        scope: &Scope,
        persona: &PersonaKey,
        sessions: &[Session],
    ) -> Result<Vec<InsightDraft>, ServiceError> {
        let mut history = ClientHistory::default();
        for session in sessions {
            let state =
                crate::analysis::SessionState::clone(&*self.folds.of(scope, session).await?);
            let (session, at) = (session.id.clone(), session.created_at);
            history.sessions.push(SessionHistory { session, at, state });
        }
        let topics = scope
            .phases
            .time(Phase::Synthesis, || topics_to_look_up(&history, TOPICS));
        for topic in topics {
            let found = self.parts.memories.retrieve_relevant_context(
                persona,
                &topic,
                PASSAGES,
                &scope.phases,
            );
            let passages = found.into_iter().filter_map(passage).collect();
            history.passages.push(PassageLink { topic, passages });
        }
        let config = InsightConfig::default();
        Ok(scope
            .phases
            .time(Phase::Synthesis, || detect(&history, &config)))
    }

    async fn keep(
        &self,
        scope: &Scope,
        request: &InsightRequest,
        persona: &PersonaKey,
        draft: InsightDraft,
        run: &mut Run,
        set: &mut WriteSet,
    ) -> Result<(), ServiceError> {
        let now = self.parts.now();
        let id = derived_id(scope, &request.client, persona, &draft);
        let stored = scope
            .db(self.parts.store.insight(&scope.tenant, &id))
            .await?;
        let fresh = stored.is_none();
        let insight = match stored {
            Some(known) => merged(&known, draft, now),
            None => Some(Insight {
                id: id.clone(),
                tenant: scope.tenant.clone(),
                client: request.client.clone(),
                persona: persona.clone(),
                detector: draft.detector,
                slot: draft.slot,
                statement: draft.statement,
                test: draft.test,
                confidence: draft.confidence,
                evidence: draft.evidence,
                status: InsightStatus::Draft,
                created_at: now,
                updated_at: now,
            }),
        };
        let insight = match insight {
            Some(insight) => {
                if fresh {
                    run.created += 1;
                } else {
                    run.updated += 1;
                }
                set.push(Write::PutInsight(insight.clone()));
                insight
            }
            None => self.read(scope, &id).await?,
        };
        run.insights.push(insight);
        Ok(())
    }

    /// One insight.
    ///
    /// # Errors
    /// When the tenant has no such insight, or the store fails.
    pub async fn read(&self, scope: &Scope, id: &InsightId) -> Result<Insight, ServiceError> {
        scope
            .db(self.parts.store.insight(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("insight", id))
    }

    /// The tenant's insights, about one client or all, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        &self,
        scope: &Scope,
        client: Option<&ClientId>,
        page: &PageRequest,
    ) -> Result<Page<Insight>, ServiceError> {
        Ok(scope
            .db(self.parts.store.insights(&scope.tenant, client, page))
            .await?)
    }

    /// Removes an insight.
    ///
    /// # Errors
    /// When the tenant has no such insight, or the store fails.
    pub async fn delete(&self, scope: &Scope, id: &InsightId) -> Result<(), ServiceError> {
        self.read(scope, id).await?;
        let write = Write::DeleteInsight {
            tenant: scope.tenant.clone(),
            id: id.clone(),
        };
        Ok(scope.commit(&self.parts, write.into()).await?)
    }

    /// The evidence of an insight, each piece compared with its source as it is now.
    ///
    /// # Errors
    /// When the tenant has no such insight, or the store fails.
    pub async fn lineage(
        &self,
        scope: &Scope,
        id: &InsightId,
    ) -> Result<(Insight, Vec<(Evidence, Verification)>), ServiceError> {
        let insight = self.read(scope, id).await?;
        let mut checked = Vec::with_capacity(insight.evidence.len());
        for evidence in &insight.evidence {
            let verification = self.verify(scope, &insight, evidence).await?;
            checked.push((evidence.clone(), verification));
        }
        Ok((insight, checked))
    }

    async fn verify(
        &self,
        scope: &Scope,
        insight: &Insight,
        evidence: &Evidence,
    ) -> Result<Verification, ServiceError> {
        let store = &self.parts.store;
        let (source, start, end, quote) = match evidence {
            Evidence::Message {
                message_id,
                byte_start,
                byte_end,
                quote,
                ..
            } => {
                let message = scope.db(store.message(&scope.tenant, message_id)).await?;
                (
                    message.map(|message| message.content),
                    *byte_start,
                    *byte_end,
                    quote,
                )
            }
            Evidence::Document {
                document_id,
                byte_start,
                byte_end,
                quote,
                ..
            } => {
                let document = scope
                    .db(store.document(&insight.persona, document_id))
                    .await?;
                (
                    document.map(|document| document.content),
                    *byte_start,
                    *byte_end,
                    quote,
                )
            }
        };
        Ok(match source {
            None => Verification::Missing,
            Some(text) if text.get(start..end) == Some(quote.as_str()) => Verification::Verified,
            Some(_) => Verification::Differs,
        })
    }

    /// Takes in a reviewer's decision: the insight's status, and the confidence of the knowledge
    /// domain that its statement falls in. The same decision again changes nothing.
    ///
    /// # Errors
    /// When the tenant has no such insight, it was retracted, or the store fails.
    pub async fn review(
        &self,
        scope: &Scope,
        id: &InsightId,
        accepted: bool,
    ) -> Result<Insight, ServiceError> {
        let mut insight = self.read(scope, id).await?;
        let status = if accepted {
            InsightStatus::Accepted
        } else {
            InsightStatus::Rejected
        };
        if insight.status == InsightStatus::Retracted {
            let detail = "the insight was retracted, because its evidence is gone".to_owned();
            return Err(ServiceError::Refused { detail });
        }
        if insight.status == status {
            return Ok(insight);
        }
        let now = self.parts.now();
        insight.status = status;
        insight.updated_at = now;
        let mut set = WriteSet::from(Write::PutInsight(insight.clone()));
        if let Some(write) = self.learn(scope, &insight, accepted, now).await? {
            set.push(write);
        }
        scope.commit(&self.parts, set).await?;
        Ok(insight)
    }

    async fn learn(
        &self,
        scope: &Scope,
        insight: &Insight,
        accepted: bool,
        now: Timestamp,
    ) -> Result<Option<Write>, ServiceError> {
        let store = &self.parts.store;
        let Some(persona) = scope.db(store.persona(&insight.persona)).await? else {
            return Ok(None);
        };
        let memory = MemoryScope {
            tenant: insight.tenant.clone(),
            client: insight.client.clone(),
            persona: insight.persona.clone(),
        };
        let request = ContextRequest {
            scope: &memory,
            query: &insight.statement,
            goals: &[],
            k: 1,
            token_budget: self.parts.limits.context_tokens,
            now,
        };
        let context = self.parts.memories.context(&request, &scope.phases).await?;
        let expertise = &persona.profile.expertise;
        let found = self
            .parts
            .memories
            .knowledge_domain(expertise, &context, &scope.phases);
        let Some(name) = found else { return Ok(None) };
        let gain = knowledge::review_of(scope, &insight.persona, name, accepted, now);
        Ok(Some(Write::AddKnowledge(gain)))
    }
}

fn passage(recalled: Recalled) -> Option<Passage> {
    let score = recalled.score;
    match recalled.item {
        RecalledItem::Foundation {
            document_id,
            chunk_id,
            title,
            byte_start,
            byte_end,
            text,
            ..
        } => {
            let (document, chunk, quote) = (document_id, chunk_id, text);
            Some(Passage {
                document,
                chunk,
                title,
                byte_start,
                byte_end,
                quote,
                score,
            })
        }
        RecalledItem::Experience { .. } | RecalledItem::Synthesis { .. } => None,
    }
}

fn derived_id(
    scope: &Scope,
    client: &ClientId,
    persona: &PersonaKey,
    draft: &InsightDraft,
) -> InsightId {
    let parts = [
        scope.tenant.as_str(),
        client.as_str(),
        persona.owner.as_str(),
        persona.id.as_str(),
        &draft.detector,
        &draft.slot,
    ];
    InsightId::derived(parts.join("\0").as_bytes())
}

/// The insight with the draft's figures and the evidence of both; none if nothing is new.
fn merged(known: &Insight, draft: InsightDraft, now: Timestamp) -> Option<Insight> {
    let mut evidence = draft.evidence;
    for piece in &known.evidence {
        if evidence.len() < EVIDENCE && !evidence.contains(piece) {
            evidence.push(piece.clone());
        }
    }
    let same_evidence = evidence.len() == known.evidence.len()
        && evidence.iter().all(|piece| known.evidence.contains(piece));
    if same_evidence && known.statement == draft.statement && known.test == draft.test {
        return None;
    }
    let status = match known.status {
        InsightStatus::Retracted => InsightStatus::Draft,
        status => status,
    };
    Some(Insight {
        statement: draft.statement,
        test: draft.test,
        confidence: draft.confidence,
        evidence,
        status,
        updated_at: now,
        ..known.clone()
    })
}
