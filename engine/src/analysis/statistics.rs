//! The few distributions and tests that analysis and detectors need, each with its source, each
//! checked against published or independently computed values.

use crate::domain::analysis::{Interval, Slope};

/// Natural logarithm of the gamma function for `x` > 0 (Lanczos, g = 7, nine terms).
fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let mut sum = 0.999_999_999_999_809_9;
    let mut place = 1.0;
    for coefficient in COEFFICIENTS {
        sum += coefficient / (x + place);
        place += 1.0;
    }
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

/// Regularised incomplete beta function by its continued fraction (modified Lentz).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front =
        (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    let guard = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    let mut m = 1.0;
    while m < 300.0 {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-14 {
            break;
        }
        m += 1.0;
    }
    front * fraction / a
}

/// Two-sided p value of Student's t.
pub(super) fn t_p_value(t: f64, degrees: f64) -> f64 {
    incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t)).clamp(0.0, 1.0)
}

/// The t beyond which 2.5 % lie on each side.
pub(super) fn t_quantile_975(degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 13.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if t_p_value(middle, degrees) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Two-sided p value of a standard normal (complementary error function after Numerical Recipes,
/// relative error below 1.2e-7).
fn normal_p_value(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    let series = [
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let poly = series.iter().rev().fold(0.0, |sum, c| sum * t + c);
    (t * (-x * x - 1.265_512_23 + t * poly).exp()).clamp(0.0, 1.0)
}

/// P(X >= `count`) of a Poisson variable with mean `mean`.
pub(super) fn poisson_tail(count: u32, mean: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    let first = f64::from(count);
    let mut term = (first * mean.ln() - mean - ln_gamma(first + 1.0)).exp();
    if first <= mean {
        // Near or below the mean the lower sum is the accurate one.
        let mut lower = 0.0;
        let mut k = first;
        while k > 0.0 {
            term *= k / mean;
            lower += term;
            k -= 1.0;
        }
        return (1.0 - lower).clamp(0.0, 1.0);
    }
    let mut sum = 0.0;
    let mut k = first;
    while term > sum * 1e-17 && term > 0.0 {
        sum += term;
        k += 1.0;
        term *= mean / k;
    }
    sum.clamp(0.0, 1.0)
}

/// A two-by-two table: rows with and without the topic, columns with and without the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) with_yes: u32,
    pub(super) with_no: u32,
    pub(super) without_yes: u32,
    pub(super) without_no: u32,
}

impl Table {
    /// Fisher's exact test, two-sided: the probability of all tables at most as likely.
    pub(super) fn fisher_exact(self) -> f64 {
        let row = self.with_yes + self.with_no;
        let other_row = self.without_yes + self.without_no;
        let column = self.with_yes + self.without_yes;
        let total = row + other_row;
        let ln_choose = |n: u32, k: u32| {
            ln_gamma(f64::from(n) + 1.0)
                - ln_gamma(f64::from(k) + 1.0)
                - ln_gamma(f64::from(n - k) + 1.0)
        };
        let probability = |cell: u32| {
            (ln_choose(row, cell) + ln_choose(other_row, column - cell) - ln_choose(total, column))
                .exp()
        };
        let observed = probability(self.with_yes);
        let least = column.saturating_sub(other_row);
        (least..=row.min(column))
            .map(probability)
            .filter(|p| *p <= observed * (1.0 + 1e-7))
            .sum::<f64>()
            .clamp(0.0, 1.0)
    }

    /// The odds ratio, with half an observation added to each cell (Haldane, Anscombe).
    pub(super) fn odds_ratio(self) -> f64 {
        let cell = |n: u32| f64::from(n) + 0.5;
        cell(self.with_yes) * cell(self.without_no) / (cell(self.with_no) * cell(self.without_yes))
    }
}

/// The outcome of a Mann-Kendall test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MannKendall {
    /// Two-sided p value: exact up to 30 values without ties, else the normal approximation with
    /// correction for ties and continuity.
    pub(super) p: f64,
    /// Median slope from one value to the next (Theil, Sen).
    pub(super) slope: f64,
}

/// Mann-Kendall trend test; none below three values.
pub(super) fn mann_kendall(values: &[f64]) -> Option<MannKendall> {
    let n = values.len();
    if n < 3 {
        return None;
    }
    let mut score = 0i32;
    let mut ties = false;
    let mut slopes = Vec::with_capacity(n * (n - 1) / 2);
    for (later, b) in values.iter().enumerate() {
        for (earlier, a) in values.iter().enumerate().take(later) {
            match b.total_cmp(a) {
                std::cmp::Ordering::Greater => score += 1,
                std::cmp::Ordering::Less => score -= 1,
                std::cmp::Ordering::Equal => ties = true,
            }
            slopes.push((b - a) / (later - earlier) as f64);
        }
    }
    let p = if ties || n > 30 {
        kendall_normal(values, score)
    } else {
        kendall_exact(n, score)
    };
    Some(MannKendall {
        p,
        slope: median(&mut slopes),
    })
}

/// P(|S| >= |score|) over all orders of `n` different values, by counting inversions.
fn kendall_exact(n: usize, score: i32) -> f64 {
    let pairs = n * (n - 1) / 2;
    let mut share = vec![1.0];
    for size in 2..=n {
        let mut next = vec![0.0; share.len() + size - 1];
        for (inversions, p) in share.iter().enumerate() {
            for slot in next.iter_mut().skip(inversions).take(size) {
                *slot += p / size as f64;
            }
        }
        share = next;
    }
    let extreme = score.unsigned_abs() as usize;
    share
        .iter()
        .enumerate()
        .filter(|(inversions, _)| pairs.abs_diff(2 * inversions) >= extreme)
        .map(|(_, p)| p)
        .sum::<f64>()
        .clamp(0.0, 1.0)
}

fn kendall_normal(values: &[f64], score: i32) -> f64 {
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let tied: f64 = sorted
        .chunk_by(|a, b| a == b)
        .map(|run| spread(run.len() as f64))
        .sum();
    let variance = (spread(values.len() as f64) - tied) / 18.0;
    if variance <= 0.0 || score == 0 {
        return 1.0;
    }
    normal_p_value((f64::from(score.abs()) - 1.0) / variance.sqrt())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(high), 0) => 0.5 * (high + values.get(middle - 1).unwrap_or(high)),
        (Some(value), _) => *value,
        (None, _) => 0.0,
    }
}

