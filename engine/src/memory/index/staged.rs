//! Nearest neighbours in three stages: one bit per component for all vectors, one byte for those that
//! the bits cannot rule out, two bytes for the best of these.
//!
//! The first stage reads 32 bytes of a vector of 256 components and knows how wrong it may be. It rules
//! a vector out when its estimate plus `margin` standard errors stays below the k-th best found, so the
//! number that reach the second stage follows from the query and the set, not from a setting. A code
//! depends on its vector alone: there is nothing to train, to balance or to rebuild, and an insert costs
//! the same whatever is there.

use std::cell::RefCell;
use std::collections::HashMap;

use super::codes::{CodedQuery, Codes};
use super::kept::{Bytes, KeptValues, KeptVectors};
use super::kernel::{BLOCK, Kernel};
use super::rotation::Rotation;
use super::signs::{Signs, Tables};
use super::{Key, VectorHit, best};
use crate::domain::embedding::Embedding;

/// Standard errors that the first stage allows itself. A neighbour is missed only if its estimate is
/// lower than the truth by more than this and by more than it leads the k-th; with 2 that was once in a
/// thousand neighbours. `docs/vector-search.md` has the curve.
pub const MARGIN: f32 = 2.0;
/// Twice what a dot product of bytes is off, generously: its standard error is below 0.001.
const ROUGH_SLACK: f32 = 0.005;
/// With at most so many vectors per wanted neighbour, bits save nothing.
const WORTH_BITS: usize = 16;

/// Vectors as codes.
#[derive(Debug, Clone)]
pub struct StagedIndex<K> {
    rotation: Rotation,
    kernel: Kernel,
    margin: f32,
    signs: Signs,
    codes: Codes,
    keys: Vec<K>,
    places: HashMap<K, u32>,
}

/// What a search writes down on its way; kept by each thread, since to ask the operating system for it
/// anew takes longer than the search.
#[derive(Default)]
struct Scratch {
    bounds: Vec<f32>,
    highest: Vec<(f32, u32)>,
    found: Vec<(f32, u32)>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl<K: Key> StagedIndex<K> {
    /// An empty index of vectors with so many components.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        let rotation = Rotation::new(dimensions);
        Self {
            signs: Signs::new(rotation.padded()),
            rotation,
            kernel: Kernel::detected(),
            margin: MARGIN,
            codes: Codes::default(),
            keys: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Sets how many standard errors the first stage allows itself: more finds more and takes longer.
    pub fn set_margin(&mut self, margin: f32) {
        self.margin = margin;
    }

    /// Adds or replaces; as [`ExactIndex::insert`](super::ExactIndex::insert).
    pub fn insert(&mut self, key: K, vector: &Embedding) {
        self.remove(&key);
        if vector.is_zero() || vector.dimensions() != self.rotation.dimensions() {
            return;
        }
        let Ok(place) = u32::try_from(self.keys.len()) else {
            return;
        };
        let turned = self.rotation.turn(vector.as_slice().iter().copied());
        self.signs.push(&turned);
        self.codes.push(&turned);
        self.places.insert(key.clone(), place);
        self.keys.push(key);
    }

    /// Removes; whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        let Some(place) = self.places.remove(key) else {
            return false;
        };
        let at = place as usize;
        self.signs.swap_remove(at);
        self.codes.swap_remove(at, self.rotation.padded());
        self.keys.swap_remove(at);
        if let Some(moved) = self.keys.get(at) {
            self.places.insert(moved.clone(), place);
        }
        true
    }

    /// The `k` nearest to `query`, nearly always all of them.
    #[must_use]
    pub fn search(&self, query: &Embedding, k: usize) -> Vec<VectorHit<K>> {
        self.search_among(query, k, None)
    }

    /// The same among those whose key passes.
    #[must_use]
    pub fn search_where(
        &self,
        query: &Embedding,
        k: usize,
        passes: &dyn Fn(&K) -> bool,
    ) -> Vec<VectorHit<K>> {
        self.search_among(query, k, Some(passes))
    }

