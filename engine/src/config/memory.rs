//! The `[memory]` section: how memories are indexed, searched, joined and kept.

use std::path::PathBuf;

use serde::Deserialize;

/// Which index answers nearest-neighbour queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VectorChoice {
    /// Compares the query with every vector as it was given.
    Exact,
    /// Walks a graph: approximate.
    Hnsw,
    /// The fastest that was measured at every size: one bit per component for all vectors, more for
    /// the best of them.
    Auto,
}

/// Which model makes the vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbedderChoice {
    /// The table that ships with the program.
    Static,
    /// A sentence transformer read from `model_folder`; the program must be built with the feature
    /// `sentence-transformer`.
    SentenceTransformer,
}

/// How two scored lists of passages become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fusion {
    /// Adds the scores, each in standard deviations from its list's mean.
    Standardised,
    /// Adds the reciprocals of the ranks (Cormack, Clarke and Büttcher 2009).
    ReciprocalRank,
}

/// The settings of the `[memory]` section. Every value stands in the compiled-in defaults, so none
/// is optional here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryConfig {
    /// Which model makes the vectors.
    pub embedder: EmbedderChoice,
    /// The folder of a sentence transformer; looked at only when one is chosen.
    pub model_folder: PathBuf,
    /// Which vector index is used.
    pub vector_index: VectorChoice,
    /// HNSW: links per node.
    pub hnsw_links: usize,
    /// HNSW: candidates looked at while a node is linked in.
    pub hnsw_ef_construction: usize,
    /// HNSW: candidates looked at in a search; more finds more and takes longer.
    pub hnsw_ef_search: usize,

    /// BM25: how soon repeated words stop adding to the score.
    pub bm25_k1: f64,
    /// BM25: how much long passages are held back, from 0 to 1.
    pub bm25_b: f64,
    /// How much a word in a section's heading counts beside one in the passage.
    pub section_weight: f64,
    /// How much a word in the document's title counts beside one in the passage.
    pub title_weight: f64,

    /// How the list by words and the list by vectors become one.
    pub fusion: Fusion,
    /// How many hits an approximate index brings into the fusion, and each list with
    /// `reciprocal_rank`.
    pub candidates: usize,
    /// Abstention: a passage is relevant when its cosine plus half the covered part of the query's
    /// terms (weighed by inverse document frequency) is at least this much.
    pub relevant_from: f64,
    /// The same for a remembered exchange or insight; lower, since it is the client's own.
    pub remembered_from: f64,
    /// Maximal marginal relevance: 1 orders by relevance alone, 0 by difference alone.
    pub diversity: f64,

    /// Passages: sentences are gathered until there are at least so many words.
    pub passage_min_words: usize,
    /// Passages: no sentence is added that would exceed so many words.
    pub passage_max_words: usize,
    /// The largest file that is taken, in bytes.
    pub source_max_bytes: usize,
    /// The largest text of a document that is taken, in bytes.
    pub document_max_bytes: usize,

    /// Whether indexes are kept on disk, beside the database, so that a start need not build them.
    pub snapshots: bool,
    /// From how many passages on a persona's index is kept; smaller ones are built in no time.
    pub snapshot_from: usize,
    /// How many clients' memories stay in memory; the least recently used one makes room.
    pub scopes_in_memory: usize,
    /// After so many days an ordinary exchange counts half. Commitments and risks do not fade.
    pub exchange_half_life_days: f64,
    /// The part of an exchange's score that never fades, from 0 to 1.
    pub recency_floor: f64,
    /// How many of a client's newest insights are considered for a context; at most 200.
    pub insights_considered: u16,
}

#[cfg(test)]
impl MemoryConfig {
    /// The values that the tests are written for; equal to those of the compiled-in defaults.
    pub(crate) fn for_tests() -> Self {
        Self {
            embedder: EmbedderChoice::Static,
            model_folder: PathBuf::from("all-MiniLM-L6-v2"),
            vector_index: VectorChoice::Auto,
            hnsw_links: 16,
            hnsw_ef_construction: 200,
            hnsw_ef_search: 192,
            bm25_k1: 0.9,
            bm25_b: 0.4,
            section_weight: 1.0,
            title_weight: 0.5,
            fusion: Fusion::Standardised,
            candidates: 100,
            relevant_from: 0.4,
            remembered_from: 0.15,
            diversity: 0.8,
            passage_min_words: 60,
            passage_max_words: 140,
            source_max_bytes: 16 * 1024 * 1024,
            document_max_bytes: 1024 * 1024,
            snapshots: true,
            snapshot_from: 2_000,
            scopes_in_memory: 256,
            exchange_half_life_days: 30.0,
            recency_floor: 0.8,
            insights_considered: 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_use_the_compiled_in_defaults() {
        #[derive(Deserialize)]
        struct Defaults {
            memory: MemoryConfig,
        }
        let defaults: Defaults = toml::from_str(include_str!("defaults.toml")).unwrap();
        assert_eq!(defaults.memory, MemoryConfig::for_tests());
    }
}
