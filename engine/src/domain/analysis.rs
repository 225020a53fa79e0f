//! What an analysis says. Every statement quotes stored messages by id and byte span, every figure
//! carries its n, and "too little to tell" is a value of its own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{MessageId, SessionId};
use super::risk::RiskFinding;

/// How much is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Counts, sentiment and open risk flags.
    Basic,
    /// The above with topics, key points, questions, goals.
    #[default]
    Standard,
    /// All of it, with the working figures.
    Deep,
}

/// Words of the client, equal to the stored bytes of the message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// Which message.
    #[schema(value_type = String)]
    pub message_id: MessageId,
    /// First byte in the message's content.
    pub byte_start: usize,
    /// First byte after it.
    pub byte_end: usize,
    /// The words.
    pub quote: String,
}

/// A figure, or the statement that there is too little to compute it from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Estimate<T> {
    /// Enough was seen.
    Measured(T),
    /// Too little was seen; this is not zero.
    Insufficient {
        /// Observations so far.
        n: u32,
        /// Observations needed.
        needed: u32,
    },
}

impl<T> Estimate<T> {
    /// The figure, if there is one.
    pub fn measured(&self) -> Option<&T> {
        match self {
            Self::Measured(value) => Some(value),
            Self::Insufficient { .. } => None,
        }
    }
}

/// A 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The slope of a least-squares line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Slope {
    /// Change from one observation to the next.
    pub per_step: f64,
    /// 95 % interval of the slope.
    pub interval: Interval,
}

/// What a session's messages show, without an LLM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionAnalysis {
    /// Which session.
    #[schema(value_type = String)]
    pub session_id: SessionId,
    /// How much is rendered.
    pub depth: Depth,
    /// How statements were made: `extractive` means that they are the client's own words.
    pub method: String,
    /// The version of the algorithm.
    pub algorithm_version: u32,
    /// How many messages it rests on, both roles counted.
    pub messages: u32,
    /// Who spoke how much.
    pub turn_taking: TurnTaking,
    /// How the client's sentences sound.
    pub sentiment: Sentiment,
    /// Words that a person must look at.
    pub risk: RiskSummary,
    /// Questions of both; none at depth `basic`.
    pub questions: Option<Questions>,
    /// The session in the client's own sentences, in the order in which they were said.
    pub summary: Vec<Quote>,
    /// The most central sentences, the most central first.
    pub key_points: Vec<KeyPoint>,
    /// What was spoken of, the most frequent first.
    pub topics: Vec<Topic>,
    /// Messages that share words, the greatest group first.
    pub themes: Vec<Theme>,
    /// Stretches that keep to one subject, in order; none at depth `basic`.
    pub segments: Option<Estimate<Segmentation>>,
    /// What the client wants or means to do.
    pub goals: Vec<Goal>,
    /// Goals of the client's earlier sessions that this one tells of as done; only at depth `deep`.
    pub earlier_goals: Vec<EarlierGoal>,
    /// Sentences that sound the most burdened, the most burdened first.
    pub concerns: Vec<ScoredQuote>,
    /// What the client said to have done or managed.
    pub strengths: Vec<Strength>,
    /// Rates of some kinds of words; only at depth `deep`.
    pub markers: Option<Estimate<Markers>>,
    /// How the client's share develops; only at depth `deep`.
    pub engagement: Option<Estimate<Engagement>>,
    /// Sentences of the persona that may be reflections, the latest; only at depth `deep`. Listed,
    /// never counted or scored.
    pub possible_reflections: Vec<PossibleReflection>,
    /// How full the bounded pools are; only at depth `deep`.
    pub working: Option<Working>,
}

/// Who spoke how much. Exact counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TurnTaking {
    /// The client.
    pub client: SpeakerCounts,
    /// The persona.
    pub persona: SpeakerCounts,
    /// The client's share of all words.
    pub client_talk_share: Estimate<TalkShare>,
}

/// Counts of one speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct SpeakerCounts {
    /// Messages.
    pub messages: u32,
    /// Turns: runs of messages without the other speaker between them.
    pub turns: u32,
    /// Words.
    pub words: u64,
    /// Words of the longest message.
    pub longest: u32,
}

