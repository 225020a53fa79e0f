//! The vector index that the setting asks for.

use super::kept::KeptVectors;
use super::{ExactIndex, HnswIndex, HnswParams, Key, StagedIndex, VectorHit};
use crate::domain::embedding::Embedding;

/// Up to so many vectors [`VectorIndex::sample`] leaves it to a search to see them all.
const SEEN_WHOLE: usize = 4096;
const SAMPLE: usize = 1024;

/// Which index is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorSetting {
    /// Compares with every vector as it was given.
    Exact,
    /// Walks a graph.
    Hnsw(HnswParams),
    /// The staged index, which was measured to be the fastest at every size
    /// (`docs/vector-search.md`).
    Auto,
}

/// Vectors of one owner.
#[derive(Debug)]
pub struct VectorIndex<K> {
    kind: Kind<K>,
}

#[derive(Debug)]
enum Kind<K> {
    Exact(ExactIndex<K>),
    Staged(StagedIndex<K>),
    Hnsw(Box<HnswIndex<K>>),
}

impl<K: Key> VectorIndex<K> {
    /// An empty index of vectors with so many components.
    #[must_use]
    pub fn new(dimensions: usize, setting: VectorSetting) -> Self {
        let kind = match setting {
            VectorSetting::Exact => Kind::Exact(ExactIndex::new(dimensions)),
            VectorSetting::Auto => Kind::Staged(StagedIndex::new(dimensions)),
            VectorSetting::Hnsw(params) => Kind::Hnsw(Box::new(HnswIndex::new(dimensions, params))),
        };
        Self { kind }
    }

    /// Adds or replaces; the zero vector is not kept.
    pub fn insert(&mut self, key: K, vector: &Embedding) {
        match &mut self.kind {
            Kind::Exact(index) => index.insert(key, vector),
            Kind::Staged(index) => index.insert(key, vector),
            Kind::Hnsw(index) => index.insert(key, vector),
        }
    }

