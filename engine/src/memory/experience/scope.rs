//! The experiences of one scope and how they are found again.

use std::collections::HashSet;

use jiff::Timestamp;

use super::features::{self, Bm25, Features};
use super::question::Question;
use super::turns::{Prepared, Turns};
use super::weights::{self, Row};
use crate::config::memory::MemoryConfig;
use crate::domain::id::{ExperienceId, MessageId, SessionId};
use crate::domain::memory::{Experience, Recalled, RecalledItem, ScorePart};
use crate::memory::rank;
use crate::memory::search::Query;

/// What a memory loses in the weighted sum when its vividness is halved.
const RECENCY: f64 = 1.0;
/// What full importance adds to the weighted sum.
const IMPORTANCE: f64 = 0.25;
/// A sum so far above that of an unrelated turn gives a score of 0.76.
const UNIT: f64 = 8.0;

/// One scope's experiences.
#[derive(Debug)]
pub(in crate::memory) struct Scope {
    half_life_days: f64,
    recency_floor: f64,
    relevant_from: f64,
    bm25: Bm25,
    turns: Turns,
    /// Sessions forgotten while the first reading was under way, which may still bring them.
    forgotten: Option<HashSet<SessionId>>,
    /// The same for single experiences.
    removed: HashSet<ExperienceId>,
}

/// A turn with all that the ranker sees in it, for fitting the weights.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::memory) struct Ranked {
    pub(in crate::memory) message: MessageId,
    /// Whether the turn would be recalled at all.
    pub(in crate::memory) relevant: bool,
    /// What recency and importance add to the weighted sum.
    pub(in crate::memory) prior: f64,
    pub(in crate::memory) row: Row,
}

impl Scope {
    pub(in crate::memory) fn new(config: &MemoryConfig, dimensions: usize) -> Self {
        Self {
            half_life_days: config.exchange_half_life_days,
            recency_floor: config.recency_floor,
            relevant_from: config.remembered_from,
            bm25: Bm25 {
                k1: config.bm25_k1,
                b: config.bm25_b,
            },
            turns: Turns::new(dimensions),
            forgotten: Some(HashSet::new()),
            removed: HashSet::new(),
        }
    }

    /// Puts in what the store held; from here on the scope is complete.
    pub(in crate::memory) fn complete(&mut self, stored: Vec<Prepared>) {
        let forgotten = self.forgotten.take().unwrap_or_default();
        let removed = std::mem::take(&mut self.removed);
        for prepared in stored {
            if !forgotten.contains(&prepared.experience.session)
                && !removed.contains(&prepared.experience.id)
            {
                self.record(prepared);
            }
        }
    }

    /// Adds an experience; one that is there already changes nothing.
    pub(in crate::memory) fn record(&mut self, prepared: Prepared) {
        self.turns.add(prepared);
    }

    /// Removes everything said in `session`.
    pub(in crate::memory) fn forget(&mut self, session: &SessionId) {
        self.turns
            .forget(|experience| experience.session == *session);
        if let Some(forgotten) = &mut self.forgotten {
            forgotten.insert(session.clone());
        }
    }

    /// Removes one experience.
    pub(in crate::memory) fn forget_experience(&mut self, id: &ExperienceId) {
        self.turns.forget(|experience| experience.id == *id);
        if self.forgotten.is_some() {
            self.removed.insert(id.clone());
        }
    }

    /// Reads a question in the light of who speaks here; embed it before it is asked.
    pub(in crate::memory) fn question(&self, query: &Query) -> Question {
        Question::new(query, &self.turns.speakers)
    }

