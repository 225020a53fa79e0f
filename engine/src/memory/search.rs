//! One owner's items under words and vectors together: which are relevant, and in which order.
//!
//! Words come first; a vector adds to a score, it never bars an item that the words found.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::index::{
    Bm25, HnswParams, KeptVectors, KeptWords, Key, LexicalIndex, VectorIndex, VectorSetting,
};
use super::rank::{self, Spread};
use crate::config::memory::{Fusion, MemoryConfig, VectorChoice};
use crate::domain::embedding::Embedding;
use crate::domain::memory::ScorePart;

/// The constant of reciprocal-rank fusion; smaller favours the first places.
const RANK_CONSTANT: f64 = 20.0;
/// What BM25 scores and cosines usually spread, for lists too small to tell.
const USUAL_BM25: f64 = 1.5;
const USUAL_COSINE: f64 = 0.12;
/// What the neighbours one and two places off add to an item's score.
const NEIGHBOURS: [f64; 2] = [0.4, 0.1];
/// What closeness to the session's goals adds, beside 1 for words and 1 for vectors.
const LEANING: f64 = 1.0 / 3.0;

/// A text that is looked for, prepared once for all layers.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// Its words.
    pub(super) text: String,
    /// Its search terms.
    pub(super) terms: Vec<String>,
    /// Its vector.
    pub(super) embedding: Embedding,
}

/// The vector setting of the configuration in the index's own terms.
fn vector_setting(config: &MemoryConfig) -> VectorSetting {
    let params = HnswParams {
        links: config.hnsw_links,
        ef_construction: config.hnsw_ef_construction,
        ef_search: config.hnsw_ef_search,
    };
    match config.vector_index {
        VectorChoice::Exact => VectorSetting::Exact,
        VectorChoice::Hnsw => VectorSetting::Hnsw(params),
        VectorChoice::Auto => VectorSetting::Auto,
    }
}

fn bm25<const FIELDS: usize>(config: &MemoryConfig, weights: [f64; FIELDS]) -> Bm25<FIELDS> {
    Bm25 {
        k1: config.bm25_k1,
        b: config.bm25_b,
        weights,
    }
}

/// A relevant item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit<K> {
    pub(super) key: K,
    /// Between 0 and 1.
    pub(super) score: f64,
    pub(super) reasons: Vec<ScorePart>,
}

/// Items of one owner.
#[derive(Debug)]
pub(super) struct Searchable<K, const FIELDS: usize> {
    fusion: Fusion,
    candidates: usize,
    relevant_from: f64,
    lexical: LexicalIndex<K, FIELDS>,
    vectors: VectorIndex<K>,
}

/// A [`Searchable`] as data.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept<K> {
    words: KeptWords<K>,
    vectors: KeptVectors<K>,
}

/// What the two indexes say of an item.
#[derive(Debug, Default, Clone)]
struct Found {
    bm25: Option<(usize, f64)>,
    covered: f64,
    cosine: f64,
    vector_rank: Option<usize>,
}

/// What the two indexes say of all items that matter, and how their scores spread over all there are.
#[derive(Debug)]
struct Findings<K> {
    found: HashMap<K, Found>,
    words: Spread,
    vectors: Spread,
}

impl Found {
    /// How relevant the item is, whatever the others are: comparable between queries.
    fn relevance(&self) -> f64 {
        self.cosine + self.covered / 2.0
    }
}

impl<K: Key, const FIELDS: usize> Searchable<K, FIELDS> {
    /// Nothing yet; `weights` are those of the fields, `relevant_from` the bar for being found.
    pub(super) fn new(
        config: &MemoryConfig,
        weights: [f64; FIELDS],
        relevant_from: f64,
        dimensions: usize,
    ) -> Self {
        Self {
            fusion: config.fusion,
            candidates: config.candidates,
            relevant_from,
            lexical: LexicalIndex::new(bm25(config, weights)),
            vectors: VectorIndex::new(dimensions, vector_setting(config)),
        }
    }

    /// What can be written to a file.
    pub(super) fn kept(&self) -> Kept<K> {
        Kept {
            words: self.lexical.kept(),
            vectors: self.vectors.kept(),
        }
    }

    /// Takes the place of what is there; false, and nothing changes, if `kept` contradicts itself.
    pub(super) fn restore(
        &mut self,
        config: &MemoryConfig,
        weights: [f64; FIELDS],
        dimensions: usize,
        kept: Kept<K>,
    ) -> bool {
        let words = LexicalIndex::restored(bm25(config, weights), kept.words);
        let vectors = VectorIndex::restored(dimensions, vector_setting(config), kept.vectors);
        let (Some(words), Some(vectors)) = (words, vectors) else {
            return false;
        };
        (self.lexical, self.vectors) = (words, vectors);
        true
    }

