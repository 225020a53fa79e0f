//! One owner's items under words and vectors together: candidates from both lists, those that are
//! relevant, fused by rank. Words come first; a vector adds candidates and votes, it never bars one.

use super::index::{Bm25, HnswParams, Key, LexicalIndex, VectorIndex, VectorSetting};
use super::rank;
use crate::config::memory::{MemoryConfig, VectorChoice};
use crate::domain::embedding::Embedding;
use crate::domain::memory::ScorePart;

/// A text that is looked for, prepared once for all layers.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// Its search terms.
    pub(super) terms: Vec<String>,
    /// Its vector.
    pub(super) embedding: Embedding,
}

/// What makes an item relevant, and how the votes are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    fusion_constant: f64,
    candidates: usize,
    relevant_coverage: f64,
    relevant_cosine: f64,
}

impl Settings {
    pub(super) fn of(config: &MemoryConfig) -> Self {
        Self {
            fusion_constant: config.fusion_constant,
            candidates: config.candidates,
            relevant_coverage: config.relevant_coverage,
            relevant_cosine: config.relevant_cosine,
        }
    }
}

/// The vector setting of the configuration in the index's own terms.
pub(super) fn vector_setting(config: &MemoryConfig) -> VectorSetting {
    let params = HnswParams {
        links: config.hnsw_links,
        ef_construction: config.hnsw_ef_construction,
        ef_search: config.hnsw_ef_search,
    };
    match config.vector_index {
        VectorChoice::Exact => VectorSetting::Exact,
        VectorChoice::Hnsw => VectorSetting::Hnsw(params),
        VectorChoice::Auto => VectorSetting::Auto {
            from: config.hnsw_from,
            params,
        },
    }
}

/// A relevant item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit<K> {
    pub(super) key: K,
    /// Fused, between 0 and 1; 1 at the head of every list.
    pub(super) score: f64,
    pub(super) reasons: Vec<ScorePart>,
}

/// Items of one owner.
#[derive(Debug)]
pub(super) struct Searchable<K, const FIELDS: usize> {
    settings: Settings,
    lexical: LexicalIndex<K, FIELDS>,
    vectors: VectorIndex<K>,
}

struct Candidate<K> {
    key: K,
    bm25: Option<(usize, f64)>,
    cosine: f64,
    vector_rank: Option<usize>,
}

impl<K: Key, const FIELDS: usize> Searchable<K, FIELDS> {
    pub(super) fn new(config: &MemoryConfig, weights: [f64; FIELDS], dimensions: usize) -> Self {
        let bm25 = Bm25 {
            k1: config.bm25_k1,
            b: config.bm25_b,
            weights,
        };
        Self {
            settings: Settings::of(config),
            lexical: LexicalIndex::new(bm25),
            vectors: VectorIndex::new(dimensions, vector_setting(config)),
        }
    }

    pub(super) fn insert(&mut self, key: K, fields: &[Vec<String>; FIELDS], vector: &Embedding) {
        self.vectors.insert(key.clone(), vector);
        self.lexical.insert(key, fields);
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.lexical.remove(key);
        self.vectors.remove(key);
    }

    pub(super) fn len(&self) -> usize {
        self.lexical.len()
    }

    pub(super) fn vector_kind(&self) -> &'static str {
        self.vectors.kind()
    }

    pub(super) fn vector(&self, key: &K) -> Option<&[f32]> {
        self.vectors.vector(key)
    }

    /// The relevant items, best first. `leaning` votes for items near it among those that are
    /// relevant to the query, with a third of a list's weight.
    pub(super) fn search(&self, query: &Query, leaning: Option<&Embedding>) -> Vec<Hit<K>> {
        let relevant = self.candidates(query);
        let list = |rank: fn(&Candidate<K>) -> Option<usize>| -> Vec<K> {
            let mut ranked: Vec<(usize, &K)> = relevant
                .iter()
                .filter_map(|c| Some((rank(c)?, &c.key)))
                .collect();
            ranked.sort_unstable();
            ranked.into_iter().map(|(_, key)| key.clone()).collect()
        };
        let mut lists = vec![
            (1.0, list(|c| c.bm25.map(|(rank, _)| rank))),
            (1.0, list(|c| c.vector_rank)),
        ];
        if let Some(leaning) = leaning.filter(|l| !l.is_zero()) {
            let mut near: Vec<(f64, &K)> = relevant
                .iter()
                .map(|c| (self.cosine(&c.key, leaning).unwrap_or(0.0), &c.key))
                .collect();
            near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            lists.push((
                1.0 / 3.0,
                near.into_iter().map(|(_, key)| key.clone()).collect(),
            ));
        }
        let fused = rank::fuse(&lists, self.settings.fusion_constant);
        fused
            .into_iter()
            .filter_map(|(key, score)| {
                let candidate = relevant.iter().find(|c| c.key == key)?;
                Some(Hit {
                    reasons: candidate.reasons(score),
                    key,
                    score,
                })
            })
            .collect()
    }

    fn candidates(&self, query: &Query) -> Vec<Candidate<K>> {
        let Settings {
            candidates,
            relevant_coverage,
            relevant_cosine,
            ..
        } = self.settings;
        let asked = self.lexical.asked_idf(&query.terms);
        let words = self.lexical.search(&query.terms, candidates);
        let near = self.vectors.search(&query.embedding, candidates);
        let mut found: Vec<Candidate<K>> = Vec::with_capacity(words.len() + near.len());
        for (rank, hit) in words.into_iter().enumerate() {
            let vector_rank = near.iter().position(|n| n.key == hit.key).map(|at| at + 1);
            let cosine = self.cosine(&hit.key, &query.embedding).unwrap_or(0.0);
            let covered = asked > 0.0 && hit.matched_idf / asked >= relevant_coverage;
            if covered || cosine >= relevant_cosine {
                let bm25 = Some((rank + 1, hit.score));
                found.push(Candidate {
                    key: hit.key,
                    bm25,
                    cosine,
                    vector_rank,
                });
            }
        }
        for (rank, hit) in near.into_iter().enumerate() {
            let cosine = f64::from(hit.cosine);
            if cosine >= relevant_cosine && !found.iter().any(|c| c.key == hit.key) {
                found.push(Candidate {
                    key: hit.key,
                    bm25: None,
                    cosine,
                    vector_rank: Some(rank + 1),
                });
            }
        }
        found
    }

    fn cosine(&self, key: &K, other: &Embedding) -> Option<f64> {
        let vector = self.vectors.vector(key)?;
        let products = vector.iter().zip(other.as_slice()).map(|(a, b)| a * b);
        Some(f64::from(products.sum::<f32>()))
    }
}

impl<K> Candidate<K> {
    fn reasons(&self, fused: f64) -> Vec<ScorePart> {
        let mut reasons = Vec::with_capacity(3);
        if let Some((rank, score)) = self.bm25 {
            reasons.push(ScorePart {
                source: "bm25".to_owned(),
                score,
                rank: Some(rank),
            });
        }
        reasons.push(ScorePart {
            source: "vector".to_owned(),
            score: self.cosine,
            rank: self.vector_rank,
        });
        reasons.push(ScorePart {
            source: "fusion".to_owned(),
            score: fused,
            rank: None,
        });
        reasons
    }
}