/// A share of the words, with figures of other conversations beside it and no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TalkShare {
    /// From 0 to 1.
    pub share: f64,
    /// Of so many words.
    pub n: u64,
    /// The client's share in counselling sessions rated high in quality (`AnnoMI`, 110 sessions).
    pub reference_high_quality: f64,
    /// The client's share in sessions rated low in quality (`AnnoMI`, 23 sessions).
    pub reference_low_quality: f64,
}

/// Questions by rule, with the rule's known error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Questions {
    /// The client's.
    pub client: QuestionCounts,
    /// The persona's.
    pub persona: QuestionCounts,
    /// The latest questions of the client.
    pub latest: Vec<Quote>,
    /// How often the rule is wrong.
    pub known_error: QuestionError,
}

/// Counts of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct QuestionCounts {
    /// Questions that invite an account.
    pub open: u32,
    /// Questions that a word can answer.
    pub closed: u32,
}

/// How often the question rule was wrong on sentences labelled by hand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuestionError {
    /// Sentences of the labelled set.
    pub n: u32,
    /// Share of found questions that are questions.
    pub precision: f64,
    /// Share of questions that are found.
    pub recall: f64,
    /// Share of questions sorted rightly into open and closed.
    pub open_accuracy: f64,
}

/// Sentiment of the client's sentences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sentiment {
    /// The scale: `vader_compound`, from -1 to 1.
    pub scale: String,
    /// The figures, from eight sentences on.
    pub overall: Estimate<SentimentFigures>,
    /// The sentence with the lowest score below zero.
    pub lowest: Option<ScoredQuote>,
    /// The sentence with the highest score above zero.
    pub highest: Option<ScoredQuote>,
    /// Where sentences begin to sound different, the latest eight in order.
    pub change_points: Vec<ChangePoint>,
}

/// A point from which the client's sentences sound different. It says nothing of the reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangePoint {
    /// The first sentence after it.
    pub from: Quote,
    /// How they sound from there on.
    pub direction: Direction,
    /// Sentences between the change point before and this one.
    pub n_before: u32,
    /// Their mean.
    pub mean_before: f64,
    /// Sentences from here to the next change point, or to the end.
    pub n_after: u32,
    /// Their mean.
    pub mean_after: f64,
}

/// How sentences come to sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Higher scores.
    Lighter,
    /// Lower scores.
    MoreBurdened,
}

/// Figures over the client's sentences.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SentimentFigures {
    /// Sentences.
    pub n: u32,
    /// Mean score.
    pub mean: f64,
    /// 95 % interval of the mean.
    pub interval: Interval,
    /// How the score moves from sentence to sentence.
    pub slope: Slope,
    /// Sentences at or below -0.05.
    pub negative: u32,
    /// Sentences at or above 0.05.
    pub positive: u32,
}

/// A sentence with its sentiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoredQuote {
    /// The words.
    #[serde(flatten)]
    pub quote: Quote,
    /// From -1 to 1.
    pub score: f64,
}

/// A central sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct KeyPoint {
    /// The words.
    #[serde(flatten)]
    pub quote: Quote,
    /// `LexRank` centrality; the scores of the whole pool add up to 1.
    pub centrality: f64,
}

/// Something spoken of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Topic {
    /// The client's own words.
    pub label: String,
    /// How often it was said, counted from when it was last taken up.
    pub mentions: u32,
    /// By how much `mentions` may be too low.
    pub mentions_uncounted_at_most: u32,
    /// In how many sentences.
    pub sentences: u32,
    /// How many of the sentences sound negative.
    pub negative_sentences: u32,
    /// In how many messages.
    pub messages: u32,
    /// Where it was said.
    pub evidence: Vec<Quote>,
}

/// Messages of the client that share words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Theme {
    /// The client's own word or phrase that tells the group from the others most.
    pub label: String,
    /// The words that tell it most.
    pub words: Vec<String>,
    /// Messages in the group.
    pub messages: u32,
    /// Their sentences.
    pub sentences: u32,
    /// How many of the sentences sound negative.
    pub negative_sentences: u32,
    /// From its first and its latest message.
    pub evidence: Vec<Quote>,
}

