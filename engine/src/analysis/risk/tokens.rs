//! Words as the risk rules see them: without apostrophes, with letters for the digits that stand for
//! letters, with spaced-out letters joined and common misspellings of a few words mended.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::reading::Word;

/// Words whose misspellings are mended: one letter missing or doubled, two neighbours swapped.
const MENDED: [&str; 14] = [
    "kill",
    "killing",
    "myself",
    "suicide",
    "suicidal",
    "overdose",
    "overdosed",
    "hopeless",
    "cutting",
    "hanging",
    "harming",
    "hurting",
    "living",
    "alive",
];

static MISSPELLINGS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut known = HashMap::new();
    for word in MENDED {
        for variant in variants(word) {
            if !MENDED.contains(&variant.as_str()) {
                known.entry(variant).or_insert(word);
            }
        }
    }
    for (variant, word) in [
        ("sucide", "suicide"),
        ("suiside", "suicide"),
        ("sewerslide", "suicide"),
        ("meself", "myself"),
    ] {
        known.insert(variant.to_owned(), word);
    }
    known
});

/// The first letter always stays: otherwise "ill" would be taken for "kill".
fn variants(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut found = Vec::new();
    for at in 1..letters.len() {
        let mut missing = letters.clone();
        let letter = missing.remove(at);
        found.push(missing.into_iter().collect());
        let mut doubled = letters.clone();
        doubled.insert(at, letter);
        found.push(doubled.into_iter().collect());
        if at + 1 < letters.len() {
            let mut swapped = letters.clone();
            swapped.swap(at, at + 1);
            found.push(swapped.into_iter().collect());
        }
    }
    found
}

/// A word of the risk rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// First byte in the message.
    pub(super) start: usize,
    /// First byte after it.
    pub(super) end: usize,
    /// Normal form.
    pub(super) norm: String,
    /// Whether a mark stands before it.
    pub(super) after_mark: bool,
}

/// The tokens of a sentence.
pub(super) fn tokens(words: &[Word<'_>]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        let letters = rest.iter().take_while(|w| is_single_letter(w)).count();
        let joined = if letters >= 3 { letters } else { 1 };
        let part = rest.get(..joined).unwrap_or_default();
        let raw: String = part.iter().map(|w| w.norm.as_str()).collect();
        let end = part.last().map_or(word.end(), Word::end);
        tokens.push(Token {
            start: word.start,
            end,
            norm: normalise(&raw),
            after_mark: word.after_mark,
        });
        rest = if joined == 1 {
            after
        } else {
            rest.get(joined..).unwrap_or_default()
        };
    }
    tokens
}

fn is_single_letter(word: &Word<'_>) -> bool {
    word.norm.chars().count() == 1 && word.norm.chars().all(char::is_alphabetic)
}

fn normalise(norm: &str) -> String {
    let plain = norm.replace('\'', "");
    let mixed = plain.chars().any(|c| c.is_ascii_digit()) && plain.chars().any(char::is_alphabetic);
    let plain = if mixed {
        plain.chars().map(letter_for).collect()
    } else {
        plain
    };
    match MISSPELLINGS.get(plain.as_str()) {
        Some(word) => (*word).to_owned(),
        None => plain,
    }
}

fn letter_for(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::reading::read;
    use super::*;

    fn norms(text: &str) -> Vec<String> {
        tokens(&read(text)[0].words)
            .into_iter()
            .map(|token| token.norm)
            .collect()
    }

    #[test]
    fn disguises_are_seen_through() {
        assert_eq!(norms("k1ll myslef"), ["kill", "myself"]);
        assert_eq!(norms("I can’t k i l l it"), ["i", "cant", "kill", "it"]);
        assert_eq!(norms("sucide, suicde"), ["suicide", "suicide"]);
    }

    #[test]
    fn other_words_stay_themselves() {
        assert_eq!(
            norms("ill skill 2024 a b"),
            ["ill", "skill", "2024", "a", "b"]
        );
    }

    #[test]
    fn joined_letters_keep_their_bytes() {
        let text = "so k i l l me";
        let found = &tokens(&read(text)[0].words)[1];
        assert_eq!(&text[found.start..found.end], "k i l l");
    }
}
