//! This run beside earlier ones that can be compared: same machine, same profile, same plan, same
//! kind of build. Fewer than [`LEAST_RUNS`](change_point::LEAST_RUNS) runs are a list of differences;
//! from there on changes of level are looked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change_point;
use crate::measurement::archive::RunRecord;
use crate::metric::Unit;
use crate::verdict::judgement::Judgement;
use crate::verdict::outcome::Overall;
use crate::verdict::{Assessment, assess};

/// How many earlier runs are looked at, the latest ones: more than this is another age.
pub const MOST: usize = 60;

/// What became of the figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// The comparable earlier runs, oldest first; at most [`MOST`].
    pub earlier: Vec<EarlierRun>,
    /// Earlier runs that cannot be compared, or are no basis because they are INVALID.
    pub left_out: u32,
    /// One row per target, in the order of the plan.
    pub rows: Vec<TrendRow>,
}

/// A run that this one is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EarlierRun {
    /// Its stamp.
    pub stamp: String,
    /// The commit that was measured, as far as the tool knows it.
    pub commit: Option<String>,
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
    /// Where the level changed, oldest first; empty with fewer than seven figures.
    pub changes: Vec<LevelChange>,
}

/// A change of level between two runs that follow each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelChange {
    /// The last run on the old level.
    pub after: EarlierRun,
    /// The first run on the new one.
    pub from: EarlierRun,
    /// Its place, from 0, among the runs that have a figure.
    pub at: u32,
    /// Mean of the old level, in the row's unit.
    pub old: f64,
    /// Mean of the new one.
    pub new: f64,
    /// The change in percent of the old level; none if that is zero.
    pub percent: Option<f64>,
    /// How rarely chance alone gives such a difference.
    pub p: f64,
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
    let shown = earlier.split_off(earlier.len().saturating_sub(MOST));
    let rows = if shown.is_empty() {
        Vec::new()
    } else {
        assessment
            .judgements()
            .map(|judgement| row(judgement, &shown, record))
            .collect()
    };
    Trend {
        earlier: shown.iter().map(|(run, _)| named(run)).collect(),
        left_out,
        rows,
    }
}

fn comparable(a: &RunRecord, b: &RunRecord) -> bool {
    obstacles(a, b).is_empty()
}

/// What keeps two runs from being compared; empty if nothing does.
#[must_use]
pub fn obstacles(a: &RunRecord, b: &RunRecord) -> Vec<&'static str> {
    let checks = [
        ("the format of run.json", a.format == b.format),
        (
            "the machine",
            a.environment.fingerprint == b.environment.fingerprint,
        ),
        ("the profile", a.suite.profile == b.suite.profile),
        ("the plan", a.plan_hash == b.plan_hash),
        ("the build of steps-perf", a.tool.build == b.tool.build),
    ];
    checks
        .into_iter()
        .filter_map(|(what, same)| (!same).then_some(what))
        .collect()
}

fn named(run: &RunRecord) -> EarlierRun {
    EarlierRun {
        stamp: run.stamp.clone(),
        commit: run.tool.commit.clone(),
    }
}

fn row(now: &Judgement, earlier: &[(&RunRecord, Assessment)], this: &RunRecord) -> TrendRow {
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
    let figures = all.iter().map(|found| found.as_ref().and_then(|j| j.value));
    let runs = earlier.iter().map(|(run, _)| *run);
    let series: Vec<(&RunRecord, f64)> = runs
        .chain([this])
        .zip(figures.chain([now.value]))
        .filter_map(|(run, figure)| Some((run, figure?)))
        .collect();
    TrendRow {
        changes: changes(&series),
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

fn changes(series: &[(&RunRecord, f64)]) -> Vec<LevelChange> {
    let values: Vec<f64> = series.iter().map(|(_, value)| *value).collect();
    change_point::find(&values)
        .into_iter()
        .map(|split| LevelChange {
            after: named(series[split.at - 1].0),
            from: named(series[split.at].0),
            at: u32::try_from(split.at).unwrap_or(u32::MAX),
            old: split.before,
            new: split.after,
            percent: (split.before != 0.0).then(|| (split.after / split.before - 1.0) * 100.0),
            p: split.p,
        })
        .collect()
}
