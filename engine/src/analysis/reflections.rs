//! Sentences of the persona that may be reflections of what the client said just before.
//!
//! Listed as possible, never counted and never scored: that a sentence opens like a reflection or
//! repeats the client's words does not make it a good one, and counts by rule do not tell good
//! sessions from bad ones. This is the only place where the persona is quoted, and nothing is drawn
//! from the quotation.

use std::collections::VecDeque;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::delta::{Delta, Said};
use super::phrase::Phrase;
use super::reading::Sentence;
use super::span::{MessageIds, Span};
use crate::domain::analysis::PossibleReflection;
use crate::domain::message::{Message, Role};

const LATEST: usize = 5;
const QUOTE_BYTES: usize = 140;
/// Sentences of the client's latest message that a reflection may take up.
const HEARD: usize = 6;
const STEMS: usize = 10;
/// Longer words are not compared.
const WORD_BYTES: usize = 24;
/// Content words in common without which only the opening speaks for a reflection.
const IN_COMMON: usize = 2;

const OPENINGS: [&str; 12] = [
    "it|that sounds|seems|looks like|as",
    "so you|you're|your",
    "you feel|felt|are|were|want|wanted|wish|need|seem|sound",
    "you're feeling|saying|wondering|hoping|afraid|torn|tired",
    "part of you",
    "on the|one hand",
    "what|if i hear|understand you",
    "i hear|heard that|you",
    "what you|you're say|said|saying|describe|describing",
    "in other words",
    "you said|say|told|mentioned|describe|described",
    "and yet you",
];

static PHRASES: LazyLock<Vec<Phrase>> =
    LazyLock::new(|| OPENINGS.iter().map(|text| Phrase::new(text)).collect());

/// Whether a sentence opens as reflections often do.
pub(super) fn opens_like_one(sentence: &Sentence<'_>) -> bool {
    let norms = sentence.norms();
    let first = usize::from(matches!(norms.first(), Some(&"and" | &"but" | &"then")));
    PHRASES
        .iter()
        .any(|phrase| phrase.match_at(&norms, first).is_some())
}

/// What the client said last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Heard {
    span: Span,
    stems: Vec<String>,
}

/// A possible reflection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    said: Span,
    of: Span,
    opening: bool,
    words: Vec<String>,
}

/// The latest possible reflections.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ReflectionLog {
    heard: Vec<Heard>,
    latest: VecDeque<Kept>,
}

impl ReflectionLog {
    /// Takes in one message.
    pub(super) fn step(&mut self, message: &Message, delta: &Delta) {
        match message.role {
            Role::Client => {
                let heard = |said: Said<'_>| Heard {
                    span: said.span(QUOTE_BYTES),
                    stems: said
                        .distinct_stems(0)
                        .into_iter()
                        .filter(|stem| stem.len() <= WORD_BYTES)
                        .take(STEMS)
                        .map(str::to_owned)
                        .collect(),
                };
                self.heard = Said::each(message, delta).take(HEARD).map(heard).collect();
            }
            Role::Persona => {
                for said in Said::each(message, delta) {
                    self.consider(&said);
                }
            }
        }
    }

    fn consider(&mut self, said: &Said<'_>) {
        if said.delta.question.is_some() {
            return;
        }
        let stems = said.distinct_stems(0);
        let shared = |heard: &Heard| {
            heard
                .stems
                .iter()
                .filter(|stem| stems.contains(&stem.as_str()))
                .count()
        };
        // Of equals the first.
        let Some(of) = self.heard.iter().rev().max_by_key(|heard| shared(heard)) else {
            return;
        };
        let in_common = shared(of);
        if in_common < IN_COMMON && !(said.delta.reflects && in_common > 0) {
            return;
        }
        let kept = Kept {
            said: said.span(QUOTE_BYTES),
            of: of.span.clone(),
            opening: said.delta.reflects,
            words: of
                .stems
                .iter()
                .filter(|stem| stems.contains(&stem.as_str()))
                .take(3)
                .cloned()
                .collect(),
        };
        self.latest.push_back(kept);
        if self.latest.len() > LATEST {
            self.latest.pop_front();
        }
    }

    /// Drops the quotations, to make room.
    pub(super) fn forget_quotes(&mut self) {
        self.heard.clear();
        self.latest.clear();
    }

    /// What is quoted.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        let kept = self.latest.iter().flat_map(|kept| [&kept.said, &kept.of]);
        kept.chain(self.heard.iter().map(|heard| &heard.span))
    }

    /// The latest possible reflections, in order.
    pub(super) fn render(&self, ids: &MessageIds) -> Vec<PossibleReflection> {
        let show = |kept: &Kept| {
            let basis = if kept.opening {
                "opening_and_shared_words"
            } else {
                "shared_words"
            };
            Some(PossibleReflection {
                persona: ids.quote(&kept.said)?,
                client: ids.quote(&kept.of)?,
                basis: basis.to_owned(),
                shared_stems: kept.words.clone(),
            })
        };
        self.latest.iter().filter_map(show).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::laws::message;
    use crate::domain::id::SessionId;

    fn listed(texts: &[&str]) -> Vec<(String, String)> {
        let (mut log, mut ids) = (ReflectionLog::default(), MessageIds::default());
        for (seq, text) in (0u32..).zip(texts) {
            let role = if seq % 2 == 0 {
                Role::Client
            } else {
                Role::Persona
            };
            let message = message(&SessionId::derived(b"session"), seq, role, text);
            ids.insert(seq, &message.id);
            log.step(&message, &Delta::of(&message));
        }
        let rendered = log.render(&ids);
        rendered
            .into_iter()
            .map(|kept| (kept.persona.quote, kept.client.quote))
            .collect()
    }

    #[test]
    fn what_takes_up_the_clients_words_is_listed() {
        let found = listed(&[
            "I sleep badly. My sister sold the piano without asking.",
            "It sounds like the piano mattered. What did she say? Tea helps.",
        ]);
        assert_eq!(
            found,
            [(
                "It sounds like the piano mattered.".to_owned(),
                "My sister sold the piano without asking.".to_owned()
            )]
        );
    }

    #[test]
    fn an_opening_without_the_clients_words_and_a_question_are_not() {
        assert_eq!(
            listed(&["I sleep badly.", "It sounds like rain. Do you sleep badly?"]),
            []
        );
        assert_eq!(listed(&["", "You feel the piano mattered."]), []);
    }

    #[test]
    fn the_latest_five_are_kept() {
        let texts = ["The piano is gone.", "You said the piano is gone."].repeat(9);
        assert_eq!(listed(&texts).len(), LATEST);
    }
}
