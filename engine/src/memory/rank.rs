//! Putting lists and scores together. Pure functions; each names its source.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::memory::ExperienceKind;

/// Reciprocal-rank fusion (Cormack, Clarke and Büttcher 2009) of lists that are each ordered best
/// first, scaled so that an item at the head of every list with weight has 1. Best first, ties by key.
///
/// Each list comes with its weight. A key that stands in a list more than once counts where it stands
/// first.
#[must_use]
pub fn fuse<K: Ord + Clone>(lists: &[(f64, Vec<K>)], constant: f64) -> Vec<(K, f64)> {
    let best: f64 = lists
        .iter()
        .map(|(weight, _)| weight / (constant + 1.0))
        .sum();
    let mut scores: BTreeMap<&K, Vec<f64>> = BTreeMap::new();
    for (at, (weight, list)) in lists.iter().enumerate() {
        for (place, key) in list.iter().enumerate() {
            let votes = scores.entry(key).or_insert_with(|| vec![0.0; lists.len()]);
            if votes[at] == 0.0 {
                votes[at] = weight / (constant + (place + 1) as f64);
            }
        }
    }
    let mut fused: Vec<(K, f64)> = scores
        .into_iter()
        .map(|(key, mut votes)| {
            // Sums of floats depend on their order; sorted, they do not depend on that of the lists.
            votes.sort_unstable_by(f64::total_cmp);
            (key.clone(), votes.iter().sum::<f64>() / best)
        })
        .collect();
    fused.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    fused
}

/// What a list of scores looks like, so that a score of it can be given in standard deviations.
///
/// Small lists say little about themselves, so ten scores around zero with the spread `usual` are
/// taken as seen before. Sums are kept in whole numbers: no order of the scores changes the result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    mean: f64,
    deviation: f64,
}

impl Spread {
    /// Of `count` scores, of which those not given are zero.
    #[must_use]
    pub fn of(scores: impl Iterator<Item = f64>, count: usize, usual: f64) -> Self {
        const UNIT: f64 = 4_294_967_296.0;
        const SEEN_BEFORE: f64 = 10.0;
        let (mut sum, mut squares) = (0i128, 0i128);
        for score in scores {
            sum += (score * UNIT).round() as i128;
            squares += (score * score * UNIT).round() as i128;
        }
        let count = count as f64 + SEEN_BEFORE;
        let mean = sum as f64 / UNIT / count;
        let square = squares as f64 / UNIT + SEEN_BEFORE * usual * usual;
        Self {
            mean,
            deviation: (square / count - mean * mean).max(1e-12).sqrt(),
        }
    }

    /// `score` in standard deviations from the mean.
    #[must_use]
    pub fn standardise(&self, score: f64) -> f64 {
        (score - self.mean) / self.deviation
    }
}

/// Brings a sum of standardised scores between 0 and 1, in their order; what is below average is 0.
#[must_use]
pub fn squash(standardised: f64) -> f64 {
    (standardised.max(0.0) / 8.0).tanh()
}

/// Maximal marginal relevance (Carbonell and Goldstein 1998): the places of `relevance` in the order
/// in which they are taken, at most `k`. `lambda` 1 orders by relevance alone, 0 by difference alone.
/// `similarity` must lie between 0 and 1, as relevance does. Ties go to the earlier place.
#[must_use]
pub fn diversify(
    relevance: &[f64],
    similarity: impl Fn(usize, usize) -> f64,
    lambda: f64,
    k: usize,
) -> Vec<usize> {
    let mut taken: Vec<usize> = Vec::new();
    let mut left: Vec<(usize, f64)> = (0..relevance.len()).map(|at| (at, 0.0)).collect();
    while taken.len() < k && !left.is_empty() {
        let marginal =
            |&(at, nearest): &(usize, f64)| lambda * relevance[at] - (1.0 - lambda) * nearest;
        let mut choice = 0;
        for other in 1..left.len() {
            if marginal(&left[other]) > marginal(&left[choice]) {
                choice = other;
            }
        }
        let (at, _) = left.remove(choice);
        for (other, nearest) in &mut left {
            *nearest = nearest.max(similarity(at, *other));
        }
        taken.push(at);
    }
    taken
}

