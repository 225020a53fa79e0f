//! Intervals at 99 % confidence. Each function names its source; none of them knows what it is used
//! for, and none makes up an interval where the samples support none.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::judgement::{Interval, Method};
use super::quantile;
use crate::metric::Statistic;

/// The confidence of all intervals.
pub const CONFIDENCE: f64 = 0.99;

/// Draws of the bootstrap.
pub const RESAMPLES: u32 = 2_000;

/// The normal distribution's 99.5th percentile.
const Z: f64 = 2.575_829_303_548_901;

/// Student's t, 99.5th percentile, for 2 to 8 degrees of freedom.
const T: [f64; 7] = [
    9.924_84, 5.840_91, 4.604_09, 4.032_14, 3.707_43, 3.499_48, 3.355_39,
];

/// The same for 29 degrees of freedom: an upper bound for every larger sample.
const T_29: f64 = 2.756_386;

/// From here on windows are resampled; below, Student's t is used.
const BOOTSTRAP_WINDOWS: usize = 10;

/// The fewest single samples that carry an interval of their mean.
const MEAN_SAMPLES: u64 = 30;

/// The fewest samples for a statistic to be judged or printed; one for those that are no percentile.
#[must_use]
pub fn sample_floor(statistic: Option<Statistic>) -> u64 {
    statistic.and_then(Statistic::sample_floor).unwrap_or(1)
}

/// The ranks (1 is the smallest) between which the quantile lies; none if `n` samples cannot say.
///
/// Of `n` samples, Bin(n, p) lie at or below the quantile. The lower rank is the largest l with
/// P(Bin <= l - 1) <= 0.5 %, the upper the smallest u with P(Bin >= u) <= 0.5 %.
#[must_use]
pub fn quantile_ranks(n: u64, p: f64) -> Option<(u64, u64)> {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let lower = lower_rank(n, p, tail)?;
    // The same question from above: ranks count from the largest and p becomes 1 - p.
    let upper = n + 1 - lower_rank(n, 1.0 - p, tail)?;
    Some((lower, upper))
}

/// The same two ranks at another confidence, each for itself: what these samples cannot tell is none.
#[must_use]
pub fn quantile_ends(n: u64, p: f64, confidence: f64) -> (Option<u64>, Option<u64>) {
    let tail = (1.0 - confidence) / 2.0;
    let upper = lower_rank(n, 1.0 - p, tail).map(|rank| n + 1 - rank);
    (lower_rank(n, p, tail), upper)
}

/// The largest l >= 1 with P(Bin(n, p) <= l - 1) <= tail.
fn lower_rank(n: u64, p: f64, tail: f64) -> Option<u64> {
    if n == 0 || !(p > 0.0 && p < 1.0) {
        return None;
    }
    let mean = n as f64 * p;
    let deviation = (mean * (1.0 - p)).sqrt();
    // Twelve deviations below the mean the probability is under 1e-30 and may be left out.
    let start = (mean - 12.0 * deviation - 12.0).max(0.0) as u64;
    let mut probability = log_binomial(n, start, p).exp();
    let mut below = 0.0;
    let mut successes = start;
    while below + probability <= tail && successes < n {
        below += probability;
        probability *= (n - successes) as f64 / (successes + 1) as f64 * p / (1.0 - p);
        successes += 1;
    }
    // `successes` is now the first count whose cumulated probability exceeds the tail.
    (successes >= 1).then_some(successes)
}

/// ln P(Bin(n, p) = k).
fn log_binomial(n: u64, k: u64, p: f64) -> f64 {
    log_factorial(n) - log_factorial(k) - log_factorial(n - k)
        + k as f64 * p.ln()
        + (n - k) as f64 * (-p).ln_1p()
}

