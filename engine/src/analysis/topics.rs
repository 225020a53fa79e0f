//! What is spoken of: stems of one to three words between stop words, counted by Space-Saving
//! (Metwally, Agrawal, El Abbadi 2005) in a bounded table.
//!
//! Labels are the client's own words. A term that had to be forgotten and came back carries the
//! number of mentions that may have been missed; only counted mentions are ever shown.

use serde::{Deserialize, Serialize};

use super::delta::{Said, Stem};
use super::sentiment::NEUTRAL;
use super::span::{MessageIds, Span};
use crate::domain::analysis::{Quote, Topic};

/// The most terms counted at a time.
pub(super) const CAPACITY: usize = 256;
/// The most bytes of keys and quotations.
const BYTES: usize = 8 * 1024;
const TERM_BYTES: usize = 48;
const ENTRY_OVERHEAD: usize = 24;
/// A word is not shown beside a phrase that holds it and has this share of its mentions.
const SUBSUMED: f64 = 0.7;

/// A counted term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Term {
    /// Stems, joined by blanks.
    pub(super) key: String,
    count: u32,
    error: u32,
    /// Sentences with it.
    pub(super) sentences: u32,
    /// Sentences with it that sound negative.
    pub(super) negative: u32,
    /// Messages with it.
    pub(super) messages: u32,
    last_seq: u32,
    first: Span,
    latest: Option<Span>,
    lowest: Option<(i16, Span)>,
}

impl Term {
    /// Mentions that were really counted.
    pub(super) fn mentions(&self) -> u32 {
        self.count - self.error
    }

    /// Mentions that may have been missed.
    pub(super) fn missed_at_most(&self) -> u32 {
        self.error
    }

    /// The client's words for it.
    pub(super) fn label(&self) -> &str {
        &self.first.text
    }

    /// Where it was said, without repeats: first, where it sounded worst, latest.
    pub(super) fn spans(&self) -> Vec<&Span> {
        let lowest = self.lowest.as_ref().map(|(_, span)| span);
        let mut spans: Vec<&Span> = Vec::with_capacity(3);
        for span in std::iter::once(&self.first)
            .chain(lowest)
            .chain(&self.latest)
        {
            if !spans.contains(&span) {
                spans.push(span);
            }
        }
        spans
    }

    fn words(&self) -> usize {
        self.key.split(' ').count()
    }

    fn bytes(&self) -> usize {
        let of = |span: &Span| span.text.len() + 8;
        let lowest = self.lowest.as_ref().map_or(0, |(_, span)| of(span));
        let latest = self.latest.as_ref().map_or(0, of);
        self.key.len() + of(&self.first) + lowest + latest + ENTRY_OVERHEAD
    }

    /// Whether `other`'s stems stand in it one after the other.
    fn holds(&self, other: &Self) -> bool {
        let (outer, inner) = (self.key.as_str(), other.key.as_str());
        let from_here = |at: usize| outer.get(at..).and_then(|tail| tail.strip_prefix(inner));
        let stands =
            |at| from_here(at).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        let starts = outer.match_indices(' ').map(|(blank, _)| blank + 1);
        outer.len() > inner.len() && std::iter::once(0).chain(starts).any(stands)
    }
}

/// The bounded table, ordered by key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TermTable {
    terms: Vec<Term>,
    seen: u64,
}

struct Candidate {
    key: String,
    start: u32,
    end: u32,
}

/// Single content words, and pairs and triples of neighbours among them.
fn candidates(stems: &[Stem]) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut run: Vec<&Stem> = Vec::new();
    for stem in stems {
        if !stem.topical || !stem.joined {
            run.clear();
        }
        if !stem.topical {
            continue;
        }
        run.push(stem);
        for length in 1..=run.len().min(3) {
            let tail = run.get(run.len() - length..).unwrap_or_default();
            let Some(first) = tail.first() else {
                continue;
            };
            let names: Vec<&str> = tail.iter().map(|stem| stem.stem.as_str()).collect();
            let key = names.join(" ");
            if key.len() <= TERM_BYTES && (stem.end - first.start) as usize <= TERM_BYTES {
                found.push(Candidate {
                    key,
                    start: first.start,
                    end: stem.end,
                });
            }
        }
    }
    found
}

