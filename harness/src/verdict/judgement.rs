//! One figure held against one bound, with everything needed to check the verdict by hand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::Verdict;
use crate::metric::{Metric, Statistic, Unit};
use crate::plan::target::Bound;

/// What a judgement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// A quantity of a scenario or of the memory profile.
    Measured(Metric),
    /// The time of one call of a benchmarked function.
    CallTime,
}

/// How an interval was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Method {
    /// Ranks of the sorted samples by the binomial distribution (David and Nagaraja, *Order
    /// Statistics*, 3rd ed., section 7.1). Assumes independent samples.
    OrderStatistics,
    /// The score interval of Wilson (1927) for a share.
    Wilson,
    /// The percentile bootstrap over windows of one second (Efron and Tibshirani 1993, ch. 13).
    Bootstrap {
        /// Windows drawn from.
        windows: u32,
        /// How often.
        resamples: u32,
        /// Seed of the draws.
        seed: u64,
    },
    /// Student's t on the ratio over windows of one second (Cochran 1977, section 6.3), for 3 to 9
    /// windows.
    StudentWindows {
        /// The windows.
        windows: u32,
    },
    /// Student's t on single samples, taken as independent; only where a scenario is too short for
    /// windows.
    StudentSamples,
    /// Kendall's statistic on the slopes of all pairs (Sen 1968), widened for correlated neighbours.
    TheilSen,
    /// The ends of two intervals divided: widest where both are at their worst.
    Quotient,
}

/// Where the true figure lies, at 99 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Lower end, in the judgement's unit.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How it was found.
    pub method: Method,
}

/// Why a judgement came out as it did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// The whole interval is on the good side.
    IntervalGood,
    /// The figure is on the good side; it is an observation and has no interval.
    FigureGood,
    /// The interval contains the bound: the samples do not decide.
    IntervalContainsBound,
    /// A miss for itself, but among so many targets one such miss is to be expected by chance.
    FamilyWise {
        /// Targets judged by intervals in this run.
        targets: u32,
    },
    /// A miss within the declared tolerance.
    WithinTolerance,
    /// A miss beyond the tolerance.
    BeyondTolerance,
    /// Nearer to the bound than the instrument's own error.
    FinerThanInstrument {
        /// That error on this machine, in milliseconds.
        error_ms: f64,
    },
    /// Nothing was counted for it.
    NoSample,
    /// Fewer samples than the statistic needs.
    TooFewSamples {
        /// At least so many are needed.
        needed: u64,
    },
    /// Too short for an interval.
    TooShort,
    /// On the good side, but better than can be.
    Implausible {
        /// The limit of the plausible, in the judgement's unit.
        limit: f64,
    },
    /// The resources of the system under test cannot be seen from here.
    NotVisible,
    /// The plan asks for a statistic that this quantity does not have.
    NoSuchStatistic,
    /// It is relative to a baseline, and none was given.
    NoBaseline,
    /// The baseline cannot be compared with: from another machine, plan or build, later than the run,
    /// or invalid itself.
    BaselineUnfit,
    /// The saved data does not agree with itself.
    Corrupt,
    /// The scenario or profile it belongs to is invalid.
    GroupInvalid,
    /// The run is invalid.
    RunInvalid,
}

impl Reason {
    /// One clause for people.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::IntervalGood => "the whole interval is on the good side".to_owned(),
            Self::FigureGood => "the observed figure is on the good side".to_owned(),
            Self::IntervalContainsBound => {
                "the interval contains the bound, so these samples do not decide".to_owned()
            }
            Self::FamilyWise { targets } => format!(
                "misses the bound for itself, but not beyond what chance does to one of {targets} targets"
            ),
            Self::WithinTolerance => "misses the bound within the declared tolerance".to_owned(),
            Self::BeyondTolerance => "misses the bound beyond the declared tolerance".to_owned(),
            Self::FinerThanInstrument { error_ms } => {
                format!("nearer to the bound than the instrument's own error of {error_ms:.3} ms")
            }
            Self::NoSample => "nothing was measured for it".to_owned(),
            Self::TooFewSamples { needed } => format!("needs at least {needed} samples"),
            Self::TooShort => "too short for an interval: needs 3 seconds or 30 samples".to_owned(),
            Self::Implausible { limit } => {
                format!("implausibly good: beyond the declared limit of {limit}")
            }
            Self::NotVisible => "the process of the system under test cannot be seen".to_owned(),
            Self::NoSuchStatistic => "this quantity has no such statistic".to_owned(),
            Self::NoBaseline => {
                "is relative to a baseline and none was given: --baseline RUN".to_owned()
            }
            Self::BaselineUnfit => "the baseline cannot be compared with".to_owned(),
            Self::Corrupt => "the saved data does not agree with itself".to_owned(),
            Self::GroupInvalid => "its scenario or profile is invalid".to_owned(),
            Self::RunInvalid => "the run is invalid".to_owned(),
        }
    }
}

/// The verdict on one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// The scenario, `memory` or `bench`.
    pub scenario: String,
    /// The target's label.
    pub label: String,
    /// What was judged.
    pub quantity: Quantity,
    /// Which figure of it, where there is a choice.
    pub statistic: Option<Statistic>,
    /// Samples behind the figure.
    pub n: u64,
    /// The figure, in `unit`; none if there is none.
    pub value: Option<f64>,
    /// Unit of figure, interval and bound.
    pub unit: Unit,
    /// Where the true figure lies; none for plain observations such as a maximum.
    pub interval: Option<Interval>,
    /// What was asked for.
    pub bound: Bound,
    /// Declared tolerance, in percent of the bound.
    pub tolerance_percent: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}
