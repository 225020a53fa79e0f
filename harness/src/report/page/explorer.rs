//! The seconds of each scenario as the page's explorer reads them.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::super::ReportError;
use super::super::context::Source;
use crate::measurement::load::ScenarioRecord;
use crate::measurement::raw::read_interval_log;
use crate::measurement::resource::ResourceSeries;
use crate::metric::Statistic;
use crate::verdict::stats::sample_floor;

/// Figures by second, null where there is none.
type Series = Vec<Option<f64>>;

#[derive(Debug, Serialize)]
struct Seconds {
    title: String,
    seconds: usize,
    labels: BTreeMap<&'static str, &'static str>,
    series: BTreeMap<&'static str, Series>,
}

/// All scenarios as JSON that may stand in a script element; empty if nothing was measured.
pub(super) fn data(source: Source<'_>) -> Result<String, ReportError> {
    let record = source.record;
    let scenarios: Vec<Seconds> = record
        .scenarios
        .iter()
        .filter(|scenario| !scenario.windows.is_empty())
        .map(|scenario| {
            let plan = record
                .suite
                .scenarios
                .iter()
                .find(|p| p.name == scenario.name);
            let title = plan.map_or_else(
                || scenario.name.clone(),
                |plan| format!("{} {}", plan.number, plan.title),
            );
            seconds(source, scenario, title)
        })
        .collect();
    if scenarios.is_empty() {
        return Ok(String::new());
    }
    let text = serde_json::to_string(&scenarios).map_err(|source| ReportError::Json {
        name: "the data of the page".to_owned(),
        source,
    })?;
    // A name with `</script>` in it would end the element.
    Ok(text.replace('<', "\\u003c"))
}

fn seconds(source: Source<'_>, scenario: &ScenarioRecord, title: String) -> Seconds {
    let last = scenario.windows.iter().map(|window| window.second).max();
    let seconds = last.map_or(0, |last| last as usize + 1);
    let mut series = BTreeMap::new();
    let mut labels = BTreeMap::new();
    let mut put = |name, label, values: Series| {
        if values.iter().any(Option::is_some) {
            series.insert(name, values);
            labels.insert(name, label);
        }
    };
    let mut completed: Series = vec![Some(0.0); seconds];
    let mut failed = completed.clone();
    for window in &scenario.windows {
        let at = window.second as usize;
        completed[at] = Some(window.steps.iter().map(|step| step.completed).sum::<u64>() as f64);
        failed[at] = Some(window.steps.iter().map(|step| step.failed).sum::<u64>() as f64);
    }
    put("completed", "completed requests", completed);
    put("failed", "failed requests", failed);
    let times = merged(source, scenario, seconds).unwrap_or_default();
    let at = |statistic: Statistic| -> Series {
        let quantile = statistic.quantile().unwrap_or(1.0);
        times
            .iter()
            .map(|times| {
                let enough = times.len() >= sample_floor(Some(statistic));
                enough.then(|| rounded(times.value_at_quantile(quantile) as f64 / 1_000.0))
            })
            .collect()
    };
    put("median", "median response (ms)", at(Statistic::Median));
    put("p95", "p95 response (ms)", at(Statistic::P95));
    let max = times
        .iter()
        .map(|times| (!times.is_empty()).then(|| rounded(times.max() as f64 / 1_000.0)));
    put("max", "slowest response (ms)", max.collect());
    if let Some(server) = &scenario.server {
        put("server", "server CPU (%)", cpu(server, seconds));
        put("memory", "server memory (MB)", memory(server, seconds));
    }
    put(
        "generator",
        "generator CPU (%)",
        cpu(&scenario.generator, seconds),
    );
    Seconds {
        title,
        seconds,
        labels,
        series,
    }
}

/// One histogram a second over all steps; none where the log of a step with requests is missing:
/// percentiles of some steps would pass for those of all.
fn merged(
    source: Source<'_>,
    scenario: &ScenarioRecord,
    seconds: usize,
) -> Option<Vec<Histogram<u64>>> {
    let mut all = BTreeMap::<usize, Histogram<u64>>::new();
    for step in scenario.steps.iter().filter(|step| step.completed > 0) {
        for interval in read_interval_log(source.dir, &scenario.name, &step.step).ok()? {
            let at = usize::try_from(interval.second).unwrap_or(usize::MAX);
            match all.get_mut(&at) {
                Some(sum) => {
                    sum.auto(true);
                    // A histogram that grows takes in any other.
                    let _added = sum.add(&interval.times);
                }
                None => drop(all.insert(at, interval.times)),
            }
        }
    }
    let empty = Histogram::<u64>::new(3).ok()?;
    let of = |at| all.remove(&at).unwrap_or_else(|| empty.clone());
    Some((0..seconds).map(of).collect())
}

/// Share of the machine over each second.
fn cpu(series: &ResourceSeries, seconds: usize) -> Series {
    let at = |second: usize| {
        let edge = second as f64;
        series
            .samples
            .iter()
            .min_by(|a, b| {
                let far = |micros: f64| (micros - edge).abs();
                far(a.at.as_secs()).total_cmp(&far(b.at.as_secs()))
            })
            .copied()
    };
    (0..seconds)
        .map(|second| {
            let (from, to) = (at(second)?, at(second + 1)?);
            let wall = to.at.as_secs() - from.at.as_secs();
            // Less than half a second would show the scheduler.
            (wall >= 0.5).then(|| {
                let used = to.cpu.as_secs() - from.cpu.as_secs();
                rounded(used / wall / f64::from(series.cores.max(1)) * 100.0)
            })
        })
        .collect()
}

/// The most resident in each second.
fn memory(series: &ResourceSeries, seconds: usize) -> Series {
    let mut most: Series = vec![None; seconds];
    for sample in &series.samples {
        if let Some(slot) = most.get_mut(sample.at.as_secs() as usize) {
            let resident = rounded(sample.rss.as_megabytes());
            *slot = Some(slot.map_or(resident, |known: f64| known.max(resident)));
        }
    }
    most
}

/// No figure is finer than a thousandth of a millisecond or a megabyte.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
