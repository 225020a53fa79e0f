//! A run of the detectors over a client's sessions, and what is kept of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use crate::analysis::insight::{
    Detection, InsightConfig, InsightDraft, Passage, PassageLink, detect, topics_to_look_up,
};
use crate::domain::id::{ClientId, InsightId, PersonaId, SessionId};
use crate::domain::insight::{DetectorTest, Insight, InsightStatus};
use crate::domain::memory::{Recalled, RecalledItem};
use crate::domain::persona::PersonaKey;
use crate::domain::session::Session;
use crate::domain::timing::Phase;
use crate::store::{StoreError, Write, WriteSet};

use super::super::ATTEMPTS;
use super::super::clients::SessionQueryOf;
use super::super::core::Scope;
use super::super::error::ServiceError;
use super::Insights;

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

impl InsightRequest {
    /// From all sessions of a client.
    #[must_use]
    pub fn of(client: ClientId) -> Self {
        Self {
            client,
            session: None,
            persona: None,
        }
    }
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
    /// Drafts of earlier runs that the present data does not support any more.
    pub retracted: usize,
    /// All that the run supports, new or not.
    pub insights: Vec<Insight>,
}

impl Insights {
    /// Looks for insights and keeps what is found. An empty run is a valid answer. A run over all
    /// sessions of a client also retracts drafts that are not supported any more; what a person has
    /// accepted or rejected stays.
    ///
    /// # Errors
    /// When session or persona do not exist or do not fit the client, or the store fails.
    pub async fn generate(
        &self,
        scope: &Scope,
        request: &InsightRequest,
    ) -> Result<Run, ServiceError> {
        for _ in 0..ATTEMPTS {
            let (run, set) = self.run(scope, request).await?;
            if set.writes().is_empty() {
                return Ok(run);
            }
            match scope.commit(&self.parts, set).await {
                Ok(()) => return Ok(run),
                // Words were changed or erased while the run was under way: look again.
                Err(StoreError::Conflict { what } | StoreError::Missing { what }) => {
                    tracing::debug!(client = %request.client, what, "a run is tried again");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Contended {
            what: "client's sessions",
        })
    }

    async fn run(
        &self,
        scope: &Scope,
        request: &InsightRequest,
    ) -> Result<(Run, WriteSet), ServiceError> {
        let query = SessionQueryOf {
            session: request.session.as_ref(),
            persona: request.persona.as_ref(),
        };
        let sessions = self
            .clients
            .sessions(scope, &request.client, &query)
            .await?;
        let mut keeper = Keeper {
            scope,
            client: &request.client,
            known: self.all(scope, &request.client).await?,
            now: self.parts.now(),
            run: Run {
                sessions: sessions.len(),
                created: 0,
                updated: 0,
                retracted: 0,
                insights: Vec::new(),
            },
            set: WriteSet::new(),
        };
        let whole = request.session.is_none() && request.persona.is_none();
        let mut by_persona: BTreeMap<PersonaKey, Vec<Session>> = BTreeMap::new();
        for session in sessions {
            let of_persona = by_persona.entry(session.persona.clone()).or_default();
            of_persona.push(session);
        }
        for (persona, sessions) in &by_persona {
            let detection = self.draw(scope, &request.client, persona, sessions).await?;
            keeper.keep(persona, detection, whole);
        }
        Ok((keeper.run, keeper.set))
    }

    /// What the sessions with one persona support.
    async fn draw(
        &self,
        scope: &Scope,
        client: &ClientId,
        persona: &PersonaKey,
        sessions: &[Session],
    ) -> Result<Detection, ServiceError> {
        let mut history = self.clients.history(scope, client, sessions).await?;
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
        let config = InsightConfig {
            reviews: self.clients.reviews(scope, persona).await?,
            ..InsightConfig::default()
        };
        Ok(scope
            .phases
            .time(Phase::Synthesis, || detect(&history, &config)))
    }
}

/// Turns drafts into what is stored.
struct Keeper<'r> {
    scope: &'r Scope,
    client: &'r ClientId,
    known: Vec<Insight>,
    now: Timestamp,
    run: Run,
    set: WriteSet,
}

impl Keeper<'_> {
    fn keep(&mut self, persona: &PersonaKey, detection: Detection, whole: bool) {
        let complete = whole && !detection.truncated;
        let known: HashMap<InsightId, Insight> = self
            .known
            .iter()
            .filter(|insight| insight.persona == *persona)
            .map(|insight| (insight.id.clone(), insight.clone()))
            .collect();
        let mut supported = HashSet::new();
        for draft in detection.drafts {
            let id = derived_id(self.scope, self.client, persona, &draft);
            supported.insert(id.clone());
            match known.get(&id) {
                Some(known) => self.add_to(known, draft),
                None => self.create(id, persona, draft),
            }
        }
        let unsupported = known.into_values().filter(|insight| {
            complete && insight.status == InsightStatus::Draft && !supported.contains(&insight.id)
        });
        for insight in unsupported {
            self.run.retracted += 1;
            self.set.push(Write::PutInsight(Insight {
                status: InsightStatus::Retracted,
                updated_at: self.now,
                ..insight
            }));
        }
    }

    fn create(&mut self, id: InsightId, persona: &PersonaKey, draft: InsightDraft) {
        let insight = Insight {
            id,
            tenant: self.scope.tenant.clone(),
            client: self.client.clone(),
            persona: persona.clone(),
            detector: draft.detector,
            slot: draft.slot,
            statement: draft.statement,
            test: draft.test,
            confidence: draft.confidence,
            evidence: draft.evidence,
            status: InsightStatus::Draft,
            created_at: self.now,
            updated_at: self.now,
        };
        self.run.created += 1;
        self.put(insight.clone());
        self.run.insights.push(insight);
    }

    fn add_to(&mut self, known: &Insight, draft: InsightDraft) {
        match merged(known, draft, self.now) {
            Some(insight) => {
                self.run.updated += 1;
                self.put(insight.clone());
                self.run.insights.push(insight);
            }
            None => self.run.insights.push(known.clone()),
        }
    }

    /// The quotations are compared with the messages once more when the set is applied.
    fn put(&mut self, insight: Insight) {
        self.set.push(Write::RequireQuoted {
            tenant: insight.tenant.clone(),
            evidence: insight.evidence.clone(),
        });
        self.set.push(Write::PutInsight(insight));
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
    let same_figures =
        same_test(&known.test, &draft.test) && is_near(known.confidence, draft.confidence);
    let retracted = known.status == InsightStatus::Retracted;
    if same_evidence && same_figures && known.statement == draft.statement && !retracted {
        return None;
    }
    let status = match known.status {
        InsightStatus::Retracted => InsightStatus::Draft,
        status => status,
    };
    Some(Insight {
        slot: draft.slot,
        statement: draft.statement,
        test: draft.test,
        confidence: draft.confidence,
        evidence,
        status,
        updated_at: now,
        ..known.clone()
    })
}

/// The figures are stored as decimal text, which may give back a neighbour of the number.
fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

fn same_test(a: &DetectorTest, b: &DetectorTest) -> bool {
    let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => is_near(a, b),
        (a, b) => a == b,
    };
    a.name == b.name
        && a.n == b.n
        && is_near(a.effect, b.effect)
        && near(a.p, b.p)
        && near(a.q, b.q)
}
