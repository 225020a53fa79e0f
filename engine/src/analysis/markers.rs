//! Rates of first-person pronouns and absolutist words, and the share of tenses.
//!
//! Shown as rates with their n, for comparison of a client with the same client. No norm and no
//! diagnosis is attached. Tense is told by form only; most present forms of full verbs cannot be told
//! from other words and are not counted.

use serde::{Deserialize, Serialize};

use super::reading::{Sentence, is_irregular_past};
use crate::domain::analysis::{Estimate, Markers, TenseShare};

const NEEDED_WORDS: u32 = 100;
const NEEDED_VERBS: u32 = 20;

const FIRST_PERSON: [&str; 11] = [
    "i", "me", "my", "mine", "myself", "i'm", "i've", "i'd", "i'll", "im", "ive",
];

/// After Al-Mosaiwi and Johnstone (2018), single words.
const ABSOLUTIST: [&str; 19] = [
    "absolutely",
    "all",
    "always",
    "complete",
    "completely",
    "constant",
    "constantly",
    "definitely",
    "entire",
    "ever",
    "every",
    "everyone",
    "everything",
    "full",
    "must",
    "never",
    "nothing",
    "totally",
    "whole",
];

const PAST: [&str; 8] = [
    "was", "were", "wasn't", "weren't", "had", "hadn't", "did", "didn't",
];
const PRESENT: [&str; 22] = [
    "am", "is", "are", "isn't", "aren't", "i'm", "you're", "we're", "they're", "he's", "she's",
    "it's", "do", "does", "don't", "doesn't", "has", "have", "i've", "can", "can't", "that's",
];
const FUTURE: [&str; 11] = [
    "will", "won't", "shall", "i'll", "you'll", "he'll", "she'll", "it'll", "we'll", "they'll",
    "gonna",
];

/// Running counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct MarkerCounts {
    words: u64,
    first_person: u64,
    absolutist: u64,
    past: u32,
    present: u32,
    future: u32,
}

impl MarkerCounts {
    /// Takes in one sentence of the client.
    pub(super) fn step(&mut self, sentence: &Sentence<'_>) {
        for word in &sentence.words {
            let norm = word.norm.as_str();
            self.words += 1;
            self.first_person += u64::from(FIRST_PERSON.contains(&norm));
            self.absolutist += u64::from(ABSOLUTIST.contains(&norm));
            if FUTURE.contains(&norm) {
                self.future += 1;
            } else if PRESENT.contains(&norm) {
                self.present += 1;
            } else if PAST.contains(&norm) || is_past(norm) {
                self.past += 1;
            }
        }
    }

    /// Adds the counts of another text.
    pub(super) fn add(&mut self, other: &Self) {
        self.words += other.words;
        self.first_person += other.first_person;
        self.absolutist += other.absolutist;
        self.past += other.past;
        self.present += other.present;
        self.future += other.future;
    }

    /// The rates.
    pub(super) fn render(&self) -> Estimate<Markers> {
        let needed = u64::from(NEEDED_WORDS);
        if self.words < needed {
            let n = u32::try_from(self.words).unwrap_or(NEEDED_WORDS);
            return Estimate::Insufficient {
                n,
                needed: NEEDED_WORDS,
            };
        }
        let n = self.past + self.present + self.future;
        let share = |count: u32| f64::from(count) / f64::from(n.max(1));
        let tense = if n >= NEEDED_VERBS {
            Estimate::Measured(TenseShare {
                n,
                past: share(self.past),
                present: share(self.present),
                future: share(self.future),
            })
        } else {
            Estimate::Insufficient {
                n,
                needed: NEEDED_VERBS,
            }
        };
        let rate = |count: u64| count as f64 / self.words as f64;
        Estimate::Measured(Markers {
            n: self.words,
            first_person_rate: rate(self.first_person),
            absolutist_rate: rate(self.absolutist),
            tense,
        })
    }
}

/// Regular past forms; irregular ones that differ from the present form.
fn is_past(norm: &str) -> bool {
    const SAME_FORM: [&str; 6] = ["cut", "let", "put", "quit", "read", "set"];
    let regular = norm.len() >= 5 && norm.ends_with("ed") && !norm.ends_with("eed");
    regular || is_irregular_past(norm) && !SAME_FORM.contains(&norm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::reading::read;

    #[test]
    fn counts_what_it_says() {
        let mut counts = MarkerCounts::default();
        let text = "I was always late. I will call. It is my house. She walked and spoke.";
        for sentence in read(text) {
            counts.step(&sentence);
        }
        assert_eq!(
            (counts.words, counts.first_person, counts.absolutist),
            (15, 3, 1)
        );
        assert_eq!((counts.past, counts.present, counts.future), (3, 1, 1));
        assert_eq!(
            counts.render(),
            Estimate::Insufficient { n: 15, needed: 100 }
        );
    }
}
