//! One target: a quantity, a statistic, a bound.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metric::{Metric, Statistic, Unit};

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
    /// The bound.
    pub bound: Bound,
    /// By how many percent of the bound the figure may miss it and still be MARGINAL.
    pub tolerance_percent: f64,
    /// A figure on the good side but beyond this is implausible and makes the target INVALID.
    pub implausible_beyond: Option<f64>,
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
