//! How a client does over the sessions: figures with their n and interval, quotations with their
//! source, and "too little to tell" as a value of its own. Nothing here is a diagnosis or a verdict
//! on the work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::analysis::{Estimate, GoalKind, Interval};
use super::id::{ClientId, InstrumentEntryId, SessionId};
use super::insight::{DetectorTest, Evidence};
use super::instrument::{Change, Instrument};

/// What the sessions and instruments of a client show over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClientProgress {
    /// About whom.
    #[schema(value_type = String)]
    pub client_id: ClientId,
    /// The latest of what it rests on; none without sessions and entries.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
    /// The sessions, oldest first.
    pub sessions: Vec<SessionPoint>,
    /// How the client's sentences sound from session to session: the trend of the means.
    pub sentiment: Estimate<Trend>,
    /// The filled-in instruments.
    pub instruments: Vec<InstrumentProgress>,
    /// What the client wants or means to do, and what came of it, the latest first.
    pub goals: Vec<GoalFollowThrough>,
    /// How many goals there are, and of how many the client told that they were done.
    pub follow_through: FollowThrough,
    /// What a person must look at whatever the figures say.
    pub attention: Vec<Attention>,
}

/// One session as a point on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionPoint {
    /// Which session.
    #[schema(value_type = String)]
    pub session_id: SessionId,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    pub held_at: Timestamp,
    /// Messages of both.
    pub messages: u32,
    /// Sentences of the client, and how many of them sound negative.
    pub sentences: u32,
    /// Sentences at or below -0.05 on the sentiment scale.
    pub negative_sentences: u32,
    /// Mean sentiment of the client's sentences, from -1 to 1.
    pub sentiment: Estimate<MeanSentiment>,
}

/// The mean of a session's sentences.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MeanSentiment {
    /// From -1 to 1.
    pub mean: f64,
    /// Sentences of the client.
    pub n: u32,
}

/// A trend over at least four observations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trend {
    /// Observations.
    pub n: u32,
    /// Median slope (Theil, Sen).
    pub slope: f64,
    /// What the slope is per.
    pub per: TrendUnit,
    /// 95 % interval of the slope (Sen 1968); it is wide for few observations.
    pub interval: Interval,
    /// Two-sided p value of the Mann-Kendall test.
    pub p: f64,
    /// What the test allows to say at a level of 0.05.
    pub direction: TrendDirection,
}

/// What a slope is per.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrendUnit {
    /// From one session to the next.
    Session,
    /// Per week.
    Week,
}

/// What a trend test allows to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrendDirection {
    /// Upwards.
    Rising,
    /// Downwards.
    Falling,
    /// The test shows no trend; there may be one all the same.
    NotShown,
}

/// One instrument over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InstrumentProgress {
    /// Which one.
    pub instrument: Instrument,
    /// Its name for a reader.
    pub title: String,
    /// Whether a higher total is the better one.
    pub higher_is_better: bool,
    /// The entries, oldest first.
    pub entries: Vec<InstrumentPoint>,
    /// From the first to the latest entry, from two on.
    pub change: Option<Change>,
    /// The smallest change that is more than the instrument's own error, where one is published.
    pub reliable_change: Option<f64>,
    /// The trend of the totals, from four entries on.
    pub trend: Estimate<Trend>,
    /// Where bands and reliable change were published.
    pub source: String,
}

/// One entry of an instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InstrumentPoint {
    /// Which entry.
    #[schema(value_type = String)]
    pub entry_id: InstrumentEntryId,
    /// When it was filled in.
    #[schema(value_type = String, format = DateTime)]
    pub taken_at: Timestamp,
    /// The sum of the items.
    pub total: f64,
    /// The band that the total falls in, by the published cut points; no diagnosis.
    pub band: String,
}

/// A goal and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GoalFollowThrough {
    /// The client's words.
    pub statement: Evidence,
    /// When they were said.
    #[schema(value_type = String, format = DateTime)]
    pub stated_at: Timestamp,
    /// Wish or undertaking.
    pub kind: GoalKind,
    /// What came of it, as far as the client's words show.
    pub status: FollowThroughStatus,
    /// The words that say that it was done.
    pub completion: Option<Evidence>,
    /// Sessions held since.
    pub later_sessions: u32,
    /// How many of them are found to speak of it.
    pub later_mentions: u32,
}

/// What came of a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FollowThroughStatus {
    /// A later sentence says that it was done.
    Done,
    /// Spoken of since, or too recent to tell.
    Open,
    /// None of at least two later sessions is found to speak of it.
    NotMentioned,
}

/// Counts of goals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct FollowThrough {
    /// Goals and undertakings.
    pub stated: u32,
    /// Of these, done as the client tells it.
    pub done: u32,
    /// Of these, not mentioned any more.
    pub not_mentioned: u32,
}

/// Something that a person must look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attention {
    /// What: `phq9_item_9`.
    pub reason: String,
    /// Which entry.
    #[schema(value_type = String)]
    pub entry_id: InstrumentEntryId,
    /// When it was filled in.
    #[schema(value_type = String, format = DateTime)]
    pub taken_at: Timestamp,
    /// Later entries with all answers that do not ask for it; an entry without answers cannot tell.
    pub later_entries_without: u32,
}

/// What recurs over a client's sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClientPatterns {
    /// About whom.
    #[schema(value_type = String)]
    pub client_id: ClientId,
    /// Sessions that were looked at.
    pub sessions: u32,
    /// Messages of the client in them.
    pub client_messages: u32,
    /// What was spoken of in more than two messages, the one of most sessions first.
    pub topics: Vec<TopicPattern>,
    /// What the tests support at the present data, not stored and not reviewed.
    pub findings: Vec<PatternFinding>,
    /// How many tests were made to find them.
    pub tests: u32,
    /// The false-discovery rate over these tests: of ten findings about one may be chance at 0.1.
    pub false_discovery_rate: f64,
}

/// A topic over all sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopicPattern {
    /// The client's words, as first said.
    pub label: String,
    /// In how many sessions.
    pub sessions: u32,
    /// In how many messages.
    pub messages: u32,
    /// In how many sentences.
    pub sentences: u32,
    /// How many of these sound negative.
    pub negative_sentences: u32,
    /// The session in which it came up first.
    #[schema(value_type = String, format = DateTime)]
    pub first_at: Timestamp,
    /// The session in which it came up last.
    #[schema(value_type = String, format = DateTime)]
    pub latest_at: Timestamp,
    /// Where it was said.
    pub evidence: Vec<Evidence>,
}

/// What one test supports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PatternFinding {
    /// Which detector.
    pub detector: String,
    /// The statement.
    pub statement: String,
    /// The test behind it.
    pub test: DetectorTest,
    /// From 0 to 1.
    pub confidence: f64,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}
