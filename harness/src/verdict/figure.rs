//! Getting one figure out of the record: its value, its number of samples, its interval. What a
//! bound says of it is none of this file's business.

use super::distribution::{Distribution, DistributionError};
use super::judgement::{Interval, Method, Reason};
use super::stats;
use crate::measurement::histogram::HistogramRecord;
use crate::measurement::load::{ScenarioRecord, StepRecord};
use crate::measurement::memory::MemoryRecord;
use crate::measurement::resource::{ResourceSample, ResourceSeries};
use crate::metric::{Metric, Statistic, Unit};
use crate::plan::target::Target;
use crate::units::Micros;

/// A figure in the unit of its bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figure {
    /// Samples behind it.
    pub(crate) n: u64,
    /// The figure.
    pub(crate) value: f64,
    /// Its interval, if it is an estimate and not an observation.
    pub(crate) interval: Option<Interval>,
}

/// Why there is no figure, and how many samples there were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NoFigure {
    /// Samples there are.
    pub(crate) n: u64,
    /// The figure as an observation, where there is one that cannot be judged.
    pub(crate) value: Option<f64>,
    /// Why.
    pub(crate) reason: Reason,
}

impl NoFigure {
    fn new(n: u64, reason: Reason) -> Self {
        Self {
            n,
            value: None,
            reason,
        }
    }
}

impl From<DistributionError> for NoFigure {
    fn from(_: DistributionError) -> Self {
        Self::new(0, Reason::Corrupt)
    }
}

/// The figure that a scenario's target asks for.
pub(crate) fn of_scenario(
    target: &Target,
    record: &ScenarioRecord,
    seed: u64,
) -> Result<Figure, NoFigure> {
    let chosen = Chosen::new(target, record)?;
    match target.metric {
        Metric::ResponseTime => chosen.time(target, seed, |step| &step.response),
        Metric::ServiceTime => chosen.time(target, seed, |step| &step.service),
        Metric::ErrorRate => chosen.error_rate(),
        Metric::Throughput => chosen.throughput(target.bound.unit, 1.0, seed),
        Metric::ThroughputPerUser => {
            let users = f64::from(record.users.planned);
            if users == 0.0 {
                return Err(NoFigure::new(0, Reason::NoSample));
            }
            chosen.throughput(target.bound.unit, users, seed)
        }
        Metric::ConcurrentUsers => Ok(Figure {
            n: u64::from(record.users.started),
            value: f64::from(record.users.peak),
            interval: None,
        }),
        Metric::Cpu | Metric::Memory | Metric::MemoryGrowth => {
            let series = record
                .server
                .as_ref()
                .ok_or(NoFigure::new(0, Reason::NotVisible))?;
            of_series(target, series, seed)
        }
    }
}

/// The steps that a target is about, with their place in the windows.
struct Chosen<'a> {
    record: &'a ScenarioRecord,
    steps: Vec<(usize, &'a StepRecord)>,
}

