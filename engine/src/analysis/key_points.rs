//! Key points: a bounded pool of candidate sentences, and from it the most central ones.
//!
//! A sentence enters with a score that needs nothing but itself; the lowest leaves when the pool is
//! full. At reading time `LexRank` (Erkan and Radev 2004) over the pool gives centrality, and maximal
//! marginal relevance (Carbonell and Goldstein 1998) picks a summary without repeats. Quotations
//! only; nothing is rephrased.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::delta::Said;
use super::reading::{Sentence, read};
use super::span::{MessageIds, Span};
use crate::domain::analysis::{KeyPoint, Quote};

/// The most candidate sentences.
pub(super) const CAPACITY: usize = 64;
const BYTES: usize = 10 * 1024;
const QUOTE_BYTES: usize = 240;
const SHORTEST: usize = 5;
const DAMPING: f64 = 0.85;
const SIMILAR: f64 = 0.1;
const ITERATIONS: usize = 100;
/// Weight of centrality against newness in the summary.
const LAMBDA: f64 = 0.7;

const CUES: [&str; 22] = [
    "afraid",
    "always",
    "because",
    "believe",
    "biggest",
    "decided",
    "fear",
    "finally",
    "hardest",
    "hope",
    "important",
    "mean",
    "means",
    "need",
    "never",
    "problem",
    "realise",
    "realised",
    "realize",
    "realized",
    "since",
    "worst",
];

/// A candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Candidate {
    span: Span,
    score: f64,
}

/// The pool, in the order in which the sentences were said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct CandidatePool(Vec<Candidate>);

/// How much a sentence recommends itself by what stands in it; none if it is too short. `marked` is
/// one that states a goal or an achievement.
pub(super) fn weigh(sentence: &Sentence<'_>, affect: f64, marked: bool) -> Option<f64> {
    let content = sentence.content_stems().len();
    if sentence.words.len() < SHORTEST || content == 0 {
        return None;
    }
    let cues = sentence
        .words
        .iter()
        .filter(|w| CUES.contains(&w.norm.as_str()))
        .count()
        .min(2);
    let long = if sentence.words.len() > 45 { 0.2 } else { 0.0 };
    let weight = (content.min(16) as f64 / 16.0).sqrt()
        + 0.2 * cues as f64
        + 0.5 * affect.abs()
        + if marked { 0.5 } else { 0.0 }
        - if sentence.is_question() { 0.1 } else { 0.0 }
        - long;
    Some(weight)
}

impl CandidatePool {
    /// Takes in one sentence of the client.
    pub(super) fn step(&mut self, said: &Said<'_>) {
        let Some(score) = said.delta.weight else {
            return;
        };
        let span = said.span(QUOTE_BYTES);
        if self.0.iter().any(|kept| kept.span.text == span.text) {
            return;
        }
        self.0.push(Candidate { span, score });
        while self.0.len() > CAPACITY || self.bytes() > BYTES {
            self.drop_weakest();
        }
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|kept| kept.span.text.len() + 16).sum()
    }

    /// Drops the candidate with the lowest score, of equals the latest.
    pub(super) fn drop_weakest(&mut self) {
        let weakest = self
            .0
            .iter()
            .enumerate()
            .rev()
            .min_by(|a, b| a.1.score.total_cmp(&b.1.score));
        if let Some((at, _)) = weakest {
            self.0.remove(at);
        }
    }

    /// How many candidates there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is quoted.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.0.iter().map(|kept| &kept.span)
    }

    /// The candidate sentence around `inner`, else `inner` itself.
    pub(super) fn around<'s>(&'s self, inner: &'s Span) -> &'s Span {
        self.spans()
            .find(|span| span.covers(inner))
            .unwrap_or(inner)
    }

    /// The most central sentences and a summary of at most `most` in the order of saying.
    pub(super) fn render(&self, ids: &MessageIds, most: usize) -> (Vec<KeyPoint>, Vec<Quote>) {
        let similarity = Similarity::of(self.spans());
        let centrality = similarity.lex_rank();
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by(|a, b| {
            value(&centrality, *b)
                .total_cmp(&value(&centrality, *a))
                .then(a.cmp(b))
        });
        let key_points = order
            .iter()
            .take(most)
            .filter_map(|at| {
                let quote = ids.quote(&self.0.get(*at)?.span)?;
                Some(KeyPoint {
                    quote,
                    centrality: value(&centrality, *at),
                })
            })
            .collect();
        let mut chosen = similarity.marginal(&order, &centrality, most);
        chosen.sort_unstable();
        let summary = chosen
            .iter()
            .filter_map(|at| ids.quote(&self.0.get(*at)?.span))
            .collect();
        (key_points, summary)
    }
}

