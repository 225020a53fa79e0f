//! What was out of the ordinary while measuring. Every rule is a threshold that stands here by name
//! and in the report's text; none of them is a verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::archive::RunRecord;
use crate::measurement::load::{ScenarioRecord, Window};
use crate::measurement::resource::ResourceSample;
use crate::metric::Statistic;
use crate::verdict::distribution::Distribution;
use crate::verdict::figure;

/// A second without an answer is a stall if the scenario averages at least so many a second: the
/// chance of an empty second in a Poisson stream of that rate is 5 in 100,000.
pub const STALL_RATE: f64 = 10.0;
/// A second's median so many times the scenario's is a slow spell.
pub const SLOW_FACTOR: f64 = 5.0;
/// A second needs so many answers for its median to count.
pub const SLOW_SAMPLES: u64 = 10;
/// So many failures in a second are a burst, if they are also a tenth of what ended in it.
pub const BURST_FAILURES: u64 = 5;
/// The share of failures in a burst, in percent.
pub const BURST_SHARE: f64 = 10.0;
/// Memory that still grows by so many percent over the second half of a scenario is rising.
pub const SLOPE_GROWTH: f64 = 5.0;
/// And if a straight line explains so much of it.
pub const SLOPE_FIT: f64 = 0.8;
/// Samples that a slope needs.
pub const SLOPE_SAMPLES: usize = 20;
/// Lateness of the generator at p99 that is worth a word, in milliseconds.
pub const LATENESS_MS: f64 = 10.0;
/// CPU time stolen by the hypervisor that is worth a word, in percent of all cores.
pub const STEAL_SHARE: f64 = 2.0;
/// Load per core before the run that is worth a word.
pub const LOAD_PER_CORE: f64 = 0.5;

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Anomaly {
    /// The scenario; none if it is about the whole run.
    pub scenario: Option<String>,
    /// Seconds since the start of the measured phase: first and last, where it has a time.
    pub seconds: Option<(u32, u32)>,
    /// What it was.
    pub what: AnomalyKind,
}

/// The kinds, with the figures that made them one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "anomaly", rename_all = "snake_case")]
pub enum AnomalyKind {
    /// Seconds without any answer.
    Stall {
        /// Answers a second over the scenario.
        usual: f64,
    },
    /// Seconds with a median far above the scenario's.
    Slow {
        /// The largest median of a step in these seconds, in milliseconds.
        median_ms: f64,
        /// That step's over the scenario.
        usual_ms: f64,
        /// The step.
        step: String,
    },
    /// Failures close together.
    Errors {
        /// Failures.
        failed: u64,
        /// All that ended in these seconds.
        ended: u64,
        /// The scenario's most frequent failure.
        kind: Option<String>,
    },
    /// Memory of the system under test that had not levelled off.
    RisingMemory {
        /// Growth over the second half of the scenario, in percent.
        growth: f64,
        /// In megabytes a minute, by least squares.
        per_minute_mb: f64,
    },
    /// The generator woke late.
    LateGenerator {
        /// At p99, in milliseconds.
        p99_ms: f64,
        /// Its CPU, in percent of all cores.
        cpu: Option<f64>,
    },
    /// The hypervisor took CPU time away.
    Steal {
        /// In percent of all cores.
        share: f64,
    },
    /// The machine was busy before the run began.
    BusyMachine {
        /// Load average over a minute.
        load: f64,
        /// Cores.
        cores: u32,
    },
    /// The generator was built without optimisation.
    DebugBuild,
}

/// Looks through a run.
#[must_use]
pub fn find(record: &RunRecord) -> Vec<Anomaly> {
    let mut found = Vec::new();
    let mut of_run = |kind| {
        found.push(Anomaly {
            scenario: None,
            seconds: None,
            what: kind,
        });
    };
    let (load, cores) = (record.environment.load_before, record.environment.cores);
    if load >= LOAD_PER_CORE * f64::from(cores) {
        of_run(AnomalyKind::BusyMachine { load, cores });
    }
    if record.tool.build == "debug" {
        of_run(AnomalyKind::DebugBuild);
    }
    for scenario in &record.scenarios {
        found.extend(stalls(scenario));
        found.extend(slow(scenario));
        found.extend(bursts(scenario));
        found.extend(memory(scenario));
        found.extend(generator(scenario));
    }
    found
}

fn at(scenario: &ScenarioRecord, seconds: Option<(u32, u32)>, kind: AnomalyKind) -> Anomaly {
    Anomaly {
        scenario: Some(scenario.name.clone()),
        seconds,
        what: kind,
    }
}

/// Runs of neighbouring windows for which `strange` holds.
fn spells(windows: &[Window], strange: impl Fn(&Window) -> bool) -> Vec<&[Window]> {
    let marked: Vec<(bool, &Window)> = windows.iter().map(|w| (strange(w), w)).collect();
    let mut spells = Vec::new();
    let mut start = None;
    for (place, (strange, _)) in marked.iter().enumerate() {
        match (start, strange) {
            (None, true) => start = Some(place),
            (Some(from), false) => {
                spells.push(&windows[from..place]);
                start = None;
            }
            _ => {}
        }
    }
    spells.extend(start.map(|from| &windows[from..]));
    spells
}

fn span(spell: &[Window]) -> Option<(u32, u32)> {
    Some((spell.first()?.second, spell.last()?.second))
}

