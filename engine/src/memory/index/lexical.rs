//! Okapi BM25 over weighted fields: the term frequencies of the fields are joined by weight before
//! they saturate (Robertson, Zaragoza and Taylor 2004), and so are their lengths.
//!
//! It takes terms, not text: who cuts text into terms decides on stemming and stop words. Nothing is
//! left of a removed item, its words included.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Key;
use super::kept::{Bytes, KeptWords};

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
#[derive(Debug, Clone)]
pub struct LexicalIndex<K, const FIELDS: usize> {
    params: Bm25<FIELDS>,
    /// Terms are numbered; numbers of removed terms are used again.
    numbers: HashMap<Arc<str>, u32>,
    terms: Vec<Term<FIELDS>>,
    free_terms: Vec<u32>,
    /// Postings name an item by its slot; slots of removed items are used again.
    slots: Vec<Option<Item<K, FIELDS>>>,
    /// The weighed length of each slot's item, apart from the items so that scoring reads little.
    lengths: Vec<f64>,
    free: Vec<u32>,
    places: HashMap<K, u32>,
    /// Words per field over all items. Whole numbers, so that no order of inserts changes a score.
    totals: [u64; FIELDS],
}

#[derive(Debug, Clone)]
struct Term<const FIELDS: usize> {
    name: Arc<str>,
    postings: Vec<Posting<FIELDS>>,
}

/// A term more than 255 times in one field counts as 255 times: the formula has saturated long before.
#[derive(Debug, Clone, Copy)]
struct Posting<const FIELDS: usize> {
    slot: u32,
    counts: [u8; FIELDS],
}

#[derive(Debug, Clone)]
struct Item<K, const FIELDS: usize> {
    key: K,
    terms: Box<[u32]>,
    lengths: [u32; FIELDS],
}

