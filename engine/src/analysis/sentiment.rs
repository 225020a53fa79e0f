//! The client's sentiment, sentence by sentence, by running sums.
//!
//! Below eight sentences there is no figure. A mean always comes with its interval. The interval
//! takes sentences as independent, which they are only roughly.

use serde::{Deserialize, Serialize};

use super::change_points::ChangeTest;
use super::delta::Said;
use super::reading::Sentence;
use super::span::{MessageIds, Span};
use super::statistics::{Fit, Line};
use super::vader;
use crate::domain::analysis::{Estimate, ScoredQuote, Sentiment, SentimentFigures};

/// Sentences needed for a figure.
pub(super) const NEEDED: u32 = 8;
/// The reference's own threshold between neutral and not.
pub(super) const NEUTRAL: f64 = 0.05;
const EXEMPLARS: usize = 5;
const QUOTE_BYTES: usize = 200;
/// A sentence is shown as burdened from here on.
const BURDENED: f64 = -0.3;

/// The score of a sentence. Typographic apostrophes count as plain ones, which the reference, made
/// for plain text, does not know.
pub(super) fn score(sentence: &Sentence<'_>) -> f64 {
    if sentence.text.contains('\u{2019}') {
        vader::compound(&sentence.text.replace('\u{2019}', "'"))
    } else {
        vader::compound(sentence.text)
    }
}

/// A sentence with its score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Scored {
    span: Span,
    score: f64,
}

/// Running sums and the sentences at both ends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SentimentSums {
    line: Line,
    negative: u32,
    positive: u32,
    lowest: Vec<Scored>,
    highest: Vec<Scored>,
    changes: ChangeTest,
}

impl SentimentSums {
    /// Takes in one sentence of the client.
    pub(super) fn step(&mut self, said: &Said<'_>) {
        let score = said.delta.affect;
        self.changes.step(said);
        self.line.push(score);
        self.negative += u32::from(score <= -NEUTRAL);
        self.positive += u32::from(score >= NEUTRAL);
        let scored = || Scored {
            span: said.span(QUOTE_BYTES),
            score,
        };
        if score <= -NEUTRAL {
            insert(&mut self.lowest, scored(), |kept, new| new < kept);
        } else if score >= NEUTRAL {
            insert(&mut self.highest, scored(), |kept, new| new > kept);
        }
    }

    /// Sentences, and how many of them sound negative.
    pub(super) fn counts(&self) -> (u32, u32) {
        (self.line.n(), self.negative)
    }

    /// The mean, from [`NEEDED`] sentences on.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.line.n() >= NEEDED).then(|| self.line.mean())
    }

    /// The slope over the session's sentences, from [`NEEDED`] on.
    pub(super) fn fit(&self) -> Option<Fit> {
        if self.line.n() < NEEDED {
            None
        } else {
            self.line.fit()
        }
    }

    /// The sentence with the lowest and that with the highest score.
    pub(super) fn extremes(&self) -> (Option<&Span>, Option<&Span>) {
        (
            self.lowest.first().map(|s| &s.span),
            self.highest.first().map(|s| &s.span),
        )
    }

    /// What is quoted.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.lowest
            .iter()
            .chain(&self.highest)
            .map(|scored| &scored.span)
            .chain(self.changes.spans())
    }

    /// The figures and both ends.
    pub(super) fn render(&self, ids: &MessageIds) -> Sentiment {
        let figures = match (self.line.mean_interval(), self.fit()) {
            (Some(interval), Some(fit)) => Estimate::Measured(SentimentFigures {
                n: self.line.n(),
                mean: self.line.mean(),
                interval,
                slope: fit.slope,
                negative: self.negative,
                positive: self.positive,
            }),
            _ => Estimate::Insufficient {
                n: self.line.n(),
                needed: NEEDED,
            },
        };
        let quote = |scored: &Scored| {
            Some(ScoredQuote {
                quote: ids.quote(&scored.span)?,
                score: scored.score,
            })
        };
        Sentiment {
            scale: "vader_compound".to_owned(),
            overall: figures,
            lowest: self.lowest.first().and_then(quote),
            highest: self.highest.first().and_then(quote),
            change_points: self.changes.render(ids),
        }
    }

    /// The most burdened sentences, the most burdened first.
    pub(super) fn concerns(&self, ids: &MessageIds, most: usize) -> Vec<ScoredQuote> {
        self.lowest
            .iter()
            .filter(|scored| scored.score <= BURDENED)
            .filter_map(|s| {
                Some(ScoredQuote {
                    quote: ids.quote(&s.span)?,
                    score: s.score,
                })
            })
            .take(most)
            .collect()
    }
}

/// Puts `new` before the first that it beats; of equals the earlier stays ahead.
fn insert(kept: &mut Vec<Scored>, new: Scored, beats: impl Fn(f64, f64) -> bool) {
    let place = kept
        .iter()
        .position(|k| beats(k.score, new.score))
        .unwrap_or(kept.len());
    if place < EXEMPLARS {
        kept.insert(place, new);
        kept.truncate(EXEMPLARS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::delta::tests::say;
    use crate::analysis::reading::read;
    use crate::domain::message::Role;

    fn sums(texts: &[&str]) -> SentimentSums {
        let mut sums = SentimentSums::default();
        say(Role::Client, texts, |said| sums.step(said));
        sums
    }

    #[test]
    fn seven_sentences_are_too_few_and_eight_are_enough() {
        let texts = ["I am sad."; 8];
        let seven = sums(&texts[..7]).render(&MessageIds::default());
        assert_eq!(seven.overall, Estimate::Insufficient { n: 7, needed: 8 });
        let eight = sums(&texts).render(&MessageIds::default());
        let figures = eight.overall.measured().unwrap();
        assert_eq!((figures.n, figures.negative, figures.positive), (8, 8, 0));
        assert!((figures.mean - -0.4767).abs() < 1e-3);
        assert!((figures.interval.high - figures.interval.low).abs() < 1e-6);
    }

    #[test]
    fn the_most_extreme_sentences_are_kept_in_order() {
        let sums = sums(&[
            "I am sad.",
            "This is terrible and awful.",
            "I love it!",
            "Fine.",
        ]);
        let (lowest, highest) = sums.extremes();
        assert_eq!(lowest.unwrap().text, "This is terrible and awful.");
        assert_eq!(highest.unwrap().text, "I love it!");
    }

    #[test]
    fn typographic_apostrophes_negate_too() {
        assert!(score(&read("I don’t like it")[0]) < 0.0);
    }
}
