//! A session from which on the client's sentences sound different than in those before.
//!
//! Pettitt's test (1979) on the sessions' mean sentiment. Its usual p value is an approximation that
//! is far off for a few values, so the p value is that of the permutation test: how often the same
//! means in random order show as large a break. The orders come from a fixed seed, so that the same
//! means give the same p value.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::history::View;
use super::trend::{direction, extreme, measured};
use super::{Finding, Tested};

/// Sessions with a mean needed for a test: with fewer not even a clean break could stand out.
const SESSIONS: usize = 6;
/// Random orders; the smallest p value is one in a thousand.
const ORDERS: u32 = 999;
/// The year of the test, as good a seed as any.
const SEED: u64 = 1979;

pub(super) fn test<'v>(view: &'v View<'_>) -> Vec<Tested<'v>> {
    let measured = measured(view);
    if measured.len() < SESSIONS {
        return Vec::new();
    }
    let means: Vec<f64> = measured.iter().map(|(_, mean)| *mean).collect();
    let Break { at, p } = pettitt(&means);
    let (before, after) = means.split_at(at);
    let shift = mean(after) - mean(before);
    if shift == 0.0 {
        return vec![Tested::without_finding(p)];
    }
    let (before, after) = (mean(before), mean(after));
    vec![Tested::with(p, move || {
        let rising = shift > 0.0;
        let ends = [(measured.get(at - 1), rising), (measured.get(at), !rising)];
        let n = u32::try_from(means.len()).unwrap_or(u32::MAX);
        Finding {
            detector: "change_point",
            slot: "sessions".to_owned(),
            statement: format!(
                "From session {} of {n} on the client's sentences sound {} than before: mean {after:+.2} after, {before:+.2} before.",
                at + 1,
                direction(shift),
            ),
            test: "pettitt_permutation",
            n,
            effect: shift,
            weight: f64::from(n),
            evidence: ends
                .into_iter()
                .filter_map(|(session, low)| extreme(session?.0, low))
                .collect(),
        }
    })]
}

/// Where the values break, and how often chance does as much.
struct Break {
    /// How many values stand before the break; at least one, and at least one after it.
    at: usize,
    p: f64,
}

fn pettitt(values: &[f64]) -> Break {
    let mut ranks = mid_ranks(values);
    let (at, observed) = largest_break(&ranks);
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut as_large = 1u32;
    for _ in 0..ORDERS {
        ranks.shuffle(&mut rng);
        as_large += u32::from(largest_break(&ranks).1 >= observed - 1e-9);
    }
    Break {
        at,
        p: f64::from(as_large) / f64::from(ORDERS + 1),
    }
}

/// The place of the largest |U|, with U after t values = t (n + 1) - 2 (sum of their ranks).
fn largest_break(ranks: &[f64]) -> (usize, f64) {
    let per_value = ranks.len() as f64 + 1.0;
    let mut statistic = 0.0f64;
    let mut largest = (1, 0.0f64);
    for (at, rank) in ranks.iter().enumerate().take(ranks.len() - 1) {
        statistic += per_value - 2.0 * rank;
        if statistic.abs() > largest.1 {
            largest = (at + 1, statistic.abs());
        }
    }
    largest
}

/// Ranks from 1; equal values share the mean of theirs.
fn mid_ranks(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .map(|value| {
            let below = values.iter().filter(|other| *other < value).count();
            let equal = values.iter().filter(|other| *other == value).count();
            below as f64 + (equal as f64 + 1.0) / 2.0
        })
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_break_is_found_where_it_is() {
        let values = [0.1, 0.12, 0.09, 0.11, 0.1, 0.5, 0.52, 0.49, 0.51, 0.5];
        let found = pettitt(&values);
        assert_eq!(found.at, 5);
        // Of the C(10, 5) ways to choose the first five, two are as extreme: p = 2/252 = 0.008.
        assert!((found.p - 0.008).abs() < 0.008, "{}", found.p);
    }

    #[test]
    fn chance_is_no_break_and_equal_values_have_none() {
        let values = [0.1, 0.5, 0.2, 0.4, 0.15, 0.45, 0.25, 0.35];
        assert!(pettitt(&values).p > 0.3);
        let same = pettitt(&[0.2; 8]);
        assert!((same.p - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_test_keeps_its_level() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut values: Vec<f64> = (0..9).map(f64::from).collect();
        let mut rejected = 0;
        for _ in 0..200 {
            values.shuffle(&mut rng);
            rejected += usize::from(pettitt(&values).p <= 0.1);
        }
        // 0.1 of 200 is 20, and 33 lies three standard deviations above it.
        assert!(rejected <= 33, "{rejected}");
    }
}
