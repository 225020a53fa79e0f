//! Where a series of figures changes its level: E-divisive (Matteson and James, JASA 109, 2014), with
//! Student's t-test in place of the random permutations, as the performance tests of databases use
//! it (Fleming et al., ICPE 2023): no chance is involved, so the same history gives the same answer.
//!
//! It refuses to see anything in fewer than [`LEAST_RUNS`] figures.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// The fewest figures in which a change of level is looked for.
pub const LEAST_RUNS: usize = 7;

/// The fewest figures on either side of a change.
const LEAST_SIDE: usize = 3;

/// A split is a change if chance alone would give its t so rarely. The place of a split is itself
/// chosen to be the most striking one, so this is far below the share of false alarms that results:
/// the tests below hold that to one in two hundred histories of thirty runs.
const LEVEL: f64 = 0.000_3;

/// A change of level in a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// Index of the first figure on the new level.
    pub at: usize,
    /// Mean of the figures of the level before.
    pub before: f64,
    /// Mean of those of the level after.
    pub after: f64,
    /// How rarely chance alone gives such a difference between two given levels.
    pub p: f64,
}

/// The changes of level of a series, in its order.
#[must_use]
pub fn find(values: &[f64]) -> Vec<Split> {
    if values.len() < LEAST_RUNS || values.iter().any(|value| !value.is_finite()) {
        return Vec::new();
    }
    let mut edges = vec![0, values.len()];
    let mut open = vec![(0, values.len())];
    while let Some((from, to)) = open.pop() {
        let Some(at) = most_divisive(&values[from..to]).map(|at| from + at) else {
            continue;
        };
        if difference(&values[from..at], &values[at..to]).is_some_and(|p| p < LEVEL) {
            edges.push(at);
            open.push((from, at));
            open.push((at, to));
        }
    }
    edges.sort_unstable();
    drop_weak(values, &mut edges);
    edges
        .windows(3)
        .filter_map(|edge| {
            let (before, after) = (&values[edge[0]..edge[1]], &values[edge[1]..edge[2]]);
            Some(Split {
                at: edge[1],
                before: mean(before),
                after: mean(after),
                p: difference(before, after)?,
            })
        })
        .collect()
}

/// A split was tested against all that lay beside it then; later splits have made its neighbours
/// shorter. What no longer holds goes, the weakest first.
fn drop_weak(values: &[f64], edges: &mut Vec<usize>) {
    loop {
        let weakest = (1..edges.len().saturating_sub(1))
            .filter_map(|index| {
                let (from, at, to) = (edges[index - 1], edges[index], edges[index + 1]);
                Some((difference(&values[from..at], &values[at..to])?, index))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match weakest {
            Some((p, index)) if p >= LEVEL => {
                edges.remove(index);
            }
            _ => return,
        }
    }
}

/// The split with the largest energy distance between its sides, weighted by their sizes.
fn most_divisive(values: &[f64]) -> Option<usize> {
    let n = values.len();
    if n < 2 * LEAST_SIDE {
        return None;
    }
    (LEAST_SIDE..=n - LEAST_SIDE)
        .map(|at| (energy(&values[..at], &values[at..]), at))
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        .map(|(_, at)| at)
}

fn energy(left: &[f64], right: &[f64]) -> f64 {
    let (n, m) = (left.len() as f64, right.len() as f64);
    let across: f64 = left
        .iter()
        .map(|a| right.iter().map(|b| (a - b).abs()).sum::<f64>())
        .sum();
    let within = |side: &[f64]| {
        let pairs = (side.len() * (side.len() - 1)) as f64 / 2.0;
        let sum: f64 = side
            .iter()
            .enumerate()
            .map(|(index, a)| side[..index].iter().map(|b| (a - b).abs()).sum::<f64>())
            .sum();
        sum / pairs
    };
    n * m / (n + m) * (2.0 * across / (n * m) - within(left) - within(right))
}

/// Two-sided p of Student's t-test with a common variance; none if nothing can be said.
fn difference(left: &[f64], right: &[f64]) -> Option<f64> {
    let (n, m) = (left.len() as f64, right.len() as f64);
    let freedom = n + m - 2.0;
    if freedom < 1.0 {
        return None;
    }
    let (a, b) = (mean(left), mean(right));
    let squares =
        |side: &[f64], mean: f64| -> f64 { side.iter().map(|value| (value - mean).powi(2)).sum() };
    let variance = (squares(left, a) + squares(right, b)) / freedom;
    // Figures that never vary are told apart by any difference that rounding cannot explain.
    let least = (a.abs().max(b.abs()) * 1e-9).powi(2);
    let deviation = (variance.max(least) * (1.0 / n + 1.0 / m)).sqrt();
    if deviation == 0.0 {
        return Some(1.0);
    }
    let t = (a - b).abs() / deviation;
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(2.0 * student.sf(t))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Runs around 100 with a deviation of 3, by Box and Muller.
    fn history(seed: u64, runs: usize) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..runs)
            .map(|_| {
                let (a, b): (f64, f64) = (rng.random(), rng.random());
                let normal = (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos();
                100.0 + 3.0 * normal
            })
            .collect()
    }

    #[test]
    fn steady_histories_have_at_most_one_false_alarm_in_two_hundred() {
        for block in 0..5 {
            let alarms: usize = (0..200)
                .map(|seed| find(&history(block * 1_000 + seed, 30)).len())
                .sum();
            assert!(alarms <= 1, "{alarms} in block {block}");
        }
    }

    #[test]
    fn a_shift_of_five_percent_is_found_within_three_runs_of_its_place() {
        let mut found = 0;
        for seed in 0..100 {
            let mut values = history(seed, 30);
            for value in &mut values[15..] {
                *value *= 1.05;
            }
            let splits = find(&values);
            let near = |split: &Split| split.at.abs_diff(15) <= 3 && split.after > split.before;
            found += usize::from(splits.iter().any(near));
        }
        println!("found {found} of 100");
        assert!(found >= 60, "{found}");
    }

    #[test]
    fn a_clean_step_is_found_at_its_place_with_its_size() {
        let mut values = vec![10.0; 5];
        values.extend([12.0; 5]);
        values[3] = 10.1;
        values[8] = 12.1;
        let splits = find(&values);
        assert_eq!(splits.len(), 1);
        assert_eq!(splits[0].at, 5);
        assert!((splits[0].before - 10.02).abs() < 1e-9);
        assert!((splits[0].after - 12.02).abs() < 1e-9);
        assert!(splits[0].p < 1e-6);
    }

    #[test]
    fn two_steps_are_two_changes() {
        let mut values = history(7, 36);
        for value in &mut values[12..] {
            *value += 20.0;
        }
        for value in &mut values[24..] {
            *value -= 40.0;
        }
        let places: Vec<usize> = find(&values).iter().map(|split| split.at).collect();
        assert_eq!(places, [12, 24]);
    }

    #[test]
    fn few_or_equal_figures_show_nothing() {
        assert_eq!(find(&[1.0, 1.0, 1.0, 9.0, 9.0, 9.0]), []);
        assert_eq!(find(&[4.0; 30]), []);
        assert_eq!(find(&[0.0; 30]), []);
    }

    /// By numerical integration of the density of t with six degrees of freedom from 2.102 on.
    #[test]
    fn the_t_test_is_the_usual_one() {
        let p = difference(&[1.0, 2.0, 3.0, 4.0], &[3.0, 4.0, 5.0, 7.0]).unwrap();
        assert!((p - 0.080_261).abs() < 1e-5, "{p}");
    }
}