    fn search_among(
        &self,
        query: &Embedding,
        k: usize,
        passes: Option<&dyn Fn(&K) -> bool>,
    ) -> Vec<VectorHit<K>> {
        if query.is_zero() || query.dimensions() != self.rotation.dimensions() || k == 0 {
            return Vec::new();
        }
        let coded = CodedQuery::new(&self.rotation, query.as_slice());
        let k = k.min(self.len());
        let kept = k + k / 4 + 8;
        // Taken, not borrowed: the filter may search, too.
        let mut scratch = SCRATCH.take();
        if self.len() <= WORTH_BITS * kept {
            scratch.found.clear();
            let passing = self.keys.iter().zip(0u32..);
            let passing = passing.filter(|(key, _)| passes.is_none_or(|p| p(key)));
            scratch.found.extend(passing.map(|(_, place)| (0.0, place)));
            if scratch.found.len() > kept {
                for (rough, place) in &mut scratch.found {
                    *rough = self.codes.rough(self.kernel, &coded, *place as usize);
                }
            }
        } else {
            self.first_stages(&coded, (k, kept), passes, &mut scratch);
        }
        keep_best(&mut scratch.found, kept);
        let fine = scratch.found.iter().map(|(_, place)| VectorHit {
            key: &self.keys[*place as usize],
            cosine: self.codes.fine(self.kernel, &coded, *place as usize),
        });
        let hits = best(fine.collect(), k);
        SCRATCH.set(scratch);
        let owned = |hit: VectorHit<&K>| VectorHit {
            key: hit.key.clone(),
            cosine: hit.cosine,
        };
        hits.into_iter().map(owned).collect()
    }

    /// Leaves in `scratch.found` what may be among the `k` nearest, with its dot product of bytes.
    fn first_stages(
        &self,
        query: &CodedQuery,
        (k, kept): (usize, usize),
        passes: Option<&dyn Fn(&K) -> bool>,
        scratch: &mut Scratch,
    ) {
        let Scratch {
            bounds,
            highest,
            found,
        } = scratch;
        let tables = Tables::new(&query.values);
        self.signs
            .bounds(self.kernel, &tables, self.margin, bounds, highest);
        if let Some(passes) = passes {
            for (bound, key) in bounds.iter_mut().zip(&self.keys) {
                if !passes(key) {
                    *bound = f32::NEG_INFINITY;
                }
            }
            for ((best, _), bounds) in highest.iter_mut().zip(bounds.chunks(BLOCK)) {
                *best = bounds.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            }
        }
        found.clear();
        self.promising(bounds, highest, kept, found);
        let rough = |place: u32| self.codes.rough(self.kernel, query, place as usize);
        for (score, place) in found.iter_mut() {
            *score = rough(*place);
        }
        let mut bar = kth(found, k);
        // They stay: a bound holds but for its margin, and none of them may be lost to it.
        let mut met: Vec<u32> = found.iter().map(|(_, place)| *place).collect();
        met.sort_unstable();
        for ((best, first), bounds) in highest.iter().zip(bounds.chunks(BLOCK)) {
            if *best < bar || *best == f32::NEG_INFINITY {
                continue;
            }
            for (bound, place) in bounds.iter().zip(*first..) {
                let candidate = *bound >= bar && *bound > f32::NEG_INFINITY;
                if candidate && met.binary_search(&place).is_err() {
                    let score = rough(place);
                    if score >= bar - ROUGH_SLACK {
                        found.push((score, place));
                    }
                }
            }
            if found.len() >= 4 * kept {
                keep_best(found, kept);
                bar = bar.max(kth(found, k));
            }
        }
    }

    /// Some places with high bounds, at least `count` if there are so many that pass.
    fn promising(
        &self,
        bounds: &[f32],
        highest: &mut [(f32, u32)],
        count: usize,
        found: &mut Vec<(f32, u32)>,
    ) {
        if highest.len() >= 2 * count {
            found.extend_from_slice(highest);
            keep_best(found, count);
            for (best, place) in found.iter_mut() {
                let first = *place as usize;
                let block = &bounds[first..bounds.len().min(first + BLOCK)];
                let at = block.iter().zip(0u32..).find(|(bound, _)| *bound == best);
                *place += at.map_or(0, |(_, at)| at);
            }
        } else {
            found.extend(bounds.iter().copied().zip(0..));
            keep_best(found, count);
        }
        found.retain(|(bound, _)| *bound > f32::NEG_INFINITY);
    }

    /// The cosine of the vector under `key` with `query`.
    #[must_use]
    pub fn cosine(&self, key: &K, query: &Embedding) -> Option<f32> {
        let place = *self.places.get(key)? as usize;
        let coded = CodedQuery::new(&self.rotation, query.as_slice());
        Some(self.codes.fine(self.kernel, &coded, place))
    }

