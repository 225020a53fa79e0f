//! Laws of latency that a server can keep and that are known in advance.

use std::time::Duration;

use rand::{Rng, RngExt as _};

/// How long answers take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Law {
    /// Always the same.
    Constant(Duration),
    /// Nine of ten fast, one slow.
    Bimodal {
        /// The nine.
        fast: Duration,
        /// The one.
        slow: Duration,
    },
    /// Log-normal.
    LogNormal {
        /// Half are below it.
        median: Duration,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Pareto, cut off: the heavy tail of shared systems.
    Pareto {
        /// The shortest.
        least: Duration,
        /// The exponent of the tail.
        shape: f64,
        /// The longest.
        most: Duration,
    },
    /// At once, but for a time in which the whole server stands still.
    Freeze {
        /// From the first request to the begin of the freeze.
        after: Duration,
        /// How long nothing is answered.
        lasts: Duration,
    },
}

/// A law with the load under which it is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Name in tables and paths.
    pub name: &'static str,
    /// The law.
    pub law: Law,
    /// Arrivals per second.
    pub rate: f64,
    /// For how long.
    pub lasts: Duration,
    /// The pool of users: more than the rate times the longest answer.
    pub users: u32,
}

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// All trials. Each has enough requests for its p99.9.
pub const TRIALS: [Trial; 8] = [
    Trial {
        name: "constant_200us",
        law: Law::Constant(Duration::from_micros(200)),
        rate: 1_000.0,
        lasts: Duration::from_secs(7),
        users: 32,
    },
    Trial {
        name: "constant_2ms",
        law: Law::Constant(millis(2)),
        rate: 1_000.0,
        lasts: Duration::from_secs(7),
        users: 32,
    },
    Trial {
        name: "constant_50ms",
        law: Law::Constant(millis(50)),
        rate: 500.0,
        lasts: Duration::from_secs(14),
        users: 96,
    },
    Trial {
        name: "bimodal",
        law: Law::Bimodal {
            fast: millis(2),
            slow: millis(40),
        },
        rate: 500.0,
        lasts: Duration::from_secs(14),
        users: 64,
    },
    Trial {
        name: "log_normal",
        law: Law::LogNormal {
            median: millis(10),
            sigma: 0.7,
        },
        rate: 500.0,
        lasts: Duration::from_secs(14),
        users: 64,
    },
    Trial {
        name: "pareto",
        law: Law::Pareto {
            least: millis(2),
            shape: 1.3,
            most: millis(500),
        },
        rate: 500.0,
        lasts: Duration::from_secs(14),
        users: 96,
    },
    Trial {
        name: "freeze_1s",
        law: Law::Freeze {
            after: millis(4_500),
            lasts: Duration::from_secs(1),
        },
        rate: 200.0,
        lasts: Duration::from_secs(10),
        users: 260,
    },
    Trial {
        name: "freeze_6s",
        law: Law::Freeze {
            after: Duration::from_secs(27),
            lasts: Duration::from_secs(6),
        },
        rate: 200.0,
        lasts: Duration::from_secs(60),
        users: 1_300,
    },
];

impl Law {
    /// How long an answer takes, freezes left out.
    pub(super) fn draw(self, rng: &mut impl Rng) -> Duration {
        let share: f64 = rng.random_range(0.0..1.0);
        match self {
            Self::Constant(time) => time,
            Self::Bimodal { fast, slow } => {
                if share < 0.9 {
                    fast
                } else {
                    slow
                }
            }
            Self::LogNormal { median, sigma } => {
                // Box and Muller (1958).
                let other: f64 = rng.random_range(f64::MIN_POSITIVE..1.0);
                let normal = (-2.0 * other.ln()).sqrt() * (std::f64::consts::TAU * share).cos();
                median.mul_f64((sigma * normal).exp().min(50.0))
            }
            Self::Pareto { least, shape, most } => {
                let factor = (1.0 - share).powf(-1.0 / shape);
                least.mul_f64(factor.min(1e6)).min(most)
            }
            Self::Freeze { .. } => Duration::ZERO,
        }
    }

    /// What the response time at a quantile must be where arrivals are even and the freeze falls
    /// wholly into the trial: who comes in it waits for its end, so the waits are spread evenly from
    /// nothing to its length. None for the other laws.
    #[must_use]
    pub fn frozen_quantile(self, quantile: f64, trial: Duration) -> Option<Duration> {
        let Self::Freeze { lasts, .. } = self else {
            return None;
        };
        let share_waiting = lasts.as_secs_f64() / trial.as_secs_f64();
        let above = (1.0 - quantile) / share_waiting;
        Some(lasts.mul_f64((1.0 - above).max(0.0)))
    }
}

impl Trial {
    /// The trial of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TRIALS.into_iter().find(|trial| trial.name == name)
    }

    /// Of another length, for the noise floor.
    #[must_use]
    pub fn lasting(self, lasts: Duration) -> Self {
        Self { lasts, ..self }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn laws_have_their_quantiles() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut drawn = |name: &str, share: f64| {
            let law = Trial::named(name).unwrap().law;
            let mut times: Vec<f64> = (0..40_000)
                .map(|_| law.draw(&mut rng).as_secs_f64() * 1e3)
                .collect();
            times.sort_by(f64::total_cmp);
            times[(times.len() as f64 * share) as usize]
        };
        let near = |found: f64, expected: f64| {
            assert!(
                (found / expected - 1.0).abs() < 0.03,
                "{found} for {expected}"
            );
        };
        near(drawn("constant_2ms", 0.5), 2.0);
        near(drawn("bimodal", 0.89), 2.0);
        near(drawn("bimodal", 0.91), 40.0);
        near(drawn("log_normal", 0.5), 10.0);
        // exp(0.7 * 1.6449) above the median.
        near(drawn("log_normal", 0.95), 31.63);
        // 2 ms * 0.05 ^ (-1 / 1.3).
        near(drawn("pareto", 0.95), 20.03);
        near(drawn("pareto", 0.9999), 500.0);
    }

    #[test]
    fn a_freeze_of_a_tenth_of_the_time_puts_p95_at_its_half() {
        let trial = Trial::named("freeze_6s").unwrap();
        let at = |quantile| {
            let wait = trial.law.frozen_quantile(quantile, trial.lasts).unwrap();
            (wait.as_secs_f64() * 1e3).round()
        };
        assert_eq!(
            (at(0.5), at(0.95), at(0.99), at(0.999)),
            (0.0, 3_000.0, 5_400.0, 5_940.0)
        );
        let other = Trial::named("pareto").unwrap();
        assert_eq!(other.law.frozen_quantile(0.5, other.lasts), None);
    }

    #[test]
    fn every_trial_has_the_samples_of_its_percentiles_and_users_to_spare() {
        for trial in TRIALS {
            let requests = trial.rate * trial.lasts.as_secs_f64();
            let floor = if matches!(trial.law, Law::Freeze { .. }) {
                662.0
            } else {
                6_636.0
            };
            assert!(requests >= floor, "{}: {requests}", trial.name);
        }
    }
}