    /// Removes; whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        match &mut self.kind {
            Kind::Exact(index) => index.remove(key),
            Kind::Staged(index) => index.remove(key),
            Kind::Hnsw(index) => index.remove(key),
        }
    }

    /// The `k` nearest to `query`, best first.
    #[must_use]
    pub fn search(&self, query: &Embedding, k: usize) -> Vec<VectorHit<K>> {
        match &self.kind {
            Kind::Exact(index) => index.search(query, k),
            Kind::Staged(index) => index.search(query, k),
            // Who wants most of them is not helped by a graph.
            Kind::Hnsw(index) if k >= self.len() / 4 => index.kept().search(query, k),
            Kind::Hnsw(index) => index.search(query, k),
        }
    }

    /// The `k` nearest among those whose key passes. A graph is not walked for it: what passes would
    /// seldom lie together, and the staged codes that the graph keeps answer in a bounded time.
    #[must_use]
    pub fn search_where(
        &self,
        query: &Embedding,
        k: usize,
        passes: &dyn Fn(&K) -> bool,
    ) -> Vec<VectorHit<K>> {
        match &self.kind {
            Kind::Exact(index) => index.search_where(query, k, passes),
            Kind::Staged(index) => index.search_where(query, k, passes),
            Kind::Hnsw(index) => index.kept().search_where(query, k, passes),
        }
    }

    /// The cosine of the vector under `key` with `query`.
    #[must_use]
    pub fn cosine(&self, key: &K, query: &Embedding) -> Option<f32> {
        match &self.kind {
            Kind::Exact(index) => index.cosine(key, query),
            Kind::Staged(index) => index.cosine(key, query),
            Kind::Hnsw(index) => index.kept().cosine(key, query),
        }
    }

    /// The cosines of the vectors under `keys` with `query`; none where there is no such vector.
    #[must_use]
    pub fn cosines(&self, keys: &[K], query: &Embedding) -> Vec<Option<f32>> {
        match &self.kind {
            Kind::Exact(index) => keys.iter().map(|key| index.cosine(key, query)).collect(),
            Kind::Staged(index) => index.cosines(keys, query),
            Kind::Hnsw(index) => index.kept().cosines(keys, query),
        }
    }

    /// The vector under `key`, each component within 0.0001 of what was put in.
    #[must_use]
    pub fn vector(&self, key: &K) -> Option<Vec<f32>> {
        match &self.kind {
            Kind::Exact(index) => index.vector(key).map(<[f32]>::to_vec),
            Kind::Staged(index) => index.vector(key),
            Kind::Hnsw(index) => index.kept().vector(key),
        }
    }

    /// The cosines of the query with a part of the vectors, where there are so many that a search
    /// should not be asked for all of them; none where it should.
    #[must_use]
    pub fn sample(&self, query: &Embedding) -> Option<Vec<f32>> {
        let staged = match &self.kind {
            Kind::Exact(_) => return None,
            Kind::Staged(index) => index,
            Kind::Hnsw(index) => index.kept(),
        };
        (staged.len() > SEEN_WHOLE).then(|| staged.sample(query, SAMPLE))
    }

    /// The index as data.
    #[must_use]
    pub fn kept(&self) -> KeptVectors<K> {
        match &self.kind {
            Kind::Exact(index) => index.kept(),
            Kind::Staged(index) => index.kept(),
            Kind::Hnsw(index) => index.kept().kept(),
        }
    }

    /// The index of which [`Self::kept`] gave the data; none if the data contradicts itself.
    #[must_use]
    pub fn restored(
        dimensions: usize,
        setting: VectorSetting,
        kept: KeptVectors<K>,
    ) -> Option<Self> {
        let staged = |kept| StagedIndex::restored(dimensions, kept);
        let kind = match setting {
            VectorSetting::Exact => Kind::Exact(ExactIndex::restored(dimensions, kept)?),
            VectorSetting::Auto => Kind::Staged(staged(kept)?),
            VectorSetting::Hnsw(params) => {
                Kind::Hnsw(Box::new(HnswIndex::build(staged(kept)?, params)))
            }
        };
        Some(Self { kind })
    }

    /// How many vectors.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.kind {
            Kind::Exact(index) => index.len(),
            Kind::Staged(index) => index.len(),
            Kind::Hnsw(index) => index.kept().len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `exact`, `staged` or `hnsw`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Exact(_) => "exact",
            Kind::Staged(_) => "staged",
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

    const SETTINGS: [VectorSetting; 3] = [
        VectorSetting::Exact,
        VectorSetting::Auto,
        VectorSetting::Hnsw(PARAMS),
    ];

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
    fn auto_finds_nearly_all_exact_neighbours_in_sets_of_every_size() {
        for (count, dimensions) in [(30, 64), (300, 100), (3_000, 128), (5_000, 64)] {
            let vectors = clustered(count, dimensions, 5);
            let index = filled(&vectors, VectorSetting::Auto);
            let (mut found, mut wanted) = (0, 0);
            for query in clustered(20, dimensions, 7) {
                let want = naive(&vectors, &query, 10);
                let got = keys(&index.search(&query, 10));
                found += got.iter().filter(|key| want.contains(key)).count();
                wanted += want.len();
            }
            assert!(found * 100 >= wanted * 98, "{found} of {wanted} in {count}");
        }
    }

    #[test]
    fn a_vector_comes_back_and_a_sample_speaks_for_all() {
        let vectors = clustered(5_000, 100, 9);
        for setting in SETTINGS {
            let index = filled(&vectors[..50], setting);
            for (key, vector) in vectors[..50].iter().enumerate() {
                let back = index.vector(&key).unwrap();
                let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-4;
                assert!(back.iter().zip(vector.as_slice()).all(near), "{setting:?}");
                assert!((index.cosine(&key, vector).unwrap() - 1.0).abs() < 1e-4);
            }
            assert!(index.sample(&vectors[0]).is_none());
        }
        let index = filled(&vectors, VectorSetting::Auto);
        let sample = index.sample(&vectors[0]).unwrap();
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        let all: Vec<f32> = vectors.iter().map(|v| v.cosine(&vectors[0])).collect();
        assert!((mean(&sample) - mean(&all)).abs() < 0.02);
    }

    #[test]
    fn what_is_removed_is_not_found_before_and_after_a_rebuild() {
        let vectors = clustered(400, 16, 6);
        for setting in SETTINGS {
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
        for setting in SETTINGS {
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
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_order_of_inserts_changes_no_exact_result(seed in 0u64..1000, count in 1usize..60) {
            let vectors = clustered(count, 8, seed);
            for setting in [VectorSetting::Exact, VectorSetting::Auto] {
                let forward = filled(&vectors, setting);
                let mut backward = VectorIndex::new(8, setting);
                for (at, vector) in vectors.iter().enumerate().rev() {
                    backward.insert(at, vector);
                }
                let query = &clustered(1, 8, seed + 7)[0];
                prop_assert_eq!(forward.search(query, 7), backward.search(query, 7));
            }
        }

        #[test]
        fn a_filter_finds_what_brute_force_finds(
            seed in 0u64..1000, count in 1usize..500, every in 1usize..20, k in 1usize..12,
        ) {
            let vectors = clustered(count, 96, seed);
            let query = &clustered(1, 96, seed + 7)[0];
            let want: Vec<usize> = naive(&vectors, query, count)
                .into_iter().filter(|key| key % every == 0).take(k).collect();
            for setting in SETTINGS {
                let index = filled(&vectors, setting);
                let got = keys(&index.search_where(query, k, &|key| key % every == 0));
                prop_assert!(got.iter().all(|key| key % every == 0));
                prop_assert_eq!(got.len(), want.len());
                let same = got.iter().filter(|key| want.contains(key)).count();
                match setting {
                    VectorSetting::Exact => prop_assert_eq!(&got, &want),
                    _ => prop_assert!(same + 2 >= want.len(), "{:?} {} of {}", setting, same, want.len()),
                }
            }
        }

        #[test]
        fn what_was_kept_answers_alike(seed in 0u64..1000, count in 1usize..400) {
            let vectors = clustered(count, 48, seed);
            let query = &clustered(1, 48, seed + 7)[0];
            for setting in SETTINGS {
                let index = filled(&vectors, setting);
                let restored = VectorIndex::restored(48, setting, index.kept()).unwrap();
                prop_assert_eq!(restored.kind(), index.kind());
                prop_assert_eq!(index.search(query, count), restored.search(query, count));
                prop_assert!(VectorIndex::restored(47, setting, index.kept()).is_none());
            }
            let exact = filled(&vectors, VectorSetting::Exact).kept();
            prop_assert!(VectorIndex::restored(48, VectorSetting::Auto, exact).is_none());
        }

        #[test]
        fn inserts_and_removals_leave_what_a_map_would_hold(
            steps in prop::collection::vec((0usize..40, any::<bool>()), 1..200),
        ) {
            let vectors = clustered(40, 16, 11);
            for setting in SETTINGS {
                let mut index = VectorIndex::new(16, setting);
                let mut there = std::collections::BTreeSet::new();
                for (key, insert) in &steps {
                    if *insert {
                        index.insert(*key, &vectors[*key]);
                        there.insert(*key);
                    } else {
                        prop_assert_eq!(index.remove(key), there.remove(key));
                    }
                    prop_assert_eq!(index.len(), there.len());
                }
                let mut found = keys(&index.search(&vectors[0], 100));
                found.sort_unstable();
                prop_assert_eq!(found, there.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