    /// The relevant experiences, best first, at most `k`. Relevant is a turn if it or one beside it
    /// shares enough with the question. Recency and importance count beside the features.
    pub(in crate::memory) fn retrieve(
        &self,
        question: &Question,
        k: usize,
        now: Timestamp,
    ) -> Vec<Recalled> {
        let features = features::features(&self.turns, question, self.bm25);
        let unrelated = weights::unrelated(&features.rows);
        let least = weights::sum(&unrelated);
        let mut ranked: Vec<(f64, &ExperienceId, usize)> = (0..features.rows.len())
            .filter(|at| self.is_relevant(&features, *at))
            .map(|at| {
                let experience = self.experience(&features, at);
                let (recency, importance) = self.vividness(experience, now);
                let sum = weights::sum(&features.rows[at]) - least + prior(recency, importance);
                (sum, &experience.id, at)
            })
            .collect();
        let order = |a: &(f64, &ExperienceId, usize), b: &(f64, &ExperienceId, usize)| {
            b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1))
        };
        if k > 0 && ranked.len() > k {
            ranked.select_nth_unstable_by(k - 1, order);
        }
        ranked.truncate(k);
        ranked.sort_unstable_by(order);
        ranked
            .into_iter()
            .map(|(sum, _, at)| {
                let experience = self.experience(&features, at);
                let (recency, importance) = self.vividness(experience, now);
                Recalled {
                    item: item(experience),
                    score: score(sum),
                    reasons: reasons(&features, at, &unrelated, recency, importance),
                }
            })
            .collect()
    }

    /// All turns with their features, in no order that means anything.
    pub(in crate::memory) fn rows(&self, question: &Question, now: Timestamp) -> Vec<Ranked> {
        let features = features::features(&self.turns, question, self.bm25);
        (0..features.rows.len())
            .map(|at| {
                let experience = self.experience(&features, at);
                let (recency, importance) = self.vividness(experience, now);
                Ranked {
                    message: experience.message.clone(),
                    relevant: self.is_relevant(&features, at),
                    prior: prior(recency, importance),
                    row: features.rows[at],
                }
            })
            .collect()
    }

    fn is_relevant(&self, features: &Features, at: usize) -> bool {
        let mut near = std::iter::once(at).chain(features.beside(at));
        near.any(|row| features.relevance[row] >= self.relevant_from)
    }

    fn experience(&self, features: &Features, at: usize) -> &Experience {
        &self.turns.turns[features.slots[at]].experience
    }

    /// Recency and importance.
    fn vividness(&self, experience: &Experience, now: Timestamp) -> (f64, f64) {
        let (kind, said_at) = (experience.kind, experience.created_at);
        let recency = rank::recency(kind, said_at, now, self.half_life_days, self.recency_floor);
        (recency, experience.importance.clamp(0.0, 1.0))
    }

    pub(in crate::memory) fn vector(&self, id: &ExperienceId) -> Option<&[f32]> {
        let slot = self.turns.slot(id)?;
        Some(self.turns.vector(slot))
    }

    /// The experiences that stand in their session's order too: only these are found.
    pub(in crate::memory) fn indexed(&self) -> Vec<ExperienceId> {
        let slots = self.turns.sessions.values().flatten();
        slots
            .filter_map(|slot| Some(&self.turns.turns.get(*slot)?.experience.id))
            .cloned()
            .collect()
    }

    pub(in crate::memory) fn len(&self) -> usize {
        self.turns.len()
    }
}

fn prior(recency: f64, importance: f64) -> f64 {
    RECENCY * recency.log2() + IMPORTANCE * importance
}

/// Brings a sum above that of an unrelated turn between 0 and 1.
fn score(sum: f64) -> f64 {
    (sum.max(0.0) / UNIT).tanh()
}

fn item(experience: &Experience) -> RecalledItem {
    RecalledItem::Experience {
        experience_id: experience.id.clone(),
        session_id: experience.session.clone(),
        message_id: experience.message.clone(),
        role: experience.origin.role,
        speaker: experience.origin.speaker.clone(),
        text: experience.text.clone(),
        said_at: experience.created_at,
    }
}

/// What each kind of feature adds to the sum, those first that add most; then what stands beside
/// the features.
fn reasons(
    features: &Features,
    at: usize,
    unrelated: &Row,
    recency: f64,
    importance: f64,
) -> Vec<ScorePart> {
    let mut kinds = weights::by_kind(&features.rows[at], unrelated);
    kinds.sort_by(|a, b| b.1.total_cmp(&a.1));
    let kinds = kinds.iter().map(|(kind, sum)| (kind.name(), *sum));
    let beside = [
        ("relevance", features.relevance[at]),
        ("recency", recency),
        ("importance", importance),
    ];
    kinds
        .chain(beside)
        .map(|(source, score)| ScorePart {
            source: source.to_owned(),
            score,
            rank: None,
        })
        .collect()
}