/// The keys of a sentence's terms.
pub(super) fn keys(stems: &[Stem]) -> impl Iterator<Item = String> {
    candidates(stems).into_iter().map(|candidate| candidate.key)
}

impl TermTable {
    /// Takes in one sentence of the client.
    pub(super) fn step(&mut self, said: &Said<'_>) {
        let mut in_sentence: Vec<String> = Vec::new();
        for candidate in candidates(&said.delta.stems) {
            let Some(text) = said.words(candidate.start, candidate.end) else {
                continue;
            };
            let span = Span::clipped(said.seq, candidate.start as usize, text, TERM_BYTES);
            let first_here = !in_sentence.contains(&candidate.key);
            self.count(&candidate.key, span, said.delta.affect, first_here);
            if first_here {
                in_sentence.push(candidate.key);
            }
        }
        let mut bytes: usize = self.terms.iter().map(Term::bytes).sum();
        while bytes > BYTES {
            match self.drop_weakest() {
                Some(dropped) => bytes -= dropped.bytes(),
                None => break,
            }
        }
    }

    fn get(&self, key: &str) -> Option<&Term> {
        let place = self
            .terms
            .binary_search_by(|term| term.key.as_str().cmp(key));
        self.terms.get(place.ok()?)
    }

    /// In how many messages a term was counted.
    pub(super) fn messages_with(&self, key: &str) -> u32 {
        self.get(key).map_or(0, |term| term.messages)
    }

    /// The client's phrase of two or three words, said at least twice, that holds `stem` and else only
    /// stems of `others`; the most frequent.
    pub(super) fn phrase_with(&self, stem: &str, others: &[&str]) -> Option<String> {
        let fits = |term: &&Term| {
            let mut parts = term.key.split(' ');
            term.words() > 1
                && term.mentions() > 1
                && parts.clone().any(|part| part == stem)
                && parts.all(|part| others.contains(&part))
        };
        let best = self
            .terms
            .iter()
            .filter(fits)
            .rev()
            .max_by_key(|term| term.mentions());
        best.map(|term| term.label().to_owned())
    }

    fn count(&mut self, key: &str, span: Span, affect: f64, first_in_sentence: bool) {
        self.seen += 1;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "affect lies between -1 and 1"
        )]
        let milli = (affect * 1_000.0).round() as i16;
        let negative = affect <= -NEUTRAL;
        let place = self
            .terms
            .binary_search_by(|term| term.key.as_str().cmp(key));
        if let Ok(at) = place
            && let Some(term) = self.terms.get_mut(at)
        {
            term.count += 1;
            if first_in_sentence {
                term.sentences += 1;
                term.negative += u32::from(negative);
            }
            term.messages += u32::from(term.last_seq != span.seq);
            term.last_seq = span.seq;
            if negative && term.lowest.as_ref().is_none_or(|(low, _)| milli < *low) {
                term.lowest = Some((milli, span.clone()));
            }
            term.latest = Some(span);
            return;
        }
        let error = if self.terms.len() >= CAPACITY {
            self.drop_weakest().map_or(0, |dropped| dropped.count)
        } else {
            0
        };
        let term = Term {
            key: key.to_owned(),
            count: error + 1,
            error,
            sentences: 1,
            negative: u32::from(negative),
            messages: 1,
            last_seq: span.seq,
            lowest: negative.then(|| (milli, span.clone())),
            first: span,
            latest: None,
        };
        let at = self.terms.partition_point(|other| other.key < term.key);
        self.terms.insert(at, term);
    }

    /// Forgets the term with the fewest counts, of these the one not said for longest.
    pub(super) fn drop_weakest(&mut self) -> Option<Term> {
        let weakest = self
            .terms
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| {
                (a.count, a.last_seq, &a.key).cmp(&(b.count, b.last_seq, &b.key))
            })
            .map(|(at, _)| at)?;
        Some(self.terms.remove(weakest))
    }

    /// How many terms are counted at present, and how many were seen, repeats included.
    pub(super) fn sizes(&self) -> (usize, u64) {
        (self.terms.len(), self.seen)
    }

    /// What is quoted.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.terms.iter().flat_map(Term::spans)
    }

    /// All counted terms but those that a longer phrase says better.
    pub(super) fn distinct(&self) -> Vec<&Term> {
        let phrases: Vec<&Term> = self
            .terms
            .iter()
            .filter(|t| t.words() > 1 && t.mentions() > 1)
            .collect();
        let said_better = |term: &Term| {
            phrases.iter().any(|phrase| {
                phrase.holds(term)
                    && f64::from(phrase.mentions()) >= SUBSUMED * f64::from(term.mentions())
            })
        };
        self.terms
            .iter()
            .filter(|term| term.words() == 1 || term.mentions() > 1)
            .filter(|term| !said_better(term))
            .collect()
    }

    /// The terms with at least two counted mentions, the one in most messages first.
    pub(super) fn leading(&self) -> Vec<&Term> {
        let mut terms: Vec<&Term> = self
            .distinct()
            .into_iter()
            .filter(|term| term.mentions() > 1)
            .collect();
        terms.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.key.cmp(&b.key)));
        terms
    }

    /// The labels of the terms among `keys`, at most `most`, the best known first.
    pub(super) fn labels(&self, keys: &[String], most: usize) -> Vec<String> {
        let mut terms: Vec<&Term> = self
            .distinct()
            .into_iter()
            .filter(|term| keys.contains(&term.key))
            .collect();
        terms.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.key.cmp(&b.key)));
        terms
            .iter()
            .take(most)
            .map(|term| term.label().to_owned())
            .collect()
    }

    /// The topics for a reader; `widen` gives the sentence around a mention where it is kept.
    pub(super) fn render<'s>(
        &'s self,
        ids: &MessageIds,
        most: usize,
        widen: impl Fn(&'s Span) -> &'s Span,
    ) -> Vec<Topic> {
        let show = |term: &'s Term| Topic {
            label: term.label().to_owned(),
            mentions: term.mentions(),
            mentions_uncounted_at_most: term.missed_at_most(),
            sentences: term.sentences,
            negative_sentences: term.negative,
            messages: term.messages,
            evidence: distinct_quotes(ids.quotes(term.spans().into_iter().map(&widen))),
        };
        self.leading().into_iter().take(most).map(show).collect()
    }
}

