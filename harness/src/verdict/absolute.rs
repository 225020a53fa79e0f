//! One figure against one fixed bound.

use super::figure::{Figure, NoFigure};
use super::judgement::{Judgement, Quantity, Reason};
use super::outcome::Verdict;
use crate::metric::Statistic;
use crate::plan::target::{Bound, Target};

/// What a judgement is about, apart from its figure.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    /// The scenario, `memory` or `bench`.
    pub(crate) scenario: &'a str,
    /// The row's label.
    pub(crate) label: &'a str,
    /// The quantity.
    pub(crate) quantity: Quantity,
    /// Which figure of it.
    pub(crate) statistic: Option<Statistic>,
    /// The bound.
    pub(crate) bound: Bound,
    /// Allowed miss in percent of the bound.
    pub(crate) tolerance_percent: f64,
    /// Beyond this the figure is too good to be true.
    pub(crate) implausible_beyond: Option<f64>,
}

impl<'a> Question<'a> {
    /// The question that a target asks.
    pub(crate) fn of_target(scenario: &'a str, target: &'a Target) -> Self {
        Self {
            scenario,
            label: &target.label,
            quantity: Quantity::Measured(target.metric),
            statistic: target.statistic,
            bound: target.bound,
            tolerance_percent: target.tolerance_percent,
            implausible_beyond: target.implausible_beyond,
        }
    }

    /// The answer. `void` names why nothing may be judged, whatever the figure.
    pub(crate) fn judge(
        &self,
        figure: Result<Figure, NoFigure>,
        void: Option<Reason>,
    ) -> Judgement {
        let (n, value, interval, outcome) = match figure {
            Ok(figure) => (
                figure.n,
                Some(figure.value),
                figure.interval,
                self.decide(&figure),
            ),
            Err(none) => (none.n, none.value, None, (Verdict::Invalid, none.reason)),
        };
        let (verdict, reason) = void.map_or(outcome, |reason| (Verdict::Invalid, reason));
        Judgement {
            scenario: self.scenario.to_owned(),
            label: self.label.to_owned(),
            quantity: self.quantity,
            statistic: self.statistic,
            n,
            value: value.filter(|value| value.is_finite()),
            unit: self.bound.unit,
            interval,
            bound: self.bound,
            tolerance_percent: self.tolerance_percent,
            verdict,
            reason,
        }
    }