/// The q values of a run's p values, in their order (Benjamini, Hochberg 1995).
pub(super) fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let tests = p_values.len();
    let mut q_values = vec![1.0; tests];
    let mut least = 1.0f64;
    for (from_top, (place, p)) in order.into_iter().enumerate() {
        least = least.min(p * tests as f64 / (tests - from_top) as f64);
        if let Some(q) = q_values.get_mut(place) {
            *q = least;
        }
    }
    q_values
}

/// Sums from which mean, its interval and a least-squares line follow; the values come one by one
/// and are numbered from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Line {
    n: u32,
    y: f64,
    yy: f64,
    xy: f64,
}

/// A slope with its test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    pub(super) slope: Slope,
    pub(super) p: f64,
}

impl Line {
    /// Adds the next value.
    pub(super) fn push(&mut self, y: f64) {
        self.xy += f64::from(self.n) * y;
        self.y += y;
        self.yy += y * y;
        self.n += 1;
    }

    /// How many values.
    pub(super) fn n(&self) -> u32 {
        self.n
    }

    /// The mean; 0 without values.
    pub(super) fn mean(&self) -> f64 {
        self.y / f64::from(self.n.max(1))
    }

    fn squares(&self) -> f64 {
        (self.yy - self.y * self.y / f64::from(self.n.max(1))).max(0.0)
    }

    /// 95 % interval of the mean; none below two values.
    pub(super) fn mean_interval(&self) -> Option<Interval> {
        if self.n < 2 {
            return None;
        }
        let n = f64::from(self.n);
        let half = t_quantile_975(n - 1.0) * (self.squares() / (n - 1.0) / n).sqrt();
        Some(Interval {
            low: self.mean() - half,
            high: self.mean() + half,
        })
    }