impl<'a> Chosen<'a> {
    fn new(target: &Target, record: &'a ScenarioRecord) -> Result<Self, NoFigure> {
        let steps: Vec<(usize, &StepRecord)> = record
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| target.steps.is_empty() || target.steps.contains(&step.step))
            .collect();
        let missing = target
            .steps
            .iter()
            .any(|name| !steps.iter().any(|(_, s)| s.step == *name));
        if missing {
            Err(NoFigure::new(0, Reason::NoSample))
        } else {
            Ok(Self { record, steps })
        }
    }

    fn time(
        &self,
        target: &Target,
        seed: u64,
        histogram: impl Fn(&StepRecord) -> &HistogramRecord,
    ) -> Result<Figure, NoFigure> {
        let times = Distribution::merge(self.steps.iter().map(|(_, step)| histogram(step)))?;
        match target.statistic {
            Some(Statistic::Average) => {
                // Windows hold the sums of response times only.
                let windows = if target.metric == Metric::ResponseTime {
                    stats::ratio(
                        &self.windows(|step| (step.sum.0 as f64, step.completed as f64)),
                        seed,
                    )
                } else {
                    None
                };
                average(&times, windows, 1_000.0)
            }
            statistic => of_distribution(&times, statistic, 1_000.0),
        }
    }

    /// Per window, the sums over the chosen steps.
    fn windows(
        &self,
        part: impl Fn(&crate::measurement::load::WindowStep) -> (f64, f64),
    ) -> Vec<(f64, f64)> {
        self.record
            .windows
            .iter()
            .map(|window| {
                self.steps
                    .iter()
                    .filter_map(|(place, _)| window.steps.get(*place))
                    .map(&part)
                    .fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1))
            })
            .collect()
    }

    fn error_rate(&self) -> Result<Figure, NoFigure> {
        let failed: u64 = self.steps.iter().map(|(_, step)| step.failed).sum();
        let ended = failed
            + self
                .steps
                .iter()
                .map(|(_, step)| step.completed)
                .sum::<u64>();
        let (low, high) = stats::wilson(failed, ended).ok_or(NoFigure::new(0, Reason::NoSample))?;
        Ok(Figure {
            n: ended,
            value: failed as f64 / ended as f64 * 100.0,
            interval: Some(Interval {
                low: low * 100.0,
                high: high * 100.0,
                method: Method::Wilson,
            }),
        })
    }

    fn throughput(&self, unit: Unit, users: f64, seed: u64) -> Result<Figure, NoFigure> {
        let completed: u64 = self.steps.iter().map(|(_, step)| step.completed).sum();
        let seconds = self.record.duration.as_secs();
        if completed == 0 || seconds <= 0.0 {
            return Err(NoFigure::new(completed, Reason::NoSample));
        }
        let scale = if unit == Unit::PerMinute { 60.0 } else { 1.0 } / users;
        let value = completed as f64 / seconds * scale;
        let counts = self.windows(|step| (step.completed as f64, 0.0));
        let windows: Vec<(f64, f64)> = self
            .record
            .windows
            .iter()
            .zip(counts)
            .map(|(window, (count, _))| {
                // The last window ends with the scenario, not with its second.
                (count, (seconds - f64::from(window.second)).clamp(0.0, 1.0))
            })
            .collect();
        let interval = stats::ratio(&windows, seed).ok_or(NoFigure {
            n: completed,
            value: Some(value),
            reason: Reason::TooShort,
        })?;
        Ok(Figure {
            n: completed,
            value,
            interval: Some(scaled(interval, scale)),
        })
    }
}

fn scaled(interval: Interval, factor: f64) -> Interval {
    Interval {
        low: interval.low * factor,
        high: interval.high * factor,
        ..interval
    }
}

fn average(
    times: &Distribution,
    windows: Option<Interval>,
    ticks: f64,
) -> Result<Figure, NoFigure> {
    let n = times.count();
    let mean = times.mean().ok_or(NoFigure::new(n, Reason::NoSample))?;
    let interval = windows
        .or_else(|| stats::mean_of_samples(n, mean, times.deviation()?))
        .ok_or(NoFigure {
            n,
            value: Some(mean / ticks),
            reason: Reason::TooShort,
        })?;
    Ok(Figure {
        n,
        value: mean / ticks,
        interval: Some(scaled(interval, 1.0 / ticks)),
    })
}

/// A statistic of a distribution, in milliseconds; `ticks` is how many of its ticks one has.
pub(crate) fn of_distribution(
    times: &Distribution,
    statistic: Option<Statistic>,
    ticks: f64,
) -> Result<Figure, NoFigure> {
    let n = times.count();
    let none = NoFigure::new(n, Reason::NoSample);
    let observed = |value: f64| Figure {
        n,
        value: value / ticks,
        interval: None,
    };
    let quantile = match statistic {
        Some(Statistic::Average) => return average(times, None, ticks),
        Some(Statistic::Min) => return times.min().map(observed).ok_or(none),
        Some(Statistic::Max) => return times.max().map(observed).ok_or(none),
        other => other
            .and_then(Statistic::quantile)
            .ok_or(NoFigure::new(n, Reason::NoSuchStatistic))?,
    };
    let value = times.quantile(quantile).ok_or(none)?;
    let needed = stats::sample_floor(statistic);
    let too_few = NoFigure::new(n, Reason::TooFewSamples { needed });
    if n < needed {
        return Err(too_few);
    }
    let (low, high) = stats::quantile_ranks(n, quantile).ok_or(too_few)?;
    let (low, high) = (
        times.at_rank(low).ok_or(too_few)?,
        times.at_rank(high).ok_or(too_few)?,
    );
    let interval = Interval {
        low: low.0,
        high: high.1,
        method: Method::OrderStatistics,
    };
    Ok(Figure {
        n,
        value: value / ticks,
        interval: Some(scaled(interval, 1.0 / ticks)),
    })
}

