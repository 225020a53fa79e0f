//! Nearest neighbours by walking a graph (hierarchical navigable small world, the `hnsw_rs` crate):
//! approximate, and without a look at most vectors.
//!
//! The graph holds rotated vectors in one byte per component. Its distance kernel and the memory that it
//! walks through are what can be chosen from outside the crate; that each visited node costs an entry
//! of a hash map and each candidate two allocations cannot, and is why the staged index is faster at
//! every size measured (`docs/vector-search.md`). Among what the graph finds, the finer codes decide.
//!
//! The graph cannot forget a node. A removed one is masked at once, and the graph is built anew when
//! a quarter of its nodes is masked.

use std::collections::HashMap;

use hnsw_rs::prelude::{Distance, Hnsw};

use super::kernel::Kernel;
use super::{Key, StagedIndex, VectorHit};
use crate::domain::embedding::Embedding;

const MAX_LAYER: usize = 16;
/// Small graphs are not worth rebuilding.
const MIN_MASKED: usize = 64;
/// Components of a rotated unit vector are normal with deviation `1 / sqrt(n)`; so many deviations are
/// told apart, and what lies beyond, some six in a hundred thousand, is cut.
const DEVIATIONS: f32 = 4.0;

/// How the graph is made and searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HnswParams {
    /// Links per node.
    pub links: usize,
    /// Candidates looked at while a node is linked in.
    pub ef_construction: usize,
    /// Candidates looked at in a search.
    pub ef_search: usize,
}

/// One minus the cosine of two byte codes, and never negative, as the crate demands.
#[derive(Debug, Clone, Copy)]
struct CodeDistance {
    kernel: Kernel,
    /// What a dot product of codes is to be multiplied with.
    scale: f32,
}

impl Distance<i8> for CodeDistance {
    fn eval(&self, a: &[i8], b: &[i8]) -> f32 {
        (1.0 - self.kernel.dot_codes(a, b) as f32 * self.scale).max(0.0)
    }
}

/// Vectors in a graph.
pub struct HnswIndex<K> {
    params: HnswParams,
    graph: Hnsw<'static, i8, CodeDistance>,
    /// The vectors themselves: what is there, and the source of a rebuild.
    kept: StagedIndex<K>,
    /// Node number to key; none where the node is masked.
    nodes: Vec<Option<K>>,
    places: HashMap<K, usize>,
}

impl<K> std::fmt::Debug for HnswIndex<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HnswIndex")
            .field("params", &self.params)
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}

fn graph(params: HnswParams, padded: usize, capacity: usize) -> Hnsw<'static, i8, CodeDistance> {
    let unit = DEVIATIONS / (padded as f32).sqrt() / 127.0;
    let distance = CodeDistance {
        kernel: Kernel::detected(),
        scale: unit * unit,
    };
    let links = params.links.clamp(2, 255);
    Hnsw::new(
        links,
        capacity.max(1),
        MAX_LAYER,
        params.ef_construction,
        distance,
    )
}

/// A rotated unit vector in bytes of one scale for all.
fn code(turned: &[f32]) -> Vec<i8> {
    let scale = 127.0 * (turned.len() as f32).sqrt() / DEVIATIONS;
    let byte = |value: &f32| (value * scale).round().clamp(-127.0, 127.0) as i8;
    turned.iter().map(byte).collect()
}

impl<K: Key> HnswIndex<K> {
    /// An empty index of vectors with so many components.
    #[must_use]
    pub fn new(dimensions: usize, params: HnswParams) -> Self {
        Self::build(StagedIndex::new(dimensions), params)
    }

    /// The graph over the vectors of `kept`, linked in the order of their keys.
    #[must_use]
    pub fn build(kept: StagedIndex<K>, params: HnswParams) -> Self {
        let capacity = kept.len();
        let mut index = Self {
            params,
            graph: graph(params, kept.padded(), capacity),
            kept,
            nodes: Vec::with_capacity(capacity),
            places: HashMap::with_capacity(capacity),
        };
        let mut keys: Vec<K> = index.kept.keys().cloned().collect();
        keys.sort_unstable();
        for key in keys {
            index.link(key);
        }
        index
    }

    fn link(&mut self, key: K) {
        if let Some(turned) = self.kept.turned(&key) {
            self.graph.insert_slice((&code(&turned), self.nodes.len()));
            self.places.insert(key.clone(), self.nodes.len());
            self.nodes.push(Some(key));
        }
    }

    /// Adds or replaces; as [`ExactIndex::insert`](super::ExactIndex::insert).
    pub fn insert(&mut self, key: K, vector: &Embedding) {
        self.remove(&key);
        self.kept.insert(key.clone(), vector);
        self.link(key);
    }

    /// Removes; whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        if let Some(node) = self.places.remove(key) {
            self.nodes[node] = None;
        }
        let was_there = self.kept.remove(key);
        let masked = self.nodes.len() - self.places.len();
        if masked > MIN_MASKED && masked * 4 > self.nodes.len() {
            let kept = std::mem::replace(&mut self.kept, StagedIndex::new(0));
            *self = Self::build(kept, self.params);
        }
        was_there
    }

    /// About the `k` nearest to `query`.
    #[must_use]
    pub fn search(&self, query: &Embedding, k: usize) -> Vec<VectorHit<K>> {
        self.search_with(query, k, self.params.ef_search)
    }

    /// The same with so many candidates looked at.
    #[must_use]
    pub fn search_with(&self, query: &Embedding, k: usize, ef_search: usize) -> Vec<VectorHit<K>> {
        let Some(turned) = self.kept.turned_query(query) else {
            return Vec::new();
        };
        if self.kept.is_empty() {
            return Vec::new();
        }
        let ef = ef_search.max(k);
        // Masked nodes still stand in the way of a walk; they may take places of the result, too.
        let hits = self.graph.search(&code(&turned), ef, ef);
        let keys = hits
            .iter()
            .filter_map(|hit| self.nodes.get(hit.d_id)?.as_ref());
        self.kept.nearest_of(query, keys, k)
    }

    /// The vectors themselves.
    #[must_use]
    pub fn kept(&self) -> &StagedIndex<K> {
        &self.kept
    }
}