fn value(values: &[f64], at: usize) -> f64 {
    values.get(at).copied().unwrap_or(0.0)
}

/// Cosine similarities of the sentences by their stems, weighted by rarity in the pool.
struct Similarity(Vec<Vec<f64>>);

impl Similarity {
    fn of<'s>(spans: impl Iterator<Item = &'s Span>) -> Self {
        let bags: Vec<BTreeMap<String, f64>> = spans.map(|span| bag(&span.text)).collect();
        // Stems as numbers in the order of their names: sums are taken in the same order on each run.
        let mut spread: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
        for stem in bags.iter().flat_map(BTreeMap::keys) {
            spread.entry(stem).or_insert((0, 0.0)).1 += 1.0;
        }
        for (number, entry) in spread.values_mut().enumerate() {
            entry.0 = number;
        }
        let total = bags.len() as f64;
        let vector = |bag: &BTreeMap<String, f64>| {
            let mut weighted: Vec<(usize, f64)> = bag
                .iter()
                .filter_map(|(stem, n)| {
                    let (number, with) = spread.get(stem.as_str())?;
                    Some((*number, n * (1.0 + total / with).ln()))
                })
                .collect();
            let norm = weighted.iter().map(|(_, w)| w * w).sum::<f64>().sqrt();
            for (_, weight) in &mut weighted {
                *weight /= norm.max(1e-12);
            }
            weighted
        };
        let vectors: Vec<Vec<(usize, f64)>> = bags.iter().map(vector).collect();
        Self(
            vectors
                .iter()
                .map(|a| vectors.iter().map(|b| dot(a, b)).collect())
                .collect(),
        )
    }

    fn between(&self, a: usize, b: usize) -> f64 {
        self.0
            .get(a)
            .and_then(|row| row.get(b))
            .copied()
            .unwrap_or(0.0)
    }

    /// Stationary distribution of a walk along similarities of at least `SIMILAR`.
    fn lex_rank(&self) -> Vec<f64> {
        let n = self.0.len();
        if n == 0 {
            return Vec::new();
        }
        let even = 1.0 / n as f64;
        let links: Vec<Vec<(usize, f64)>> = self
            .0
            .iter()
            .map(|row| {
                let kept = row
                    .iter()
                    .copied()
                    .enumerate()
                    .filter(|(_, s)| *s >= SIMILAR);
                let kept: Vec<(usize, f64)> = kept.collect();
                let sum = kept.iter().map(|(_, s)| s).sum::<f64>().max(1e-12);
                kept.into_iter().map(|(at, s)| (at, s / sum)).collect()
            })
            .collect();
        let mut rank = vec![even; n];
        for _ in 0..ITERATIONS {
            let mut next = vec![(1.0 - DAMPING) * even; n];
            for (from, row) in links.iter().enumerate() {
                for (to, share) in row {
                    if let Some(slot) = next.get_mut(*to) {
                        *slot += DAMPING * share * value(&rank, from);
                    }
                }
            }
            let moved: f64 = rank.iter().zip(&next).map(|(a, b)| (a - b).abs()).sum();
            rank = next;
            if moved < 1e-9 {
                break;
            }
        }
        let sum: f64 = rank.iter().sum();
        rank.iter().map(|r| r / sum).collect()
    }

    /// Picks up to `most` by centrality and difference from those already picked.
    fn marginal(&self, order: &[usize], centrality: &[f64], most: usize) -> Vec<usize> {
        let top = order
            .first()
            .map_or(1.0, |at| value(centrality, *at))
            .max(1e-12);
        let mut left: Vec<usize> = order.to_vec();
        let mut chosen: Vec<usize> = Vec::new();
        while chosen.len() < most && !left.is_empty() {
            let worth = |at: usize| {
                let repeat = chosen
                    .iter()
                    .map(|c| self.between(at, *c))
                    .fold(0.0, f64::max);
                LAMBDA * value(centrality, at) / top - (1.0 - LAMBDA) * repeat
            };
            let best = left
                .iter()
                .enumerate()
                .rev()
                .max_by(|a, b| worth(*a.1).total_cmp(&worth(*b.1)))
                .map(|(place, _)| place);
            match best {
                Some(place) => chosen.push(left.remove(place)),
                None => break,
            }
        }
        chosen
    }
}

