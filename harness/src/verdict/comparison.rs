//! The verdict on a comparison: first whether it supports any statement, then what
//! [`super::paired`] says of its ratios.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::{Overall, Verdict};
use super::paired::{self, Change, Finding, Looks};
use super::stats;
use crate::measurement::archive::RunEnd;
use crate::measurement::comparison::{ComparisonRecord, FORMAT, Side, Source, Subject};
use crate::metric::Metric;

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonJudgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it supports no statement; empty if it does.
    pub causes: Vec<String>,
    /// What was seen; none where nothing could be.
    pub change: Option<Change>,
    /// When it looks at its data.
    pub looks: Vec<u32>,
    /// Failed requests as a share of those that ended, base and head, where they differ beyond chance
    /// to the head's disadvantage.
    pub more_errors: Option<(f64, f64)>,
}

impl ComparisonJudgement {
    /// As the verdict on a run, for its exit code.
    #[must_use]
    pub fn overall(&self) -> Overall {
        Overall::of([self.verdict])
    }
}

/// The figures of whole pairs, base and head, turned so that smaller is better.
#[must_use]
pub fn pairs(record: &ComparisonRecord) -> Vec<(f64, f64)> {
    let is_reversed = more_is_better(&record.subject);
    let figure = |value: Option<f64>| match value {
        Some(value) if is_reversed => 1.0 / value,
        Some(value) => value,
        None => f64::NAN,
    };
    record
        .runs
        .chunks_exact(2)
        .map(|two| {
            let (one, other) = (figure(two[0].value), figure(two[1].value));
            match two[0].side {
                Side::Base => (one, other),
                Side::Head => (other, one),
            }
        })
        .collect()
}

/// Whether larger figures of this subject are better.
#[must_use]
pub fn more_is_better(subject: &Subject) -> bool {
    match subject {
        Subject::Scenario { metric, .. } => {
            matches!(metric, Metric::Throughput | Metric::ThroughputPerUser)
        }
        Subject::Bench { .. } => false,
    }
}

/// Judges a comparison that has ended.
#[must_use]
pub fn judge(record: &ComparisonRecord) -> ComparisonJudgement {
    let looks = Looks::within(record.max_pairs);
    let mut causes = causes(record);
    let pairs = pairs(record);
    let change = paired::judge(&pairs, record.threshold_percent / 100.0, &looks);
    if causes.is_empty() && change.is_none() {
        causes.push(format!(
            "{} pairs are too few: the first look is at {}; raise the budget or let it come to its end",
            pairs.len(),
            looks.pairs.first().copied().unwrap_or_default()
        ));
    }
    let more_errors = more_errors(record);
    let verdict = match change {
        _ if !causes.is_empty() => Verdict::Invalid,
        _ if more_errors.is_some() => Verdict::Fail,
        None => Verdict::Invalid,
        Some(change) => match change.finding {
            Finding::Worse => Verdict::Fail,
            Finding::NotWorse => Verdict::Pass,
            Finding::Undecided => Verdict::Marginal,
        },
    };
    ComparisonJudgement {
        verdict,
        causes,
        change,
        looks: looks
            .pairs
            .iter()
            .map(|count| u32::try_from(*count).unwrap_or(u32::MAX))
            .collect(),
        more_errors,
    }
}

/// Whether the comparison is over, as far as the runs so far say: whatever is decided at a look is
/// final, and a run that supports no statement ends it.
#[must_use]
pub fn is_over(record: &ComparisonRecord) -> bool {
    let pairs = pairs(record);
    let looks = Looks::within(record.max_pairs);
    let change = paired::judge(&pairs, record.threshold_percent / 100.0, &looks);
    change.is_some_and(|change| change.finding != Finding::Undecided)
        || pairs.len() >= record.max_pairs as usize
        || !causes_of_runs(record).is_empty()
}

fn causes(record: &ComparisonRecord) -> Vec<String> {
    let mut causes = Vec::new();
    if record.format != FORMAT {
        causes.push(format!(
            "the comparison has format {}, this program reads {FORMAT}; use the version that wrote it",
            record.format
        ));
    }
    match &record.end {
        RunEnd::Failed { reason } => causes.push(format!("it could not go on: {reason}")),
        RunEnd::Interrupted => causes.push("it was interrupted; let it come to its end".to_owned()),
        RunEnd::Unfinished => causes.push("it was cut off; run it again".to_owned()),
        RunEnd::Complete => {}
    }
    if !(record.threshold_percent > 0.0 && record.threshold_percent < 1_000.0) {
        causes.push(format!(
            "a threshold of {} % decides nothing; give one between 0 and 1000 %",
            record.threshold_percent
        ));
    }
    if record.base.source != Source::Url && record.base.source != Source::Checkout {
        let is_same = record.base.source == record.head.source;
        if is_same && record.base.given != record.head.given {
            causes.push(format!(
                "`{}` and `{}` are the same build; name it twice to measure the noise on purpose",
                record.base.given, record.head.given
            ));
        }
    }
    causes.extend(causes_of_runs(record));
    if !record.runs.len().is_multiple_of(2) {
        causes.push("the last pair has one run only; let it come to its end".to_owned());
    }
    causes
}

fn causes_of_runs(record: &ComparisonRecord) -> Vec<String> {
    let mut causes = Vec::new();
    let floor = stats::sample_floor(match &record.subject {
        Subject::Scenario { statistic, .. } => *statistic,
        Subject::Bench { statistic, .. } => Some(*statistic),
    });
    for (turn, run) in record.runs.iter().enumerate() {
        let number = turn + 1;
        if run.side != Side::of_turn(turn) {
            causes.push(format!(
                "run {number} is of the {}, and it was the turn of the {}; never join comparisons by hand",
                run.side.word(),
                Side::of_turn(turn).word()
            ));
        }
        if run.plan_hash != record.plan_hash {
            causes.push(format!("run {number} was done with another plan"));
        }
        for cause in &run.causes {
            causes.push(format!("run {number} ({}): {cause}", run.side.word()));
        }
        match run.value {
            Some(value) if value.is_finite() && value > 0.0 && run.n >= floor => {}
            Some(value) if value.is_finite() && value > 0.0 => causes.push(format!(
                "run {number} has {} samples and its figure needs {floor}; lengthen the scenario",
                run.n
            )),
            _ => causes.push(format!("run {number} has no figure that can be compared")),
        }
        if run.failed > run.ended {
            causes.push(format!("run {number} counts more failures than requests"));
        }
    }
    let times: Vec<_> = record.runs.iter().map(|run| run.started_at).collect();
    if times.windows(2).any(|two| two[1] < two[0]) {
        causes.push("the clock went backwards between two runs; measure again".to_owned());
    }
    causes
}

/// A head that fails more requests may well be faster.
fn more_errors(record: &ComparisonRecord) -> Option<(f64, f64)> {
    let count = |side: Side| {
        record
            .runs
            .iter()
            .filter(|run| run.side == side)
            .fold((0_u64, 0_u64), |sum, run| {
                (sum.0 + run.failed, sum.1 + run.ended)
            })
    };
    let (base, head) = (count(Side::Base), count(Side::Head));
    let (_, base_high) = stats::wilson(base.0, base.1)?;
    let (head_low, _) = stats::wilson(head.0, head.1)?;
    (head_low > base_high).then(|| (base.0 as f64 / base.1 as f64, head.0 as f64 / head.1 as f64))
}
