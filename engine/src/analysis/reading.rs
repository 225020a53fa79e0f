//! A message cut once into sentences and words, with the bytes where they stand.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

/// A sentence without an end is cut at the next blank after so many bytes, or hard at twice that:
/// the cost of a sentence stays bounded.
const SENTENCE_BYTES: usize = 1_000;

/// A full stop after these ends a sentence only before a capital.
const ABBREVIATIONS: [&str; 18] = [
    "approx", "dr", "e.g", "eg", "etc", "i.e", "ie", "jr", "mr", "mrs", "ms", "no", "prof", "sr",
    "st", "vs", "a.m", "p.m",
];

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

static STOP_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    entries(include_str!("../../data/text/stopwords_en.txt"))
        .flat_map(str::split_whitespace)
        .collect()
});

static IRREGULAR: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    entries(include_str!("../../data/text/irregular_verbs_en.txt"))
        .filter_map(|line| line.split_once(' '))
        .collect()
});

static LIGHT_STEMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    entries(include_str!("../../data/text/light_verbs_en.txt"))
        .flat_map(str::split_whitespace)
        .map(|word| STEMMER.stem(word).into_owned())
        .collect()
});

/// Whether a stem is that of a verb or number which is no topic.
pub(super) fn is_light(stem: &str) -> bool {
    LIGHT_STEMS.contains(stem)
}

/// The lines of a word list that are neither empty nor a comment.
pub(super) fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'t> {
    /// First byte in the message.
    pub(super) start: usize,
    /// As it was written.
    pub(super) text: &'t str,
    /// Lower case, with plain apostrophes.
    pub(super) norm: String,
    /// Whether something other than a blank or a hyphen stands before it.
    pub(super) after_mark: bool,
}

impl Word<'_> {
    /// First byte after it.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it carries meaning by itself.
    pub(super) fn is_content(&self) -> bool {
        self.norm.chars().nth(2).is_some()
            && self.norm.chars().next().is_some_and(char::is_alphabetic)
            && !STOP_WORDS.contains(self.norm.as_str())
    }

    /// The stem by which forms of a word are held to be the same.
    pub(super) fn stem(&self) -> String {
        let base = self.norm.strip_suffix("'s").unwrap_or(&self.norm);
        let base = IRREGULAR.get(base).copied().unwrap_or(base);
        STEMMER.stem(base).into_owned()
    }
}

/// Whether a word in lower case is an irregular past form.
pub(super) fn is_irregular_past(norm: &str) -> bool {
    IRREGULAR.contains_key(norm)
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence<'t> {
    /// First byte in the message.
    pub(super) start: usize,
    /// As it was written.
    pub(super) text: &'t str,
    /// Its words, never empty.
    pub(super) words: Vec<Word<'t>>,
}

impl Sentence<'_> {
    /// Whether it ends with a question mark.
    pub(super) fn is_question(&self) -> bool {
        let end = self
            .text
            .trim_end_matches(|c: char| closes(c) || matches!(c, '!' | '.'));
        end.ends_with(['?', '？'])
    }

    /// The words in normal form.
    pub(super) fn norms(&self) -> Vec<&str> {
        self.words.iter().map(|word| word.norm.as_str()).collect()
    }

    /// The stems of the content words, without repeats, in order.
    pub(super) fn content_stems(&self) -> Vec<String> {
        distinct_stems(&self.words)
    }
}

