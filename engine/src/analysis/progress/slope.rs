//! The median slope after Theil and Sen with Sen's interval, and the Mann-Kendall test beside it.
//!
//! Both rest on the order of the values alone, so that one odd session cannot make or hide a trend.

use crate::analysis::statistics::mann_kendall;
use crate::domain::analysis::{Estimate, Interval};
use crate::domain::progress::{Trend, TrendDirection, TrendUnit};

/// Observations needed.
const NEEDED: u32 = 4;
/// The level at which a direction is named.
const LEVEL: f64 = 0.05;
/// The normal quantile of a 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// The trend of `(time, value)` pairs in order of time, from four on.
pub(super) fn trend(points: &[(f64, f64)], per: TrendUnit) -> Estimate<Trend> {
    let n = u32::try_from(points.len()).unwrap_or(u32::MAX);
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let slopes = slopes(points);
    let tested = mann_kendall(&values).filter(|_| n >= NEEDED);
    let (Some(tested), Some(slope)) = (tested, median(&slopes)) else {
        return Estimate::Insufficient { n, needed: NEEDED };
    };
    let direction = match slope {
        slope if tested.p > LEVEL || slope == 0.0 => TrendDirection::NotShown,
        slope if slope > 0.0 => TrendDirection::Rising,
        _ => TrendDirection::Falling,
    };
    Estimate::Measured(Trend {
        n,
        slope,
        per,
        interval: interval(&slopes, &values),
        p: tested.p,
        direction,
    })
}

/// The slopes of all pairs, ascending; pairs of one instant have none.
fn slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (at, (x, y)) in points.iter().enumerate() {
        for (earlier_x, earlier_y) in points.iter().take(at) {
            if x > earlier_x {
                slopes.push((y - earlier_y) / (x - earlier_x));
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    slopes
}

fn median(sorted: &[f64]) -> Option<f64> {
    let high = sorted.get(sorted.len() / 2)?;
    let low = sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(*low, *high))
}

/// Sen's interval: the slopes whose ranks lie as far from the middle as the variance of Kendall's
/// score allows; the outermost ones where it allows more.
fn interval(sorted: &[f64], values: &[f64]) -> Interval {
    let pairs = sorted.len() as f64;
    let width = Z * score_variance(values).sqrt();
    let place = |rank: f64| {
        let last = pairs - 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the list"
        )]
        let at = rank.round().clamp(0.0, last.max(0.0)) as usize;
        sorted.get(at).copied().unwrap_or_default()
    };
    Interval {
        low: place(((pairs - width) / 2.0).floor() - 1.0),
        high: place(((pairs + width) / 2.0).ceil()),
    }
}

/// The variance of Kendall's score, ties taken into account.
fn score_variance(values: &[f64]) -> f64 {
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let tied: f64 = sorted
        .chunk_by(|a, b| a == b)
        .map(|run| spread(run.len() as f64))
        .sum();
    ((spread(values.len() as f64) - tied) / 18.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(values: &[f64]) -> Vec<(f64, f64)> {
        (0u32..)
            .zip(values)
            .map(|(at, value)| (f64::from(at), *value))
            .collect()
    }

    #[test]
    fn three_values_are_too_few_and_four_are_enough() {
        let three = trend(&points(&[1.0, 2.0, 3.0]), TrendUnit::Session);
        assert_eq!(three, Estimate::Insufficient { n: 3, needed: 4 });
        let four = trend(&points(&[1.0, 2.0, 3.0, 4.0]), TrendUnit::Session);
        let four = four.measured().unwrap();
        assert!((four.slope - 1.0).abs() < 1e-12);
        // Of the 24 orders two are as extreme: nothing is shown yet.
        assert!((four.p - 2.0 / 24.0).abs() < 1e-12);
        assert_eq!(four.direction, TrendDirection::NotShown);
    }

    #[test]
    fn agrees_with_a_published_example() {
        // scipy 1.14: theilslopes([16, 14, 15, 11, 9, 10, 6], x) = (-1.5833…, low -2.333…, high -1.0).
        let found = trend(
            &points(&[16.0, 14.0, 15.0, 11.0, 9.0, 10.0, 6.0]),
            TrendUnit::Week,
        );
        let found = found.measured().unwrap();
        assert_eq!(found.direction, TrendDirection::Falling);
        assert!(found.p < 0.02, "{}", found.p);
        assert!(found.interval.low <= found.slope && found.slope <= found.interval.high);
    }

    #[test]
    fn one_odd_value_does_not_make_a_trend() {
        let found = trend(
            &points(&[10.0, 10.0, 10.0, 10.0, 10.0, 27.0]),
            TrendUnit::Week,
        );
        let found = found.measured().unwrap();
        assert!(found.slope.abs() < 1e-12);
        assert_eq!(found.direction, TrendDirection::NotShown);
    }

    #[test]
    fn entries_of_one_instant_give_no_slope() {
        let same = [(1.0, 3.0), (1.0, 4.0), (1.0, 5.0), (1.0, 6.0)];
        assert_eq!(
            trend(&same, TrendUnit::Week),
            Estimate::Insufficient { n: 4, needed: 4 }
        );
    }

    proptest! {
        /// Against the definition, written down plainly.
        #[test]
        fn the_slope_is_the_median_of_all_pairs(values in prop::collection::vec(-50i32..50, 4..12)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let mut all = Vec::new();
            for later in 0..values.len() {
                for earlier in 0..later {
                    all.push((values[later] - values[earlier]) / (later - earlier) as f64);
                }
            }
            all.sort_by(f64::total_cmp);
            let middle = all.len() / 2;
            let median = if all.len() % 2 == 1 { all[middle] } else { (all[middle - 1] + all[middle]) / 2.0 };
            let found = trend(&points(&values), TrendUnit::Session);
            let found = *found.measured().unwrap();
            prop_assert!((found.slope - median).abs() < 1e-12);
            prop_assert!(found.interval.low <= found.slope && found.slope <= found.interval.high);
            // Upside down, everything is upside down.
            let mirrored: Vec<f64> = values.iter().map(|v| -v).collect();
            let mirrored = trend(&points(&mirrored), TrendUnit::Session);
            let mirrored = *mirrored.measured().unwrap();
            prop_assert!((mirrored.slope + found.slope).abs() < 1e-12);
            prop_assert!((mirrored.interval.low + found.interval.high).abs() < 1e-12);
            prop_assert!((mirrored.p - found.p).abs() < 1e-12);
        }
    }
}
