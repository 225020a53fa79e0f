//! This run beside earlier ones that can be compared: same machine, same profile, same plan, same
//! kind of build. A list of differences, not yet change points: those need seven runs or more and
//! are not computed in this version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::archive::RunRecord;
use crate::metric::Unit;
use crate::verdict::judgement::Judgement;
use crate::verdict::outcome::Overall;
use crate::verdict::{Assessment, assess};

/// How many earlier runs are shown at most.
pub const SHOWN: usize = 5;

/// What became of the figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// Stamps of the comparable earlier runs, oldest first; at most five.
    pub earlier: Vec<String>,
    /// Earlier runs that cannot be compared, or are no basis because they are INVALID.
    pub left_out: u32,
    /// One row per target, in the order of the plan.
    pub rows: Vec<TrendRow>,
}

/// One target over the runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendRow {
    /// The scenario, `memory` or `bench`.
    pub scenario: String,
    /// The target's label.
    pub label: String,
    /// Unit of all figures.
    pub unit: Unit,
    /// The figure in each of the earlier runs.
    pub earlier: Vec<Option<f64>>,
    /// In this one.
    pub now: Option<f64>,
    /// Against the latest earlier run, in percent of it; none without both or with a zero there.
    pub change: Option<f64>,
    /// Whether the intervals of the two overlap, so that the change may be noise; none if one has
    /// no interval.
    pub overlap: Option<bool>,
}

/// Compares with the history.
#[must_use]
pub fn find(record: &RunRecord, assessment: &Assessment, history: &[RunRecord]) -> Trend {
    let others = history.iter().filter(|run| run.stamp != record.stamp);
    let mut left_out = 0;
    let mut earlier: Vec<(&RunRecord, Assessment)> = Vec::new();
    for run in others.filter(|run| run.started_at < record.started_at) {
        let judged = comparable(record, run).then(|| assess(run));
        match judged.filter(|judged| judged.overall != Overall::Invalid) {
            Some(judged) => earlier.push((run, judged)),
            None => left_out += 1,
        }
    }
    earlier.sort_by_key(|(run, _)| run.started_at);
    let shown = earlier.split_off(earlier.len().saturating_sub(SHOWN));
    let rows = if shown.is_empty() {
        Vec::new()
    } else {
        assessment
            .judgements()
            .map(|judgement| row(judgement, &shown))
            .collect()
    };
    Trend {
        earlier: shown.iter().map(|(run, _)| run.stamp.clone()).collect(),
        left_out,
        rows,
    }
}

fn comparable(a: &RunRecord, b: &RunRecord) -> bool {
    a.format == b.format
        && a.environment.fingerprint == b.environment.fingerprint
        && a.suite.profile == b.suite.profile
        && a.plan_hash == b.plan_hash
        && a.tool.build == b.tool.build
}

fn row(now: &Judgement, earlier: &[(&RunRecord, Assessment)]) -> TrendRow {
    let same = |judged: &Assessment| {
        let found = judged
            .judgements()
            .find(|j| j.scenario == now.scenario && j.label == now.label);
        found.cloned()
    };
    let all: Vec<Option<Judgement>> = earlier.iter().map(|(_, judged)| same(judged)).collect();
    let last = all.last().and_then(Option::as_ref);
    let before = last.and_then(|judgement| judgement.value);
    let change = match (before, now.value) {
        (Some(before), Some(value)) if before != 0.0 => Some((value / before - 1.0) * 100.0),
        _ => None,
    };
    let overlap = match (last.and_then(|judgement| judgement.interval), now.interval) {
        (Some(a), Some(b)) => Some(a.low <= b.high && b.low <= a.high),
        _ => None,
    };
    TrendRow {
        scenario: now.scenario.clone(),
        label: now.label.clone(),
        unit: now.unit,
        earlier: all
            .iter()
            .map(|found| found.as_ref().and_then(|j| j.value))
            .collect(),
        now: now.value,
        change,
        overlap,
    }
}
