//! Nearest neighbours by comparing with every vector: exact by construction, and the measure for the
//! approximate index. Vectors lie in one block of memory.

use std::collections::HashMap;

use super::kept::{KeptValues, KeptVectors};
use super::kernel::Kernel;
use super::{Key, VectorHit, best};
use crate::domain::embedding::Embedding;

/// Vectors that are all compared with the query.
#[derive(Debug, Clone)]
pub struct ExactIndex<K> {
    dimensions: usize,
    keys: Vec<K>,
    values: Vec<f32>,
    places: HashMap<K, usize>,
    kernel: Kernel,
}

impl<K: Key> ExactIndex<K> {
    /// An empty index of vectors with so many components.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            keys: Vec::new(),
            values: Vec::new(),
            places: HashMap::new(),
            kernel: Kernel::detected(),
        }
    }

    /// Adds or replaces. The zero vector and vectors of another space are similar to nothing and are
    /// not kept; an older one under the key goes.
    pub fn insert(&mut self, key: K, vector: &Embedding) {
        self.remove(&key);
        if vector.is_zero() || vector.dimensions() != self.dimensions {
            return;
        }
        self.places.insert(key.clone(), self.keys.len());
        self.keys.push(key);
        self.values.extend_from_slice(vector.as_slice());
    }

    /// Removes; whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        let Some(place) = self.places.remove(key) else {
            return false;
        };
        let last = self.keys.len() - 1;
        self.keys.swap_remove(place);
        if place != last {
            let (head, tail) = self.values.split_at_mut(last * self.dimensions);
            head[place * self.dimensions..(place + 1) * self.dimensions].copy_from_slice(tail);
            self.places.insert(self.keys[place].clone(), place);
        }
        self.values.truncate(last * self.dimensions);
        true
    }

    /// The `k` nearest to `query`.
    #[must_use]
    pub fn search(&self, query: &Embedding, k: usize) -> Vec<VectorHit<K>> {
        self.search_where(query, k, &|_| true)
    }

    /// The `k` nearest among those whose key passes.
    #[must_use]
    pub fn search_where(
        &self,
        query: &Embedding,
        k: usize,
        passes: &dyn Fn(&K) -> bool,
    ) -> Vec<VectorHit<K>> {
        if query.is_zero() || query.dimensions() != self.dimensions {
            return Vec::new();
        }
        let rows = self.keys.iter().zip(self.rows());
        let passing = rows.filter(|(key, _)| passes(key));
        let hits = passing.map(|(key, row)| VectorHit {
            key,
            cosine: self.dot(query.as_slice(), row),
        });
        let owned = |hit: VectorHit<&K>| VectorHit {
            key: hit.key.clone(),
            cosine: hit.cosine,
        };
        best(hits.collect(), k).into_iter().map(owned).collect()
    }

    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.dimensions.max(1))
    }

    fn dot(&self, a: &[f32], b: &[f32]) -> f32 {
        self.kernel.dot(a, b).clamp(-1.0, 1.0)
    }

    /// The cosine of the vector under `key` with `query`.
    #[must_use]
    pub fn cosine(&self, key: &K, query: &Embedding) -> Option<f32> {
        Some(self.dot(self.vector(key)?, query.as_slice()))
    }

    /// The vector under `key`.
    #[must_use]
    pub fn vector(&self, key: &K) -> Option<&[f32]> {
        let place = *self.places.get(key)?;
        self.values
            .get(place * self.dimensions..(place + 1) * self.dimensions)
    }

    /// The index as data.
    #[must_use]
    pub fn kept(&self) -> KeptVectors<K> {
        KeptVectors {
            dimensions: self.dimensions as u32,
            keys: self.keys.clone(),
            values: KeptValues::Whole(self.values.clone()),
        }
    }

    /// The index of which [`Self::kept`] gave the data; none if the data contradicts itself.
    #[must_use]
    pub fn restored(dimensions: usize, kept: KeptVectors<K>) -> Option<Self> {
        let KeptValues::Whole(values) = kept.values else {
            return None;
        };
        let mut index = Self::new(dimensions);
        index.places = kept.keys.iter().cloned().zip(0..).collect();
        let fits = kept.dimensions as usize == dimensions
            && values.len() == kept.keys.len() * dimensions
            && index.places.len() == kept.keys.len()
            && values.iter().all(|v| v.is_finite());
        index.keys = kept.keys;
        index.values = values;
        fits.then_some(index)
    }

    /// All keys with their vectors, in no particular order.
    pub fn entries(&self) -> impl Iterator<Item = (&K, &[f32])> {
        self.keys.iter().zip(self.rows())
    }

    /// How many vectors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