/// Scores by slot while a query is answered, and which slots have one; kept by each thread.
#[derive(Default)]
struct Scratch {
    sums: Vec<(f64, f64)>,
    touched: Vec<u32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl<K: Key, const FIELDS: usize> LexicalIndex<K, FIELDS> {
    /// An empty index.
    #[must_use]
    pub fn new(params: Bm25<FIELDS>) -> Self {
        Self {
            params,
            numbers: HashMap::new(),
            terms: Vec::new(),
            free_terms: Vec::new(),
            slots: Vec::new(),
            lengths: Vec::new(),
            free: Vec::new(),
            places: HashMap::new(),
            totals: [0; FIELDS],
        }
    }

    /// Adds or replaces an item with the terms of its fields.
    pub fn insert(&mut self, key: K, fields: &[Vec<String>; FIELDS]) {
        self.remove(&key);
        let mut counts: BTreeMap<&str, [u8; FIELDS]> = BTreeMap::new();
        let mut lengths = [0u32; FIELDS];
        for (field, terms) in fields.iter().enumerate() {
            for term in terms {
                let count = &mut counts.entry(term).or_insert([0; FIELDS])[field];
                *count = count.saturating_add(1);
                lengths[field] += 1;
            }
        }
        let terms: Vec<(u32, [u8; FIELDS])> = counts
            .into_iter()
            .map(|(term, counts)| (self.number(term), counts))
            .collect();
        self.put(key, &terms, lengths);
    }

    /// Adds an item that is not there under the numbers of its terms.
    fn put(&mut self, key: K, terms: &[(u32, [u8; FIELDS])], lengths: [u32; FIELDS]) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.lengths.push(0.0);
            (self.slots.len() - 1) as u32
        });
        for (term, counts) in terms {
            let postings = &mut self.terms[*term as usize].postings;
            if postings.len() == postings.capacity() {
                // Doubling would leave a third of the memory of a large index unused.
                postings.reserve_exact(postings.len() / 8 + 1);
            }
            postings.push(Posting {
                slot,
                counts: *counts,
            });
        }
        for (total, length) in self.totals.iter_mut().zip(lengths) {
            *total += u64::from(length);
        }
        self.places.insert(key.clone(), slot);
        self.lengths[slot as usize] = self.weigh(lengths.map(f64::from));
        self.slots[slot as usize] = Some(Item {
            key,
            terms: terms.iter().map(|(term, _)| *term).collect(),
            lengths,
        });
    }

    fn number(&mut self, term: &str) -> u32 {
        if let Some(number) = self.numbers.get(term) {
            return *number;
        }
        let name: Arc<str> = Arc::from(term);
        let entry = Term {
            name: Arc::clone(&name),
            postings: Vec::new(),
        };
        let number = match self.free_terms.pop() {
            Some(number) => {
                self.terms[number as usize] = entry;
                number
            }
            None => {
                self.terms.push(entry);
                (self.terms.len() - 1) as u32
            }
        };
        self.numbers.insert(name, number);
        number
    }

    /// Removes an item and the words that only it had; whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        let Some(slot) = self.places.remove(key) else {
            return false;
        };
        let Some(item) = self.slots[slot as usize].take() else {
            return false;
        };
        for number in item.terms {
            let term = &mut self.terms[number as usize];
            term.postings.retain(|posting| posting.slot != slot);
            if term.postings.is_empty() {
                let name = std::mem::replace(&mut term.name, Arc::from(""));
                self.numbers.remove(&name);
                self.free_terms.push(number);
            }
        }
        for (total, length) in self.totals.iter_mut().zip(item.lengths) {
            *total -= u64::from(length);
        }
        self.free.push(slot);
        true
    }

    /// All items, in no particular order.
    #[must_use]
    pub fn keys(&self) -> Vec<K> {
        self.places.keys().cloned().collect()
    }

    /// Whether there is such an item.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.places.contains_key(key)
    }

    /// The `k` items with the highest scores, ties by key. A term counts once however often the query
    /// repeats it.
    #[must_use]
    pub fn search(&self, query: &[String], k: usize) -> Vec<LexicalHit<K>> {
        self.search_telling(query, k, &mut |_| {})
    }

    /// The same, telling the score of every item that shares a term with the query, in no order.
    #[must_use]
    pub fn search_telling(
        &self,
        query: &[String],
        k: usize,
        tell: &mut dyn FnMut(f64),
    ) -> Vec<LexicalHit<K>> {
        let mut terms: Vec<&str> = query.iter().map(String::as_str).collect();
        terms.sort_unstable();
        terms.dedup();
        let total = self.weigh(self.totals.map(|total| total as f64));
        let average = total / self.len().max(1) as f64;
        SCRATCH.with_borrow_mut(|Scratch { sums, touched }| {
            if sums.len() < self.slots.len() {
                sums.resize(self.slots.len(), (0.0, 0.0));
            }
            for term in terms {
                let Some(number) = self.numbers.get(term) else {
                    continue;
                };
                let list = &self.terms[*number as usize].postings;
                let idf = self.idf(list.len());
                for posting in list {
                    let frequency = self.weigh(posting.counts.map(f64::from));
                    let length = self.lengths[posting.slot as usize] / average;
                    let held_back = self.params.k1 * (1.0 - self.params.b + self.params.b * length);
                    let sum = &mut sums[posting.slot as usize];
                    if sum.1 == 0.0 {
                        touched.push(posting.slot);
                    }
                    sum.0 += idf * frequency * (self.params.k1 + 1.0) / (frequency + held_back);
                    sum.1 += idf;
                }
            }
            let mut hits: Vec<(f64, f64, u32)> = Vec::with_capacity(touched.len());
            for slot in touched.drain(..) {
                let (score, idf) = std::mem::take(&mut sums[slot as usize]);
                if score > 0.0 {
                    tell(score);
                    hits.push((score, idf, slot));
                }
            }
            // Items are looked at where scores are equal only: they lie all over the memory.
            let key = |slot: u32| self.slots[slot as usize].as_ref().map(|item| &item.key);
            let order = |a: &(f64, f64, u32), b: &(f64, f64, u32)| {
                b.0.total_cmp(&a.0).then_with(|| key(a.2).cmp(&key(b.2)))
            };
            if k > 0 && hits.len() > k {
                hits.select_nth_unstable_by(k - 1, order);
            }
            hits.truncate(k);
            hits.sort_unstable_by(order);
            let hit = |(score, matched_idf, slot): (f64, f64, u32)| {
                let key = key(slot)?.clone();
                Some(LexicalHit {
                    key,
                    score,
                    matched_idf,
                })
            };
            hits.into_iter().filter_map(hit).collect()
        })
    }

    /// The index as data.
    #[must_use]
    pub fn kept(&self) -> KeptWords<K> {
        let mut kept = KeptWords {
            keys: Vec::with_capacity(self.len()),
            lengths: Vec::with_capacity(self.len() * FIELDS),
            names: Vec::with_capacity(self.numbers.len()),
            sizes: Vec::with_capacity(self.numbers.len()),
            slots: Vec::new(),
            counts: Bytes::default(),
        };
        // Free slots are left out, so the others move up.
        let mut moved = vec![0; self.slots.len()];
        for (slot, item) in self.slots.iter().enumerate() {
            if let Some(item) = item {
                moved[slot] = kept.keys.len() as u32;
                kept.keys.push(item.key.clone());
                kept.lengths.extend(item.lengths);
            }
        }
        for term in self.terms.iter().filter(|term| !term.postings.is_empty()) {
            kept.names.push(term.name.to_string());
            kept.sizes.push(term.postings.len() as u32);
            for posting in &term.postings {
                kept.slots.push(moved[posting.slot as usize]);
                kept.counts.0.extend(posting.counts);
            }
        }
        kept
    }

    /// The index of which [`Self::kept`] gave the data; none if the data contradicts itself.
    #[must_use]
    pub fn restored(params: Bm25<FIELDS>, kept: KeptWords<K>) -> Option<Self> {
        let items = kept.keys.len();
        let whole: u64 = kept.sizes.iter().map(|size| u64::from(*size)).sum();
        let fits = kept.lengths.len() == items * FIELDS
            && kept.names.len() == kept.sizes.len()
            && usize::try_from(whole).ok()? == kept.slots.len()
            && kept.counts.0.len() == kept.slots.len() * FIELDS
            && kept.slots.iter().all(|slot| (*slot as usize) < items);
        if !fits {
            return None;
        }
        let mut index = Self::new(params);
        let mut of_items: Vec<Vec<u32>> = vec![Vec::new(); items];
        let mut pairs = kept.slots.iter().zip(kept.counts.0.as_chunks::<FIELDS>().0);
        for (number, (name, size)) in (0u32..).zip(kept.names.iter().zip(kept.sizes)) {
            let name: Arc<str> = Arc::from(name.as_str());
            let postings: Vec<Posting<FIELDS>> = pairs
                .by_ref()
                .take(size as usize)
                .map(|(slot, counts)| {
                    of_items[*slot as usize].push(number);
                    Posting {
                        slot: *slot,
                        counts: *counts,
                    }
                })
                .collect();
            if postings.is_empty() || index.numbers.insert(Arc::clone(&name), number).is_some() {
                return None;
            }
            index.terms.push(Term { name, postings });
        }
        let lengths = kept.lengths.as_chunks::<FIELDS>().0;
        for (slot, (key, (terms, lengths))) in
            (0u32..).zip(kept.keys.into_iter().zip(of_items.into_iter().zip(lengths)))
        {
            for (total, length) in index.totals.iter_mut().zip(lengths) {
                *total += u64::from(*length);
            }
            index.lengths.push(index.weigh(lengths.map(f64::from)));
            if index.places.insert(key.clone(), slot).is_some() {
                return None;
            }
            index.slots.push(Some(Item {
                key,
                terms: terms.into_boxed_slice(),
                lengths: *lengths,
            }));
        }
        Some(index)
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
            .map(|term| {
                let number = self.numbers.get(term);
                self.idf(number.map_or(0, |n| self.terms[*n as usize].postings.len()))
            })
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
            prop_assert!(!backward.numbers.contains_key("stranger"));
        }
    }

    proptest! {
        #[test]
        fn what_was_kept_answers_alike(
            items in prop::collection::vec(fields(), 1..20), gone in 0usize..20, query in words(),
        ) {
            let mut index = filled(items.iter().enumerate());
            index.remove(&gone);
            let mut restored = LexicalIndex::restored(PARAMS, index.kept()).unwrap();
            prop_assert_eq!(index.search(&query, 100), restored.search(&query, 100));
            restored.insert(gone, &items[0]);
            index.insert(gone, &items[0]);
            restored.remove(&0);
            index.remove(&0);
            prop_assert_eq!(index.search(&query, 100), restored.search(&query, 100));
        }
    }

    #[test]
    fn data_that_contradicts_itself_is_refused() {
        let item = [vec!["a".to_owned()], vec!["b".to_owned()]];
        let index = filled([(1, &item), (2, &item)].into_iter());
        let damage: [fn(&mut KeptWords<usize>); 6] = [
            |kept| kept.slots[0] = 2,
            |kept| kept.sizes[0] = 3,
            |kept| kept.names[1] = kept.names[0].clone(),
            |kept| kept.keys[1] = kept.keys[0],
            |kept| kept.lengths.truncate(3),
            |kept| kept.counts.0.truncate(1),
        ];
        for damage in damage {
            let mut kept = index.kept();
            damage(&mut kept);
            assert!(LexicalIndex::<usize, 2>::restored(PARAMS, kept).is_none());
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
