//! The state of the fold: what is kept of a session so that it never has to be read again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::engagement::EngagementSums;
use super::goals::GoalPool;
use super::key_points::{CandidatePool, Weight};
use super::markers::MarkerCounts;
use super::questions::QuestionTally;
use super::reading::{Sentence, read};
use super::risk::{self, RiskLog};
use super::sentiment::{self, SentimentSums};
use super::span::{MessageIds, Span};
use super::topics::TermTable;
use super::turns::Turns;
use super::{STATE_LIMIT, VERSION};
use crate::domain::memory::ExperienceKind;
use crate::domain::message::{Message, Role};
use crate::domain::risk::RiskFinding;

/// Why stored bytes are not a state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Folded by another version: fold the session's messages anew.
    #[error(
        "the stored analysis has version {found}, this program writes {VERSION}: fold the session's messages anew"
    )]
    Version {
        /// The stored version.
        found: u32,
    },
    /// Cut or damaged.
    #[error("the stored analysis cannot be read: fold the session's messages anew")]
    Damaged(#[source] postcard::Error),
    /// Too short to hold a version.
    #[error(
        "the stored analysis has {len} bytes, too few to hold a version: fold the session's messages anew"
    )]
    Short {
        /// Bytes given.
        len: usize,
    },
}

/// What one message showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Mean sentiment of the message's sentences, from -1 to 1; 0 for the persona's messages.
    pub affect: f64,
    /// The client's own terms, at most eight.
    pub topics: Vec<String>,
    /// How much the message weighs as a memory, from 0 to 1.
    pub importance: f64,
    /// How the memory fades.
    pub kind: ExperienceKind,
    /// What the risk rules found, all of it.
    pub risks: Vec<RiskFinding>,
}

impl Observation {
    /// What the persona says is never evidence of anything about the client.
    fn of_the_persona() -> Self {
        Self {
            affect: 0.0,
            topics: Vec::new(),
            importance: 0.0,
            kind: ExperienceKind::Exchange,
            risks: Vec::new(),
        }
    }
}

/// Labels of one message that an experience keeps.
const LABELS: usize = 8;
/// Pools are not emptied below these sizes while others can give.
const LEAST_CANDIDATES: usize = 24;
const LEAST_TERMS: usize = 64;

/// The folded session. Bounded: its stored form never exceeds [`STATE_LIMIT`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionState {
    pub(super) ids: MessageIds,
    pub(super) turns: Turns,
    pub(super) questions: QuestionTally,
    pub(super) sentiment: SentimentSums,
    pub(super) topics: TermTable,
    pub(super) key_points: CandidatePool,
    pub(super) goals: GoalPool,
    pub(super) risk: RiskLog,
    pub(super) markers: MarkerCounts,
    pub(super) engagement: EngagementSums,
}