/// The stems of the content words among `words`, without repeats, in order.
pub(super) fn distinct_stems(words: &[Word<'_>]) -> Vec<String> {
    let mut stems = Vec::new();
    for stem in words
        .iter()
        .filter(|word| word.is_content())
        .map(Word::stem)
    {
        if !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    stems
}

/// The sentences of a text that hold a word.
pub(super) fn read(text: &str) -> Vec<Sentence<'_>> {
    spans(text)
        .into_iter()
        .filter_map(|(from, to)| {
            let piece = text.get(from..to)?;
            let start = from + (piece.len() - piece.trim_start().len());
            let piece = piece.trim();
            let words = words(piece, start);
            (!words.is_empty()).then_some(Sentence {
                start,
                text: piece,
                words,
            })
        })
        .collect()
}

fn words(text: &str, offset: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut last_end = 0;
    for (at, word) in text.unicode_word_indices() {
        let gap = text.get(last_end..at).unwrap_or_default();
        let hyphen = gap == "-";
        let after_mark = !hyphen && gap.chars().any(|c| !c.is_whitespace());
        let norm = word
            .to_lowercase()
            .replace(['\u{2019}', '\u{2018}', '\u{02bc}'], "'");
        words.push(Word {
            start: offset + at,
            text: word,
            norm,
            after_mark,
        });
        last_end = at + word.len();
    }
    words
}

fn ends(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

fn closes(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']')
}

/// Where sentences lie. A piece without a letter or digit (an emoticon) belongs to the one before.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    let mut add = |from: usize, to: usize| {
        let piece = text.get(from..to).unwrap_or_default();
        if piece.chars().any(char::is_alphanumeric) {
            found.push((from, to));
        } else if let Some(last) = found.last_mut()
            && !piece.trim().is_empty()
            && !text.get(last.1..to).unwrap_or_default().contains('\n')
        {
            last.1 = to;
        }
    };
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let mut end = at + c.len_utf8();
        if matches!(c, '\n' | '\r') {
            add(start, at);
            start = end;
        } else if ends(c) {
            let mut closed = false;
            while let Some(&(next_at, next)) = chars.peek() {
                if !ends(next) && !closes(next) {
                    break;
                }
                closed |= closes(next);
                end = next_at + next.len_utf8();
                chars.next();
            }
            if is_boundary(text, start, at, end, closed) {
                add(start, end);
                start = end;
            }
        } else {
            let length = at - start;
            let full = length >= SENTENCE_BYTES && c.is_whitespace();
            if full || length >= 2 * SENTENCE_BYTES {
                add(start, at);
                start = at;
            }
        }
    }
    add(start, text.len());
    found
}

/// Whether the marks at `at..end` end the sentence that began at `start`.
fn is_boundary(text: &str, start: usize, at: usize, end: usize, closed: bool) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    if rest.chars().next().is_some_and(|c| !c.is_whitespace()) {
        return false;
    }
    let before_lower = rest
        .trim_start()
        .chars()
        .next()
        .is_some_and(char::is_lowercase);
    let marks = text.get(at..end).unwrap_or_default();
    if closed {
        return !before_lower;
    }
    if marks == "…" || marks.len() > 1 && marks.chars().all(|c| c == '.') {
        return !before_lower;
    }
    if marks == "." {
        let last = text.get(start..at).unwrap_or_default();
        let last = last
            .rsplit(char::is_whitespace)
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let initial =
            last.chars().count() == 1 && last.chars().all(char::is_alphabetic) && last != "i";
        if ABBREVIATIONS.contains(&last.as_str()) {
            let title = matches!(last.as_str(), "dr" | "mr" | "mrs" | "ms" | "prof" | "st");
            return !title && !before_lower;
        }
        return !initial;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        read(text).iter().map(|sentence| sentence.text).collect()
    }

    #[test]
    fn cuts_where_a_reader_would() {
        assert_eq!(
            texts("Dr. Weber said so. i was there at 3 a.m. and left. Was it late? Yes!"),
            [
                "Dr. Weber said so.",
                "i was there at 3 a.m. and left.",
                "Was it late?",
                "Yes!"
            ]
        );
        assert_eq!(
            texts("\"Why now?\" she asked. I... well.\n\nNo"),
            ["\"Why now?\" she asked.", "I... well.", "No"]
        );
        assert_eq!(texts("I am glad. :)"), ["I am glad. :)"]);
        assert_eq!(texts("  ... !!"), Vec::<&str>::new());
    }

    #[test]
    fn words_know_their_bytes() {
        let text = "Ça va? It’s self-made, fine.";
        for sentence in read(text) {
            for word in &sentence.words {
                assert_eq!(&text[word.start..word.end()], word.text);
            }
        }
        let sentences = read(text);
        let words = &sentences[1].words;
        assert_eq!(words[0].norm, "it's");
        assert!(!words[2].after_mark && words[3].after_mark);
    }

    #[test]
    fn a_text_without_an_end_is_cut() {
        let text = "word ".repeat(2_000);
        assert!(
            read(&text)
                .iter()
                .all(|s| s.text.len() <= 2 * SENTENCE_BYTES)
        );
        let text = "é".repeat(5_000);
        assert!(
            read(&text)
                .iter()
                .all(|s| s.text.len() <= 2 * SENTENCE_BYTES + 2)
        );
    }

    #[test]
    fn forms_share_a_stem() {
        let stem = |text| read(text)[0].words[0].stem();
        assert_eq!(stem("sleeping"), stem("slept"));
        assert_eq!(stem("sister's"), stem("sisters"));
    }
}
