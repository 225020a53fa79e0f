//! `loadtest_results_<stamp>.json`: the figures of each scenario and step as plain numbers with the
//! unit in the key, for readers without an HDR library.

use serde_json::{Value, json};

use super::to_json;
use crate::measurement::archive::{ArchiveError, RunRecord};
use crate::measurement::generator::ArrivalRecord;
use crate::measurement::histogram::HistogramRecord;
use crate::measurement::load::{ScenarioRecord, StepRecord};

/// The quantiles that are written out. Each stands beside its number of samples; whether that is
/// enough to publish it is decided by the verdicts and not here.
const QUANTILES: [(&str, f64); 6] = [
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99_9", 0.999),
];

pub(super) fn json(run: &RunRecord) -> Result<String, ArchiveError> {
    let scenarios: Vec<Value> = run
        .scenarios
        .iter()
        .map(scenario)
        .collect::<Result<_, _>>()?;
    to_json(&json!({
        "stamp": run.stamp,
        "started_at": run.started_at.to_string(),
        "profile": run.suite.profile,
        "seed": run.seed,
        "plan_hash": run.plan_hash,
        "scenarios": scenarios,
    }))
}

fn scenario(scenario: &ScenarioRecord) -> Result<Value, ArchiveError> {
    let seconds = scenario.duration.as_secs();
    let completed = scenario.accounting.completed;
    Ok(json!({
        "name": scenario.name,
        "started_at": scenario.started_at.to_string(),
        "end": scenario.end,
        "duration_s": seconds,
        "users": scenario.users,
        "accounting": scenario.accounting,
        "completed_per_s": (seconds > 0.0).then(|| completed as f64 / seconds),
        "steps": scenario.steps.iter().map(step).collect::<Result<Vec<_>, _>>()?,
        "errors": scenario.errors,
        "lateness_ms": distribution(&scenario.lateness)?,
        "censored_ms": scenario.censored.as_ref().map(distribution).transpose()?,
        "arrivals": scenario.arrivals.as_ref().map(arrivals).transpose()?,
        "windows": scenario.windows,
    }))
}

fn arrivals(arrivals: &ArrivalRecord) -> Result<Value, ArchiveError> {
    Ok(json!({
        "scheduled": arrivals.scheduled,
        "begun": arrivals.begun,
        "backlogged": arrivals.backlogged,
        "backlog_ms": distribution(&arrivals.backlog)?,
        "pacing_ms": distribution(&arrivals.pacing)?,
        "scheduled_per_s": arrivals.scheduled_rate(),
        "achieved_per_s": arrivals.achieved_rate(),
        "calm_mean_ms": arrivals.calm.mean().map(|micros| micros / 1_000.0),
        "crowded_mean_ms": arrivals.crowded.mean().map(|micros| micros / 1_000.0),
    }))
}

fn step(step: &StepRecord) -> Result<Value, ArchiveError> {
    let mut phases = serde_json::Map::new();
    for (name, times) in &step.phases {
        phases.insert(name.clone(), distribution(times)?);
    }
    Ok(json!({
        "step": step.step,
        "endpoint": step.endpoint,
        "completed": step.completed,
        "failed": step.failed,
        "sent_bytes": step.sent,
        "received_bytes": step.received,
        "response_ms": distribution(&step.response)?,
        "service_ms": distribution(&step.service)?,
        "queue_ms": distribution(&step.queue)?,
        "first_byte_ms": distribution(&step.first_byte)?,
        "failed_response_ms": distribution(&step.failed_response)?,
        "server_phases_ms": phases,
    }))
}

fn distribution(record: &HistogramRecord) -> Result<Value, ArchiveError> {
    let mut figures = serde_json::Map::new();
    figures.insert("count".to_owned(), json!(record.count));
    if let (Some(mean), Some(min), Some(max)) = (record.mean(), record.min, record.max) {
        figures.insert("mean".to_owned(), json!(mean / 1_000.0));
        figures.insert("min".to_owned(), json!(min.as_millis()));
        let histogram = record.decode()?;
        for (name, quantile) in QUANTILES {
            let micros = histogram.value_at_quantile(quantile).clamp(min.0, max.0);
            figures.insert(name.to_owned(), json!(micros as f64 / 1_000.0));
        }
        figures.insert("max".to_owned(), json!(max.as_millis()));
    }
    Ok(Value::Object(figures))
}
