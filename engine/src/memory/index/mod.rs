//! Search structures over keys of any kind: words ([`LexicalIndex`]) and vectors ([`VectorIndex`]).
//!
//! They know no persona, client or tenant. Whoever owns one puts only one owner's items into it, and
//! that is the isolation. Ties are broken by the key, so that no result depends on the order in which
//! items came in (where the staged index is large or a graph is walked, nearly none).

mod codes;
mod exact;
mod hnsw;
mod kept;
mod kernel;
mod lexical;
mod rotation;
mod signs;
mod staged;
mod vector;

pub use exact::ExactIndex;
pub use hnsw::{HnswIndex, HnswParams};
pub use kept::{KeptVectors, KeptWords};
pub use lexical::{Bm25, LexicalHit, LexicalIndex};
pub use staged::{MARGIN, StagedIndex};
pub use vector::{VectorIndex, VectorSetting};

/// What an item is known by.
pub trait Key: Clone + Ord + std::hash::Hash + Send + Sync {}
impl<T: Clone + Ord + std::hash::Hash + Send + Sync> Key for T {}

/// An item and its similarity to the query.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorHit<K> {
    /// The item.
    pub key: K,
    /// Cosine, between -1 and 1.
    pub cosine: f32,
}

/// Best first, ties by key, at most `k`.
fn best<K: Ord>(mut hits: Vec<VectorHit<K>>, k: usize) -> Vec<VectorHit<K>> {
    let order = |a: &VectorHit<K>, b: &VectorHit<K>| {
        b.cosine
            .total_cmp(&a.cosine)
            .then_with(|| a.key.cmp(&b.key))
    };
    if k == 0 {
        return Vec::new();
    }
    if hits.len() > k {
        hits.select_nth_unstable_by(k - 1, order);
        hits.truncate(k);
    }
    hits.sort_unstable_by(order);
    hits
}