/// How vivid a memory is, between `floor` and 1: halving of the part above `floor` every
/// `half_life_days` for exchanges, never less than 1 for commitments and risks. What is said to lie
/// in the future counts as said now.
#[must_use]
pub fn recency(
    kind: ExperienceKind,
    said_at: Timestamp,
    now: Timestamp,
    half_life_days: f64,
    floor: f64,
) -> f64 {
    match kind {
        ExperienceKind::Commitment | ExperienceKind::Risk => 1.0,
        ExperienceKind::Exchange => {
            let days = now.duration_since(said_at).as_secs_f64().max(0.0) / 86_400.0;
            floor + (1.0 - floor) * (-days / half_life_days).exp2()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_head_of_every_list_scores_one_and_agreement_beats_one_high_place() {
        let fused = fuse(
            &[(1.0, vec!["a", "b", "c"]), (1.0, vec!["a", "c", "d"])],
            20.0,
        );
        assert_eq!(fused[0], ("a", 1.0));
        assert_eq!(
            fused.iter().map(|f| f.0).collect::<Vec<_>>(),
            ["a", "c", "b", "d"]
        );
        assert!(fuse::<u8>(&[], 60.0).is_empty());
    }

    #[test]
    fn standardised_scores_have_mean_zero_and_spread_one_in_large_lists() {
        let scores: Vec<f64> = (0..10_000).map(|n| f64::from(n % 100)).collect();
        let spread = Spread::of(scores.iter().copied(), scores.len(), 1.0);
        let z: Vec<f64> = scores.iter().map(|s| spread.standardise(*s)).collect();
        let mean = z.iter().sum::<f64>() / z.len() as f64;
        let square = z.iter().map(|v| v * v).sum::<f64>() / z.len() as f64;
        assert!(mean.abs() < 0.01 && (square - 1.0).abs() < 0.01);
        let alone = Spread::of([5.0].into_iter(), 1, 1.5);
        assert!(
            alone.standardise(5.0) > 1.0,
            "one strong score is above average"
        );
        assert!(squash(3.0) < squash(4.0) && squash(-1.0) == 0.0 && squash(1e9) <= 1.0);
    }

    #[test]
    fn a_weight_of_two_counts_like_two_lists() {
        let list = vec![3, 1, 2];
        let other = vec![2, 3];
        let twice = fuse(
            &[
                (1.0, list.clone()),
                (1.0, list.clone()),
                (1.0, other.clone()),
            ],
            60.0,
        );
        let weighted = fuse(&[(2.0, list), (1.0, other)], 60.0);
        for (a, b) in twice.iter().zip(&weighted) {
            assert_eq!(a.0, b.0);
            assert!((a.1 - b.1).abs() < 1e-12);
        }
    }

    #[test]
    fn diversity_passes_over_a_near_copy() {
        let relevance = [0.9, 0.89, 0.5];
        let alike = |a: usize, b: usize| if a.max(b) < 2 { 0.99 } else { 0.1 };
        assert_eq!(diversify(&relevance, alike, 1.0, 2), [0, 1]);
        assert_eq!(diversify(&relevance, alike, 0.5, 2), [0, 2]);
        assert_eq!(diversify(&relevance, alike, 0.5, 9).len(), 3);
    }

    #[test]
    fn an_exchange_halves_towards_the_floor_and_a_commitment_stays() {
        let month = 30 * 86_400;
        let half = recency(ExperienceKind::Exchange, at(0), at(month), 30.0, 0.0);
        assert!((half - 0.5).abs() < 1e-12);
        let floored = recency(ExperienceKind::Exchange, at(0), at(month), 30.0, 0.4);
        assert!((floored - 0.7).abs() < 1e-12);
        assert_eq!(
            recency(ExperienceKind::Risk, at(0), at(month * 100), 30.0, 0.4),
            1.0
        );
        assert_eq!(
            recency(ExperienceKind::Exchange, at(5), at(0), 30.0, 0.4),
            1.0
        );
    }

    proptest! {
        #[test]
        fn fusion_does_not_depend_on_the_order_of_the_lists(
            lists in prop::collection::vec(prop::collection::vec(0u8..20, 0..10), 1..5),
        ) {
            let weighted: Vec<(f64, Vec<u8>)> = lists.into_iter().map(|l| (1.0, l)).collect();
            let mut reversed = weighted.clone();
            reversed.reverse();
            prop_assert_eq!(fuse(&weighted, 20.0), fuse(&reversed, 20.0));
        }

        #[test]
        fn fusion_is_ordered_and_bounded(
            lists in prop::collection::vec((0.1f64..2.0, prop::collection::vec(0u8..20, 0..10)), 1..5),
        ) {
            let fused = fuse(&lists, 20.0);
            prop_assert!(fused.iter().all(|(_, s)| *s > 0.0 && *s <= 1.0 + 1e-12));
            prop_assert!(fused.windows(2).all(|w| w[0].1 > w[1].1 || (w[0].1 == w[1].1 && w[0].0 < w[1].0)));
        }

        #[test]
        fn recency_never_rises_with_age(a in 0i64..10_000_000, b in 0i64..10_000_000, floor in 0.0f64..1.0) {
            let now = at(20_000_000);
            let of = |age: i64| recency(ExperienceKind::Exchange, at(20_000_000 - age), now, 30.0, floor);
            let (young, old) = (a.min(b), a.max(b));
            prop_assert!(of(young) >= of(old));
            prop_assert!(of(old) >= floor && of(young) <= 1.0);
        }

        #[test]
        fn diversity_takes_each_place_at_most_once(relevance in prop::collection::vec(0.0f64..1.0, 0..12), lambda in 0.0f64..1.0) {
            let similarity = |a: usize, b: usize| ((a * 7 + b * 7) % 10) as f64 / 10.0;
            let mut taken = diversify(&relevance, similarity, lambda, relevance.len());
            taken.sort_unstable();
            prop_assert_eq!(taken, (0..relevance.len()).collect::<Vec<_>>());
        }
    }
}
