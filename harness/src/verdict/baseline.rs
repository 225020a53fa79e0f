//! A run that others are held against: whether it may be, and what a figure is in percent of its own.
//!
//! The interval of a relative figure knows the noise within both runs and not that between runs;
//! whoever wants that compares builds in turn (`steps-perf compare`).

use super::figure::{self, Figure, NoFigure};
use super::judgement::{Interval, Method, Reason};
use crate::measurement::archive::RunRecord;
use crate::plan::target::Target;

/// An earlier run, and why it cannot be compared with, if so.
#[derive(Debug, Clone)]
pub struct Baseline<'a> {
    record: &'a RunRecord,
    /// Why not, each with what differs.
    pub obstacles: Vec<String>,
}

impl<'a> Baseline<'a> {
    /// Looks whether `run` may be held against `record`. `is_sound` says whether the baseline supports
    /// statements at all.
    #[must_use]
    pub fn new(record: &'a RunRecord, run: &RunRecord, is_sound: bool) -> Self {
        let checks = [
            (is_sound, "it is invalid itself"),
            (
                record.environment.fingerprint == run.environment.fingerprint,
                "it is from another machine",
            ),
            (
                record.plan_hash == run.plan_hash,
                "it was measured with another plan",
            ),
            (
                record.suite.profile == run.suite.profile,
                "it has another profile",
            ),
            (
                record.tool.build == run.tool.build,
                "it was measured by another build of steps-perf (debug or release)",
            ),
            (
                record.started_at < run.started_at,
                "it is not earlier than the run; are the two swapped?",
            ),
        ];
        let obstacles = checks
            .into_iter()
            .filter(|(is_good, _)| !is_good)
            .map(|(_, what)| what.to_owned())
            .collect();
        Self { record, obstacles }
    }

    /// A figure of the run in percent of the baseline's.
    pub(super) fn relative(
        &self,
        target: &Target,
        scenario: &str,
        figure: Result<Figure, NoFigure>,
        confidence: f64,
    ) -> Result<Figure, NoFigure> {
        let figure = figure?;
        let unfit = NoFigure {
            n: figure.n,
            value: None,
            reason: Reason::BaselineUnfit,
        };
        if !self.obstacles.is_empty() {
            return Err(unfit);
        }
        let measured = self.record.scenarios.iter().find(|s| s.name == scenario);
        let base = measured.ok_or(unfit).and_then(|measured| {
            figure::of_scenario_at(target, measured, self.record.seed, confidence)
                .map_err(|_| unfit)
        })?;
        // Nothing is any percentage of nothing.
        let is_positive = |value: f64| value.is_finite() && value > 0.0;
        if !is_positive(base.value) {
            return Err(unfit);
        }
        let interval = match (figure.interval, base.interval) {
            (Some(of_run), Some(of_base)) => Some(Interval {
                low: of_run.low / of_base.high * 100.0,
                high: if of_base.low > 0.0 {
                    of_run.high / of_base.low * 100.0
                } else {
                    f64::INFINITY
                },
                method: Method::Quotient,
            }),
            _ => None,
        };
        if interval.is_some_and(|ends| !(ends.low.is_finite() && ends.high.is_finite())) {
            return Err(unfit);
        }
        Ok(Figure {
            n: figure.n.min(base.n),
            value: figure.value / base.value * 100.0,
            interval,
        })
    }
}