    pub(super) fn keys(&self) -> Vec<K> {
        self.lexical.keys()
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

    pub(super) fn contains(&self, key: &K) -> bool {
        self.lexical.contains(key)
    }

    pub(super) fn vector(&self, key: &K) -> Option<Vec<f32>> {
        self.vectors.vector(key)
    }

    /// The relevant items, best first, ties by key. `leaning` moves items near it up and makes none
    /// relevant. `neighbours` gives the items one and two places off, which belong together with an
    /// item as turns of one conversation do: they share in each other's scores and relevance.
    pub(super) fn search(
        &self,
        query: &Query,
        leaning: Option<&Embedding>,
        neighbours: impl Fn(&K) -> [Vec<K>; 2],
    ) -> Vec<Hit<K>> {
        let findings = self.found(query);
        let found = &findings.found;
        let votes = match self.fusion {
            Fusion::Standardised => self.standardised(&findings),
            Fusion::ReciprocalRank => self.by_rank(found),
        };
        let leaning = leaning.filter(|l| !l.is_zero());
        let mut hits = Vec::new();
        for (key, own) in &votes {
            let near = neighbours(key);
            let relevance = |key: &K| found.get(key).map_or(0.0, Found::relevance);
            let relevant = [key].into_iter().chain(&near[0]);
            if !relevant.map(relevance).any(|r| r >= self.relevant_from) {
                continue;
            }
            let mut sum = *own;
            if self.fusion == Fusion::Standardised {
                for (keys, share) in near.iter().zip(NEIGHBOURS) {
                    sum += share * keys.iter().filter_map(|k| votes.get(k)).sum::<f64>();
                }
            }
            if let Some(leaning) = leaning {
                sum += LEANING * self.cosine(key, leaning) / USUAL_COSINE;
            }
            let Some(found) = found.get(key) else {
                continue;
            };
            hits.push((sum, key, found));
        }
        hits.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        hits.into_iter()
            .map(|(sum, key, found)| {
                let score = rank::squash(sum);
                Hit {
                    key: key.clone(),
                    score,
                    reasons: reasons(found, score),
                }
            })
            .collect()
    }

    /// What is known of every item that one of the indexes brought up: of all items where there are
    /// few, else of the first candidates of both.
    fn found(&self, query: &Query) -> Findings<K> {
        let asked = self.lexical.asked_idf(&query.terms);
        let sample = self.vectors.sample(&query.embedding);
        let (from_vectors, from_words) = match sample {
            None => (self.len(), usize::MAX),
            Some(_) => (self.candidates, self.candidates),
        };
        let near = self.vectors.search(&query.embedding, from_vectors);
        let mut found: HashMap<K, Found> = HashMap::with_capacity(near.len());
        for (at, hit) in near.into_iter().enumerate() {
            let (cosine, vector_rank) = (f64::from(hit.cosine), Some(at + 1));
            found.insert(
                hit.key,
                Found {
                    cosine,
                    vector_rank,
                    ..Found::default()
                },
            );
        }
        let mut scores = Vec::new();
        let by_words = self
            .lexical
            .search_telling(&query.terms, from_words, &mut |score| scores.push(score));
        let alone = by_words.iter().map(|hit| &hit.key);
        let alone: Vec<K> = alone
            .filter(|key| !found.contains_key(key))
            .cloned()
            .collect();
        let cosines = self.vectors.cosines(&alone, &query.embedding);
        for (key, cosine) in alone.into_iter().zip(cosines) {
            let entry = found.entry(key).or_default();
            entry.cosine = cosine.map_or(0.0, f64::from);
        }
        for (at, hit) in by_words.into_iter().enumerate() {
            let entry = found.entry(hit.key).or_default();
            entry.bm25 = Some((at + 1, hit.score));
            entry.covered = hit.matched_idf / asked;
        }
        let words = Spread::of(scores.into_iter(), self.len(), USUAL_BM25);
        let vectors = match sample {
            Some(sample) => {
                let count = sample.len();
                Spread::of(sample.into_iter().map(f64::from), count, USUAL_COSINE)
            }
            None => Spread::of(found.values().map(|f| f.cosine), self.len(), USUAL_COSINE),
        };
        Findings {
            found,
            words,
            vectors,
        }
    }

    /// Both scores in standard deviations, added.
    fn standardised(&self, findings: &Findings<K>) -> BTreeMap<K, f64> {
        let bm25 = |f: &Found| f.bm25.map_or(0.0, |(_, score)| score);
        let Findings { words, vectors, .. } = findings;
        let sum = |f: &Found| words.standardise(bm25(f)) + vectors.standardise(f.cosine);
        let found = findings.found.iter();
        found.map(|(key, f)| (key.clone(), sum(f))).collect()
    }

    /// The reciprocal ranks of the first candidates of both lists, on the scale of the other way.
    fn by_rank(&self, found: &HashMap<K, Found>) -> BTreeMap<K, f64> {
        let list = |rank: fn(&Found) -> Option<usize>| {
            let ranked = found
                .iter()
                .filter_map(|(key, f)| Some((rank(f)?, key.clone())));
            let mut ranked: Vec<(usize, K)> = ranked.collect();
            ranked.sort_unstable();
            ranked.truncate(self.candidates);
            (1.0, ranked.into_iter().map(|(_, key)| key).collect())
        };
        let lists = [
            list(|f| f.bm25.map(|(rank, _)| rank)),
            list(|f| f.vector_rank),
        ];
        rank::fuse(&lists, RANK_CONSTANT)
            .into_iter()
            .map(|(key, score)| (key, score * 8.0))
            .collect()
    }

    fn cosine(&self, key: &K, other: &Embedding) -> f64 {
        self.vectors.cosine(key, other).map_or(0.0, f64::from)
    }
}

fn reasons(found: &Found, score: f64) -> Vec<ScorePart> {
    let part = |source: &str, score: f64, rank: Option<usize>| ScorePart {
        source: source.to_owned(),
        score,
        rank,
    };
    let mut reasons = Vec::with_capacity(6);
    if let Some((rank, score)) = found.bm25 {
        reasons.push(part("bm25", score, Some(rank)));
    }
    reasons.push(part("vector", found.cosine, found.vector_rank));
    reasons.push(part("relevance", found.relevance(), None));
    reasons.push(part("fusion", score, None));
    reasons
}
