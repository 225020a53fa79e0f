//! A report on one client, as data: what it rests on, what a person must look at first, figures,
//! patterns, insights and the client's own words. How it looks is somebody else's work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::analysis::Estimate;
use super::id::{ClientId, InsightId, PersonaId, RiskFlagId};
use super::insight::{DetectorTest, Evidence, InsightStatus};
use super::progress::{ClientProgress, MeanSentiment, TopicPattern};

/// What a report never says. It stands at the end of every one.
pub const LIMITS: [&str; 5] = [
    "Made by rules and statistics from stored messages and entered questionnaires. Statements are the client's own words, counts, or the fixed sentence of a test.",
    "No diagnosis, no judgement of the quality of the work, no cause: a pattern says that, never why.",
    "What is not found was perhaps said in other words. \"Not mentioned\" means not found by the rules.",
    "The sentiment scale scores English words one sentence at a time. It does not know irony, context or the person.",
    "Risk flags find phrases. A report without a flag does not mean that there is no risk.",
];

/// A report on one client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClientReport {
    /// About whom.
    #[schema(value_type = String)]
    pub client_id: ClientId,
    /// What it rests on.
    pub basis: ReportBasis,
    /// Open risk flags, the gravest first.
    pub risk_flags: Vec<ReportFlag>,
    /// Open flags beyond those shown.
    pub more_risk_flags: bool,
    /// Instruments, sentiment, goals.
    pub progress: ClientProgress,
    /// What was spoken of in more than two messages.
    pub topics: Vec<TopicPattern>,
    /// Accepted insights, then those that wait for a review; rejected and retracted ones are left out.
    pub insights: Vec<ReportInsight>,
    /// The latest session in the client's words.
    pub latest_session: Option<SessionExcerpt>,
    /// What the report does not say.
    pub limits: Vec<String>,
}

/// What a report rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportBasis {
    /// Sessions in which something was said.
    pub sessions: u32,
    /// Messages of both in them.
    pub messages: u32,
    /// Messages of the client.
    pub client_messages: u32,
    /// Filled-in instruments.
    pub instrument_entries: u32,
    /// With whom the sessions were held.
    #[schema(value_type = Vec<String>)]
    pub personas: Vec<PersonaId>,
    /// When the first session was begun.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_session_at: Option<Timestamp>,
    /// When something was said or entered last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
}

/// An open risk flag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportFlag {
    /// Which flag.
    #[schema(value_type = String)]
    pub id: RiskFlagId,
    /// E.g. `active_ideation`.
    pub category: String,
    /// From 1 (low) to 6 (acute).
    pub severity: u8,
    /// How the words are meant: `present`, `negated`, …
    pub assertion: String,
    /// Whether a person must be told at once.
    pub requires_human: bool,
    /// When it was raised.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// The words.
    pub evidence: Evidence,
}

/// An insight as it stands in a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportInsight {
    /// Which insight.
    #[schema(value_type = String)]
    pub id: InsightId,
    /// Which detector.
    pub detector: String,
    /// The statement.
    pub statement: String,
    /// The test behind it.
    pub test: DetectorTest,
    /// From 0 to 1.
    pub confidence: f64,
    /// `accepted` or `draft`.
    pub status: InsightStatus,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// A session in the client's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionExcerpt {
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    pub held_at: Timestamp,
    /// Mean sentiment of the client's sentences.
    pub sentiment: Estimate<MeanSentiment>,
    /// Central sentences in the order in which they were said.
    pub summary: Vec<Evidence>,
    /// Sentences that sound the most burdened.
    pub concerns: Vec<Evidence>,
    /// What the client said to have done or managed.
    pub strengths: Vec<Evidence>,
}
