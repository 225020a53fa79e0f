//! Fits weights as a softmax over the turns of a conversation.
//!
//! The loss of a question is the mean over its wanted turns of minus the logarithm of their share in
//! the softmax; added is `ridge` times the squared weights, each in standard deviations of its
//! feature. It is convex, so Newton's method with step halving finds the one minimum.

/// One question: the features of all turns, what stands beside them in the sum, and which turns are
/// wanted.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) rows: Vec<Vec<f64>>,
    pub(super) priors: Vec<f64>,
    pub(super) wanted: Vec<usize>,
}

/// At most so many steps, and the gain below which they end.
const STEPS: usize = 30;
const ENOUGH: f64 = 1e-9;

/// The weights of least loss over `examples`; those of features not `used` stay zero.
pub(super) fn fit(examples: &[&Example], used: &[bool], ridge: f64) -> Vec<f64> {
    let scales = scales(examples, used.len());
    let columns: Vec<usize> = (0..used.len())
        .filter(|at| used[*at] && scales[*at] > 0.0)
        .collect();
    let mut weights = vec![0.0; columns.len()];
    let problem = Problem {
        examples,
        columns: &columns,
        scales: &scales,
        ridge,
    };
    let mut here = problem.at(&weights);
    for _ in 0..STEPS {
        let step = solve(&here.curvature, &here.slope);
        let mut length = 1.0;
        let (next, there) = loop {
            let next: Vec<f64> = weights
                .iter()
                .zip(&step)
                .map(|(weight, step)| weight - length * step)
                .collect();
            let there = problem.at(&next);
            if there.loss <= here.loss || length < 1e-4 {
                break (next, there);
            }
            length /= 2.0;
        };
        let gain = here.loss - there.loss;
        if gain <= 0.0 {
            break;
        }
        (weights, here) = (next, there);
        if gain < ENOUGH {
            break;
        }
    }
    let mut all = vec![0.0; used.len()];
    for (weight, column) in weights.iter().zip(&columns) {
        all[*column] = weight / scales[*column];
    }
    all
}

/// The sum by which a turn is ranked.
pub(super) fn score(weights: &[f64], row: &[f64], prior: f64) -> f64 {
    prior + weights.iter().zip(row).map(|(w, x)| w * x).sum::<f64>()
}

/// The standard deviation of each feature among the turns of a question, averaged over questions.
fn scales(examples: &[&Example], features: usize) -> Vec<f64> {
    let mut scales = vec![0.0; features];
    for example in examples {
        let count = example.rows.len().max(1) as f64;
        for (feature, scale) in scales.iter_mut().enumerate() {
            let values = || example.rows.iter().map(|row| row[feature]);
            let mean = values().sum::<f64>() / count;
            let square = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
            *scale += square.sqrt() / examples.len() as f64;
        }
    }
    scales
}

struct Problem<'e> {
    examples: &'e [&'e Example],
    columns: &'e [usize],
    scales: &'e [f64],
    ridge: f64,
}

/// The loss at some weights, with its first and second derivatives.
struct Point {
    loss: f64,
    slope: Vec<f64>,
    curvature: Vec<Vec<f64>>,
}

