//! Okapi BM25 over weighted fields: the term frequencies of the fields are joined by weight before
//! they saturate (Robertson, Zaragoza and Taylor 2004), and so are their lengths.
//!
//! It takes terms, not text: who cuts text into terms decides on stemming and stop words. Nothing is
//! left of a removed item, its words included.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Key;

/// The parameters of the formula.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bm25<const FIELDS: usize> {
    /// How soon repeated words stop adding to the score.
    pub k1: f64,
    /// How much long items are held back, from 0 to 1.
    pub b: f64,
    /// What a word counts in each field.
    pub weights: [f64; FIELDS],
}

/// An item that shares terms with the query.
#[derive(Debug, Clone, PartialEq)]
pub struct LexicalHit<K> {
    /// The item.
    pub key: K,
    /// The BM25 score, above 0.
    pub score: f64,
    /// The inverse document frequencies of the matched terms, summed: how telling the match is,
    /// however often the terms stand there.
    pub matched_idf: f64,
}

/// An inverted index of one owner's items with `FIELDS` fields each.
#[derive(Debug)]
pub struct LexicalIndex<K, const FIELDS: usize> {
    params: Bm25<FIELDS>,
    postings: HashMap<Arc<str>, Vec<Posting<FIELDS>>>,
    /// Postings name an item by its slot; slots of removed items are used again.
    slots: Vec<Option<Item<K, FIELDS>>>,
    free: Vec<usize>,
    places: HashMap<K, usize>,
    /// Words per field over all items. Whole numbers, so that no order of inserts changes a score.
    totals: [u64; FIELDS],
}

#[derive(Debug)]
struct Posting<const FIELDS: usize> {
    slot: usize,
    counts: [u32; FIELDS],
}

#[derive(Debug)]
struct Item<K, const FIELDS: usize> {
    key: K,
    terms: Vec<Arc<str>>,
    lengths: [u32; FIELDS],
}

impl<K: Key, const FIELDS: usize> LexicalIndex<K, FIELDS> {
    /// An empty index.
    #[must_use]
    pub fn new(params: Bm25<FIELDS>) -> Self {
        Self {
            params,
            postings: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            places: HashMap::new(),
            totals: [0; FIELDS],
        }
    }

    /// Adds or replaces an item with the terms of its fields.
    pub fn insert(&mut self, key: K, fields: &[Vec<String>; FIELDS]) {
        self.remove(&key);
        let mut counts: BTreeMap<&str, [u32; FIELDS]> = BTreeMap::new();
        let mut lengths = [0u32; FIELDS];
        for (field, terms) in fields.iter().enumerate() {
            for term in terms {
                counts.entry(term).or_insert([0; FIELDS])[field] += 1;
                lengths[field] += 1;
            }
            self.totals[field] += u64::from(lengths[field]);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        let mut terms = Vec::with_capacity(counts.len());
        for (term, counts) in counts {
            let term: Arc<str> = match self.postings.get_key_value(term) {
                Some((known, _)) => Arc::clone(known),
                None => Arc::from(term),
            };
            self.postings
                .entry(Arc::clone(&term))
                .or_default()
                .push(Posting { slot, counts });
            terms.push(term);
        }
        self.places.insert(key.clone(), slot);
        self.slots[slot] = Some(Item {
            key,
            terms,
            lengths,
        });
    }

    /// Whether the item is there.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.places.contains_key(key)
    }

