//! Questions, open or closed, by rule.
//!
//! A question is a sentence that ends with a question mark. It is open if it has a wh-word or "tell
//! me" and does not start with an auxiliary. How often that is wrong was measured on sentences
//! labelled by hand (`data/questions/labelled_en.tsv`, which holds hard cases on purpose), and the
//! figures are rendered with the counts. A test holds them to the set.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::delta::Said;
use super::reading::Sentence;
use super::span::{MessageIds, Span};
use crate::domain::analysis::{QuestionCounts, QuestionError, Questions};
use crate::domain::message::Role;

const KNOWN_ERROR: QuestionError = QuestionError {
    n: 150,
    precision: 0.95,
    recall: 0.93,
    open_accuracy: 0.76,
};
const LATEST: usize = 5;
const QUOTE_BYTES: usize = 160;

const WH: [&str; 9] = [
    "what", "how", "why", "who", "where", "when", "which", "what's", "how's",
];
const AUXILIARIES: [&str; 38] = [
    "am",
    "are",
    "aren't",
    "can",
    "can't",
    "could",
    "couldn't",
    "did",
    "didn't",
    "do",
    "does",
    "doesn't",
    "don't",
    "had",
    "hadn't",
    "has",
    "hasn't",
    "have",
    "haven't",
    "is",
    "isn't",
    "may",
    "might",
    "must",
    "shall",
    "should",
    "shouldn't",
    "was",
    "wasn't",
    "were",
    "weren't",
    "will",
    "won't",
    "would",
    "wouldn't",
    "ain't",
    "cannot",
    "ought",
];

/// What a question invites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum QuestionKind {
    /// An account.
    Open,
    /// A word.
    Closed,
}

/// Running counts and the client's latest questions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct QuestionTally {
    client: QuestionCounts,
    persona: QuestionCounts,
    latest: VecDeque<Span>,
}

fn is_open(sentence: &Sentence<'_>) -> bool {
    let norms = sentence.norms();
    let wh = norms.iter().any(|word| WH.contains(word));
    let tell_me = norms.windows(2).any(|pair| pair == ["tell", "me"]);
    let auxiliary = norms.first().is_some_and(|word| AUXILIARIES.contains(word));
    (wh || tell_me) && !auxiliary
}

/// Whether a sentence is a question, and of which kind.
pub(super) fn kind(sentence: &Sentence<'_>) -> Option<QuestionKind> {
    if !sentence.is_question() {
        return None;
    }
    Some(if is_open(sentence) {
        QuestionKind::Open
    } else {
        QuestionKind::Closed
    })
}

impl QuestionTally {
    /// Takes in one sentence.
    pub(super) fn step(&mut self, role: Role, said: &Said<'_>) {
        let Some(kind) = said.delta.question else {
            return;
        };
        let counts = match role {
            Role::Client => &mut self.client,
            Role::Persona => &mut self.persona,
        };
        match kind {
            QuestionKind::Open => counts.open += 1,
            QuestionKind::Closed => counts.closed += 1,
        }
        if role == Role::Client {
            self.latest.push_back(said.span(QUOTE_BYTES));
            if self.latest.len() > LATEST {
                self.latest.pop_front();
            }
        }
    }

    /// What is quoted.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.latest.iter()
    }

    /// Drops the quotations, to make room; the counts stay.
    pub(super) fn forget_quotes(&mut self) {
        self.latest.clear();
    }

    /// The counts with their known error.
    pub(super) fn render(&self, ids: &MessageIds) -> Questions {
        Questions {
            client: self.client,
            persona: self.persona,
            latest: ids.quotes(&self.latest),
            known_error: KNOWN_ERROR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::delta::tests::say;
    use crate::analysis::reading::read;

    fn tally(text: &str) -> QuestionCounts {
        let mut tally = QuestionTally::default();
        say(Role::Client, &[text], |said| tally.step(Role::Client, said));
        tally.client
    }

    #[test]
    fn the_known_error_is_that_of_the_labelled_set() {
        let set = include_str!("../../data/questions/labelled_en.tsv");
        let (mut n, mut asked, mut found, mut both, mut sorted) = (0u32, 0u32, 0u32, 0u32, 0u32);
        for line in set.lines() {
            let (label, text) = line.split_once('\t').unwrap();
            // A reader sees one sentence; where the rules see several, the last question counts.
            let kind = read(text).iter().filter_map(kind).next_back();
            let truth = match label {
                "open" => Some(QuestionKind::Open),
                "closed" => Some(QuestionKind::Closed),
                other => {
                    assert_eq!(other, "none", "{line}");
                    None
                }
            };
            n += 1;
            asked += u32::from(truth.is_some());
            found += u32::from(kind.is_some());
            both += u32::from(truth.is_some() && kind.is_some());
            sorted += u32::from(truth.is_some() && kind == truth);
        }
        let share = |part: u32, of: u32| (f64::from(part) / f64::from(of) * 100.0).round() / 100.0;
        let measured = QuestionError {
            n,
            precision: share(both, found),
            recall: share(both, asked),
            open_accuracy: share(sorted, both),
        };
        assert_eq!(KNOWN_ERROR, measured);
    }

    #[test]
    fn tells_open_from_closed() {
        assert_eq!(
            tally("What brings you here? Tell me more, would you?").open,
            2
        );
        assert_eq!(
            tally("Did you sleep? Do you know what helps? You're sure?").closed,
            3
        );
        assert_eq!(
            tally("I wonder what that means."),
            QuestionCounts::default()
        );
        assert_eq!(tally("\"Why me?\""), QuestionCounts { open: 1, closed: 0 });
    }

    #[test]
    fn keeps_the_latest_five_of_the_client() {
        let mut tally = QuestionTally::default();
        say(Role::Client, &["Why?"; 9], |said| {
            tally.step(Role::Client, said);
        });
        say(Role::Persona, &["Why not?"; 9], |said| {
            tally.step(Role::Persona, said);
        });
        assert_eq!(
            tally.spans().map(|s| s.seq).collect::<Vec<_>>(),
            [4, 5, 6, 7, 8]
        );
        assert_eq!(tally.persona.open, 9);
    }
}
