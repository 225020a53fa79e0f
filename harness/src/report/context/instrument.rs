//! What the instrument says of itself: its arrivals, and its own error on this machine.

use super::super::filters::{NOT_MEASURED, millis, number, percent};
use super::{ErrorRow, OpenRow};
use crate::measurement::archive::RunRecord;
use crate::measurement::calibration::{CalibrationRow, ComparedTime, TruthSource};
use crate::measurement::histogram::HistogramRecord;
use crate::measurement::load::{ScenarioRecord, StepRecord};
use crate::metric::Statistic;
use crate::verdict::distribution::Distribution;

/// The arrivals of every open scenario.
pub(super) fn open(record: &RunRecord) -> Vec<OpenRow> {
    record
        .scenarios
        .iter()
        .filter_map(|scenario| open_row(record, scenario))
        .collect()
}

fn open_row(record: &RunRecord, scenario: &ScenarioRecord) -> Option<OpenRow> {
    let arrivals = scenario.arrivals.as_ref()?;
    let plan = record.suite.scenarios.iter();
    let number_of = plan
        .filter(|plan| plan.name == scenario.name)
        .map(|plan| plan.number.to_string())
        .next();
    let rate = |value: Option<f64>| {
        value.map_or_else(
            || NOT_MEASURED.to_owned(),
            |rate| format!("{} /s", number(rate)),
        )
    };
    let achieved = match (arrivals.scheduled_rate(), arrivals.achieved_rate()) {
        (Some(asked), Some(done)) => {
            format!("{done:.3} /s ({:+.3}%)", (done / asked - 1.0) * 100.0)
        }
        (_, done) => rate(done),
    };
    let share = arrivals.backlogged as f64 / (arrivals.begun as f64).max(1.0) * 100.0;
    Some(OpenRow {
        scenario: number_of.unwrap_or_else(|| scenario.name.clone()),
        scheduled: format!(
            "{}, {}",
            arrivals.scheduled,
            rate(arrivals.scheduled_rate())
        ),
        achieved,
        backlogged: format!("{} ({}%)", arrivals.backlogged, percent(share)),
        queue: spread(scenario, |step| &step.queue),
        service: spread(scenario, |step| &step.service),
        response: spread(scenario, |step| &step.response),
        censored: censored(scenario),
    })
}

/// Median, 95th and 99th percentile over all steps; only those that the samples support.
fn spread(scenario: &ScenarioRecord, part: impl Fn(&StepRecord) -> &HistogramRecord) -> String {
    let Ok(times) = Distribution::merge(scenario.steps.iter().map(part)) else {
        return NOT_MEASURED.to_owned();
    };
    [Statistic::Median, Statistic::P95, Statistic::P99]
        .map(|statistic| {
            let value = times.percentile(statistic);
            value.map_or_else(|| "–".to_owned(), millis)
        })
        .join(" / ")
}

fn censored(scenario: &ScenarioRecord) -> String {
    match &scenario.censored {
        Some(ages) if ages.count > 0 => format!(
            "{}, the oldest {} ms",
            ages.count,
            ages.max
                .map_or_else(|| NOT_MEASURED.to_owned(), |max| millis(max.0 as f64))
        ),
        Some(_) => "none".to_owned(),
        None => NOT_MEASURED.to_owned(),
    }
}

/// What is known of the instrument's error on this machine.
pub(super) fn sentence(record: &RunRecord) -> String {
    let Some(made) = &record.instrument else {
        return "The instrument was not calibrated on this machine with this build \
                (`steps-perf calibrate`), so its own error is not known."
            .to_owned();
    };
    let noise = made
        .noise
        .iter()
        .find(|noise| (noise.percentile - 95.0).abs() < 1e-9)
        .and_then(|noise| noise.spread_percent())
        .map_or_else(String::new, |spread| {
            format!(" Repeated runs of the same load differed by {spread:.1}% at p95.")
        });
    format!(
        "The instrument's own error, measured on this machine on {} against a server with known \
         latencies.{noise} A verdict that would need to be finer is MARGINAL.",
        made.made_at.strftime("%Y-%m-%d")
    )
}

/// The error of response times under each law.
pub(super) fn errors(record: &RunRecord) -> Vec<ErrorRow> {
    let rows = record.instrument.iter().flat_map(|made| &made.rows);
    rows.filter(|row| row.time == ComparedTime::Response)
        .map(error_row)
        .collect()
}

fn error_row(row: &CalibrationRow) -> ErrorRow {
    let source = match row.source {
        TruthSource::Server => "measured by the server",
        TruthSource::Computed => "computed",
    };
    ErrorRow {
        law: row.law.clone(),
        time: source.to_owned(),
        percentile: format!("p{}", row.percentile),
        n: row.n,
        reported: millis(row.reported.0 as f64),
        truth: millis(row.truth.0 as f64),
        error: format!("{:+.3}", row.error() / 1_000.0),
    }
}