    /// Removes an item and the words that only it had; whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        let Some(slot) = self.places.remove(key) else {
            return false;
        };
        let Some(item) = self.slots[slot].take() else {
            return false;
        };
        for term in item.terms {
            if let Some(list) = self.postings.get_mut(&term) {
                list.retain(|posting| posting.slot != slot);
                if list.is_empty() {
                    self.postings.remove(&term);
                }
            }
        }
        for (total, length) in self.totals.iter_mut().zip(item.lengths) {
            *total -= u64::from(length);
        }
        self.free.push(slot);
        true
    }

    /// The `k` items with the highest scores, ties by key. A term counts once however often the query
    /// repeats it.
    #[must_use]
    pub fn search(&self, query: &[String], k: usize) -> Vec<LexicalHit<K>> {
        let mut terms: Vec<&str> = query.iter().map(String::as_str).collect();
        terms.sort_unstable();
        terms.dedup();
        let total = self.weigh(self.totals.map(|total| total as f64));
        let average = total / self.len().max(1) as f64;
        let mut sums = vec![(0.0f64, 0.0f64); self.slots.len()];
        for term in terms {
            let Some(list) = self.postings.get(term) else {
                continue;
            };
            let idf = self.idf(list.len());
            for posting in list {
                let Some(item) = &self.slots[posting.slot] else {
                    continue;
                };
                let frequency = self.weigh(posting.counts.map(f64::from));
                let length = self.weigh(item.lengths.map(f64::from)) / average;
                let held_back = self.params.k1 * (1.0 - self.params.b + self.params.b * length);
                let sum = &mut sums[posting.slot];
                sum.0 += idf * frequency * (self.params.k1 + 1.0) / (frequency + held_back);
                sum.1 += idf;
            }
        }
        let mut hits: Vec<(f64, f64, &K)> = sums
            .into_iter()
            .zip(&self.slots)
            .filter(|((score, _), _)| *score > 0.0)
            .filter_map(|((score, idf), item)| Some((score, idf, &item.as_ref()?.key)))
            .collect();
        hits.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.cmp(b.2)));
        hits.truncate(k);
        hits.into_iter()
            .map(|(score, matched_idf, key)| LexicalHit {
                key: key.clone(),
                score,
                matched_idf,
            })
            .collect()
    }

    /// The inverse document frequencies of the query's distinct terms, summed; a term that no item
    /// has counts as the rarest. What an item's `matched_idf` can be at most.
    #[must_use]
    pub fn asked_idf(&self, query: &[String]) -> f64 {
        let mut terms: Vec<&str> = query.iter().map(String::as_str).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
            .into_iter()
            .map(|term| self.idf(self.postings.get(term).map_or(0, Vec::len)))
            .sum()
    }

    /// The inverse document frequency of a term that stands in `frequency` items; never negative.
    fn idf(&self, frequency: usize) -> f64 {
        let (all, frequency) = (self.len() as f64, frequency as f64);
        (1.0 + (all - frequency + 0.5) / (frequency + 0.5)).ln()
    }

    fn weigh(&self, fields: [f64; FIELDS]) -> f64 {
        fields
            .iter()
            .zip(self.params.weights)
            .map(|(value, weight)| value * weight)
            .sum()
    }

    /// How many items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARAMS: Bm25<2> = Bm25 {
        k1: 0.9,
        b: 0.4,
        weights: [1.0, 2.0],
    };

    type Fields = [Vec<String>; 2];

    fn filled<'a>(items: impl Iterator<Item = (usize, &'a Fields)>) -> LexicalIndex<usize, 2> {
        let mut index = LexicalIndex::new(PARAMS);
        for (at, fields) in items {
            index.insert(at, fields);
        }
        index
    }

    /// The formula written down once more, over every item and term.
    fn naive(items: &[Fields], query: &[String]) -> Vec<(usize, f64)> {
        let count = |fields: &Fields, term: &String| -> f64 {
            let in_field = |f: usize| fields[f].iter().filter(|t| *t == term).count() as f64;
            in_field(0) + 2.0 * in_field(1)
        };
        let length = |fields: &Fields| fields[0].len() as f64 + 2.0 * fields[1].len() as f64;
        let average = items.iter().map(length).sum::<f64>() / items.len() as f64;
        let mut terms = query.to_vec();
        terms.sort();
        terms.dedup();
        let mut scored: Vec<(usize, f64)> = items
            .iter()
            .enumerate()
            .map(|(at, fields)| {
                let score = terms.iter().map(|term| {
                    let df = items.iter().filter(|i| count(i, term) > 0.0).count() as f64;
                    let idf = (1.0 + (items.len() as f64 - df + 0.5) / (df + 0.5)).ln();
                    let tf = count(fields, term);
                    let norm = 0.9 * (0.6 + 0.4 * length(fields) / average);
                    if tf == 0.0 {
                        0.0
                    } else {
                        idf * tf * 1.9 / (tf + norm)
                    }
                });
                (at, score.sum())
            })
            .filter(|(_, score)| *score > 0.0)
            .collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scored
    }

    fn words() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[abcdef]", 0..8)
    }

    fn fields() -> impl Strategy<Value = Fields> {
        (words(), words()).prop_map(|(body, title)| [body, title])
    }

    proptest! {
        #[test]
        fn agrees_with_the_formula(items in prop::collection::vec(fields(), 1..20), query in words()) {
            let hits = filled(items.iter().enumerate()).search(&query, 100);
            let want = naive(&items, &query);
            prop_assert_eq!(hits.len(), want.len());
            for (hit, (_, score)) in hits.iter().zip(&want) {
                prop_assert!((hit.score - score).abs() < 1e-9);
                let own = want.iter().find(|(at, _)| *at == hit.key).map(|(_, score)| *score);
                prop_assert!(own.is_some_and(|own| (own - hit.score).abs() < 1e-9));
            }
        }

        #[test]
        fn the_order_of_inserts_and_a_removed_stranger_change_no_result(
            items in prop::collection::vec(fields(), 1..20), query in words(),
        ) {
            let forward = filled(items.iter().enumerate());
            let mut backward = filled(items.iter().enumerate().rev());
            backward.insert(999, &[vec!["a".to_owned(), "stranger".to_owned()], query.clone()]);
            backward.remove(&999);
            prop_assert_eq!(forward.search(&query, 5), backward.search(&query, 5));
            prop_assert!(backward.postings.keys().all(|term| &**term != "stranger"));
        }
    }

    #[test]
    fn replacing_an_item_leaves_nothing_of_the_old_one() {
        let item = |word: &str| [vec![word.to_owned()], vec![]];
        let mut index = filled([(1, &item("old"))].into_iter());
        index.insert(1, &item("new"));
        assert!(index.search(&["old".to_owned()], 5).is_empty());
        assert_eq!(index.search(&["new".to_owned()], 5).len(), 1);
        assert_eq!(index.len(), 1);
    }
}
