//! Known values, definitions computed the slow way, and coverage by simulation.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// P(Bin(n, p) <= k), by the definition.
fn binomial_cdf(n: u64, p: f64, k: u64) -> f64 {
    (0..=k)
        .map(|i| {
            let choose: f64 = (0..i)
                .map(|j| ((n - j) as f64).ln() - ((j + 1) as f64).ln())
                .sum();
            (choose + i as f64 * p.ln() + (n - i) as f64 * (1.0 - p).ln()).exp()
        })
        .sum()
}

#[test]
fn floors_are_the_smallest_counts_with_two_samples_beyond() {
    for statistic in [
        Statistic::Median,
        Statistic::P90,
        Statistic::P95,
        Statistic::P99,
        Statistic::P999,
    ] {
        let beyond = 1.0 - statistic.quantile().unwrap();
        let floor = statistic.sample_floor().unwrap();
        assert!(binomial_cdf(floor, beyond, 1) <= 0.01, "{statistic:?}");
        assert!(binomial_cdf(floor - 1, beyond, 1) > 0.01, "{statistic:?}");
    }
}

#[test]
fn ranks_agree_with_the_binomial_definition() {
    for (n, p) in [
        (11, 0.5),
        (64, 0.9),
        (130, 0.95),
        (662, 0.99),
        (1_000, 0.5),
        (5_000, 0.95),
    ] {
        let (low, high) = quantile_ranks(n, p).unwrap();
        assert!(binomial_cdf(n, p, low - 1) <= 0.005, "n {n} p {p}");
        assert!(binomial_cdf(n, p, low) > 0.005, "n {n} p {p}");
        assert!(
            1.0 - binomial_cdf(n, p, high - 1) <= 0.005 + 1e-12,
            "n {n} p {p}"
        );
        assert!(1.0 - binomial_cdf(n, p, high - 2) > 0.005, "n {n} p {p}");
    }
}

#[test]
fn ranks_of_the_median_of_a_hundred_are_those_of_the_tables() {
    // Conover, Practical Nonparametric Statistics: 99 % interval of the median, n = 100.
    assert_eq!(quantile_ranks(100, 0.5), Some((37, 64)));
}

#[test]
fn ranks_of_a_million_are_near_the_normal_approximation() {
    let (low, high) = quantile_ranks(1_000_000, 0.95).unwrap();
    let half = Z * (1_000_000.0_f64 * 0.95 * 0.05).sqrt();
    assert!((950_000.0 - half - low as f64).abs() < 3.0, "{low}");
    assert!((950_000.0 + half - high as f64).abs() < 3.0, "{high}");
}

#[test]
fn too_few_samples_have_no_ranks() {
    assert_eq!(quantile_ranks(0, 0.5), None);
    assert_eq!(quantile_ranks(7, 0.5), None);
    assert_eq!(quantile_ranks(8, 0.5), Some((1, 8)));
    assert_eq!(quantile_ranks(100, 0.95), None);
}

#[test]
fn wilson_gives_known_values() {
    // Zero of n: the upper end is z²/(n + z²).
    let (low, high) = wilson(0, 100).unwrap();
    assert_eq!(low, 0.0);
    assert!((high - Z * Z / (100.0 + Z * Z)).abs() < 1e-12);
    // 10 of 100 worked by hand: centre 0.124889, half width 0.078863.
    let (low, high) = wilson(10, 100).unwrap();
    assert!((low - 0.046_026).abs() < 2e-6, "{low}");
    assert!((high - 0.203_752).abs() < 2e-6, "{high}");
    assert_eq!(wilson(0, 0), None);
    assert_eq!(wilson(3, 2), None);
    assert_eq!(wilson(5, 5).unwrap().1, 1.0);
}

#[test]
fn clean_trials_bring_the_upper_end_below_the_share() {
    let needed = clean_trials_for(0.01).unwrap();
    assert!(wilson(0, needed).unwrap().1 < 0.01);
    assert!(wilson(0, needed - 2).unwrap().1 >= 0.01);
}

#[test]
fn a_ratio_needs_three_windows_and_is_repeatable() {
    assert_eq!(ratio(&[(1.0, 1.0), (2.0, 1.0)], 1), None);
    assert_eq!(ratio(&[(0.0, 0.0); 5], 1), None);
    let windows: Vec<(f64, f64)> = (0..40).map(|i| (10.0 + f64::from(i % 5), 1.0)).collect();
    let first = ratio(&windows, 7).unwrap();
    assert_eq!(Some(first), ratio(&windows, 7));
    assert!(first.low < 12.0 && 12.0 < first.high);
    let constant = ratio(&[(3.0, 2.0); 4], 7).unwrap();
    assert_eq!((constant.low, constant.high), (1.5, 1.5));
}

#[test]
fn student_on_windows_gives_the_textbook_value() {
    // Mean 2, deviation 1, n = 3: half width 9.92484 / sqrt(3).
    let interval = ratio(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)], 0).unwrap();
    assert!((interval.high - 2.0 - 9.924_84 / 3.0_f64.sqrt()).abs() < 1e-9);
    assert_eq!(interval.low, 0.0);
    assert_eq!(interval.method, Method::StudentWindows { windows: 3 });
}

/// Exponential samples: skewed, with known quantiles and mean.
fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    -(1.0 - rng.random::<f64>()).ln()
}

#[test]
fn intervals_of_percentiles_cover_the_truth() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for (n, p) in [(130_u64, 0.95_f64), (200, 0.5), (662, 0.99)] {
        let truth = -(1.0 - p).ln();
        let (low, high) = quantile_ranks(n, p).unwrap();
        let rounds = 2_000;
        let covered = (0..rounds)
            .filter(|_| {
                let mut samples: Vec<f64> = (0..n).map(|_| exponential(&mut rng)).collect();
                samples.sort_by(f64::total_cmp);
                samples[low as usize - 1] <= truth && truth <= samples[high as usize - 1]
            })
            .count();
        // 99 % of 2,000 is 1,980; four deviations of the simulation itself are 18.
        assert!(covered >= 1_962, "n {n} p {p}: {covered} of {rounds}");
    }
}

#[test]
fn intervals_of_rates_and_means_cover_the_truth() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let covered = (0..2_000)
        .filter(|_| {
            let hits = (0..500).filter(|_| rng.random::<f64>() < 0.03).count() as u64;
            let (low, high) = wilson(hits, 500).unwrap();
            low <= 0.03 && 0.03 <= high
        })
        .count();
    assert!(covered >= 1_950, "Wilson: {covered} of 2000");

    let covered = (0..150)
        .filter(|round| {
            let windows: Vec<(f64, f64)> = (0..60)
                .map(|_| ((0..20).map(|_| exponential(&mut rng)).sum(), 20.0))
                .collect();
            let interval = ratio(&windows, *round).unwrap();
            interval.low <= 1.0 && 1.0 <= interval.high
        })
        .count();
    // A percentile bootstrap on 60 windows covers a little under 99 %.
    assert!(covered >= 143, "bootstrap: {covered} of 150");
}
