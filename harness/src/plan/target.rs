//! One target: a quantity, a statistic, a bound.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metric::{Metric, Statistic, Unit};
use crate::units::Micros;

/// What must hold of one figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The row's label in the report, e.g. `Response Time (95th)`.
    pub label: String,
    /// The quantity.
    pub metric: Metric,
    /// Which figure of it; required exactly where the metric has a choice.
    pub statistic: Option<Statistic>,
    /// Only these steps; empty means all steps of the measured phase.
    pub steps: Vec<String>,
    /// Only this part of the measured phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Span>,
    /// Of goodput: what a request must meet, beside success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Micros>,
    /// The bound.
    pub bound: Bound,
    /// By how many percent of the bound the figure may miss it and still be MARGINAL.
    pub tolerance_percent: f64,
    /// A figure on the good side but beyond this is implausible and makes the target INVALID.
    pub implausible_beyond: Option<f64>,
}

/// A part of the measured phase, in whole seconds, because that is how finely it is kept.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The first second that counts, from 0.
    pub from: u32,
    /// The first second that does not; none: to the end.
    pub to: Option<u32>,
}

impl Span {
    /// Whether a second is in it.
    #[must_use]
    pub fn contains(self, second: u32) -> bool {
        second >= self.from && self.to.is_none_or(|to| second < to)
    }
}

impl Target {
    /// Whether it is held against the same figure of a baseline.
    #[must_use]
    pub fn is_relative(&self) -> bool {
        self.bound.unit == Unit::PercentOfBaseline
    }
}

/// The good side of a number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// Which side is good.
    pub relation: Relation,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

/// How a figure must stand to the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Relation {
    #[serde(rename = "<")]
    Below,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">")]
    Above,
    #[serde(rename = ">=")]
    AtLeast,
}

impl Relation {
    /// The sign.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Whether `figure` stands to `bound` as wanted.
    #[must_use]
    pub fn holds(self, figure: f64, bound: f64) -> bool {
        match self {
            Self::Below => figure < bound,
            Self::AtMost => figure <= bound,
            Self::Above => figure > bound,
            Self::AtLeast => figure >= bound,
        }
    }

    /// Whether smaller figures are better.
    #[must_use]
    pub fn smaller_is_better(self) -> bool {
        matches!(self, Self::Below | Self::AtMost)
    }
}
