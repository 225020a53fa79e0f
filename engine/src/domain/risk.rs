//! Risk flags: words that a person must look at.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{ClientId, MessageId, RiskFlagId, SessionId, TenantId};

/// One flag. Only a person resolves it, with a reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RiskFlag {
    /// Its id.
    pub id: RiskFlagId,
    /// Whose it is.
    pub tenant: TenantId,
    /// About whom.
    pub client: ClientId,
    /// Where it was said.
    pub session: SessionId,
    /// Which message.
    pub message: MessageId,
    /// What was found.
    pub finding: RiskFinding,
    /// Who resolved it and why, if somebody did.
    pub resolution: Option<RiskResolution>,
    /// When it was raised.
    pub created_at: Timestamp,
}

/// What the rules found in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RiskFinding {
    /// E.g. `passive_wish`, `active_ideation`, `self_injury`, `harm_to_others`, `abuse`.
    pub category: String,
    /// From 1 (low) to 6 (acute).
    pub severity: u8,
    /// How the words are meant: `present`, `negated`, `historical`, `hypothetical`,
    /// `other_person`, `idiom`, `quotation`. Lowers the severity, never drops the record.
    pub assertion: String,
    /// Which rule fired.
    pub rule: String,
    /// First byte in the message's content.
    pub byte_start: usize,
    /// First byte after it.
    pub byte_end: usize,
    /// The words.
    pub quote: String,
}

impl RiskFinding {
    /// Whether the words are taken as a sign of risk to somebody: neither denied, nor an idiom, nor
    /// of a work or a saying. What is not is on record all the same.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        !matches!(self.assertion.as_str(), "negated" | "idiom" | "quotation")
    }

    /// Whether a person must be told at once and the reply is the fixed crisis text.
    #[must_use]
    pub fn requires_human(&self) -> bool {
        self.assertion == "present" && self.severity >= 3
    }
}

/// How a person closed a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskResolution {
    /// Why.
    pub reason: String,
    /// Who.
    pub resolved_by: String,
    /// When.
    pub resolved_at: Timestamp,
}
