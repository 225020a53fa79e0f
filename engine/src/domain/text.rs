//! Words and sentences of a text, as byte ranges of it and as search terms. English rules; other
//! languages are split alike and merely not stemmed well.

use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

/// Function words: they say nothing about what a text is about. Short on purpose, since rare terms
/// weigh more anyway.
#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "again", "all", "also", "always", "am", "an", "and", "any", "are",
    "aren't", "as", "at", "back", "be", "because", "been", "before", "being", "but", "by", "can",
    "can't", "cannot", "could", "couldn't", "did", "didn't", "do", "does", "doesn't", "doing",
    "don't", "down", "each", "else", "even", "ever", "every", "few", "for", "from", "get", "gets",
    "getting", "go", "goes", "going", "got", "had", "hadn't", "has", "hasn't", "have", "haven't",
    "having", "he", "he's", "her", "here", "hers", "herself", "him", "himself", "his", "how", "i",
    "i'd", "i'll", "i'm", "i've", "if", "in", "into", "is", "isn't", "it", "it's", "its",
    "itself", "just", "know", "let", "like", "made", "make", "makes", "many", "may", "me",
    "might", "more", "most", "much", "must", "my", "myself", "no", "nor", "not", "now", "of",
    "off", "on", "once", "one", "only", "or", "other", "our", "ours", "out", "over", "own",
    "perhaps", "put", "quite", "rather", "really", "said", "same", "say", "says", "see", "shall",
    "she", "she's", "should", "shouldn't", "since", "so", "some", "something", "still", "such",
    "than", "that", "that's", "the", "their", "them", "themselves", "then", "there", "there's",
    "these", "they", "they'd", "they'll", "they're", "they've", "thing", "things", "this",
    "those", "through", "to", "too", "until", "up", "upon", "us", "very", "want", "was", "wasn't",
    "we", "we'd", "we'll", "we're", "we've", "well", "went", "were", "weren't", "what", "what's",
    "when", "where", "which", "while", "who", "who's", "whom", "whose", "why", "will", "with",
    "won't", "would", "wouldn't", "yes", "yet", "you", "you'd", "you'll", "you're", "you've",
    "your", "yours", "yourself",
];

/// Dots after these do not end a sentence.
const ABBREVIATIONS: &[&str] = &[
    "cf.", "dr.", "e.g.", "etc.", "i.e.", "mr.", "mrs.", "ms.", "no.", "prof.", "st.", "vs.",
];

/// Whether `word`, in lower case, is a function word.
#[must_use]
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// The search terms of `text` in order: words in lower case, without function words, stemmed.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut terms = Vec::with_capacity(text.len() / 8);
    for word in text.unicode_words() {
        let word = word.to_lowercase().replace('\u{2019}', "'");
        if !is_stop_word(&word) {
            let stem = stemmer.stem(&word);
            terms.push(stem.into_owned());
        }
    }
    terms
}

/// How many words `text` has.
#[must_use]
pub fn word_count(text: &str) -> usize {
    text.unicode_words().count()
}

/// The sentences of `text` as byte ranges without surrounding white space, in order. A line break
/// ends no sentence (text may be wrapped); an empty line, a heading and a list marker do.
#[must_use]
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for unit in units(text) {
        found.extend(sentences_in(text, unit));
    }
    found
}

/// Runs of lines that belong together, without the markers of lists, quotes and headings in front.
fn units(text: &str) -> Vec<Range<usize>> {
    let mut units: Vec<Range<usize>> = Vec::new();
    let mut open: Option<Range<usize>> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let body = line.trim();
        let marker = marker_len(body);
        let ends_before = body.is_empty() || marker > 0;
        if ends_before {
            units.extend(open.take());
        }
        if body.is_empty() {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        open = Some(match open {
            Some(unit) => unit.start..end,
            None => start + indent + marker..end,
        });
        if body.starts_with('#') {
            units.extend(open.take());
        }
    }
    units.extend(open);
    units
}

/// How many bytes the Markdown marker at the beginning of a line takes.
fn marker_len(line: &str) -> usize {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let marker = match line.as_bytes() {
        [b'#', ..] => line.bytes().take_while(|b| *b == b'#').count(),
        [b'-' | b'*' | b'+' | b'>', b' ', ..] => 1,
        [first, ..] if first.is_ascii_digit() && digits <= 3 => {
            match line.as_bytes().get(digits..digits + 2) {
                Some([b'.' | b')', b' ']) => digits + 1,
                _ => 0,
            }
        }
        _ => 0,
    };
    match marker {
        0 => 0,
        marker => marker + line[marker..].len() - line[marker..].trim_start().len(),
    }
}

/// The sentences of one paragraph of `text`, as byte ranges of `text`.
///
/// `unit` must lie on character boundaries; otherwise there is none.
#[must_use]
pub fn sentences_in(text: &str, unit: Range<usize>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let Some(paragraph) = text.get(unit.clone()) else {
        return found;
    };
    // Line breaks count as sentence ends in the Unicode rules; as spaces they keep every offset.
    let flat: String = paragraph.replace(['\n', '\r'], " ");
    for (at, piece) in flat.split_sentence_bound_indices() {
        let lead = piece.len() - piece.trim_start().len();
        let body = piece.trim();
        if body.is_empty() {
            continue;
        }
        let start = unit.start + at + lead;
        let end = start + body.len();
        let joins = found
            .last()
            .is_some_and(|last| ends_in_abbreviation(&text[last.clone()]));
        match found.last_mut() {
            Some(last) if joins => last.end = end,
            _ => found.push(start..end),
        }
    }
    found
}

fn ends_in_abbreviation(sentence: &str) -> bool {
    let last = sentence
        .split_whitespace()
        .next_back()
        .unwrap_or("")
        .to_lowercase();
    ABBREVIATIONS
        .binary_search(&last.trim_start_matches(['(', '“', '"']))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<&str> {
        sentences(text)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn lists_of_words_are_sorted_so_that_they_can_be_searched() {
        assert!(STOP_WORDS.is_sorted());
        assert!(ABBREVIATIONS.is_sorted());
    }

    #[test]
    fn a_wrapped_sentence_stays_whole_and_markers_stay_outside() {
        let text = "## Sleep\n\nGo to bed\nwhen sleepy. Then wait, e.g. Fred\nwaits.\n\n- one thing\n- two things\n  go on\n12. twelve";
        assert_eq!(
            split(text),
            [
                "Sleep",
                "Go to bed\nwhen sleepy.",
                "Then wait, e.g. Fred\nwaits.",
                "one thing",
                "two things\n  go on",
                "twelve"
            ]
        );
    }

    #[test]
    fn terms_are_stemmed_content_words() {
        assert_eq!(
            terms("I can’t sleep; I was sleeping badly."),
            ["sleep", "sleep", "bad"]
        );
        assert!(terms("and then it was").is_empty());
    }

    proptest! {
        #[test]
        fn sentences_are_ordered_ranges_that_hold_every_letter_of_prose(text in "[a-zA-Zé.?! ,\n]{0,120}") {
            let mut at = 0;
            let mut kept = String::new();
            for range in sentences(&text) {
                prop_assert!(range.start >= at && range.end > range.start);
                at = range.end;
                kept.push_str(&text[range]);
            }
            let letters = |t: &str| t.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            prop_assert_eq!(letters(&kept), letters(&text));
        }
    }
}
