//! The slope of a series by the median of the slopes of all pairs (Theil 1950), with the interval of
//! Sen (JASA 63, 1968) from Kendall's statistic. A step, a spike or a burst of garbage collection does
//! not make a leak.

use super::quantile::normal;

/// More points than this are thinned evenly: the number of pairs grows with the square.
const MOST_POINTS: usize = 500;

/// The fewest points from which a slope is told.
pub(super) const FEWEST_POINTS: usize = 20;

/// Slope, and the two ends of its interval, per unit of the first coordinate. None for fewer than
/// [`FEWEST_POINTS`], or if all points are at the same place.
#[must_use]
pub(super) fn theil_sen(points: &[(f64, f64)], tail: f64) -> Option<(f64, f64, f64)> {
    if points.len() < FEWEST_POINTS || points.iter().any(|p| !(p.0.is_finite() && p.1.is_finite()))
    {
        return None;
    }
    let every = points.len().div_ceil(MOST_POINTS);
    let kept: Vec<(f64, f64)> = points.iter().copied().step_by(every).collect();
    let mut slopes: Vec<f64> = kept
        .iter()
        .enumerate()
        .flat_map(|(place, one)| {
            kept[place + 1..].iter().filter_map(move |other| {
                let run = other.0 - one.0;
                (run > 0.0).then(|| (other.1 - one.1) / run)
            })
        })
        .collect();
    slopes.sort_by(f64::total_cmp);
    let count = slopes.len();
    let at = |place: usize| slopes.get(place.min(count.saturating_sub(1))).copied();
    let estimate = f64::midpoint(at(count.saturating_sub(1) / 2)?, at(count / 2)?);
    let n = kept.len() as f64;
    let deviation = (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    // Neighbouring samples of memory are alike, so that fewer are independent than were taken: the
    // interval is widened by the correlation of neighbours that is left around the line.
    let half = normal(tail) * deviation * widening(&kept, estimate);
    let low = ((count as f64 - half) / 2.0).floor().max(0.0) as usize;
    let high = ((count as f64 + half) / 2.0).ceil() as usize;
    Some((estimate, at(low)?, at(high)?))
}

/// √((1 + r) / (1 - r)) with r the correlation of neighbours around the line (Bayley and Hammersley
/// 1946), at least 1.
fn widening(points: &[(f64, f64)], slope: f64) -> f64 {
    let mut left: Vec<f64> = points
        .iter()
        .map(|point| point.1 - slope * point.0)
        .collect();
    let mean = left.iter().sum::<f64>() / left.len() as f64;
    left.iter_mut().for_each(|rest| *rest -= mean);
    let squares: f64 = left.iter().map(|rest| rest * rest).sum();
    if squares <= f64::EPSILON {
        return 1.0;
    }
    let products: f64 = left.windows(2).map(|two| two[0] * two[1]).sum();
    let r = (products / squares).clamp(0.0, 0.98);
    ((1.0 + r) / (1.0 - r)).sqrt()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn line(count: u32, slope: f64, noise: f64, seed: u64) -> Vec<(f64, f64)> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..count)
            .map(|place| {
                let x = f64::from(place) * 0.25;
                (x, 100.0 + slope * x + rng.random_range(-1.0..1.0) * noise)
            })
            .collect()
    }

    #[test]
    fn a_line_has_its_slope() {
        let (slope, low, high) = theil_sen(&line(100, 0.5, 0.0, 1), 0.005).unwrap();
        assert!(
            (slope - 0.5).abs() < 1e-9 && (low - 0.5).abs() < 1e-9 && (high - 0.5).abs() < 1e-9
        );
    }

    #[test]
    fn a_spike_is_no_slope() {
        let mut points = line(100, 0.0, 0.1, 2);
        points[99].1 = 10_000.0;
        let (slope, low, high) = theil_sen(&points, 0.005).unwrap();
        assert!(
            slope.abs() < 0.01 && low < 0.0 && high > 0.0,
            "{slope} {low} {high}"
        );
    }

    #[test]
    fn the_interval_covers_the_slope() {
        let covered = (0..400)
            .filter(|seed| {
                let (_, low, high) = theil_sen(&line(60, 0.2, 3.0, *seed), 0.005).unwrap();
                (low..=high).contains(&0.2)
            })
            .count();
        // 99 % of 400 less four standard deviations.
        assert!(covered >= 388, "{covered}");
    }

    #[test]
    fn too_few_points_have_no_slope() {
        assert_eq!(theil_sen(&line(19, 1.0, 0.0, 3), 0.005), None);
        assert_eq!(theil_sen(&[(1.0, 1.0); 30], 0.005), None);
        let mut broken = line(30, 1.0, 0.0, 3);
        broken[3].1 = f64::NAN;
        assert_eq!(theil_sen(&broken, 0.005), None);
    }
}