/// ln n!, by the sum below 32 and by Stirling's series from there (relative error under 1e-15).
fn log_factorial(n: u64) -> f64 {
    if n < 32 {
        return (2..=n).map(|factor| (factor as f64).ln()).sum();
    }
    let x = n as f64;
    (x + 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + 1.0 / (12.0 * x)
        - 1.0 / (360.0 * x.powi(3))
        + 1.0 / (1_260.0 * x.powi(5))
}

/// The score interval of a share (Wilson, JASA 22, 1927), as two shares; none without trials.
#[must_use]
pub fn wilson(hits: u64, trials: u64) -> Option<(f64, f64)> {
    score(hits, trials, Z)
}

/// The same where each end fails with a chance of `tail`.
#[must_use]
pub fn wilson_at(hits: u64, trials: u64, tail: f64) -> Option<(f64, f64)> {
    if (tail - (1.0 - CONFIDENCE) / 2.0).abs() < 1e-12 {
        return wilson(hits, trials);
    }
    score(hits, trials, quantile::normal(tail))
}

fn score(hits: u64, trials: u64, z: f64) -> Option<(f64, f64)> {
    if trials == 0 || hits > trials {
        return None;
    }
    let n = trials as f64;
    let share = hits as f64 / n;
    let denominator = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / denominator;
    let half = z / denominator * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    // At the edges the formula is exact but for rounding, which must not leave 0 to 1.
    let low = if hits == 0 {
        0.0
    } else {
        (centre - half).max(0.0)
    };
    let high = if hits == trials {
        1.0
    } else {
        (centre + half).min(1.0)
    };
    Some((low, high))
}

/// How many trials without a hit bring the upper end of [`wilson`] below this share.
#[must_use]
pub fn clean_trials_for(share: f64) -> Option<u64> {
    (share > 0.0 && share < 1.0).then(|| (Z * Z * (1.0 - share) / share).ceil() as u64 + 1)
}

/// The interval of a ratio of sums over windows, e.g. time per request or requests per second; each
/// pair is one window's numerator and denominator. Windows, not requests, are drawn, because
/// requests of the same second are not independent. None for fewer than three windows.
#[must_use]
pub fn ratio(windows: &[(f64, f64)], seed: u64) -> Option<Interval> {
    let count = u32::try_from(windows.len()).ok()?;
    let (numerator, denominator) = sums(windows.iter());
    if windows.len() < 3 || denominator <= 0.0 {
        return None;
    }
    if windows.len() < BOOTSTRAP_WINDOWS {
        let estimate = numerator / denominator;
        let error = ratio_error(windows, estimate, denominator);
        let half = T.get(windows.len() - 3)? * error;
        let method = Method::StudentWindows { windows: count };
        return Some(Interval {
            low: (estimate - half).max(0.0),
            high: estimate + half,
            method,
        });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut estimates: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            let drawn = windows
                .iter()
                .map(|_| &windows[rng.random_range(0..windows.len())]);
            let (a, b) = sums(drawn);
            (b > 0.0).then_some(a / b)
        })
        .collect();
    estimates.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let at = |share: f64| {
        let index = (share * (estimates.len() as f64 - 1.0)).round() as usize;
        estimates.get(index).copied()
    };
    let method = Method::Bootstrap {
        windows: count,
        resamples: RESAMPLES,
        seed,
    };
    Some(Interval {
        low: at(tail)?,
        high: at(1.0 - tail)?,
        method,
    })
}

/// The same at another confidence. So far out the draws of the bootstrap are too few to tell an end,
/// so above 99 % Student's t over the windows is taken, which is exact for windows of one law.
#[must_use]
pub fn ratio_at(windows: &[(f64, f64)], seed: u64, confidence: f64) -> Option<Interval> {
    if confidence <= CONFIDENCE {
        return ratio(windows, seed);
    }
    let (numerator, denominator) = sums(windows.iter());
    if windows.len() < 3 || denominator <= 0.0 {
        return None;
    }
    let t = quantile::student(windows.len() as f64 - 1.0, (1.0 - confidence) / 2.0);
    let estimate = numerator / denominator;
    let half = t * ratio_error(windows, estimate, denominator);
    Some(Interval {
        low: (estimate - half).max(0.0),
        high: estimate + half,
        method: Method::StudentWindows {
            windows: u32::try_from(windows.len()).ok()?,
        },
    })
}

/// Standard error of a ratio of sums (Cochran 1977, section 6.3).
fn ratio_error(windows: &[(f64, f64)], estimate: f64, denominator: f64) -> f64 {
    let n = windows.len() as f64;
    let squares: f64 = windows
        .iter()
        .map(|(a, b)| (a - estimate * b).powi(2))
        .sum();
    (squares / (n * (n - 1.0))).sqrt() / (denominator / n)
}

fn sums<'a>(windows: impl Iterator<Item = &'a (f64, f64)>) -> (f64, f64) {
    windows.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1))
}

/// The interval of a mean of single samples (Student 1908); none for fewer than 30.
#[must_use]
pub fn mean_of_samples(n: u64, mean: f64, deviation: f64) -> Option<Interval> {
    if n < MEAN_SAMPLES {
        return None;
    }
    let half = T_29 * deviation / (n as f64).sqrt();
    Some(Interval {
        low: (mean - half).max(0.0),
        high: mean + half,
        method: Method::StudentSamples,
    })
}

/// The same at another confidence.
#[must_use]
pub fn mean_of_samples_at(n: u64, mean: f64, deviation: f64, confidence: f64) -> Option<Interval> {
    if confidence <= CONFIDENCE || n < MEAN_SAMPLES {
        return mean_of_samples(n, mean, deviation);
    }
    let t = quantile::student(n as f64 - 1.0, (1.0 - confidence) / 2.0);
    let half = t * deviation / (n as f64).sqrt();
    Some(Interval {
        low: (mean - half).max(0.0),
        high: mean + half,
        method: Method::StudentSamples,
    })
}

#[cfg(test)]
#[path = "stats_tests.rs"]
mod tests;
