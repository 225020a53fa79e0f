//! Risk findings in two stages.
//!
//! The first stage finds phrase families in normalised words and is tuned for recall. The second
//! decides how the words are meant (negated, past, imagined, of another person, an idiom, a
//! quotation). It may lower the severity, never drop the finding: only a person clears one.
//!
//! A sentence in which no phrase is found may still be put on record because its words resemble those
//! of risk; such a record has the lowest severity and is no part of a session's summary.
//!
//! Severity runs from 1 (low) to 6 (acute). Every present wish to be dead is at least 3, so that a
//! person is told. The rules know English phrases only, see sentence by sentence, and miss whatever
//! is said in other words; they are a net under the conversation and no assessment.

mod assertion;
mod mending;
mod pattern;
mod phrases;
mod record;
mod score;
mod tokens;

#[cfg(test)]
mod examples;

pub(super) use record::RiskLog;

use self::assertion::{Assertion, View};
use self::phrases::Hit;
use super::reading::{Sentence, read};
use crate::domain::risk::RiskFinding;

/// The rule of a finding that rests on resemblance alone.
const RESEMBLANCE: &str = "weighted_words";

/// What the rules find in a text; byte places are those of the text.
#[must_use]
pub fn risk_findings(text: &str) -> Vec<RiskFinding> {
    read(text).iter().flat_map(find).collect()
}

/// What the rules find in one sentence of a message; byte places are those of the message.
pub(super) fn find(sentence: &Sentence<'_>) -> Vec<RiskFinding> {
    let lexicon = phrases::lexicon();
    let tokens = tokens::tokens(sentence, lexicon);
    let words: Vec<&str> = tokens.iter().map(|token| token.norm.as_str()).collect();
    let numbers: Vec<u16> = words.iter().map(|word| lexicon.get(word)).collect();
    let view = View {
        sentence,
        tokens: &tokens,
        words: &words,
        numbers: &numbers,
    };
    let mut findings: Vec<RiskFinding> = Vec::new();
    for hit in phrases::hits(&numbers) {
        if let Some(finding) = finding(&view, &hit) {
            keep_gravest(&mut findings, finding);
        }
    }
    let lowered = !findings.is_empty();
    if !findings.iter().any(RiskFinding::is_raised) && score::resembles_risk(&words, lowered) {
        findings.extend(resemblance(sentence));
    }
    findings.sort_by(|a, b| (a.byte_start, &a.category).cmp(&(b.byte_start, &b.category)));
    findings
}

/// The record of a sentence whose words resemble those of risk though no phrase was found.
fn resemblance(sentence: &Sentence<'_>) -> Option<RiskFinding> {
    let (start, end) = (sentence.words.first()?.start, sentence.words.last()?.end());
    let quote = sentence
        .text
        .get(start - sentence.start..end - sentence.start)?;
    Some(RiskFinding {
        category: "unspecified".to_owned(),
        severity: 1,
        assertion: Assertion::Present.as_str().to_owned(),
        rule: RESEMBLANCE.to_owned(),
        byte_start: start,
        byte_end: end,
        quote: quote.to_owned(),
    })
}

fn finding(view: &View<'_>, hit: &Hit) -> Option<RiskFinding> {
    let (start, end) = (
        view.tokens.get(hit.first)?.start,
        view.tokens.get(hit.end - 1)?.end,
    );
    let quote = view
        .sentence
        .text
        .get(start - view.sentence.start..end - view.sentence.start)?;
    let (severity, rule) = phrases::escalate(hit, view.words);
    let assertion = assertion::of(view, hit, start);
    Some(RiskFinding {
        category: hit.family.category.to_owned(),
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
