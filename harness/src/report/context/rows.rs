//! Rows of tables that both documents need.

use serde::Serialize;

use super::super::filters::{self, NOT_MEASURED, duration, millis, number, percent};
use super::{MethodRow, or_not_measured};
use crate::measurement::archive::RunRecord;
use crate::measurement::load::{ScenarioRecord, StepRecord};
use crate::metric::Statistic;
use crate::plan::arrivals::Spacing;
use crate::plan::load::{Length, Load};
use crate::verdict::distribution::Distribution;
use crate::verdict::figure::{average_cpu, peak_cpu};
use crate::verdict::judgement::Judgement;

/// One target.
#[derive(Debug, Clone, Serialize)]
pub(super) struct JudgementRow {
    label: String,
    value: String,
    target: String,
    status: String,
    n: u64,
    interval: String,
    method: String,
    reason: String,
}

/// A judgement as a row.
pub(super) fn judgement(judgement: &Judgement) -> JudgementRow {
    JudgementRow {
        label: judgement.label.clone(),
        value: filters::value(judgement),
        target: filters::bound(&judgement.bound, judgement.quantity),
        status: judgement.verdict.mark().to_owned(),
        n: judgement.n,
        interval: filters::interval(judgement),
        method: match (judgement.interval, judgement.value) {
            (Some(interval), _) => filters::method(interval.method),
            (None, Some(_)) => "observation".to_owned(),
            (None, None) => NOT_MEASURED.to_owned(),
        },
        reason: judgement.reason.text(),
    }
}

/// The times of a function, a step or an endpoint in milliseconds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Times {
    pub(super) n: u64,
    pub(super) mean: String,
    pub(super) min: String,
    pub(super) max: String,
    pub(super) median: String,
    pub(super) p95: String,
}

impl Times {
    /// Of a distribution, with the text for one of its ticks.
    pub(super) fn of(times: &Distribution, text: impl Fn(f64) -> String + Copy) -> Self {
        let percentile = |statistic: Statistic| match times.percentile(statistic) {
            Some(value) => text(value),
            None if times.count() == 0 => NOT_MEASURED.to_owned(),
            None => {
                format!("not stated, n < {}", statistic.sample_floor().unwrap_or(1))
            }
        };
        Self {
            n: times.count(),
            mean: or_not_measured(times.mean(), text),
            min: or_not_measured(times.min(), text),
            max: or_not_measured(times.max(), text),
            median: percentile(Statistic::Median),
            p95: percentile(Statistic::P95),
        }
    }

    /// Of nothing.
    pub(super) fn none() -> Self {
        let none = || NOT_MEASURED.to_owned();
        Self {
            n: 0,
            mean: none(),
            min: none(),
            max: none(),
            median: none(),
            p95: none(),
        }
    }
}

/// The response times of some steps; as of nothing if they cannot be read.
pub(super) fn response<'a>(steps: impl IntoIterator<Item = &'a StepRecord>) -> Times {
    Distribution::merge(steps.into_iter().map(|step| &step.response))
        .map_or_else(|_| Times::none(), |times| Times::of(&times, millis))
}

/// One endpoint of a scenario.
#[derive(Debug, Clone, Serialize)]
pub(super) struct EndpointRow {
    endpoint: String,
    rate: String,
    times: Times,
    errors: String,
    n: u64,
}

/// The endpoints of a scenario in the order in which its steps name them.
pub(super) fn endpoints(scenario: &ScenarioRecord) -> Vec<EndpointRow> {
    let mut names: Vec<&str> = Vec::new();
    for step in &scenario.steps {
        if !names.contains(&step.endpoint.as_str()) {
            names.push(&step.endpoint);
        }
    }
    let seconds = scenario.duration.as_secs();
    names
        .into_iter()
        .map(|name| {
            let steps = || {
                scenario
                    .steps
                    .iter()
                    .filter(move |step| step.endpoint == name)
            };
            let completed: u64 = steps().map(|step| step.completed).sum();
            let failed: u64 = steps().map(|step| step.failed).sum();
            let ended = completed + failed;
            EndpointRow {
                endpoint: name.to_owned(),
                rate: or_not_measured(
                    (seconds > 0.0 && ended > 0).then(|| completed as f64 / seconds),
                    number,
                ),
                times: response(steps()),
                errors: error_share(failed, ended),
                n: ended,
            }
        })
        .collect()
}

