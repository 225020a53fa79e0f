//! Figures of what the system under test used.

use super::{Figure, NoFigure};
use crate::measurement::resource::{ResourceSample, ResourceSeries};
use crate::metric::{Metric, Statistic};
use crate::plan::target::{Span, Target};
use crate::units::Micros;
use crate::verdict::judgement::{Interval, Method, Reason};
use crate::verdict::slope::{FEWEST_POINTS, theil_sen};
use crate::verdict::stats;

/// The samples of a part of the measured phase.
fn within(series: &ResourceSeries, phase: Option<Span>) -> ResourceSeries {
    let mut series = series.clone();
    if let Some(phase) = phase {
        series
            .samples
            .retain(|sample| phase.contains(sample.at.as_secs() as u32));
    }
    series
}

/// Megabytes a minute.
fn slope(series: &ResourceSeries, confidence: f64) -> Option<Figure> {
    let points: Vec<(f64, f64)> = series
        .samples
        .iter()
        .map(|sample| (sample.at.as_secs() / 60.0, sample.rss.as_megabytes()))
        .collect();
    let (value, low, high) = theil_sen(&points, (1.0 - confidence) / 2.0)?;
    Some(Figure {
        n: points.len() as u64,
        value,
        interval: Some(Interval {
            low,
            high,
            method: Method::TheilSen,
        }),
    })
}

/// CPU shares in percent of all cores, per second or as finely as sampled: (percent x time, time).
fn cpu_windows(series: &ResourceSeries) -> Vec<(f64, f64)> {
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

pub(super) fn of_series(
    target: &Target,
    series: &ResourceSeries,
    seed: u64,
    confidence: f64,
) -> Result<Figure, NoFigure> {
    let series = &within(series, target.phase);
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
            let interval =
                stats::ratio_at(&cpu_windows(series), seed, confidence).ok_or(NoFigure {
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
        (Metric::MemorySlope, None) => slope(series, confidence).ok_or(NoFigure {
            n,
            value: None,
            reason: Reason::TooFewSamples {
                needed: FEWEST_POINTS as u64,
            },
        }),
        _ => Err(NoFigure::new(n, Reason::NoSuchStatistic)),
    }
}

/// CPU time between two samples in percent of all cores.
fn cpu_share(from: &ResourceSample, to: &ResourceSample, cores: u32) -> f64 {
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
