//! The state of the fold: what is kept of a session so that it never has to be read again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::delta::{Delta, Said};
use super::engagement::EngagementSums;
use super::goals::GoalPool;
use super::key_points::CandidatePool;
use super::markers::MarkerCounts;
use super::questions::QuestionTally;
use super::reflections::ReflectionLog;
use super::risk::RiskLog;
use super::segments::SegmentLog;
use super::sentiment::SentimentSums;
use super::span::{MessageIds, Span};
use super::themes::ThemePool;
use super::topics::{self, TermTable};
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
    pub(super) themes: ThemePool,
    pub(super) segments: SegmentLog,
    pub(super) reflections: ReflectionLog,
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
        let delta = Delta::of(message);
        self.apply(message, &delta);
        self.observe(message, &delta)
    }

    /// Takes in one message by its delta.
    pub fn apply(&mut self, message: &Message, delta: &Delta) {
        self.turns.step(message.role, delta.words);
        for said in Said::each(message, delta) {
            self.questions.step(message.role, &said);
        }
        self.reflections.step(message, delta);
        if message.role == Role::Client {
            self.apply_client(message, delta);
        }
        self.ids.insert(message.seq, &message.id);
        self.forget_unquoted();
        self.keep_within_limit();
    }

    fn apply_client(&mut self, message: &Message, delta: &Delta) {
        let said: Vec<Said<'_>> = Said::each(message, delta).collect();
        for one in &said {
            self.sentiment.step(one);
            self.topics.step(one);
            self.goals.step(one);
            self.key_points.step(one);
            self.segments.step(one);
            for finding in &one.delta.risks {
                self.risk.step(message.seq, finding);
            }
        }
        self.themes.step(&said, &self.topics);
        self.markers.add(&delta.markers);
        self.engagement.step(delta.words);
    }

    /// What the message showed that was taken in last.
    #[must_use]
    pub fn observe(&self, message: &Message, delta: &Delta) -> Observation {
        if message.role == Role::Persona {
            return Observation::of_the_persona();
        }
        let sentences = &delta.sentences;
        let sum: f64 = sentences.iter().map(|sentence| sentence.affect).sum();
        let strongest = sentences
            .iter()
            .map(|sentence| sentence.affect.abs())
            .fold(0.0, f64::max);
        let kind = if delta.risks().any(is_present) {
            ExperienceKind::Risk
        } else if sentences.iter().any(|sentence| sentence.intent.is_goal()) {
            ExperienceKind::Commitment
        } else {
            ExperienceKind::Exchange
        };
        let keys: Vec<String> = sentences
            .iter()
            .flat_map(|sentence| topics::keys(&sentence.stems))
            .collect();
        Observation {
            affect: sum / sentences.len().max(1) as f64,
            topics: self.topics.labels(&keys, LABELS),
            importance: importance(delta.words, strongest, kind),
            kind,
            risks: delta.risks().cloned().collect(),
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
            .chain(self.risk.spans())
            .chain(self.themes.spans())
            .chain(self.segments.spans())
            .chain(self.reflections.spans());
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
            } else if self.themes.len() > 0 || self.segments.len() > 1 {
                self.themes.drop_weakest();
                self.segments.join_most_alike();
            } else {
                self.questions.forget_quotes();
                self.reflections.forget_quotes();
                self.goals.forget_accounts();
                self.forget_unquoted();
                if self.stored_bytes() > STATE_LIMIT {
                    self.segments.forget();
                    self.forget_unquoted();
                }
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
        postcard::from_bytes(of_this_version(bytes)?).map_err(StateError::Damaged)
    }
}

/// What follows the version, if it is this one.
pub(super) fn of_this_version(bytes: &[u8]) -> Result<&[u8], StateError> {
    let (head, body) = bytes
        .split_first_chunk::<4>()
        .ok_or(StateError::Short { len: bytes.len() })?;
    match u32::from_le_bytes(*head) {
        VERSION => Ok(body),
        found => Err(StateError::Version { found }),
    }
}

/// A resemblance of words alone (severity 1) colours neither memory nor goals.
pub(super) fn is_present(finding: &RiskFinding) -> bool {
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