/// Failures in percent of what ended, with the sign.
pub(super) fn error_share(failed: u64, ended: u64) -> String {
    or_not_measured(
        (ended > 0).then(|| failed as f64 / ended as f64 * 100.0),
        |share| format!("{}%", percent(share)),
    )
}

/// CPU of a system under test.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CpuView {
    pub(super) average: String,
    pub(super) peak: String,
    pub(super) cores: String,
}

/// The CPU of a scenario's server.
pub(super) fn cpu(scenario: Option<&ScenarioRecord>) -> CpuView {
    let series = scenario.and_then(|scenario| scenario.server.as_ref());
    let average = series.and_then(average_cpu);
    CpuView {
        average: or_not_measured(average, percent),
        peak: or_not_measured(series.and_then(peak_cpu), percent),
        cores: match (series, average) {
            (Some(series), Some(average)) => format!(
                "{} of {} cores",
                number(average / 100.0 * f64::from(series.cores)),
                series.cores
            ),
            _ => NOT_MEASURED.to_owned(),
        },
    }
}

/// How the load of a scenario was planned: users, length, pauses.
pub(super) fn load(load: &Load) -> [String; 3] {
    if let Some(arrivals) = &load.arrivals {
        let spacing = match arrivals.spacing {
            Spacing::Even => "evenly spaced",
            Spacing::Poisson => "Poisson",
        };
        return [
            format!("a pool of {}", load.users),
            duration(arrivals.lasts()),
            format!("open: {:.0} arrivals, {spacing}", arrivals.expected()),
        ];
    }
    let users = if load.users == 1 {
        "1 user".to_owned()
    } else {
        format!("{} users, {} a second", load.users, load.ramp_per_second)
    };
    let length = match load.length {
        Length::Iterations { count, deadline } => {
            format!(
                "{count} iterations per user, {} at most",
                duration(deadline)
            )
        }
        Length::Duration(time) => duration(time),
    };
    let think = if load.think.max.0 == 0 {
        "none".to_owned()
    } else if load.think.min == load.think.max {
        duration(load.think.min)
    } else {
        format!(
            "{} to {}, uniform",
            duration(load.think.min),
            duration(load.think.max)
        )
    };
    [users, length, think]
}

/// The account of every scenario that was begun.
pub(super) fn method(record: &RunRecord) -> Vec<MethodRow> {
    record
        .scenarios
        .iter()
        .map(|scenario| method_row(record, scenario))
        .collect()
}

fn method_row(record: &RunRecord, scenario: &ScenarioRecord) -> MethodRow {
    let plan = record
        .suite
        .scenarios
        .iter()
        .find(|plan| plan.name == scenario.name);
    let unknown = || std::array::from_fn(|_| "not in the plan".to_owned());
    let [users, length, think] = plan.map_or_else(unknown, |plan| load(&plan.load));
    let lateness = Distribution::merge([&scenario.lateness]).ok();
    let late = |statistic| {
        let value = lateness
            .as_ref()
            .and_then(|times| times.percentile(statistic));
        value.map_or_else(
            || format!("not stated, n = {}", scenario.lateness.count),
            |micros| format!("{} ms", millis(micros)),
        )
    };
    let counts = scenario.accounting;
    MethodRow {
        scenario: plan.map_or_else(|| scenario.name.clone(), |plan| plan.number.to_string()),
        users,
        length,
        think,
        warm_up: scenario.warm_up_requests,
        scheduled: counts.scheduled,
        completed: counts.completed,
        failed: counts.failed,
        in_flight: counts.in_flight,
        unsent: counts.unsent,
        lateness_p50: late(Statistic::Median),
        lateness_p99: late(Statistic::P99),
        generator_cpu: or_not_measured(average_cpu(&scenario.generator), |share| {
            format!("{}%", percent(share))
        }),
    }
}