/// The session cut where its subject changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segmentation {
    /// The client's sentences that hold a word of content.
    pub n: u32,
    /// The stretches in order; one if no change was found.
    pub list: Vec<Segment>,
}

/// A stretch of the session that keeps to one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// Its first sentence.
    pub from: Quote,
    /// The words that tell it from the other segments.
    pub words: Vec<String>,
    /// The client's sentences in it that hold a word of content.
    pub sentences: u32,
    /// How many of them sound negative.
    pub negative_sentences: u32,
}

/// A sentence of the persona that may take up what the client said just before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PossibleReflection {
    /// The persona's words.
    pub persona: Quote,
    /// The client's words.
    pub client: Quote,
    /// Why it is listed: `shared_words` or `opening_and_shared_words`.
    pub basis: String,
    /// Stems in common, at most three.
    pub shared_stems: Vec<String>,
}

/// A goal of an earlier session that this one tells of as done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EarlierGoal {
    /// The earlier session.
    #[schema(value_type = String)]
    pub session_id: SessionId,
    /// The goal as it was stated there.
    pub statement: Quote,
    /// Wish or undertaking.
    pub kind: GoalKind,
    /// The sentence of this session that tells of it as done.
    pub follow_through: Quote,
}

/// What the client wants or means to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Goal {
    /// The words.
    pub statement: Quote,
    /// Wish or undertaking.
    pub kind: GoalKind,
    /// Which rule found it.
    pub rule: String,
    /// Whether a later sentence says that it was done.
    pub status: GoalStatus,
    /// That later sentence.
    pub follow_through: Option<Quote>,
}

/// How firm a goal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoalKind {
    /// Something wished for: "I want to …".
    Goal,
    /// Something undertaken: "I will …".
    Commitment,
}

/// Whether a goal was reached, as far as the client's words show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoalStatus {
    /// Nothing said says that it was done.
    Open,
    /// A later sentence says that it was done.
    Done,
}

/// The risk findings of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RiskSummary {
    /// How many findings there were in all.
    pub total: u32,
    /// The highest severity of what is meant as present.
    pub highest_present: Option<u8>,
    /// Whether a person must be told.
    pub requires_human: bool,
    /// The findings kept, the gravest first; more than these stand in the list of risk flags.
    pub findings: Vec<RiskRecord>,
}

/// A finding and its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RiskRecord {
    /// Which message.
    #[schema(value_type = String)]
    pub message_id: MessageId,
    /// What was found there.
    #[serde(flatten)]
    pub finding: RiskFinding,
}

/// Something the client said to have done or managed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Strength {
    /// Which rule found it: `follow_through` or `achievement`.
    pub basis: String,
    /// The words.
    #[serde(flatten)]
    pub quote: Quote,
}

/// Rates of some kinds of words. A trend at most; no diagnosis follows from them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Markers {
    /// The client's words.
    pub n: u64,
    /// First-person singular pronouns per word.
    pub first_person_rate: f64,
    /// Absolutist words ("always", "never", "completely") per word.
    pub absolutist_rate: f64,
    /// Verb forms told apart by tense.
    pub tense: Estimate<TenseShare>,
}

/// Shares of verb forms by tense, as far as the rule recognises them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TenseShare {
    /// Verb forms recognised.
    pub n: u32,
    /// Past.
    pub past: f64,
    /// Present.
    pub present: f64,
    /// Future.
    pub future: f64,
}

/// How the client's share develops.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Engagement {
    /// The client's messages.
    pub n: u32,
    /// Mean words of a message.
    pub mean_words: f64,
    /// How the words of a message move from message to message.
    pub slope: Slope,
}

/// How full the bounded pools are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Working {
    /// Bytes of the state.
    pub state_bytes: usize,
    /// Bytes it may have.
    pub state_bytes_limit: usize,
    /// Candidate sentences in the pool.
    pub candidate_sentences: u32,
    /// Groups of messages kept.
    pub groups: u32,
    /// Terms counted at present.
    pub terms: u32,
    /// Terms seen, repeats included.
    pub terms_seen: u64,
}
