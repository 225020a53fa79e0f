//! Nearest neighbours by comparing with every vector: exact by construction, and the measure for the
//! approximate index. Vectors lie in one block of memory.

use std::collections::HashMap;

use super::{Key, VectorHit, best};
use crate::domain::embedding::Embedding;

/// Vectors that are all compared with the query.
#[derive(Debug, Clone)]
pub struct ExactIndex<K> {
    dimensions: usize,
    keys: Vec<K>,
    values: Vec<f32>,
    places: HashMap<K, usize>,
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
        if query.is_zero() || query.dimensions() != self.dimensions {
            return Vec::new();
        }
        let mut places: Vec<VectorHit<(&K, usize)>> = self
            .values
            .chunks_exact(self.dimensions.max(1))
            .enumerate()
            .map(|(at, vector)| VectorHit {
                key: (&self.keys[at], at),
                cosine: dot(query.as_slice(), vector),
            })
            .collect();
        places = best(places, k);
        places
            .into_iter()
            .map(|hit| VectorHit {
                key: hit.key.0.clone(),
                cosine: hit.cosine,
            })
            .collect()
    }

    /// The vector under `key`.
    #[must_use]
    pub fn vector(&self, key: &K) -> Option<&[f32]> {
        let place = *self.places.get(key)?;
        self.values
            .get(place * self.dimensions..(place + 1) * self.dimensions)
    }

    /// All keys with their vectors, in no particular order.
    pub fn entries(&self) -> impl Iterator<Item = (&K, &[f32])> {
        self.keys
            .iter()
            .zip(self.values.chunks_exact(self.dimensions.max(1)))
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

/// The dot product in eight independent sums, which the compiler turns into vector instructions.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a_lanes, b_lanes) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a_lanes
        .remainder()
        .iter()
        .zip(b_lanes.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in a_lanes.zip(b_lanes) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    (sums.iter().sum::<f32>() + rest).clamp(-1.0, 1.0)
}
