//! Nearest neighbours by walking a graph (hierarchical navigable small world, the `hnsw_rs` crate):
//! approximate, and faster than comparing with everything once there are very many vectors.
//!
//! The graph cannot forget a node. A removed one is masked at once, and the graph is built anew when
//! a quarter of its nodes is masked. Distances are Euclidean, since on unit vectors they order as
//! cosines do and, unlike the crate's dot distance, accept a norm that rounding made larger than one;
//! the cosines handed out are computed anew from the kept vectors.

use std::collections::HashMap;

use hnsw_rs::prelude::{DistL2, Hnsw};

use super::exact::dot;
use super::{ExactIndex, Key, VectorHit, best};
use crate::domain::embedding::Embedding;

const MAX_LAYER: usize = 16;
/// Small graphs are not worth rebuilding.
const MIN_MASKED: usize = 64;

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

/// Vectors in a graph.
pub struct HnswIndex<K> {
    params: HnswParams,
    graph: Hnsw<'static, f32, DistL2>,
    /// The vectors themselves: what is there, and the source of a rebuild.
    kept: ExactIndex<K>,
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

impl<K: Key> HnswIndex<K> {
    /// The graph over the vectors of `kept`, linked in the order of their keys.
    #[must_use]
    pub fn build(kept: ExactIndex<K>, params: HnswParams) -> Self {
        let capacity = kept.len().max(1);
        let graph = Hnsw::new(
            params.links.clamp(2, 255),
            capacity,
            MAX_LAYER,
            params.ef_construction,
            DistL2,
        );
        let (nodes, places) = (
            Vec::with_capacity(capacity),
            HashMap::with_capacity(capacity),
        );
        let mut index = Self {
            params,
            graph,
            kept,
            nodes,
            places,
        };
        let mut keys: Vec<K> = index.kept.entries().map(|(key, _)| key.clone()).collect();
        keys.sort_unstable();
        for key in keys {
            index.link(key);
        }
        index
    }

    fn link(&mut self, key: K) {
        if let Some(vector) = self.kept.vector(&key) {
            self.graph.insert_slice((vector, self.nodes.len()));
            self.places.insert(key.clone(), self.nodes.len());
            self.nodes.push(Some(key));
        }
    }

    /// Adds or replaces; as [`ExactIndex::insert`].
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
            let kept = std::mem::replace(&mut self.kept, ExactIndex::new(0));
            *self = Self::build(kept, self.params);
        }
        was_there
    }

    /// About the `k` nearest to `query`.
    #[must_use]
    pub fn search(&self, query: &Embedding, k: usize) -> Vec<VectorHit<K>> {
        if query.is_zero() || self.kept.is_empty() {
            return Vec::new();
        }
        let ef = self.params.ef_search.max(k);
        // Masked nodes still stand in the way of a walk; they may take places of the result, too.
        let hits = self.graph.search(query.as_slice(), ef, ef);
        let hits = hits.iter().filter_map(|hit| {
            let key = self.nodes.get(hit.d_id)?.as_ref()?;
            let cosine = dot(query.as_slice(), self.kept.vector(key)?);
            Some(VectorHit {
                key: key.clone(),
                cosine,
            })
        });
        best(hits.collect(), k)
    }

    /// The vectors themselves.
    #[must_use]
    pub fn kept(&self) -> &ExactIndex<K> {
        &self.kept
    }
}
