//! Figures of comparable runs as lines of text.

use std::fmt::Write as _;

use super::{filters, phrase};
use crate::findings::trend::Trend;
use crate::measurement::archive::RunRecord;
use crate::verdict::judgement::Quantity;

/// One line per target of `record`, with the run before it and every change of level.
#[must_use]
pub fn table(record: &RunRecord, trend: &Trend) -> String {
    let mut text = String::new();
    let Some(last) = trend.earlier.last() else {
        return format!(
            "{} has no earlier run that can be compared ({} others were left out)\n",
            record.stamp, trend.left_out
        );
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{} beside {} (of {} comparable runs; {} others were left out)\n",
        record.stamp,
        last.stamp,
        trend.earlier.len(),
        trend.left_out
    );
    for row in &trend.rows {
        let figure = |value: Option<f64>| {
            value.map_or_else(
                || filters::NOT_MEASURED.to_owned(),
                |value| filters::with_unit(value, row.unit, Quantity::CallTime),
            )
        };
        let place = format!("{}, {}", phrase::place(record, &row.scenario), row.label);
        let change = row.change.map_or_else(String::new, filters::signed_percent);
        let reading = match row.overlap {
            Some(true) => "within both intervals",
            Some(false) => "intervals apart",
            None => "no interval",
        };
        let before = figure(row.earlier.last().copied().flatten());
        let _ = writeln!(
            text,
            "{place:<52} {before:>14} {:>14} {change:>9}  {reading}",
            figure(row.now)
        );
        for level in &row.changes {
            let _ = writeln!(
                text,
                "  level changed between {} and {}: {} to {}, p = {:.1e}",
                level.after.stamp,
                level.from.stamp,
                figure(Some(level.old)),
                figure(Some(level.new)),
                level.p
            );
        }
    }
    text
}