/// CPU shares in percent of all cores, per second or as finely as sampled: (percent x time, time).
pub(crate) fn cpu_windows(series: &ResourceSeries) -> Vec<(f64, f64)> {
    let mut windows = Vec::new();
    let mut from: Option<&ResourceSample> = None;
    for sample in &series.samples {
        let Some(start) = from else {
            from = Some(sample);
            continue;
        };
        let last = series
            .samples
            .last()
            .is_some_and(|last| last.at == sample.at);
        let time = sample.at.0.saturating_sub(start.at.0);
        // A little under a second, so that four samples a second make one window.
        if time >= 950_000 || (last && time > 0) {
            let used = sample.cpu.0.saturating_sub(start.cpu.0) as f64;
            let cores = f64::from(series.cores.max(1));
            windows.push((used / cores * 100.0, time as f64));
            from = Some(sample);
        }
    }
    windows
}

fn of_series(target: &Target, series: &ResourceSeries, seed: u64) -> Result<Figure, NoFigure> {
    let n = series.samples.len() as u64;
    let none = NoFigure::new(n, Reason::NoSample);
    let (Some(first), Some(last)) = (series.samples.first(), series.samples.last()) else {
        return Err(none);
    };
    if n < 2 || first.at >= last.at {
        return Err(none);
    }
    let megabytes = || {
        series
            .samples
            .iter()
            .map(|sample| sample.rss.as_megabytes())
    };
    let observed = |value: f64| {
        Ok(Figure {
            n,
            value,
            interval: None,
        })
    };
    match (target.metric, target.statistic) {
        (Metric::Cpu, Some(Statistic::Average)) => {
            let value = cpu_share(first, last, series.cores);
            let interval = stats::ratio(&cpu_windows(series), seed).ok_or(NoFigure {
                n,
                value: Some(value),
                reason: Reason::TooShort,
            })?;
            Ok(Figure {
                n,
                value,
                interval: Some(interval),
            })
        }
        (Metric::Cpu, Some(Statistic::Max)) => peak_cpu(series).map_or(Err(none), observed),
        (Metric::Memory, Some(Statistic::Min)) => {
            observed(megabytes().fold(f64::INFINITY, f64::min))
        }
        (Metric::Memory, Some(Statistic::Max)) => observed(megabytes().fold(0.0, f64::max)),
        (Metric::Memory, Some(Statistic::Average)) => observed(megabytes().sum::<f64>() / n as f64),
        (Metric::MemoryGrowth, None) if first.rss.0 > 0 => {
            observed((last.rss.0 as f64 / first.rss.0 as f64 - 1.0) * 100.0)
        }
        (Metric::MemoryGrowth, None) => Err(none),
        _ => Err(NoFigure::new(n, Reason::NoSuchStatistic)),
    }
}

/// CPU time between two samples in percent of all cores.
pub(crate) fn cpu_share(from: &ResourceSample, to: &ResourceSample, cores: u32) -> f64 {
    let used = Micros(to.cpu.0.saturating_sub(from.cpu.0)).as_secs();
    let time = Micros(to.at.0.saturating_sub(from.at.0)).as_secs();
    if time > 0.0 {
        used / time / f64::from(cores.max(1)) * 100.0
    } else {
        0.0
    }
}

/// The average over all samples; none for fewer than two.
pub(crate) fn average_cpu(series: &ResourceSeries) -> Option<f64> {
    let (first, last) = (series.samples.first()?, series.samples.last()?);
    (first.at < last.at).then(|| cpu_share(first, last, series.cores))
}

/// The largest share over a second.
pub(crate) fn peak_cpu(series: &ResourceSeries) -> Option<f64> {
    let full = cpu_windows(series)
        .into_iter()
        .filter(|(_, time)| *time >= 500_000.0);
    full.map(|(share, time)| share / time)
        .max_by(f64::total_cmp)
}

/// The figure that a target of the memory profile asks for.
pub(crate) fn of_memory(target: &Target, record: &MemoryRecord) -> Result<Figure, NoFigure> {
    let n = record.checkpoints.len() as u64;
    let none = NoFigure::new(n, Reason::NoSample);
    let start = record.start;
    let observed = |value: f64| {
        Ok(Figure {
            n,
            value,
            interval: None,
        })
    };
    if start.0 == 0 {
        return Err(none);
    }
    match (target.metric, target.statistic) {
        (Metric::Memory, Some(Statistic::Min)) => observed(start.as_megabytes()),
        (Metric::Memory, Some(Statistic::Max)) => record
            .checkpoints
            .iter()
            .map(|checkpoint| checkpoint.peak.as_megabytes())
            .max_by(f64::total_cmp)
            .map_or(Err(none), observed),
        (Metric::MemoryGrowth, None) => record
            .checkpoints
            .last()
            .map(|last| (last.base.0 as f64 / start.0 as f64 - 1.0) * 100.0)
            .map_or(Err(none), observed),
        _ => Err(NoFigure::new(n, Reason::NoSuchStatistic)),
    }
}
