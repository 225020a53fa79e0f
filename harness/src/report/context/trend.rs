//! What became of the figures since earlier runs.

use serde::Serialize;

use super::super::filters::{self, signed_percent};
use super::super::phrase;
use super::{Source, or_not_measured};
use crate::findings::trend::{EarlierRun, LevelChange, TrendRow};
use crate::metric::Unit;
use crate::verdict::judgement::Quantity;

/// How many earlier runs have a column; the chart shows all.
const COLUMNS: usize = 5;

/// The trend section.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TrendView {
    /// How many runs it rests on.
    runs: usize,
    /// Stamps of the runs with a column.
    columns: Vec<String>,
    left_out: u32,
    rows: Vec<RowView>,
    /// Sentences on changes of level.
    changes: Vec<String>,
    /// Whether there are enough runs to look for them.
    levels: bool,
}

#[derive(Debug, Clone, Serialize)]
struct RowView {
    place: String,
    label: String,
    earlier: Vec<String>,
    now: String,
    change: String,
    reading: String,
}

impl TrendView {
    pub(super) fn new(source: Source<'_>) -> Self {
        let trend = &source.findings.trend;
        let skipped = trend.earlier.len().saturating_sub(COLUMNS);
        Self {
            runs: trend.earlier.len(),
            columns: trend.earlier[skipped..]
                .iter()
                .map(|run| run.stamp.clone())
                .collect(),
            left_out: trend.left_out,
            rows: trend
                .rows
                .iter()
                .map(|row| view(source, row, skipped))
                .collect(),
            changes: trend
                .rows
                .iter()
                .flat_map(|row| row.changes.iter().map(|found| sentence(source, row, found)))
                .collect(),
            levels: trend.earlier.len() + 1 >= crate::findings::change_point::LEAST_RUNS,
        }
    }
}

fn figure(value: f64, unit: Unit) -> String {
    filters::with_unit(value, unit, Quantity::CallTime)
}

fn view(source: Source<'_>, row: &TrendRow, skipped: usize) -> RowView {
    let text = |value: Option<f64>| or_not_measured(value, |value| figure(value, row.unit));
    RowView {
        place: phrase::place(source.record, &row.scenario),
        label: row.label.clone(),
        earlier: row
            .earlier
            .iter()
            .skip(skipped)
            .map(|value| text(*value))
            .collect(),
        now: text(row.now),
        change: or_not_measured(row.change, signed_percent),
        reading: match row.overlap {
            Some(true) => "within both intervals: no difference shown",
            Some(false) => "intervals apart; one run each, so not yet proof",
            None => "no interval to compare",
        }
        .to_owned(),
    }
}

fn sentence(source: Source<'_>, row: &TrendRow, change: &LevelChange) -> String {
    let size = change.percent.map_or_else(String::new, |percent| {
        format!(" ({})", signed_percent(percent))
    });
    format!(
        "{}, {}: from {} to {}{size} between {} and {}, p = {:.1e}",
        phrase::place(source.record, &row.scenario),
        row.label,
        figure(change.old, row.unit),
        figure(change.new, row.unit),
        run(&change.after),
        run(&change.from),
        change.p,
    )
}

fn run(run: &EarlierRun) -> String {
    let commit = run.commit.as_deref().map_or_else(String::new, |commit| {
        format!(" (commit {})", commit.chars().take(12).collect::<String>())
    });
    format!("{}{commit}", run.stamp)
}
