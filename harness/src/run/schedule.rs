//! When each arrival of an open model is due, computed before the first one is sent: what happens
//! during the run cannot move it.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::plan::arrivals::{Arrivals, Spacing, Stage};

/// What rounding may add to the integral of a rate.
const ROUNDING: f64 = 1e-6;

/// Due instants in order, in nanoseconds from the begin of the schedule.
#[derive(Debug)]
pub(super) struct Schedule {
    due: Vec<u64>,
}

impl Schedule {
    /// The same plan and seed give the same schedule.
    pub(super) fn new(arrivals: &Arrivals, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let total = arrivals.expected();
        // Arrivals are even, or have exponential gaps, in the integral of the rate; its inverse puts
        // them on the clock.
        let mut at = match arrivals.spacing {
            Spacing::Even => 0.0,
            Spacing::Poisson => exponential(&mut rng),
        };
        let mut due = Vec::with_capacity((total * 1.1) as usize + 16);
        let mut stages = Stages::new(&arrivals.stages);
        let mut count = 0u64;
        while at < total - ROUNDING {
            due.push((stages.when(at) * 1e9) as u64);
            count += 1;
            at = match arrivals.spacing {
                // Not a sum, in which rounding would add up.
                Spacing::Even => count as f64,
                Spacing::Poisson => at + exponential(&mut rng),
            };
        }
        Self { due }
    }

    pub(super) fn len(&self) -> u64 {
        self.due.len() as u64
    }

    /// When an arrival is due; none if there is no such arrival.
    pub(super) fn due(&self, number: u64) -> Option<Duration> {
        let place = usize::try_from(number).ok()?;
        self.due
            .get(place)
            .map(|nanos| Duration::from_nanos(*nanos))
    }

    /// The first arrival from `number` on that is due after `elapsed`: all before it have come due.
    pub(super) fn first_after(&self, number: u64, elapsed: Duration) -> u64 {
        let from = usize::try_from(number).unwrap_or(usize::MAX);
        let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        let open = self.due.get(from..).unwrap_or_default();
        number + open.iter().take_while(|due| **due <= nanos).count() as u64
    }
}

/// A gap of mean 1.
fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    let share: f64 = rng.random_range(0.0..1.0);
    -(1.0 - share).ln()
}

/// Walks through the stages as the integral of the rate grows.
struct Stages<'a> {
    left: std::slice::Iter<'a, Stage>,
    now: Option<&'a Stage>,
    /// Arrivals and seconds before the stage.
    before: (f64, f64),
}

impl<'a> Stages<'a> {
    fn new(stages: &'a [Stage]) -> Self {
        let mut left = stages.iter();
        let now = left.next();
        Self {
            left,
            now,
            before: (0.0, 0.0),
        }
    }

    /// Seconds from the begin at which so many have come; asked with growing numbers only.
    fn when(&mut self, arrivals: f64) -> f64 {
        while let Some(stage) = self.now {
            let inside = arrivals - self.before.0;
            if inside < stage.arrivals() - ROUNDING || self.left.len() == 0 {
                return self.before.1 + stage.when(inside);
            }
            self.before.0 += stage.arrivals();
            self.before.1 += stage.lasts.as_secs();
            self.now = self.left.next();
        }
        self.before.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Micros;

    fn seconds(count: u64) -> Micros {
        Micros(count * 1_000_000)
    }

    #[test]
    fn even_arrivals_are_as_many_as_the_rate_says_and_equally_far_apart() {
        let plan = Arrivals::constant(3.0, Spacing::Even, seconds(10));
        let schedule = Schedule::new(&plan, 1);
        assert_eq!(schedule.len(), 30);
        assert_eq!(schedule.due(0), Some(Duration::ZERO));
        assert_eq!(schedule.due(3), Some(Duration::from_secs(1)));
        assert_eq!(schedule.due(30), None);
        assert_eq!(schedule.first_after(0, Duration::from_millis(1_001)), 4);
        assert_eq!(schedule.first_after(10, Duration::ZERO), 10);
    }

    #[test]
    fn stages_follow_each_other() {
        let stage = |from, to, lasts| Stage {
            from,
            to,
            lasts: seconds(lasts),
        };
        let mut plan = Arrivals::constant(1.0, Spacing::Even, seconds(1));
        plan.stages = vec![
            stage(10.0, 10.0, 2),
            stage(0.0, 0.0, 3),
            stage(0.0, 40.0, 2),
        ];
        let schedule = Schedule::new(&plan, 1);
        assert_eq!(schedule.len(), 20 + 40);
        assert!(schedule.due(19).unwrap() < Duration::from_secs(2));
        // Nothing comes in the second stage; the third begins after five seconds.
        assert!(schedule.due(20).unwrap() >= Duration::from_secs(5));
        assert_eq!(schedule.due(30), Some(Duration::from_secs(6)));
    }

    #[test]
    fn poisson_arrivals_have_the_mean_and_the_variance_of_their_law() {
        let plan = Arrivals::constant(1_000.0, Spacing::Poisson, seconds(100));
        let schedule = Schedule::new(&plan, 7);
        // Five standard deviations of the count.
        let off = (schedule.len() as f64 - 100_000.0).abs();
        assert!(off < 5.0 * 100_000f64.sqrt(), "{}", schedule.len());
        let due: Vec<f64> = (0..schedule.len())
            .map(|number| schedule.due(number).unwrap().as_secs_f64())
            .collect();
        let gaps: Vec<f64> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        // An exponential gap deviates by its mean.
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02);
        assert_eq!(schedule.due, Schedule::new(&plan, 7).due);
        assert_ne!(schedule.due, Schedule::new(&plan, 8).due);
    }
}
