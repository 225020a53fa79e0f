//! The vector index that the setting asks for.

use super::exact::dot;
use super::{ExactIndex, HnswIndex, HnswParams, Key, VectorHit};
use crate::domain::embedding::Embedding;

/// Which index is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorSetting {
    /// Always exact.
    Exact,
    /// Always HNSW.
    Hnsw(HnswParams),
    /// Exact below `from` vectors, HNSW from there on.
    Auto {
        /// Where HNSW begins.
        from: usize,
        /// How its graph is made.
        params: HnswParams,
    },
}

/// Vectors of one owner.
#[derive(Debug)]
pub struct VectorIndex<K> {
    setting: VectorSetting,
    kind: Kind<K>,
}

#[derive(Debug)]
enum Kind<K> {
    Exact(ExactIndex<K>),
    Hnsw(Box<HnswIndex<K>>),
}

impl<K: Key> VectorIndex<K> {
    /// An empty index of vectors with so many components.
    #[must_use]
    pub fn new(dimensions: usize, setting: VectorSetting) -> Self {
        let empty = ExactIndex::new(dimensions);
        let kind = match setting {
            VectorSetting::Hnsw(params) => Kind::Hnsw(Box::new(HnswIndex::build(empty, params))),
            VectorSetting::Exact | VectorSetting::Auto { .. } => Kind::Exact(empty),
        };
        Self { setting, kind }
    }

    /// Adds or replaces; the zero vector is not kept.
    pub fn insert(&mut self, key: K, vector: &Embedding) {
        match &mut self.kind {
            Kind::Exact(index) => index.insert(key, vector),
            Kind::Hnsw(index) => index.insert(key, vector),
        }
        if let (VectorSetting::Auto { from, params }, Kind::Exact(index)) =
            (self.setting, &mut self.kind)
            && index.len() >= from
        {
            let kept = std::mem::replace(index, ExactIndex::new(0));
            self.kind = Kind::Hnsw(Box::new(HnswIndex::build(kept, params)));
        }
    }

