//! A weighted sum over the words of a sentence, for what no phrase family knows.
//!
//! The weights were fitted once and stand in a list. A sentence above the threshold is put on record
//! as `unspecified` with the lowest severity: it says that the words resemble those of risk, and
//! nothing about which.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::reading::entries;

/// Tenths from which on a sentence is put on record in which no phrase was found.
const THRESHOLD: f64 = -10.0;

/// And one whose phrases were all taken to be denied, idioms or quoted: rules of assertion err too.
const THRESHOLD_IF_LOWERED: f64 = 10.0;

/// Shorter sentences count as if they had so many words: two words are little to judge by.
const LEAST_WORDS: f64 = 4.0;

struct Weights {
    constant: i32,
    by_word: HashMap<&'static str, i32>,
}

static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
    let mut weights = Weights {
        constant: 0,
        by_word: HashMap::new(),
    };
    for line in entries(include_str!("../../../data/risk/weights_en.tsv")) {
        let fields = line.split_once('\t');
        match fields.and_then(|(word, tenths)| Some((word, tenths.parse().ok()?))) {
            Some(("*", tenths)) => weights.constant = tenths,
            Some((word, tenths)) => {
                weights.by_word.insert(word, tenths);
            }
            None => {}
        }
    }
    weights
});

/// The sum for the words of a sentence in normal form, in tenths.
fn score(words: &[&str]) -> f64 {
    let sum: i32 = words
        .iter()
        .filter_map(|word| WEIGHTS.by_word.get(word))
        .sum();
    let count = (words.len() as f64).max(LEAST_WORDS);
    f64::from(WEIGHTS.constant) + f64::from(sum) / count.sqrt()
}

/// Whether the words resemble those of risk; more is asked where the second stage lowered all that
/// was found.
pub(super) fn resembles_risk(words: &[&str], lowered: bool) -> bool {
    let threshold = if lowered {
        THRESHOLD_IF_LOWERED
    } else {
        THRESHOLD
    };
    score(words) >= threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_is_read() {
        let lines = entries(include_str!("../../../data/risk/weights_en.tsv")).count();
        assert_eq!(WEIGHTS.by_word.len() + 1, lines);
        assert!(WEIGHTS.constant < 0);
    }

    #[test]
    fn grave_words_weigh_more_than_plain_ones() {
        let grave = score(&["i", "want", "to", "hurt", "myself"]);
        let plain = score(&["we", "had", "a", "picnic", "today"]);
        assert!(grave > THRESHOLD && plain < THRESHOLD && grave > plain);
    }
}