/// The product of two sparse vectors, both ordered by number.
fn dot(a: &[(usize, f64)], b: &[(usize, f64)]) -> f64 {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut sum = 0.0;
    while let (Some((left, x)), Some((right, y))) = (a.peek(), b.peek()) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                sum += x * y;
                a.next();
                b.next();
            }
        }
    }
    sum
}

fn bag(text: &str) -> BTreeMap<String, f64> {
    let mut bag = BTreeMap::new();
    for sentence in read(text) {
        for word in sentence.words.iter().filter(|word| word.is_content()) {
            *bag.entry(word.stem()).or_insert(0.0) += 1.0;
        }
    }
    bag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::delta::tests::say;
    use crate::domain::message::Role;

    fn pool(texts: &[&str]) -> (CandidatePool, MessageIds) {
        let mut pool = CandidatePool::default();
        let mut ids = MessageIds::default();
        say(Role::Client, texts, |said| {
            ids.insert(said.seq, &format!("msg_{}", said.seq).parse().unwrap());
            pool.step(said);
        });
        (pool, ids)
    }

    #[test]
    fn the_central_sentence_leads_and_the_summary_does_not_repeat() {
        let (pool, ids) = pool(&[
            "My sister wants to sell the old house of our parents.",
            "The house of our parents stands empty since the funeral.",
            "Selling the house means losing our parents again, my sister says.",
            "On Fridays I play badminton with two colleagues from accounting.",
        ]);
        let (key_points, summary) = pool.render(&ids, 2);
        assert!(key_points[0].quote.quote.contains("house"));
        assert!(key_points[0].centrality >= key_points[1].centrality);
        assert_eq!(summary.len(), 2);
        let all: f64 = pool.render(&ids, 64).0.iter().map(|k| k.centrality).sum();
        assert!((all - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_summary_keeps_the_order_of_saying() {
        let (pool, ids) = pool(&[
            "Badminton on Fridays keeps me moving and laughing.",
            "The house of my parents must be sold this summer.",
            "Selling the house of my parents makes my sister furious.",
        ]);
        let (_, summary) = pool.render(&ids, 3);
        let order: Vec<&str> = summary.iter().map(|q| q.message_id.as_str()).collect();
        assert_eq!(order, ["msg_0", "msg_1", "msg_2"]);
    }

    #[test]
    fn the_pool_is_bounded() {
        let texts: Vec<String> = (0..300)
            .map(|n| format!("Number {n} was about gardens, rivers{n} and mountains{n} in winter."))
            .collect();
        let (pool, _) = pool(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(pool.len() <= CAPACITY && pool.bytes() <= BYTES);
    }
}