    /// Removes; whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        match &mut self.kind {
            Kind::Exact(index) => index.remove(key),
            Kind::Hnsw(index) => index.remove(key),
        }
    }

    /// The `k` nearest to `query`, best first.
    #[must_use]
    pub fn search(&self, query: &Embedding, k: usize) -> Vec<VectorHit<K>> {
        match &self.kind {
            Kind::Exact(index) => index.search(query, k),
            Kind::Hnsw(index) => index.search(query, k),
        }
    }

    /// The vector under `key`.
    #[must_use]
    pub fn vector(&self, key: &K) -> Option<&[f32]> {
        match &self.kind {
            Kind::Exact(index) => index.vector(key),
            Kind::Hnsw(index) => index.kept().vector(key),
        }
    }

    /// The cosines of the query with a part of the vectors, where a search does not see all of them;
    /// none where it does.
    #[must_use]
    pub fn sample(&self, query: &Embedding) -> Option<Vec<f32>> {
        const SAMPLE: usize = 1000;
        match &self.kind {
            Kind::Exact(_) => None,
            Kind::Hnsw(index) => {
                let kept = index.kept();
                let step = (kept.len() / SAMPLE).max(1);
                let cosine = |(_, vector): (&K, &[f32])| dot(query.as_slice(), vector);
                Some(kept.entries().step_by(step).map(cosine).collect())
            }
        }
    }

    /// `exact` or `hnsw`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Exact(_) => "exact",
            Kind::Hnsw(_) => "hnsw",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha20Rng;

    use super::*;

    const PARAMS: HnswParams = HnswParams {
        links: 16,
        ef_construction: 200,
        ef_search: 192,
    };

    fn clustered(count: usize, dimensions: usize, seed: u64) -> Vec<Embedding> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut centre = || {
            (0..dimensions)
                .map(|_| rng.random_range(-1.0f32..1.0))
                .collect()
        };
        let centres: Vec<Vec<f32>> = (0..40).map(|_| centre()).collect();
        (0..count)
            .map(|at| {
                let centre = &centres[at % centres.len()];
                let values = centre
                    .iter()
                    .map(|v| v + rng.random_range(-0.8f32..0.8))
                    .collect();
                Embedding::normalised(values)
            })
            .collect()
    }

    fn naive(vectors: &[Embedding], query: &Embedding, k: usize) -> Vec<usize> {
        let mut scored: Vec<(f64, usize)> = vectors
            .iter()
            .enumerate()
            .map(|(at, v)| {
                let products = v.as_slice().iter().zip(query.as_slice());
                (
                    products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum(),
                    at,
                )
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.into_iter().take(k).map(|(_, at)| at).collect()
    }

    fn filled(vectors: &[Embedding], setting: VectorSetting) -> VectorIndex<usize> {
        let mut index = VectorIndex::new(vectors[0].dimensions(), setting);
        for (at, vector) in vectors.iter().enumerate() {
            index.insert(at, vector);
        }
        index
    }

    fn keys(hits: &[VectorHit<usize>]) -> Vec<usize> {
        hits.iter().map(|hit| hit.key).collect()
    }

    #[test]
    fn exact_search_agrees_with_a_naive_one() {
        let vectors = clustered(300, 32, 1);
        let index = filled(&vectors, VectorSetting::Exact);
        for query in clustered(20, 32, 2) {
            assert_eq!(keys(&index.search(&query, 10)), naive(&vectors, &query, 10));
        }
    }

    #[test]
    fn hnsw_finds_nine_in_ten_of_the_exact_neighbours() {
        let vectors = clustered(2_000, 64, 3);
        let (hnsw, exact) = (
            filled(&vectors, VectorSetting::Hnsw(PARAMS)),
            filled(&vectors, VectorSetting::Exact),
        );
        let queries = clustered(50, 64, 4);
        let mut found = 0;
        for query in &queries {
            let want = keys(&exact.search(query, 10));
            found += hnsw
                .search(query, 10)
                .iter()
                .filter(|hit| want.contains(&hit.key))
                .count();
        }
        assert!(found >= 450, "recall@10 is {found} of 500");
    }

    #[test]
    fn auto_changes_over_at_the_given_size_and_keeps_everything() {
        let vectors = clustered(101, 16, 5);
        let setting = VectorSetting::Auto {
            from: 101,
            params: PARAMS,
        };
        let mut index = filled(&vectors[..100], setting);
        assert_eq!(index.kind(), "exact");
        index.insert(100, &vectors[100]);
        assert_eq!(index.kind(), "hnsw");
        for (at, vector) in vectors.iter().enumerate() {
            assert_eq!(index.search(vector, 1)[0].key, at);
        }
    }

    #[test]
    fn what_is_removed_is_not_found_before_and_after_a_rebuild() {
        let vectors = clustered(400, 16, 6);
        for setting in [VectorSetting::Exact, VectorSetting::Hnsw(PARAMS)] {
            let mut index = filled(&vectors, setting);
            for (gone, vector) in vectors.iter().enumerate().take(300) {
                assert!(index.remove(&gone));
                assert!(!index.remove(&gone));
                assert!(!keys(&index.search(vector, 20)).contains(&gone));
                assert!(index.vector(&gone).is_none());
            }
            for (at, vector) in vectors.iter().enumerate().skip(300) {
                assert_eq!(index.search(vector, 1)[0].key, at, "{setting:?}");
            }
        }
    }

    #[test]
    fn a_vector_whose_norm_rounding_made_larger_than_one_is_no_problem() {
        let mut index = VectorIndex::new(3, VectorSetting::Hnsw(PARAMS));
        let vector = Embedding::normalised(vec![0.577_350_3, 0.577_350_3, 0.577_350_3]);
        index.insert(1, &vector);
        index.insert(2, &vector);
        assert_eq!(keys(&index.search(&vector, 2)), [1, 2]);
        assert!(index.search(&vector, 1)[0].cosine <= 1.0);
    }

    #[test]
    fn zero_vectors_and_foreign_spaces_are_found_by_nothing() {
        for setting in [VectorSetting::Exact, VectorSetting::Hnsw(PARAMS)] {
            let mut index = VectorIndex::new(2, setting);
            index.insert(1, &Embedding::normalised(vec![0.0, 0.0]));
            index.insert(2, &Embedding::normalised(vec![1.0, 0.0, 0.0]));
            assert!(
                index
                    .search(&Embedding::normalised(vec![1.0, 0.0]), 5)
                    .is_empty()
            );
            assert!(
                index
                    .search(&Embedding::normalised(vec![0.0, 0.0]), 5)
                    .is_empty()
            );
        }
    }

    proptest! {
        #[test]
        fn the_order_of_inserts_changes_no_exact_result(seed in 0u64..1000, count in 1usize..60) {
            let vectors = clustered(count, 8, seed);
            let forward = filled(&vectors, VectorSetting::Exact);
            let mut backward = VectorIndex::new(8, VectorSetting::Exact);
            for (at, vector) in vectors.iter().enumerate().rev() {
                backward.insert(at, vector);
            }
            let query = &clustered(1, 8, seed + 7)[0];
            prop_assert_eq!(forward.search(query, 7), backward.search(query, 7));
        }
    }
}
