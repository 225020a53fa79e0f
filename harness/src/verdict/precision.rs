//! What the instrument can tell apart on this machine: a figure that misses or meets its bound by
//! less than the instrument's own error decides nothing.

use super::judgement::{Judgement, Quantity, Reason};
use super::outcome::Verdict;
use crate::measurement::calibration::Calibration;
use crate::metric::{Metric, Statistic, Unit};
use crate::units::Micros;

/// The judgement, MARGINAL where it would need to be finer than the instrument is. Without a
/// calibration nothing is known of the error, and nothing is changed.
pub(super) fn limited(judgement: Judgement, calibration: Option<&Calibration>) -> Judgement {
    let Some(error) = calibration.and_then(|made| error_ms(&judgement, made)) else {
        return judgement;
    };
    let decided = matches!(judgement.verdict, Verdict::Pass | Verdict::Fail);
    let distance = judgement
        .value
        .map(|value| (value - judgement.bound.value).abs());
    if decided && distance.is_some_and(|distance| distance < error) {
        return Judgement {
            verdict: Verdict::Marginal,
            reason: Reason::FinerThanInstrument { error_ms: error },
            ..judgement
        };
    }
    judgement
}

/// The instrument's error in the figure; none if it is no time or no law was measured near it.
fn error_ms(judgement: &Judgement, calibration: &Calibration) -> Option<f64> {
    let is_time = matches!(
        judgement.quantity,
        Quantity::Measured(Metric::ResponseTime | Metric::ServiceTime)
    );
    if !is_time || judgement.unit != Unit::Milliseconds {
        return None;
    }
    let percentile = match judgement.statistic? {
        Statistic::Average | Statistic::Median => 50.0,
        Statistic::P90 | Statistic::P95 => 95.0,
        Statistic::P99 => 99.0,
        Statistic::P999 => 99.9,
        _ => return None,
    };
    let time = Micros((judgement.value? * 1_000.0).max(0.0) as u64);
    Some(calibration.error_at(percentile, time)? / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::calibration::{CalibrationRow, ComparedTime, FORMAT, TruthSource};
    use crate::plan::target::{Bound, Relation};

    fn calibration() -> Calibration {
        Calibration {
            format: FORMAT,
            made_at: "2025-05-11T09:45:32Z".parse().unwrap(),
            version: "0.1.0".to_owned(),
            build: "release".to_owned(),
            machine: "a machine".to_owned(),
            rows: vec![CalibrationRow {
                law: "constant".to_owned(),
                time: ComparedTime::Response,
                percentile: 95.0,
                n: 7_000,
                reported: Micros(2_300),
                truth: Micros(2_000),
                source: TruthSource::Server,
            }],
            noise: Vec::new(),
            unfit: Vec::new(),
        }
    }

    fn judgement(value: f64, verdict: Verdict) -> Judgement {
        Judgement {
            scenario: "s".to_owned(),
            label: "l".to_owned(),
            quantity: Quantity::Measured(Metric::ResponseTime),
            statistic: Some(Statistic::P95),
            n: 1_000,
            value: Some(value),
            unit: Unit::Milliseconds,
            interval: None,
            bound: Bound {
                relation: Relation::Below,
                value: 2.5,
                unit: Unit::Milliseconds,
            },
            tolerance_percent: 0.0,
            verdict,
            reason: Reason::IntervalGood,
        }
    }

    #[test]
    fn a_verdict_finer_than_the_instrument_is_marginal() {
        let made = calibration();
        let close = limited(judgement(2.3, Verdict::Pass), Some(&made));
        assert_eq!(close.verdict, Verdict::Marginal);
        assert_eq!(close.reason, Reason::FinerThanInstrument { error_ms: 0.3 });
        assert_eq!(
            limited(judgement(2.7, Verdict::Fail), Some(&made)).verdict,
            Verdict::Marginal
        );
        assert_eq!(
            limited(judgement(2.1, Verdict::Pass), Some(&made)).verdict,
            Verdict::Pass
        );
        assert_eq!(
            limited(judgement(2.4, Verdict::Invalid), Some(&made)).verdict,
            Verdict::Invalid
        );
        assert_eq!(
            limited(judgement(2.4, Verdict::Pass), None).verdict,
            Verdict::Pass
        );
    }
}
