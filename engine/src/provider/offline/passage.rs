//! Which sentences of the recalled passages are quoted: one, or two that stand side by side.

use std::collections::HashMap;
use std::ops::Range;

use crate::domain::id::{ChunkId, DocumentId};
use crate::domain::memory::{Recalled, RecalledItem};
use crate::domain::text;

/// How many passages are looked at; those further down are less relevant.
const PASSAGES: usize = 3;
/// A sentence below this many words takes its successor along.
const SHORT: usize = 16;
/// Never more words than this in one quotation.
pub(super) const MAX_WORDS: usize = 60;
/// Sentences that begin so lean on the one before.
const LEANING: &[&str] = &[
    "a", "also", "and", "another", "both", "but", "each", "either", "he", "here", "however", "in",
    "instead", "it", "its", "neither", "one", "she", "so", "such", "that", "the", "their", "then",
    "there", "these", "they", "this", "those", "thus",
];
/// Of those, the ones that always do.
const LEANING_HARD: &[&str] = &[
    "also", "and", "another", "both", "but", "each", "either", "he", "however", "instead", "it",
    "its", "neither", "she", "so", "such", "that", "their", "then", "these", "they", "this",
    "those", "thus",
];

/// Sentences on danger to life belong to the answer to a risk flag, which is a fixed text; in an
/// ordinary reply they would come out of nowhere.
const GRAVE: &[&str] = &[
    "crisis",
    "die",
    "emergency",
    "harm",
    "kill",
    "live",
    "suicidal",
    "suicide",
    "urgent",
];

/// Words of a document that are to be quoted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Excerpt<'a> {
    pub(super) document: &'a DocumentId,
    pub(super) chunk: &'a ChunkId,
    pub(super) title: &'a str,
    pub(super) section: &'a str,
    /// Place in the document's content.
    pub(super) range: Range<usize>,
    pub(super) words: &'a str,
    pub(super) score: f64,
}

/// The sentences that answer `said` best; none without a recalled passage. `quoted` are persona
/// messages, whose quotations are not repeated if there is another.
pub(super) fn excerpt<'a>(
    recalled: &'a [Recalled],
    said: &str,
    quoted: &[&str],
) -> Option<Excerpt<'a>> {
    let passages: Vec<&'a Recalled> = recalled
        .iter()
        .filter(|r| matches!(r.item, RecalledItem::Foundation { .. }))
        .take(PASSAGES)
        .collect();
    let rarity = rarity(&passages);
    let asked = text::terms(said);
    let mut best: Option<(f64, Excerpt<'a>)> = None;
    for (place, recalled) in passages.into_iter().enumerate() {
        let RecalledItem::Foundation {
            document_id,
            chunk_id,
            title,
            section,
            byte_start,
            text: passage,
            ..
        } = &recalled.item
        else {
            continue;
        };
        let sentences = text::sentences(passage);
        for (at, sentence) in sentences.iter().enumerate() {
            let range = extended(passage, &sentences, at);
            let words = &passage[range.clone()];
            if text::word_count(words) > MAX_WORDS || words.contains(['{', '}']) || grave(words) {
                continue;
            }
            let repeated = if quoted
                .iter()
                .any(|q| q.contains(&passage[sentence.clone()]))
            {
                10.0
            } else {
                0.0
            };
            let score = overlap(&text::terms(words), &asked, &rarity)
                - leaning(words)
                - 0.75 * place as f64
                - 0.05 * at as f64
                - repeated;
            if best.as_ref().is_none_or(|(most, _)| score > *most) {
                let range = byte_start + range.start..byte_start + range.end;
                let excerpt = Excerpt {
                    document: document_id,
                    chunk: chunk_id,
                    title,
                    section,
                    range,
                    words,
                    score: recalled.score,
                };
                best = Some((score, excerpt));
            }
        }
    }
    best.map(|(_, excerpt)| excerpt)
}

/// The sentence at `at`, with the next one of the same paragraph if it is short.
fn extended(passage: &str, sentences: &[Range<usize>], at: usize) -> Range<usize> {
    let sentence = sentences[at].clone();
    let Some(next) = sentences.get(at + 1) else {
        return sentence;
    };
    let between = &passage[sentence.end..next.start];
    let same_paragraph = between.chars().all(char::is_whitespace) && !between.contains("\n\n");
    let short = text::word_count(&passage[sentence.clone()]) < SHORT;
    if short && same_paragraph {
        sentence.start..next.end
    } else {
        sentence
    }
}

/// How rare each term is among the sentences of the passages: one that stands in all of them tells
/// nothing about any.
fn rarity(passages: &[&Recalled]) -> HashMap<String, f64> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut all = 0usize;
    for recalled in passages {
        let passage = recalled.item.text();
        for sentence in text::sentences(passage) {
            all += 1;
            let mut terms = text::terms(&passage[sentence]);
            terms.sort_unstable();
            terms.dedup();
            for term in terms {
                *counts.entry(term).or_default() += 1;
            }
        }
    }
    let rare = |count: usize| (1.0 + all as f64 / count as f64).ln();
    counts
        .into_iter()
        .map(|(term, count)| (term, rare(count)))
        .collect()
}

/// The rarities of the shared terms, divided by the root of the length so that no sentence wins by
/// being long.
fn overlap(terms: &[String], asked: &[String], rarity: &HashMap<String, f64>) -> f64 {
    let mut distinct: Vec<&String> = terms.iter().filter(|term| asked.contains(term)).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let sum: f64 = distinct
        .into_iter()
        .filter_map(|term| rarity.get(term))
        .sum();
    sum / (terms.len().max(4) as f64).sqrt() * 3.0
}

fn grave(words: &str) -> bool {
    let lower = words.to_lowercase();
    lower
        .split(|c: char| !c.is_alphabetic())
        .any(|word| GRAVE.contains(&word))
}

fn leaning(words: &str) -> f64 {
    let first: String = words
        .chars()
        .take_while(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect();
    if LEANING_HARD.contains(&first.as_str()) {
        4.0
    } else if LEANING.contains(&first.as_str()) {
        0.1
    } else {
        0.0
    }
}
