//! Risk findings in two stages.
//!
//! The first stage finds phrase families in normalised words and is tuned for recall. The second
//! decides how the words are meant (negated, past, imagined, of another person, an idiom, a
//! quotation). It may lower the severity, never drop the finding: only a person clears one.
//!
//! Severity runs from 1 (low) to 6 (acute). Every present wish to be dead is at least 3, so that a
//! person is told. The rules know English phrases only, see sentence by sentence, and miss whatever
//! is said in other words; they are a net under the conversation and no assessment.

mod assertion;
mod phrases;
mod record;
mod tokens;

#[cfg(test)]
mod examples;

pub(super) use record::RiskLog;

use self::assertion::Assertion;
use self::phrases::Hit;
use self::tokens::Token;
use super::reading::Sentence;
use crate::domain::risk::RiskFinding;

/// What the rules find in one sentence of a message; byte places are those of the message.
pub(super) fn find(sentence: &Sentence<'_>) -> Vec<RiskFinding> {
    let tokens = tokens::tokens(&sentence.words);
    let words: Vec<&str> = tokens.iter().map(|token| token.norm.as_str()).collect();
    let mut findings: Vec<RiskFinding> = Vec::new();
    for hit in phrases::hits(&words) {
        if let Some(finding) = finding(sentence, &tokens, &words, &hit) {
            keep_gravest(&mut findings, finding);
        }
    }
    findings.sort_by(|a, b| (a.byte_start, &a.category).cmp(&(b.byte_start, &b.category)));
    findings
}

fn finding(
    sentence: &Sentence<'_>,
    tokens: &[Token],
    words: &[&str],
    hit: &Hit,
) -> Option<RiskFinding> {
    let (start, end) = (tokens.get(hit.first)?.start, tokens.get(hit.end - 1)?.end);
    let quote = sentence
        .text
        .get(start - sentence.start..end - sentence.start)?;
    let (severity, rule) = phrases::escalate(hit, words);
    let assertion = assertion::of(sentence, tokens, words, hit, start);
    Some(RiskFinding {
        category: hit.family.category.clone(),
        severity: assertion.lower(severity),
        assertion: assertion.as_str().to_owned(),
        rule,
        byte_start: start,
        byte_end: end,
        quote: quote.to_owned(),
    })
}

/// One finding a category and sentence: what is meant as present goes before what is not, then the
/// graver, then the earlier.
fn keep_gravest(findings: &mut Vec<RiskFinding>, new: RiskFinding) {
    let rank = |f: &RiskFinding| (f.assertion == Assertion::Present.as_str(), f.severity);
    match findings
        .iter_mut()
        .find(|kept| kept.category == new.category)
    {
        Some(kept) if rank(&new) > rank(kept) => *kept = new,
        Some(_) => {}
        None => findings.push(new),
    }
}
