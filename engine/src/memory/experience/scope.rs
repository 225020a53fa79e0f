//! The experiences of one scope and their index.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::config::memory::MemoryConfig;
use crate::domain::embedding::Embedding;
use crate::domain::id::{ExperienceId, SessionId};
use crate::domain::memory::{Experience, Recalled, RecalledItem, ScorePart};
use crate::domain::text;
use crate::memory::embed::Embedder;
use crate::memory::rank;
use crate::memory::search::{Query, Searchable};

/// An experience with all that is computed from it, so that a lock is held only to put it in.
#[derive(Debug)]
pub(in crate::memory) struct Prepared {
    experience: Experience,
    fields: [Vec<String>; 1],
    vector: Embedding,
}

impl Prepared {
    pub(in crate::memory) fn new(experience: Experience, embedder: &dyn Embedder) -> Self {
        let fields = [text::terms(&experience.text)];
        let vector = embedder.embed(&experience.text);
        Self {
            experience,
            fields,
            vector,
        }
    }
}

/// One scope's experiences.
#[derive(Debug)]
pub(in crate::memory) struct Scope {
    half_life_days: f64,
    recency_floor: f64,
    experiences: HashMap<ExperienceId, Experience>,
    /// Each session's experiences in the order in which they were said.
    sessions: HashMap<SessionId, BTreeSet<(Timestamp, ExperienceId)>>,
    index: Searchable<ExperienceId, 1>,
    /// Sessions forgotten while the first reading was under way, which may still bring them.
    forgotten: Option<HashSet<SessionId>>,
}

impl Scope {
    pub(in crate::memory) fn new(config: &MemoryConfig, dimensions: usize) -> Self {
        Self {
            half_life_days: config.exchange_half_life_days,
            recency_floor: config.recency_floor,
            experiences: HashMap::new(),
            sessions: HashMap::new(),
            index: Searchable::new(config, [1.0], config.remembered_from, dimensions),
            forgotten: Some(HashSet::new()),
        }
    }

    /// Puts in what the store held; from here on the scope is complete.
    pub(in crate::memory) fn complete(&mut self, stored: Vec<Prepared>) {
        let forgotten = self.forgotten.take().unwrap_or_default();
        for prepared in stored {
            if !forgotten.contains(&prepared.experience.session) {
                self.record(prepared);
            }
        }
    }

    /// Adds an experience; one that is there already changes nothing.
    pub(in crate::memory) fn record(&mut self, prepared: Prepared) {
        let Prepared {
            experience,
            fields,
            vector,
        } = prepared;
        if !self.experiences.contains_key(&experience.id) {
            self.index.insert(experience.id.clone(), &fields, &vector);
            let said = (experience.created_at, experience.id.clone());
            self.sessions
                .entry(experience.session.clone())
                .or_default()
                .insert(said);
            self.experiences.insert(experience.id.clone(), experience);
        }
    }

    /// Removes everything said in `session`.
    pub(in crate::memory) fn forget(&mut self, session: &SessionId) {
        let gone = self
            .experiences
            .extract_if(|_, experience| experience.session == *session);
        for (id, _) in gone {
            self.index.remove(&id);
        }
        self.sessions.remove(session);
        if let Some(forgotten) = &mut self.forgotten {
            forgotten.insert(session.clone());
        }
    }

    /// The relevant experiences, best first, at most `k`: similarity, times recency, times
    /// importance (which at most halves).
    pub(in crate::memory) fn retrieve(
        &self,
        query: &Query,
        k: usize,
        now: Timestamp,
    ) -> Vec<Recalled> {
        let hits = self
            .index
            .search(query, None, |id| self.neighbours(id))
            .into_iter();
        let mut recalled: Vec<Recalled> = hits
            .filter_map(|hit| {
                let experience = self.experiences.get(&hit.key)?;
                let (kind, said_at) = (experience.kind, experience.created_at);
                let recency =
                    rank::recency(kind, said_at, now, self.half_life_days, self.recency_floor);
                let importance = experience.importance.clamp(0.0, 1.0);
                let mut reasons = hit.reasons;
                for (source, score) in [("recency", recency), ("importance", importance)] {
                    reasons.push(ScorePart {
                        source: source.to_owned(),
                        score,
                        rank: None,
                    });
                }
                let item = RecalledItem::Experience {
                    experience_id: experience.id.clone(),
                    session_id: experience.session.clone(),
                    message_id: experience.message.clone(),
                    text: experience.text.clone(),
                    said_at,
                };
                let score = hit.score * recency * (0.5 + 0.5 * importance);
                Some(Recalled {
                    item,
                    score,
                    reasons,
                })
            })
            .collect();
        // The hits came best first with ties by key; a stable sort keeps that order among equals.
        recalled.sort_by(|a, b| b.score.total_cmp(&a.score));
        recalled.truncate(k);
        recalled
    }

    /// What was said one and two places before and after in the same session.
    fn neighbours(&self, id: &ExperienceId) -> [Vec<ExperienceId>; 2] {
        let mut near = [Vec::new(), Vec::new()];
        let Some(experience) = self.experiences.get(id) else {
            return near;
        };
        let Some(session) = self.sessions.get(&experience.session) else {
            return near;
        };
        let here = (experience.created_at, id.clone());
        let before = session.range(..&here).rev().take(2);
        let after = session.range(&here..).skip(1).take(2);
        for (at, (_, id)) in before.enumerate().chain(after.enumerate()) {
            near[at].push(id.clone());
        }
        near
    }

    pub(in crate::memory) fn vector(&self, id: &ExperienceId) -> Option<Vec<f32>> {
        self.index.vector(id)
    }

    /// The experiences that the index holds too: only these are found.
    pub(in crate::memory) fn indexed(&self) -> Vec<ExperienceId> {
        let held = self.experiences.keys();
        held.filter(|id| self.index.contains(id)).cloned().collect()
    }

    pub(in crate::memory) fn len(&self) -> usize {
        self.experiences.len()
    }
}