impl Problem<'_> {
    fn at(&self, weights: &[f64]) -> Point {
        let size = self.columns.len();
        let questions = self.examples.len().max(1) as f64;
        let mut point = Point {
            loss: self.ridge * weights.iter().map(|w| w * w).sum::<f64>(),
            slope: weights.iter().map(|w| 2.0 * self.ridge * w).collect(),
            curvature: vec![vec![0.0; size]; size],
        };
        for (at, row) in point.curvature.iter_mut().enumerate() {
            row[at] = 2.0 * self.ridge;
        }
        let mut row = vec![0.0; size];
        for example in self.examples {
            let read = |turn: usize, row: &mut [f64]| {
                for (value, column) in row.iter_mut().zip(self.columns) {
                    *value = example.rows[turn][*column] / self.scales[*column];
                }
            };
            let sums: Vec<f64> = (0..example.rows.len())
                .map(|turn| {
                    read(turn, &mut row);
                    score(weights, &row, example.priors[turn])
                })
                .collect();
            let top = sums.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = sums.iter().map(|sum| (sum - top).exp()).sum();
            let share = 1.0 / (example.wanted.len().max(1) as f64 * questions);
            let mut mean = vec![0.0; size];
            for (turn, sum) in sums.iter().enumerate() {
                let part = (sum - top).exp() / total;
                if part < 1e-9 {
                    continue;
                }
                read(turn, &mut row);
                for a in 0..size {
                    mean[a] += part * row[a];
                    let weighed = part * row[a] / questions;
                    for (sum, value) in point.curvature[a].iter_mut().zip(&row[..=a]) {
                        *sum += weighed * value;
                    }
                }
            }
            for a in 0..size {
                point.slope[a] += mean[a] / questions;
                for (sum, other) in point.curvature[a].iter_mut().zip(&mean[..=a]) {
                    *sum -= mean[a] * other / questions;
                }
            }
            for turn in &example.wanted {
                read(*turn, &mut row);
                point.loss += share * (top + total.ln() - sums[*turn]);
                for (slope, value) in point.slope.iter_mut().zip(&row) {
                    *slope -= share * value;
                }
            }
        }
        point
    }
}

/// Solves `matrix * x = right` for a symmetric positive definite matrix, of which the lower half is
/// read (Cholesky).
fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let size = right.len();
    let mut lower = vec![vec![0.0; size]; size];
    for a in 0..size {
        for b in 0..=a {
            let done: f64 = (0..b).map(|c| lower[a][c] * lower[b][c]).sum();
            lower[a][b] = if a == b {
                (matrix[a][a] - done).max(1e-12).sqrt()
            } else {
                (matrix[a][b] - done) / lower[b][b]
            };
        }
    }
    let mut x = right.to_vec();
    for a in 0..size {
        let done: f64 = (0..a).map(|c| lower[a][c] * x[c]).sum();
        x[a] = (x[a] - done) / lower[a][a];
    }
    for a in (0..size).rev() {
        let done: f64 = (a + 1..size).map(|c| lower[c][a] * x[c]).sum();
        x[a] = (x[a] - done) / lower[a][a];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(values: &[f64], wanted: usize) -> Example {
        Example {
            rows: values.iter().map(|value| vec![*value, 1.0]).collect(),
            priors: vec![0.0; values.len()],
            wanted: vec![wanted],
        }
    }

    #[test]
    fn a_feature_that_tells_gets_weight_and_a_constant_one_gets_none() {
        let examples = [
            example(&[0.0, 1.0, 0.2], 1),
            example(&[2.0, 0.5, 1.0], 0),
            example(&[0.3, 0.2, 0.1], 1),
        ];
        let all: Vec<&Example> = examples.iter().collect();
        let weights = fit(&all, &[true, true], 0.01);
        assert!(weights[0] > 0.5, "{weights:?}");
        assert_eq!(weights[1], 0.0);
        let shrunk = fit(&all, &[true, true], 1.0);
        assert!(shrunk[0] > 0.0 && shrunk[0] < weights[0]);
        assert_eq!(fit(&all, &[false, true], 0.01), [0.0, 0.0]);
    }

    #[test]
    fn the_slope_vanishes_at_the_fit() {
        let examples = [example(&[0.0, 1.0, 0.2], 1), example(&[2.0, 0.5, 1.0], 1)];
        let all: Vec<&Example> = examples.iter().collect();
        let scales = scales(&all, 2);
        let problem = Problem {
            examples: &all,
            columns: &[0],
            scales: &scales,
            ridge: 0.05,
        };
        let weights = fit(&all, &[true, true], 0.05);
        assert!(problem.at(&[weights[0] * scales[0]]).slope[0].abs() < 1e-4);
    }

    #[test]
    fn systems_are_solved() {
        let x = solve(&[vec![4.0, 0.0], vec![2.0, 3.0]], &[2.0, 5.0]);
        assert!((4.0 * x[0] + 2.0 * x[1] - 2.0).abs() < 1e-12);
        assert!((2.0 * x[0] + 3.0 * x[1] - 5.0).abs() < 1e-12);
    }
}
