//! Misspelt and disguised words made whole, for a short list of grave words.
//!
//! Only words of that list are looked for, only in what is neither in a phrase nor an English word
//! that resembles one of them, and only with the same first letter: "ill" is never taken for "kill".

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::super::reading::entries;

/// From this length on two slips are mended, below it one.
const TWO_SLIPS_FROM: usize = 8;

struct Mending {
    by_first_letter: HashMap<char, Vec<&'static str>>,
    real: HashSet<&'static str>,
    aliases: HashMap<&'static str, Vec<&'static str>>,
}

static MENDING: LazyLock<Mending> =
    LazyLock::new(|| read(include_str!("../../../data/risk/mending_en.txt")));

fn read(list: &'static str) -> Mending {
    let mut mending = Mending {
        by_first_letter: HashMap::new(),
        real: HashSet::new(),
        aliases: HashMap::new(),
    };
    let mut section = "";
    for line in entries(list) {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(head) => section = head,
            None if section == "aliases" => {
                if let Some((alias, words)) = line.split_once(" = ") {
                    mending
                        .aliases
                        .insert(alias, words.split_whitespace().collect());
                }
            }
            None => {
                for word in line.split_whitespace() {
                    if section == "mended" {
                        let first = word.chars().next().unwrap_or_default();
                        mending.by_first_letter.entry(first).or_default().push(word);
                    } else {
                        mending.real.insert(word);
                    }
                }
            }
        }
    }
    mending
}

/// What a short form stands for: "wanna" is "want to".
pub(super) fn alias(word: &str) -> Option<&'static [&'static str]> {
    MENDING.aliases.get(word).map(Vec::as_slice)
}

/// The grave word that `word` is a slip of, if it is one.
pub(super) fn mend(word: &str) -> Option<&'static str> {
    let letters = word.chars().count();
    if letters < 3 || MENDING.real.contains(word) {
        return None;
    }
    let candidates = MENDING.by_first_letter.get(&word.chars().next()?)?;
    candidates
        .iter()
        .filter_map(|candidate| {
            let slips = if candidate.len() >= TWO_SLIPS_FROM {
                2
            } else {
                1
            };
            if candidate.len().abs_diff(letters) > slips {
                return None;
            }
            let distance = strsim::osa_distance(candidate, word);
            (distance <= slips).then_some((distance, *candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The grave word that a word with asterisks hides, if there is exactly one.
pub(super) fn unmask(word: &str) -> Option<&'static str> {
    let hidden: Vec<char> = word.chars().collect();
    let mut fitting = MENDING
        .by_first_letter
        .get(hidden.first()?)?
        .iter()
        .filter(|candidate| {
            candidate.len() == hidden.len()
                && candidate
                    .chars()
                    .zip(&hidden)
                    .all(|(letter, shown)| *shown == '*' || *shown == letter)
        });
    let found = fitting.next()?;
    fitting.next().is_none().then_some(*found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_mended_and_real_words_stay() {
        assert_eq!(mend("sucide"), Some("suicide"));
        assert_eq!(mend("suicidle"), Some("suicide"));
        assert_eq!(mend("myslef"), Some("myself"));
        assert_eq!(mend("dissapear"), Some("disappear"));
        for real in [
            "kiln", "homeless", "loving", "putting", "table", "ill", "ok",
        ] {
            assert_eq!(mend(real), None, "{real}");
        }
    }

    #[test]
    fn asterisks_are_filled_when_one_word_fits() {
        assert_eq!(unmask("su*c*de"), Some("suicide"));
        assert_eq!(unmask("k**l"), Some("kill"));
        assert_eq!(unmask("f***"), None);
    }

    #[test]
    fn a_mended_word_is_no_real_word() {
        for word in MENDING.by_first_letter.values().flatten() {
            assert!(!MENDING.real.contains(word), "{word}");
        }
        assert!(MENDING.real.len() > 100 && MENDING.aliases.len() > 20);
    }
}
