//! What one message contributes to its session's analysis: a pure function of its words.
//!
//! A delta is stored with its message. Folding a session anew, after an edit or a removal, reads the
//! deltas and splits no text, scores no sentence and searches no phrase again. Deltas hold places and
//! figures, not quotations; the words are taken from the message when the delta is applied.

use serde::{Deserialize, Serialize};

use super::goals::{self, Intent};
use super::key_points;
use super::markers::MarkerCounts;
use super::questions::{self, QuestionKind};
use super::reading::{Sentence, Word, is_light, read};
use super::reflections;
use super::risk;
use super::sentiment;
use super::span::{Span, clip};
use super::state::is_present;
use super::{StateError, VERSION};
use crate::domain::message::{Message, Role};
use crate::domain::risk::RiskFinding;

/// What one message contributes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// Words of the message.
    pub(super) words: u32,
    pub(super) markers: MarkerCounts,
    pub(super) sentences: Vec<SentenceDelta>,
}

/// What one sentence contributes. Of the persona's sentences only what turn-taking, questions and
/// possible reflections need is taken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SentenceDelta {
    /// First byte in the message.
    pub(super) start: u32,
    /// First byte after it.
    pub(super) end: u32,
    pub(super) question: Option<QuestionKind>,
    /// Sentiment from -1 to 1.
    pub(super) affect: f64,
    /// Its content words in order.
    pub(super) stems: Vec<Stem>,
    pub(super) intent: Intent,
    /// How much it recommends itself as a key point, where it is long enough to be one.
    pub(super) weight: Option<f64>,
    /// Whether it opens like a reflection of what was said before.
    pub(super) reflects: bool,
    pub(super) risks: Vec<RiskFinding>,
}

/// A content word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stem {
    /// By which forms of the word are held to be the same.
    pub(super) stem: String,
    /// First byte in the message.
    pub(super) start: u32,
    /// First byte after it.
    pub(super) end: u32,
    /// Whether it can be a topic or part of one.
    pub(super) topical: bool,
    /// Whether the word right before it is topical and nothing but a blank or a hyphen between.
    pub(super) joined: bool,
}

impl Delta {
    /// What `message` contributes.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        let sentences = read(&message.content);
        let mut delta = Self::default();
        for sentence in &sentences {
            delta.words += number(sentence.words.len());
            delta.sentences.push(match message.role {
                Role::Client => of_client(sentence),
                Role::Persona => of_persona(sentence),
            });
            if message.role == Role::Client {
                delta.markers.step(sentence);
            }
        }
        delta
    }

    /// The findings of the risk rules, all of them.
    pub fn risks(&self) -> impl Iterator<Item = &RiskFinding> {
        self.sentences.iter().flat_map(|sentence| &sentence.risks)
    }

    /// As it is stored. The same delta, the same bytes.
    ///
    /// # Errors
    /// Never for a delta made by [`Self::of`]; the error is the encoder's.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StateError> {
        postcard::to_extend(self, VERSION.to_le_bytes().to_vec()).map_err(StateError::Damaged)
    }

    /// The stored delta.
    ///
    /// # Errors
    /// When the bytes are of another version or damaged; take the delta from the message then.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        postcard::from_bytes(super::state::of_this_version(bytes)?).map_err(StateError::Damaged)
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn of_client(sentence: &Sentence<'_>) -> SentenceDelta {
    let risks = risk::find(sentence);
    let at_risk = risks.iter().any(is_present);
    let affect = sentiment::score(sentence);
    let intent = goals::intent(sentence, at_risk);
    SentenceDelta {
        question: questions::kind(sentence),
        affect,
        stems: stems(&sentence.words),
        weight: key_points::weigh(sentence, affect, intent.is_marked()),
        intent,
        risks,
        ..place(sentence)
    }
}

fn of_persona(sentence: &Sentence<'_>) -> SentenceDelta {
    let question = questions::kind(sentence);
    let statement = question.is_none();
    SentenceDelta {
        question,
        reflects: statement && reflections::opens_like_one(sentence),
        stems: if statement {
            stems(&sentence.words)
        } else {
            Vec::new()
        },
        ..place(sentence)
    }
}

fn place(sentence: &Sentence<'_>) -> SentenceDelta {
    SentenceDelta {
        start: number(sentence.start),
        end: number(sentence.start + sentence.text.len()),
        ..SentenceDelta::default()
    }
}

/// A longer word is no word of a language; keeping it would only cost room.
const WORD_BYTES: usize = 48;