fn ended(window: &Window) -> (u64, u64) {
    window.steps.iter().fold((0, 0), |sum, step| {
        (sum.0 + step.completed, sum.1 + step.failed)
    })
}

fn stalls(scenario: &ScenarioRecord) -> Vec<Anomaly> {
    let seconds = scenario.duration.as_secs();
    let total = scenario.accounting.completed + scenario.accounting.failed;
    if seconds <= 0.0 || total as f64 / seconds < STALL_RATE {
        return Vec::new();
    }
    let usual = total as f64 / seconds;
    // The last second is cut short, and there is no answer before the first user has started.
    let last = scenario.windows.last().map(|window| window.second);
    let silent = |w: &Window| w.users > 0 && ended(w) == (0, 0) && Some(w.second) != last;
    spells(&scenario.windows, silent)
        .into_iter()
        .map(|spell| at(scenario, span(spell), AnomalyKind::Stall { usual }))
        .collect()
}

fn slow(scenario: &ScenarioRecord) -> Vec<Anomaly> {
    let mut found = Vec::new();
    for (place, step) in scenario.steps.iter().enumerate() {
        let usual = Distribution::merge([&step.response])
            .ok()
            .and_then(|d| d.quantile(0.5));
        let Some(usual) = usual else { continue };
        let median = |window: &Window| {
            let step = window.steps.get(place)?;
            let median = step.p50?.0 as f64;
            (step.completed >= SLOW_SAMPLES && median >= SLOW_FACTOR * usual).then_some(median)
        };
        for spell in spells(&scenario.windows, |window| median(window).is_some()) {
            let worst = spell.iter().filter_map(median).fold(0.0, f64::max);
            let kind = AnomalyKind::Slow {
                median_ms: worst / 1_000.0,
                usual_ms: usual / 1_000.0,
                step: step.step.clone(),
            };
            found.push(at(scenario, span(spell), kind));
        }
    }
    found
}

fn bursts(scenario: &ScenarioRecord) -> Vec<Anomaly> {
    let burst = |window: &Window| {
        let (completed, failed) = ended(window);
        failed >= BURST_FAILURES
            && failed as f64 * 100.0 >= BURST_SHARE * (completed + failed) as f64
    };
    let kind = scenario.errors.first().map(|error| error.kind.clone());
    spells(&scenario.windows, burst)
        .into_iter()
        .map(|spell| {
            let sums = spell
                .iter()
                .map(ended)
                .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            let kind = AnomalyKind::Errors {
                failed: sums.1,
                ended: sums.0 + sums.1,
                kind: kind.clone(),
            };
            at(scenario, span(spell), kind)
        })
        .collect()
}

fn memory(scenario: &ScenarioRecord) -> Option<Anomaly> {
    let samples = &scenario.server.as_ref()?.samples;
    let half = &samples[samples.len() / 2..];
    if half.len() < SLOPE_SAMPLES {
        return None;
    }
    let (slope, fit) = line(half)?;
    let first = half.first()?;
    let time = half.last()?.at.as_secs() - first.at.as_secs();
    let growth = slope * time / first.rss.as_megabytes() * 100.0;
    (growth >= SLOPE_GROWTH && fit >= SLOPE_FIT).then(|| {
        let kind = AnomalyKind::RisingMemory {
            growth,
            per_minute_mb: slope * 60.0,
        };
        at(scenario, None, kind)
    })
}

/// Least squares over resident memory: megabytes a second, and the share of variance explained.
fn line(samples: &[ResourceSample]) -> Option<(f64, f64)> {
    let n = samples.len() as f64;
    let points = || {
        samples
            .iter()
            .map(|s| (s.at.as_secs(), s.rss.as_megabytes()))
    };
    let (x, y) = points().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let (x, y) = (x / n, y / n);
    let (xx, xy, yy) = points().fold((0.0, 0.0, 0.0), |sum, (a, b)| {
        (
            sum.0 + (a - x).powi(2),
            sum.1 + (a - x) * (b - y),
            sum.2 + (b - y).powi(2),
        )
    });
    (xx > 0.0 && yy > 0.0).then(|| (xy / xx, xy * xy / (xx * yy)))
}

fn generator(scenario: &ScenarioRecord) -> Vec<Anomaly> {
    let mut found = Vec::new();
    let late = Distribution::merge([&scenario.lateness])
        .ok()
        .and_then(|d| d.percentile(Statistic::P99));
    if let Some(late) = late.filter(|late| *late >= LATENESS_MS * 1_000.0) {
        let cpu = figure::average_cpu(&scenario.generator);
        let kind = AnomalyKind::LateGenerator {
            p99_ms: late / 1_000.0,
            cpu,
        };
        found.push(at(scenario, None, kind));
    }
    let samples = &scenario.generator.samples;
    if let (Some(first), Some(last)) = (samples.first(), samples.last()) {
        let time = last.at.0.saturating_sub(first.at.0) as f64;
        let stolen = last.host_steal.0.saturating_sub(first.host_steal.0) as f64;
        let share = stolen / time / f64::from(scenario.generator.cores.max(1)) * 100.0;
        if time > 0.0 && share >= STEAL_SHARE {
            found.push(at(scenario, None, AnomalyKind::Steal { share }));
        }
    }
    found
}