impl SessionState {
    /// A session in which nothing was said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The state after `messages`, in their order.
    #[must_use]
    pub fn fold<'m>(messages: impl IntoIterator<Item = &'m Message>) -> Self {
        let mut state = Self::new();
        for message in messages {
            state.step(message);
        }
        state
    }

    /// Takes in one message and says what it showed. The cost follows from the message alone.
    pub fn step(&mut self, message: &Message) -> Observation {
        let sentences = read(&message.content);
        let words = sentences
            .iter()
            .map(|sentence| sentence.words.len())
            .sum::<usize>();
        let words = u32::try_from(words).unwrap_or(u32::MAX);
        self.turns.step(message.role, words);
        for sentence in &sentences {
            self.questions.step(message.seq, message.role, sentence);
        }
        let observation = match message.role {
            Role::Client => self.step_client(message, &sentences, words),
            Role::Persona => Observation::of_the_persona(),
        };
        self.ids.insert(message.seq, &message.id);
        self.forget_unquoted();
        self.keep_within_limit();
        observation
    }

    fn step_client(
        &mut self,
        message: &Message,
        sentences: &[Sentence<'_>],
        words: u32,
    ) -> Observation {
        let seq = message.seq;
        let mut affect_sum = 0.0;
        let mut strongest: f64 = 0.0;
        let mut keys: Vec<String> = Vec::new();
        let mut risks: Vec<RiskFinding> = Vec::new();
        let mut stated_goal = false;
        for sentence in sentences {
            let affect = sentiment::score(sentence);
            affect_sum += affect;
            strongest = strongest.max(affect.abs());
            self.sentiment.step(seq, sentence, affect);
            self.markers.step(sentence);
            keys.extend(self.topics.step(seq, sentence, affect));
            let found = risk::find(sentence);
            let at_risk = found.iter().any(is_present);
            let sighting = self.goals.step(seq, sentence, at_risk);
            stated_goal |= sighting.goal;
            let marked = sighting.goal || sighting.achievement;
            self.key_points
                .step(seq, sentence, Weight { affect, marked });
            for finding in &found {
                self.risk.step(seq, finding);
            }
            risks.extend(found);
        }
        self.engagement.step(words);
        let present = risks.iter().any(is_present);
        let kind = if present {
            ExperienceKind::Risk
        } else if stated_goal {
            ExperienceKind::Commitment
        } else {
            ExperienceKind::Exchange
        };
        Observation {
            affect: affect_sum / sentences.len().max(1) as f64,
            topics: self.topics.labels(&keys, LABELS),
            importance: importance(words, strongest, kind),
            kind,
            risks,
        }
    }

    /// How many messages are folded in, both roles counted.
    #[must_use]
    pub fn messages(&self) -> u32 {
        self.turns.messages()
    }

    /// How many messages of the client are folded in.
    #[must_use]
    pub fn client_messages(&self) -> u32 {
        self.engagement.messages()
    }

    /// The longest kept quotation around `span`.
    pub(super) fn around<'s>(&'s self, span: &'s Span) -> &'s Span {
        self.key_points.around(span)
    }

    fn forget_unquoted(&mut self) {
        let spans = self
            .questions
            .spans()
            .chain(self.sentiment.spans())
            .chain(self.topics.spans())
            .chain(self.key_points.spans())
            .chain(self.goals.spans())
            .chain(self.risk.spans());
        let quoted: BTreeSet<u32> = spans.map(|span| span.seq).collect();
        self.ids.keep(&quoted);
    }

    /// Gives up the least important quotations until the stored form fits. Each pool has its own
    /// bound already; this holds the sum, whatever ids and words look like. Risk findings and counts
    /// are never given up.
    fn keep_within_limit(&mut self) {
        while self.stored_bytes() > STATE_LIMIT {
            if self.key_points.len() > LEAST_CANDIDATES {
                self.drop_candidates(4);
            } else if self.topics.sizes().0 > LEAST_TERMS {
                self.drop_terms(8);
            } else if self.key_points.len() > 0 || self.topics.sizes().0 > 0 {
                self.drop_candidates(4);
                self.drop_terms(8);
            } else {
                self.questions.forget_quotes();
                self.goals.forget_accounts();
                self.forget_unquoted();
                return;
            }
            self.forget_unquoted();
        }
    }

    fn drop_candidates(&mut self, how_many: usize) {
        for _ in 0..how_many {
            self.key_points.drop_weakest();
        }
    }

    fn drop_terms(&mut self, how_many: usize) {
        for _ in 0..how_many {
            self.topics.drop_weakest();
        }
    }

    /// How many bytes the stored form has.
    pub(super) fn stored_bytes(&self) -> usize {
        let size = postcard::ser_flavors::Size::default();
        let body = postcard::serialize_with_flavor(self, size).unwrap_or(usize::MAX / 2);
        body + size_of::<u32>()
    }

    /// The state as it is stored, at most [`STATE_LIMIT`] bytes. The same state, the same bytes.
    ///
    /// # Errors
    /// Never for a state made by [`Self::step`]; the error is the encoder's.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StateError> {
        let head = VERSION.to_le_bytes().to_vec();
        postcard::to_extend(self, head).map_err(StateError::Damaged)
    }

    /// The stored state.
    ///
    /// # Errors
    /// When the bytes are of another version or damaged; fold the messages anew then.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let (head, body) = bytes
            .split_first_chunk::<4>()
            .ok_or(StateError::Short { len: bytes.len() })?;
        let found = u32::from_le_bytes(*head);
        if found != VERSION {
            return Err(StateError::Version { found });
        }
        postcard::from_bytes(body).map_err(StateError::Damaged)
    }
}

/// A resemblance of words alone (severity 1) colours neither memory nor goals.
fn is_present(finding: &RiskFinding) -> bool {
    finding.assertion == "present" && finding.severity > 1
}

/// From 0 to 1: what the client means to do and what is a risk weighs most, then strong feeling,
/// then length.
fn importance(words: u32, strongest: f64, kind: ExperienceKind) -> f64 {
    if words == 0 {
        return 0.0;
    }
    let length = f64::from(words.min(60)) / 60.0;
    let base = match kind {
        ExperienceKind::Risk => 0.8,
        ExperienceKind::Commitment => 0.4,
        ExperienceKind::Exchange => 0.1,
    };
    (base + 0.25 * strongest + 0.15 * length).min(1.0)
}