    fn decide(&self, figure: &Figure) -> (Verdict, Reason) {
        let Figure { value, interval, n } = *figure;
        let bound = self.bound;
        let ends = interval.map_or([value; 2], |interval| [interval.low, interval.high]);
        if n == 0
            || ![value, ends[0], ends[1], bound.value]
                .iter()
                .all(|x| x.is_finite())
        {
            return (Verdict::Invalid, Reason::NoSample);
        }
        if let Some(limit) = self.implausible_beyond {
            let beyond = if bound.relation.smaller_is_better() {
                value < limit
            } else {
                value > limit
            };
            if beyond {
                return (Verdict::Invalid, Reason::Implausible { limit });
            }
        }
        let good = |x: f64| bound.relation.holds(x, bound.value);
        let good_ends = ends.iter().filter(|end| good(**end)).count();
        let miss = (value - bound.value).abs();
        match (interval, good_ends) {
            (Some(_), 2) if good(value) => (Verdict::Pass, Reason::IntervalGood),
            (None, _) if good(value) => (Verdict::Pass, Reason::FigureGood),
            (Some(_), 1 | 2) => (Verdict::Marginal, Reason::IntervalContainsBound),
            _ if good(value) || miss < bound.value.abs() * self.tolerance_percent / 100.0 => {
                (Verdict::Marginal, Reason::WithinTolerance)
            }
            _ => (Verdict::Fail, Reason::BeyondTolerance),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::judgement::{Interval, Method};
    use super::*;
    use crate::metric::{Metric, Unit};
    use crate::plan::target::Relation;

    fn question(relation: Relation, tolerance_percent: f64) -> Question<'static> {
        Question {
            scenario: "s",
            label: "l",
            quantity: Quantity::Measured(Metric::ResponseTime),
            statistic: Some(Statistic::P95),
            bound: Bound {
                relation,
                value: 100.0,
                unit: Unit::Milliseconds,
            },
            tolerance_percent,
            implausible_beyond: None,
        }
    }

    fn figure(value: f64, ends: Option<(f64, f64)>) -> Figure {
        let method = Method::OrderStatistics;
        Figure {
            n: 200,
            value,
            interval: ends.map(|(low, high)| Interval { low, high, method }),
        }
    }

    fn verdict(question: &Question<'_>, value: f64, ends: Option<(f64, f64)>) -> Verdict {
        question.judge(Ok(figure(value, ends)), None).verdict
    }

    #[test]
    fn smaller_is_better() {
        let strict = question(Relation::Below, 0.0);
        let lenient = question(Relation::Below, 20.0);
        let table = [
            (90.0, Some((80.0, 99.0)), Verdict::Pass, Verdict::Pass),
            (
                90.0,
                Some((80.0, 100.0)),
                Verdict::Marginal,
                Verdict::Marginal,
            ),
            (
                90.0,
                Some((80.0, 120.0)),
                Verdict::Marginal,
                Verdict::Marginal,
            ),
            (
                110.0,
                Some((90.0, 130.0)),
                Verdict::Marginal,
                Verdict::Marginal,
            ),
            (
                110.0,
                Some((105.0, 115.0)),
                Verdict::Fail,
                Verdict::Marginal,
            ),
            (120.0, Some((115.0, 125.0)), Verdict::Fail, Verdict::Fail),
            (500.0, Some((400.0, 600.0)), Verdict::Fail, Verdict::Fail),
            (99.9, None, Verdict::Pass, Verdict::Pass),
            (100.0, None, Verdict::Fail, Verdict::Marginal),
            (119.0, None, Verdict::Fail, Verdict::Marginal),
            (121.0, None, Verdict::Fail, Verdict::Fail),
        ];
        for (value, ends, without, with) in table {
            assert_eq!(verdict(&strict, value, ends), without, "{value} {ends:?}");
            assert_eq!(
                verdict(&lenient, value, ends),
                with,
                "{value} {ends:?} tolerance"
            );
        }
    }

    #[test]
    fn larger_is_better() {
        let question = question(Relation::Above, 10.0);
        let table = [
            (150.0, Some((101.0, 200.0)), Verdict::Pass),
            (150.0, Some((99.0, 200.0)), Verdict::Marginal),
            (95.0, Some((93.0, 97.0)), Verdict::Marginal),
            (80.0, Some((70.0, 90.0)), Verdict::Fail),
            (100.0, None, Verdict::Marginal),
            (101.0, None, Verdict::Pass),
        ];
        for (value, ends, expected) in table {
            assert_eq!(
                verdict(&question, value, ends),
                expected,
                "{value} {ends:?}"
            );
        }
    }

    #[test]
    fn inclusive_bounds_include_the_bound() {
        assert_eq!(
            verdict(&question(Relation::AtMost, 0.0), 100.0, None),
            Verdict::Pass
        );
        assert_eq!(
            verdict(&question(Relation::AtLeast, 0.0), 100.0, None),
            Verdict::Pass
        );
    }

    #[test]
    fn what_cannot_be_judged_never_passes() {
        let question = question(Relation::Below, 50.0);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let judgement = question.judge(Ok(figure(value, None)), None);
            assert_eq!(
                (judgement.verdict, judgement.value),
                (Verdict::Invalid, None)
            );
        }
        let empty = Figure {
            n: 0,
            ..figure(1.0, None)
        };
        assert_eq!(question.judge(Ok(empty), None).verdict, Verdict::Invalid);
        let nothing = NoFigure {
            n: 0,
            value: None,
            reason: Reason::NoSample,
        };
        assert_eq!(question.judge(Err(nothing), None).verdict, Verdict::Invalid);
        let void = question.judge(Ok(figure(1.0, None)), Some(Reason::RunInvalid));
        assert_eq!((void.verdict, void.value), (Verdict::Invalid, Some(1.0)));
    }

    #[test]
    fn too_good_to_be_true_is_invalid() {
        let mut question = question(Relation::Below, 0.0);
        question.implausible_beyond = Some(1.0);
        assert_eq!(verdict(&question, 0.5, None), Verdict::Invalid);
        assert_eq!(verdict(&question, 1.5, None), Verdict::Pass);
    }
}