    /// The `k` nearest among `keys`.
    pub(super) fn nearest_of<'k>(
        &self,
        query: &Embedding,
        keys: impl Iterator<Item = &'k K>,
        k: usize,
    ) -> Vec<VectorHit<K>>
    where
        K: 'k,
    {
        let coded = CodedQuery::new(&self.rotation, query.as_slice());
        let hit = |key: &K| {
            let place = *self.places.get(key)? as usize;
            Some(VectorHit {
                key: key.clone(),
                cosine: self.codes.fine(self.kernel, &coded, place),
            })
        };
        best(keys.filter_map(hit).collect(), k)
    }

    /// The cosines of the vectors under `keys` with `query`; none where there is no such vector.
    #[must_use]
    pub fn cosines(&self, keys: &[K], query: &Embedding) -> Vec<Option<f32>> {
        let coded = CodedQuery::new(&self.rotation, query.as_slice());
        let cosine = |key: &K| {
            let place = *self.places.get(key)? as usize;
            Some(self.codes.fine(self.kernel, &coded, place))
        };
        keys.iter().map(cosine).collect()
    }

    /// The cosines of `query` with about `count` of the vectors.
    #[must_use]
    pub fn sample(&self, query: &Embedding, count: usize) -> Vec<f32> {
        let coded = CodedQuery::new(&self.rotation, query.as_slice());
        let step = (self.len() / count.max(1)).max(1);
        let rough = |place| self.codes.rough(self.kernel, &coded, place);
        (0..self.len()).step_by(step).map(rough).collect()
    }

    /// The vector under `key`, each component within 0.0001 of what was put in.
    #[must_use]
    pub fn vector(&self, key: &K) -> Option<Vec<f32>> {
        Some(self.rotation.turn_back(self.turned(key)?))
    }

    /// The index as data.
    #[must_use]
    pub fn kept(&self) -> KeptVectors<K> {
        KeptVectors {
            dimensions: self.rotation.dimensions() as u32,
            keys: self.keys.clone(),
            values: KeptValues::Codes {
                high: Bytes::of_signed(&self.codes.high),
                low: Bytes::of_signed(&self.codes.low),
                scales: self.codes.scales.clone(),
            },
        }
    }

    /// The index of which [`Self::kept`] gave the data; none if the data contradicts itself.
    #[must_use]
    pub fn restored(dimensions: usize, kept: KeptVectors<K>) -> Option<Self> {
        let mut index = Self::new(dimensions);
        let padded = index.rotation.padded();
        let KeptValues::Codes { high, low, scales } = kept.values else {
            return None;
        };
        let sound = scales.iter().all(|s| s.is_finite() && *s > 0.0);
        if kept.dimensions as usize != dimensions || scales.len() != kept.keys.len() || !sound {
            return None;
        }
        index.codes = Codes::restored(padded, high.signed(), low.signed(), scales)?;
        for place in 0..kept.keys.len() {
            index.signs.push(&index.codes.decoded(place, padded));
        }
        index.places = kept.keys.iter().cloned().zip(0..).collect();
        index.keys = kept.keys;
        (index.places.len() == index.keys.len()).then_some(index)
    }

    /// Components of a rotated vector.
    pub(super) fn padded(&self) -> usize {
        self.rotation.padded()
    }

    /// The rotated vector under `key`.
    pub(super) fn turned(&self, key: &K) -> Option<Vec<f32>> {
        let place = *self.places.get(key)? as usize;
        Some(self.codes.decoded(place, self.rotation.padded()))
    }

    /// The rotated query; none if it is zero or of another space.
    pub(super) fn turned_query(&self, query: &Embedding) -> Option<Vec<f32>> {
        let fits = !query.is_zero() && query.dimensions() == self.rotation.dimensions();
        fits.then(|| self.rotation.turn(query.as_slice().iter().copied()))
    }

    /// All keys, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.keys.iter()
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

/// Drops all but the `count` highest, in no order.
fn keep_best(found: &mut Vec<(f32, u32)>, count: usize) {
    if found.len() > count && count > 0 {
        found.select_nth_unstable_by(count - 1, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(count);
    }
}

/// The `k`-th highest score; below everything if there are fewer. Reorders.
fn kth(found: &mut [(f32, u32)], k: usize) -> f32 {
    if found.len() < k || k == 0 {
        return f32::MIN;
    }
    let (_, nth, _) = found.select_nth_unstable_by(k - 1, |a, b| b.0.total_cmp(&a.0));
    nth.0
}
