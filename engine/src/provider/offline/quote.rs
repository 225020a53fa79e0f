//! Which words of the client are given back: a whole sentence, or a whole clause of a long one.

use std::ops::Range;

use crate::domain::text;

/// Longer quotations read as an echo.
const MAX_WORDS: usize = 20;
const MIN_WORDS: usize = 3;

/// Words that open a clause and lean on what came before it.
const CONJUNCTIONS: &[&str] = &["and", "because", "but", "or"];
/// Where a long sentence may be cut, in order of preference.
const CUTS: &[&str] = &[
    "; ",
    ": ",
    " — ",
    "—",
    ", and ",
    ", but ",
    ", because ",
    ", so ",
    ", ",
];
const FEELINGS: &[&str] = &[
    "afraid", "alon", "angri", "anxious", "asham", "depress", "empti", "exhaust", "fear", "feel",
    "felt", "furious", "glad", "guilti", "happi", "hate", "hope", "hurt", "lone", "lost", "love",
    "miss", "numb", "panic", "proud", "relief", "sad", "scare", "stuck", "terrifi", "tire",
    "worri",
];

/// The most telling quotation of `said`, as a byte range; none if nothing in it can stand alone.
/// `about` are search terms that it had better share.
pub(super) fn pick(said: &str, about: &[String]) -> Option<Range<usize>> {
    let sentences = text::sentences(said);
    let mut best: Option<(f64, Range<usize>)> = None;
    for (place, sentence) in sentences.iter().enumerate() {
        for candidate in candidates(said, sentence.clone()) {
            let score = score(&said[candidate.clone()], about) - 0.05 * place as f64;
            if best.as_ref().is_none_or(|(most, _)| score > *most) {
                best = Some((score, candidate));
            }
        }
    }
    best.map(|(_, range)| range)
}

fn candidates(said: &str, sentence: Range<usize>) -> Vec<Range<usize>> {
    let whole = trimmed(said, sentence.clone());
    let quotable = |range: &Range<usize>| {
        let words = text::word_count(&said[range.clone()]);
        (MIN_WORDS..=MAX_WORDS).contains(&words) && balanced(&said[range.clone()])
    };
    if text::word_count(&said[sentence.clone()]) <= MAX_WORDS {
        return Some(whole).filter(quotable).into_iter().collect();
    }
    for cut in CUTS {
        let clauses: Vec<Range<usize>> = split(said, sentence.clone(), cut)
            .map(|c| trimmed(said, c))
            .filter(quotable)
            .collect();
        if !clauses.is_empty() {
            return clauses;
        }
    }
    Vec::new()
}

fn split<'a>(
    said: &'a str,
    range: Range<usize>,
    cut: &'a str,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut at = range.start;
    said[range].split(cut).map(move |part| {
        let start = at;
        at = start + part.len() + cut.len();
        start..start + part.len()
    })
}

/// Without what ends a sentence, since the frame has its own, and without a leading conjunction.
fn trimmed(said: &str, range: Range<usize>) -> Range<usize> {
    let body = &said[range.clone()];
    let body = body.trim_end_matches(|c: char| c.is_whitespace() || ".,;:!—-–…".contains(c));
    let mut start = body.trim_start_matches(|c: char| c.is_whitespace() || ",;:—-–…".contains(c));
    if let Some((first, rest)) = start.split_once(' ')
        && CONJUNCTIONS.contains(&first.to_lowercase().as_str())
    {
        start = rest.trim_start();
    }
    let from = range.start + body.len() - start.len();
    from..range.start + body.len()
}

/// Inner quotation marks and half brackets make a quotation hard to read inside another.
fn balanced(quote: &str) -> bool {
    let count = |c: char| quote.chars().filter(|x| *x == c).count();
    !quote.contains(['“', '”', '"', '{', '}', '\n']) && count('(') == count(')')
}

fn score(quote: &str, about: &[String]) -> f64 {
    let terms = text::terms(quote);
    let shared = terms.iter().filter(|term| about.contains(term)).count() as f64;
    let felt = terms
        .iter()
        .filter(|term| FEELINGS.contains(&term.as_str()))
        .count() as f64;
    let lower = quote.to_lowercase();
    let own = lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|w| matches!(w, "i" | "my" | "me"));
    let words = text::word_count(quote) as f64;
    let short = (6.0 - words).max(0.0) * 0.15;
    let asks = if quote.ends_with('?') { 1.5 } else { 0.0 };
    let full = if quote.len() < 90 { 0.2 } else { 0.0 };
    terms.len().min(6) as f64 * 0.2
        + shared * 0.4
        + felt.min(2.0) * 0.6
        + f64::from(u8::from(own)) * 0.5
        + full
        - short
        - asks
}
