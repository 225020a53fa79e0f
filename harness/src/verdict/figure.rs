//! Getting one figure out of the record: its value, its number of samples, its interval. What a
//! bound says of it is none of this file's business.

use super::distribution::{Distribution, DistributionError};
use super::judgement::{Interval, Method, Reason};
use super::stats::{self, CONFIDENCE};
use crate::measurement::histogram::HistogramRecord;
use crate::measurement::load::{ScenarioRecord, StepRecord, Window, WindowStep};
use crate::measurement::memory::MemoryRecord;
use crate::metric::{Metric, Statistic, Unit};
use crate::plan::target::{Span, Target};
use crate::units::Micros;

mod series;

use self::series::of_series;
pub(crate) use self::series::{average_cpu, peak_cpu};

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
    of_scenario_at(target, record, seed, CONFIDENCE)
}

/// The same with an interval of another confidence.
pub(crate) fn of_scenario_at(
    target: &Target,
    record: &ScenarioRecord,
    seed: u64,
    confidence: f64,
) -> Result<Figure, NoFigure> {
    let chosen = Chosen::new(target, record, Sureness { seed, confidence })?;
    let unit = match target.bound.unit {
        Unit::PercentOfBaseline => *target
            .metric
            .units()
            .first()
            .ok_or(NoFigure::new(0, Reason::NoSuchStatistic))?,
        unit => unit,
    };
    match target.metric {
        Metric::ResponseTime => chosen.time(target, |step| &step.response),
        Metric::ServiceTime => chosen.time(target, |step| &step.service),
        Metric::FirstByte => chosen.time(target, |step| &step.first_byte),
        Metric::ErrorRate => chosen.error_rate(),
        Metric::Goodput => chosen.goodput(target.within, unit),
        Metric::Throughput => chosen.throughput(unit, 1.0),
        Metric::ThroughputPerUser => {
            let users = f64::from(record.users.planned);
            if users == 0.0 {
                return Err(NoFigure::new(0, Reason::NoSample));
            }
            chosen.throughput(unit, users)
        }
        Metric::ConcurrentUsers => Ok(Figure {
            n: u64::from(record.users.started),
            value: f64::from(record.users.peak),
            interval: None,
        }),
        Metric::Cpu | Metric::Memory | Metric::MemoryGrowth | Metric::MemorySlope => {
            let series = record
                .server
                .as_ref()
                .ok_or(NoFigure::new(0, Reason::NotVisible))?;
            of_series(target, series, seed, confidence)
        }
    }
}

/// How sure an interval has to be, and the seed of its draws.
#[derive(Debug, Clone, Copy)]
struct Sureness {
    seed: u64,
    confidence: f64,
}

impl Sureness {
    fn tail(self) -> f64 {
        (1.0 - self.confidence) / 2.0
    }
}

/// The steps and the part of the measured phase that a target is about.
struct Chosen<'a> {
    record: &'a ScenarioRecord,
    /// With their place in the windows.
    steps: Vec<(usize, &'a StepRecord)>,
    phase: Option<Span>,
    sureness: Sureness,
}