fn stems(words: &[Word<'_>]) -> Vec<Stem> {
    let mut stems = Vec::new();
    let mut after_topical = false;
    for word in words {
        if !word.is_content() || word.text.len() > WORD_BYTES {
            after_topical = false;
            continue;
        }
        let stem = word.stem();
        let topical = !is_light(&stem) && stem.len() <= WORD_BYTES;
        let stem = if topical {
            stem
        } else {
            clip(&stem, WORD_BYTES).to_owned()
        };
        stems.push(Stem {
            stem,
            start: number(word.start),
            end: number(word.end()),
            topical,
            joined: topical && after_topical && !word.after_mark,
        });
        after_topical = topical;
    }
    stems
}

/// A sentence that was said: what was taken from it, and its words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'m> {
    /// The message's place in the session.
    pub(super) seq: u32,
    /// The message's words.
    content: &'m str,
    pub(super) delta: &'m SentenceDelta,
}

impl<'m> Said<'m> {
    /// The sentences of a message in order. Those whose places do not fit its words are left out:
    /// nothing is quoted that does not stand there.
    pub(super) fn each(message: &'m Message, delta: &'m Delta) -> impl Iterator<Item = Self> {
        let said = |delta: &'m SentenceDelta| Self {
            seq: message.seq,
            content: &message.content,
            delta,
        };
        let sentences = delta.sentences.iter().map(said);
        sentences.filter(|said| said.words(said.delta.start, said.delta.end).is_some())
    }

    /// The same sentence at another place, for tests.
    #[cfg(test)]
    pub(super) fn at(self, seq: u32) -> Self {
        Self { seq, ..self }
    }

    /// The words between two bytes of the message.
    pub(super) fn words(&self, start: u32, end: u32) -> Option<&'m str> {
        self.content.get(start as usize..end as usize)
    }

    /// The sentence from `start` on, cut to `limit` bytes.
    pub(super) fn span_from(&self, start: u32, limit: usize) -> Span {
        let text = self.words(start, self.delta.end).unwrap_or_default();
        Span::clipped(self.seq, start as usize, text, limit)
    }

    /// The sentence, cut to `limit` bytes.
    pub(super) fn span(&self, limit: usize) -> Span {
        self.span_from(self.delta.start, limit)
    }

    /// The stems of its content words from byte `start` on, without repeats, in order.
    pub(super) fn distinct_stems(&self, start: u32) -> Vec<&'m str> {
        let mut distinct: Vec<&str> = Vec::new();
        for stem in self.delta.stems.iter().filter(|stem| stem.start >= start) {
            if !distinct.contains(&stem.stem.as_str()) {
                distinct.push(&stem.stem);
            }
        }
        distinct
    }

    /// The stems that can be topics, with the words for them.
    pub(super) fn topical(&self) -> impl Iterator<Item = (&'m str, &'m str)> {
        let delta = self.delta;
        let topical = delta.stems.iter().filter(|stem| stem.topical);
        topical.filter_map(|stem| Some((stem.stem.as_str(), self.words(stem.start, stem.end)?)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::analysis::laws::message;
    use crate::domain::id::SessionId;

    /// Calls `take` with each sentence of the texts, each text a message of `role`.
    pub(in crate::analysis) fn say(role: Role, texts: &[&str], mut take: impl FnMut(&Said<'_>)) {
        for (seq, text) in (0u32..).zip(texts) {
            let message = message(&SessionId::derived(b"session"), seq, role, text);
            let delta = Delta::of(&message);
            for said in Said::each(&message, &delta) {
                take(&said);
            }
        }
    }

    #[test]
    fn a_delta_comes_back_as_it_was() {
        let text = "I'll call my sister, the one in São Paulo. Why not? I want to die 😢.";
        for role in [Role::Client, Role::Persona] {
            let message = message(&SessionId::derived(b"session"), 3, role, text);
            let delta = Delta::of(&message);
            let bytes = delta.to_bytes().unwrap();
            assert_eq!(Delta::from_bytes(&bytes).unwrap(), delta);
            assert!(matches!(
                Delta::from_bytes(&bytes[..2]),
                Err(StateError::Short { len: 2 })
            ));
        }
    }

    #[test]
    fn stems_know_their_bytes_and_their_neighbours() {
        say(
            Role::Client,
            &["My panic attacks came, in the grey, cold winter."],
            |said| {
                let words: Vec<&str> = said.topical().map(|(_, word)| word).collect();
                assert_eq!(words, ["panic", "attacks", "grey", "cold", "winter"]);
                let joined: Vec<bool> = said
                    .delta
                    .stems
                    .iter()
                    .filter(|s| s.topical)
                    .map(|s| s.joined)
                    .collect();
                assert_eq!(joined, [false, true, false, false, true]);
            },
        );
    }

    #[test]
    fn a_delta_of_other_words_quotes_nothing() {
        let session = SessionId::derived(b"session");
        let long = message(&session, 0, Role::Client, "Ä long sentence about gardens.");
        let short = message(&session, 0, Role::Client, "Ä");
        let delta = Delta::of(&long);
        assert_eq!(Said::each(&long, &delta).count(), 1);
        assert_eq!(Said::each(&short, &delta).count(), 0);
    }
}