fn rank(term: &Term) -> (u32, u32, usize) {
    (term.messages, term.mentions(), term.words())
}

fn distinct_quotes(quotes: Vec<Quote>) -> Vec<Quote> {
    let mut distinct = Vec::with_capacity(quotes.len());
    for quote in quotes {
        if !distinct.contains(&quote) {
            distinct.push(quote);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::delta::tests::say;
    use crate::domain::message::Role;

    fn table(texts: &[&str]) -> TermTable {
        let mut table = TermTable::default();
        say(Role::Client, texts, |said| table.step(said));
        table
    }

    #[test]
    fn counts_stems_and_prefers_phrases() {
        let table = table(&[
            "My panic attacks came back.",
            "The panic attack was on the train.",
            "No panic attacks this week, and the train was fine.",
        ]);
        let leading: Vec<(&str, u32)> = table
            .leading()
            .iter()
            .map(|t| (t.label(), t.mentions()))
            .collect();
        assert_eq!(leading, [("panic attacks", 3), ("train", 2)]);
    }

    #[test]
    fn the_table_is_bounded_and_keeps_what_is_frequent() {
        let text = |seq: u32| format!("The garden needs word{}x and word{}y.", seq, seq * 7);
        let texts: Vec<String> = (0..3_000).map(text).collect();
        let table = table(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let (kept, seen) = table.sizes();
        assert!(kept <= CAPACITY);
        assert_eq!(seen, 9_000);
        assert!(table.terms.iter().map(Term::bytes).sum::<usize>() <= BYTES);
        let garden = table.terms.iter().find(|t| t.key == "garden").unwrap();
        assert_eq!((garden.mentions(), garden.missed_at_most()), (3_000, 0));
    }

    #[test]
    fn counted_mentions_never_exceed_the_truth() {
        let names: Vec<String> = (0..4_000u32)
            .map(|seq| format!("name{}", (seq * seq) % 701))
            .collect();
        let mut said = std::collections::BTreeMap::new();
        for name in &names {
            *said.entry(name.clone()).or_insert(0u32) += 1;
        }
        let table = table(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for term in &table.terms {
            let truth = said[term.label()];
            assert!(term.mentions() <= truth && truth <= term.mentions() + term.missed_at_most());
        }
    }
}