    /// The least-squares line; none below three values.
    pub(super) fn fit(&self) -> Option<Fit> {
        if self.n < 3 {
            return None;
        }
        let n = f64::from(self.n);
        let x_squares = n * (n * n - 1.0) / 12.0;
        let products = self.xy - (n - 1.0) / 2.0 * self.y;
        let per_step = products / x_squares;
        let residual = (self.squares() - per_step * products).max(0.0);
        let error = (residual / (n - 2.0) / x_squares).sqrt();
        let half = t_quantile_975(n - 2.0) * error;
        let interval = Interval {
            low: per_step - half,
            high: per_step + half,
        };
        let p = if error > 0.0 {
            t_p_value(per_step / error, n - 2.0)
        } else if per_step.abs() > 1e-12 {
            0.0
        } else {
            1.0
        };
        Some(Fit {
            slope: Slope { per_step, interval },
            p,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance, "{a} is not {b}");
    }

    #[test]
    fn t_agrees_with_the_tables() {
        for (degrees, t) in [
            (1.0, 12.706_205),
            (6.0, 2.446_912),
            (10.0, 2.228_139),
            (30.0, 2.042_272),
            (120.0, 1.979_930),
        ] {
            close(t_quantile_975(degrees), t, 1e-5);
        }
        close(t_p_value(2.0, 10.0), 0.073_388, 1e-6);
    }

    #[test]
    fn poisson_agrees_with_direct_sums() {
        for (count, mean) in [
            (1, 0.5),
            (3, 1.1),
            (5, 5.0),
            (12, 1.4),
            (2, 9.0),
            (40, 30.0),
        ] {
            let mut term = f64::exp(-mean);
            let mut below = 0.0;
            for k in 0..count {
                below += term;
                term *= mean / f64::from(k + 1);
            }
            close(poisson_tail(count, mean), 1.0 - below, 1e-10);
        }
        close(poisson_tail(0, 2.0), 1.0, 0.0);
        close(poisson_tail(12, 1.4), 3.267_649_9e-8, 1e-14);
    }

    #[test]
    fn fisher_agrees_with_the_tea_taster_and_r() {
        let tea = Table {
            with_yes: 3,
            with_no: 1,
            without_yes: 1,
            without_no: 3,
        };
        close(tea.fisher_exact(), 34.0 / 70.0, 1e-9);
        let job = Table {
            with_yes: 1,
            with_no: 9,
            without_yes: 11,
            without_no: 3,
        };
        close(job.fisher_exact(), 0.002_759_456, 1e-8);
        let none = Table {
            with_yes: 0,
            with_no: 0,
            without_yes: 4,
            without_no: 5,
        };
        close(none.fisher_exact(), 1.0, 1e-12);
    }

    #[test]
    fn mann_kendall_is_exact_where_it_can_be() {
        let rising = mann_kendall(&[0.1, 0.2, 0.4, 0.7]).unwrap();
        close(rising.p, 2.0 / 24.0, 1e-12);
        assert!(rising.slope > 0.0);
        close(
            mann_kendall(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap().p,
            2.0 / 120.0,
            1e-12,
        );
        close(
            mann_kendall(&[1.0, 3.0, 2.0, 4.0]).unwrap().p,
            8.0 / 24.0,
            1e-12,
        );
        // Ties: S = 5, variance (4*3*13 - 2*1*9) / 18 = 7.667, z = 4 / 2.769.
        close(
            mann_kendall(&[1.0, 1.0, 2.0, 3.0]).unwrap().p,
            0.148_56,
            1e-4,
        );
        close(mann_kendall(&[2.0; 6]).unwrap().p, 1.0, 0.0);
        assert_eq!(mann_kendall(&[1.0, 2.0]), None);
    }

    #[test]
    fn the_q_values_are_those_of_the_step_up_procedure() {
        let q = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.005]);
        for (found, wanted) in q.iter().zip([0.02, 0.04, 0.04, 0.02]) {
            close(*found, wanted, 1e-12);
        }
        assert!(benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn the_line_agrees_with_textbook_formulas() {
        let mut line = Line::default();
        let values = [2.0, 4.0, 5.0, 4.0, 5.0];
        values.iter().for_each(|y| line.push(*y));
        let fit = line.fit().unwrap();
        // R: lm(c(2,4,5,4,5) ~ c(0:4)): slope 0.6, standard error 0.2828427, p 0.1238.
        close(fit.slope.per_step, 0.6, 1e-12);
        close(fit.p, 0.124_027, 1e-5);
        close(fit.slope.interval.high - 0.6, 3.182_446 * 0.282_842_7, 1e-5);
        close(line.mean(), 4.0, 1e-12);
        close(
            line.mean_interval().unwrap().high,
            4.0 + 2.776_445 * (1.5f64 / 5.0).sqrt(),
            1e-5,
        );
    }
}