impl<'a> Chosen<'a> {
    fn new(
        target: &Target,
        record: &'a ScenarioRecord,
        sureness: Sureness,
    ) -> Result<Self, NoFigure> {
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
            return Err(NoFigure::new(0, Reason::NoSample));
        }
        Ok(Self {
            record,
            steps,
            phase: target.phase,
            sureness,
        })
    }

    /// The response times of the chosen steps, or with `of` of the whole measured phase other ones.
    fn times(
        &self,
        of: impl Fn(&StepRecord) -> &HistogramRecord,
    ) -> Result<Distribution, NoFigure> {
        let Some(phase) = self.phase else {
            return Ok(Distribution::merge(
                self.steps.iter().map(|(_, step)| of(step)),
            )?);
        };
        let stage = self
            .record
            .stages
            .iter()
            .find(|stage| stage.span == phase)
            .ok_or(NoFigure::new(0, Reason::NoSample))?;
        let kept = self
            .steps
            .iter()
            .map(|(place, _)| stage.response.get(*place));
        let kept: Vec<&HistogramRecord> = kept
            .collect::<Option<_>>()
            .ok_or(NoFigure::new(0, Reason::Corrupt))?;
        let times = Distribution::merge(kept)?;
        if times.count() == self.ended().0 {
            Ok(times)
        } else {
            Err(NoFigure::new(0, Reason::Corrupt))
        }
    }

    fn time(
        &self,
        target: &Target,
        histogram: impl Fn(&StepRecord) -> &HistogramRecord,
    ) -> Result<Figure, NoFigure> {
        let times = self.times(histogram)?;
        let confidence = self.sureness.confidence;
        match target.statistic {
            Some(Statistic::Average) => {
                // Windows hold the sums of response times only.
                let windows = if target.metric == Metric::ResponseTime {
                    let sums = self.windows(|step| (step.sum.0 as f64, step.completed as f64));
                    stats::ratio_at(&sums, self.sureness.seed, confidence)
                } else {
                    None
                };
                average(&times, windows, 1_000.0, confidence)
            }
            statistic => of_distribution_at(&times, statistic, 1_000.0, confidence),
        }
    }

    fn chosen_windows(&self) -> impl Iterator<Item = &Window> {
        let phase = self.phase;
        self.record
            .windows
            .iter()
            .filter(move |window| phase.is_none_or(|phase| phase.contains(window.second)))
    }

    /// Per window, the sums over the chosen steps.
    fn windows(&self, part: impl Fn(&WindowStep) -> (f64, f64)) -> Vec<(f64, f64)> {
        self.chosen_windows()
            .map(|window| {
                self.steps
                    .iter()
                    .filter_map(|(place, _)| window.steps.get(*place))
                    .map(&part)
                    .fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1))
            })
            .collect()
    }

    /// Requests that ended, well and badly.
    fn ended(&self) -> (u64, u64) {
        let sum = |counts: &mut dyn Iterator<Item = (u64, u64)>| {
            counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
        };
        if self.phase.is_none() {
            let mut counts = self
                .steps
                .iter()
                .map(|(_, step)| (step.completed, step.failed));
            return sum(&mut counts);
        }
        let steps = self.chosen_windows().flat_map(|window| {
            let of = |place: &usize| window.steps.get(*place);
            self.steps.iter().filter_map(move |(place, _)| of(place))
        });
        sum(&mut steps.map(|step| (step.completed, step.failed)))
    }

    /// Length of the chosen part of the measured phase.
    fn seconds(&self) -> f64 {
        let whole = self.record.duration.as_secs();
        match self.phase {
            None => whole,
            Some(phase) => {
                let end = phase.to.map_or(whole, |to| whole.min(f64::from(to)));
                end - f64::from(phase.from)
            }
        }
    }

    fn share(&self, hits: u64, of: u64) -> Result<Figure, NoFigure> {
        let (low, high) = stats::wilson_at(hits, of, self.sureness.tail())
            .ok_or(NoFigure::new(0, Reason::NoSample))?;
        Ok(Figure {
            n: of,
            value: hits as f64 / of as f64 * 100.0,
            interval: Some(Interval {
                low: low * 100.0,
                high: high * 100.0,
                method: Method::Wilson,
            }),
        })
    }

    fn error_rate(&self) -> Result<Figure, NoFigure> {
        let (completed, failed) = self.ended();
        self.share(failed, completed + failed)
    }

    /// Requests that ended well and in time: their share of all that ended, or so many per time.
    fn goodput(&self, within: Option<Micros>, unit: Unit) -> Result<Figure, NoFigure> {
        let limit = within.ok_or(NoFigure::new(0, Reason::NoSuchStatistic))?;
        let (completed, failed) = self.ended();
        let times = self.times(|step| &step.response)?;
        let share = self.share(times.count_within(limit.0), completed + failed)?;
        if unit == Unit::Percent {
            return Ok(share);
        }
        // The rate of all that ended, times the share: the ends of both intervals are multiplied,
        // which is at least as wide as the true one.
        let rate = self.rate_of(unit, 1.0, |step| step.completed + step.failed)?;
        let interval = match (share.interval, rate.interval) {
            (Some(share), Some(rate)) => Some(Interval {
                low: share.low / 100.0 * rate.low,
                high: share.high / 100.0 * rate.high,
                method: rate.method,
            }),
            _ => None,
        };
        Ok(Figure {
            n: share.n,
            value: share.value / 100.0 * rate.value,
            interval,
        })
    }

    fn throughput(&self, unit: Unit, users: f64) -> Result<Figure, NoFigure> {
        self.rate_of(unit, users, |step| step.completed)
    }

    fn rate_of(
        &self,
        unit: Unit,
        users: f64,
        of: impl Fn(&WindowStep) -> u64,
    ) -> Result<Figure, NoFigure> {
        let seconds = self.seconds();
        let counts = self.windows(|step| (of(step) as f64, 0.0));
        let count: f64 = counts.iter().map(|(count, _)| count).sum();
        let n = count as u64;
        if n == 0 || seconds <= 0.0 {
            return Err(NoFigure::new(n, Reason::NoSample));
        }
        let scale = if unit == Unit::PerMinute { 60.0 } else { 1.0 } / users;
        let value = count / seconds * scale;
        let whole = self.record.duration.as_secs();
        let windows: Vec<(f64, f64)> = self
            .chosen_windows()
            .zip(counts)
            .map(|(window, (count, _))| {
                // The last window ends with the scenario, not with its second.
                (count, (whole - f64::from(window.second)).clamp(0.0, 1.0))
            })
            .collect();
        let Sureness { seed, confidence } = self.sureness;
        let interval = stats::ratio_at(&windows, seed, confidence).ok_or(NoFigure {
            n,
            value: Some(value),
            reason: Reason::TooShort,
        })?;
        Ok(Figure {
            n,
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
    confidence: f64,
) -> Result<Figure, NoFigure> {
    let n = times.count();
    let mean = times.mean().ok_or(NoFigure::new(n, Reason::NoSample))?;
    let interval = windows
        .or_else(|| stats::mean_of_samples_at(n, mean, times.deviation()?, confidence))
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
    of_distribution_at(times, statistic, ticks, CONFIDENCE)
}

/// The same with an interval of another confidence.
pub(crate) fn of_distribution_at(
    times: &Distribution,
    statistic: Option<Statistic>,
    ticks: f64,
    confidence: f64,
) -> Result<Figure, NoFigure> {
    let n = times.count();
    let none = NoFigure::new(n, Reason::NoSample);
    let observed = |value: f64| Figure {
        n,
        value: value / ticks,
        interval: None,
    };
    let quantile = match statistic {
        Some(Statistic::Average) => return average(times, None, ticks, confidence),
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
    let (low, high) = stats::quantile_ends(n, quantile, confidence);
    let ends = (
        low.and_then(|rank| times.at_rank(rank))
            .map(|bucket| bucket.0),
        high.and_then(|rank| times.at_rank(rank))
            .map(|bucket| bucket.1),
    );
    let (low, high) = match ends {
        (Some(low), Some(high)) => (low, high),
        // At 99 % the floor of the statistic makes sure of both ends; where more is asked, the end
        // that these samples cannot tell is open.
        (low, high) if confidence > CONFIDENCE => {
            (low.unwrap_or(0.0), high.unwrap_or(f64::INFINITY))
        }
        _ => return Err(too_few),
    };
    let interval = Interval {
        low,
        high,
        method: Method::OrderStatistics,
    };
    Ok(Figure {
        n,
        value: value / ticks,
        interval: Some(scaled(interval, 1.0 / ticks)),
    })
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
