//! The shift of paired differences by signed ranks: the estimate of Hodges and Lehmann (1963) with the
//! interval that inverts Wilcoxon's test (Hollander, Wolfe and Chicken, *Nonparametric Statistical
//! Methods*, 3rd ed., section 3.3).
//!
//! It asks of the differences nothing but symmetry, which pairing gives: two runs of the same build
//! can change places. One run that was disturbed moves it by one rank and not by its size.

/// A shift with its two one-sided bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The median of the means of all pairs of differences.
    pub estimate: f64,
    /// The shift is below this with a chance of at most the tail.
    pub low: f64,
    /// The shift is above this with a chance of at most the tail.
    pub high: f64,
}

/// Estimates the shift; each of the two bounds fails with a chance of at most `tail`. None without
/// differences, with one that is not finite, or with so few that no bound is that safe.
#[must_use]
pub fn shift(differences: &[f64], tail: f64) -> Option<Shift> {
    if differences.iter().any(|difference| !difference.is_finite()) {
        return None;
    }
    let rank = rank(differences.len(), tail)?;
    let means = walsh(differences);
    let count = means.len();
    let middle = |place: usize| means.get(place).copied();
    let estimate = f64::midpoint(middle((count - 1) / 2)?, middle(count / 2)?);
    Some(Shift {
        estimate,
        low: middle(rank - 1)?,
        high: middle(count - rank)?,
    })
}

/// The fewest differences whose bounds can be this safe: all on one side has a chance of 2^-n.
#[must_use]
pub fn fewest(tail: f64) -> usize {
    (1..=1_000)
        .find(|n| 0.5_f64.powi(*n) <= tail)
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(usize::MAX)
}

/// The means of all pairs of differences, each with itself as well, in order.
fn walsh(differences: &[f64]) -> Vec<f64> {
    let mut means: Vec<f64> = differences
        .iter()
        .enumerate()
        .flat_map(|(place, one)| {
            differences[place..]
                .iter()
                .map(move |other| f64::midpoint(*one, *other))
        })
        .collect();
    means.sort_by(f64::total_cmp);
    means
}

/// The largest rank of the ordered means, from 1, below which the shift lies with a chance of at most
/// `tail`: the largest C with P(W < C) <= tail.
fn rank(n: usize, tail: f64) -> Option<usize> {
    let mut below = 0.0;
    let mut rank = 0;
    for chance in distribution(n) {
        below += chance;
        if below > tail {
            break;
        }
        rank += 1;
    }
    (rank > 0).then_some(rank)
}

/// P(W = w) for w from 0: each rank is in the sum or is not, with the same chance.
fn distribution(n: usize) -> Vec<f64> {
    let mut chances = vec![0.0; n * (n + 1) / 2 + 1];
    chances[0] = 1.0;
    let mut top = 0;
    for rank in 1..=n {
        top += rank;
        for sum in (0..=top).rev() {
            let with = if sum >= rank {
                chances[sum - rank]
            } else {
                0.0
            };
            chances[sum] = f64::midpoint(chances[sum], with);
        }
    }
    chances
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// P(W < c) by trying all signs.
    fn below(n: usize, c: usize) -> f64 {
        let hits = (0_u32..1 << n)
            .filter(|signs| {
                let sum: usize = (0..n)
                    .filter(|bit| signs >> bit & 1 == 1)
                    .map(|bit| bit + 1)
                    .sum();
                sum < c
            })
            .count();
        hits as f64 / f64::from(1_u32 << n)
    }

    #[test]
    fn ranks_agree_with_all_signs_tried() {
        for n in 1..=14 {
            for tail in [0.05, 0.01, 0.005, 0.001] {
                match rank(n, tail) {
                    Some(rank) => {
                        assert!(below(n, rank) <= tail, "{n} {tail}");
                        assert!(below(n, rank + 1) > tail, "{n} {tail}");
                    }
                    None => assert!(below(n, 1) > tail, "{n} {tail}"),
                }
                assert_eq!(rank(n, tail).is_some(), n >= fewest(tail), "{n} {tail}");
            }
        }
    }

    #[test]
    fn ranks_are_those_of_the_published_table() {
        // Hollander, Wolfe and Chicken, table A.4: P(W+ <= 8) = 0.0244 and P(W+ <= 9) = 0.0322 for
        // n = 10, so that the interval at 95 % begins with the ninth mean.
        assert_eq!(rank(10, 0.025), Some(9));
        assert_eq!(rank(10, 0.0322), Some(9));
        assert_eq!(rank(10, 0.0323), Some(10));
    }

    #[test]
    fn one_disturbed_run_does_not_move_the_estimate_by_its_size() {
        let calm: Vec<f64> = (0..12).map(|place| f64::from(place) * 0.001).collect();
        let mut disturbed = calm.clone();
        disturbed[11] = 1_000.0;
        let (one, other) = (
            shift(&calm, 0.005).unwrap(),
            shift(&disturbed, 0.005).unwrap(),
        );
        assert!((one.estimate - other.estimate).abs() < 0.002);
        assert!(other.low < 0.006);
    }

    #[test]
    fn what_cannot_be_said_is_not_said() {
        assert_eq!(shift(&[], 0.005), None);
        assert_eq!(shift(&[0.1; 7], 0.005), None);
        assert_eq!(shift(&[0.1, f64::NAN], 0.4), None);
        assert_eq!(shift(&[0.1, f64::INFINITY], 0.4), None);
    }

    #[test]
    fn the_bounds_fail_no_more_often_than_they_say() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let trials = 20_000;
        let mut misses = 0;
        for _ in 0..trials {
            // A symmetric law with heavy tails: a ratio of two uniform numbers with a random sign.
            let drawn: Vec<f64> = (0..12)
                .map(|_| {
                    let size: f64 = rng.random_range(0.0..1.0) / rng.random_range(0.001..1.0);
                    if rng.random_bool(0.5) { size } else { -size }
                })
                .collect();
            let shift = shift(&drawn, 0.01).unwrap();
            misses += u32::from(shift.low > 0.0);
        }
        // 1 % of 20,000 and four standard deviations.
        assert!(misses <= 200 + 57, "{misses}");
    }

    proptest! {
        #[test]
        fn it_moves_with_the_differences(
            differences in prop::collection::vec(-1.0_f64..1.0, 8..40),
            by in -1.0_f64..1.0,
        ) {
            let moved: Vec<f64> = differences.iter().map(|d| d + by).collect();
            let (one, other) = (shift(&differences, 0.005).unwrap(), shift(&moved, 0.005).unwrap());
            prop_assert!((one.estimate + by - other.estimate).abs() < 1e-9);
            prop_assert!((one.low + by - other.low).abs() < 1e-9);
            prop_assert!(one.low <= one.estimate && one.estimate <= one.high);
        }
    }
}
