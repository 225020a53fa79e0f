//! How many requests a scenario will send, as far as its plan says.

use super::arrivals::{Arrivals, Spacing};

use super::load::Length;
use super::scenario::{Order, Scenario};
use super::step::Step;

impl Scenario {
    /// All requests of the scenario, set-up and tear-down included and the warm-up not; none if the
    /// plan does not fix it (a duration, or steps picked at random with different repeats).
    #[must_use]
    pub fn planned_requests(&self) -> Option<u64> {
        let count = match (&self.load.arrivals, self.load.length) {
            (Some(arrivals), _) if arrivals.spacing == Spacing::Even => count_of(arrivals),
            (None, Length::Iterations { count, .. }) => u64::from(count),
            _ => return None,
        };
        let users = u64::from(self.load.users);
        let once: u64 = self
            .setup
            .iter()
            .chain(&self.teardown)
            .map(|step| u64::from(step.repeat))
            .sum();
        let iterated = match self.order {
            Order::Sequence => self.steps.iter().map(|step| in_all(step, count)).sum(),
            Order::Weighted => {
                let repeat = self.steps.first()?.repeat;
                if self
                    .steps
                    .iter()
                    .any(|step| step.repeat != repeat || step.every != 1)
                {
                    return None;
                }
                count * u64::from(repeat)
            }
        };
        Some(match self.load.arrivals {
            // Arrivals belong to the scenario, iterations to each user.
            Some(_) => users * once + iterated,
            None => users * (once + iterated),
        })
    }

    /// The most requests that the named steps can send in the measured phase; an empty list means
    /// all steps of the iterations. None if there is no limit (a duration without a pause).
    ///
    /// Where the length is a duration, answers are taken to come at once, so that users lose no time
    /// but in their pauses. Where steps are picked at random it is the expected number.
    #[must_use]
    pub fn most_requests(&self, names: &[String]) -> Option<u64> {
        let is_meant = |step: &&Step| names.is_empty() || names.contains(&step.name);
        let users = u64::from(self.load.users);
        let once: u64 = if names.is_empty() {
            0
        } else {
            let steps = self.setup.iter().chain(&self.teardown);
            steps
                .filter(is_meant)
                .map(|step| u64::from(step.repeat) * users)
                .sum()
        };
        let meant: Vec<&Step> = self.steps.iter().filter(is_meant).collect();
        if meant.is_empty() {
            return Some(once);
        }
        let iterations = self.most_iterations()?;
        let iterated = match self.order {
            Order::Sequence => {
                let of = |step: &Step| -> u64 {
                    let rounds = iterations.iter().map(|count| count / u64::from(step.every));
                    rounds.sum::<u64>() * u64::from(step.repeat)
                };
                meant.into_iter().map(of).sum::<u64>()
            }
            Order::Weighted => {
                let all: f64 = self.steps.iter().map(|step| f64::from(step.weight)).sum();
                let picked: f64 = meant
                    .iter()
                    .map(|step| f64::from(step.weight) * f64::from(step.repeat))
                    .sum();
                (iterations.iter().sum::<u64>() as f64 * picked / all).floor() as u64
            }
        };
        Some(once + iterated)
    }

    /// The most iterations of each user, or of all users where arrivals decide; none if there is no
    /// limit.
    fn most_iterations(&self) -> Option<Vec<u64>> {
        if let Some(arrivals) = &self.load.arrivals {
            return Some(vec![count_of(arrivals)]);
        }
        let users = self.load.users;
        match self.load.length {
            Length::Iterations { count, .. } => Some(vec![u64::from(count); users as usize]),
            Length::Duration(duration) => {
                let pause = (self.load.think.min.as_secs() + self.load.think.max.as_secs()) / 2.0;
                if pause <= 0.0 {
                    return None;
                }
                let each = |user: u32| {
                    let left = duration.as_secs() - f64::from(user) / self.load.ramp_per_second;
                    if left > 0.0 {
                        (left / pause).floor() as u64 + 1
                    } else {
                        0
                    }
                };
                Some((0..users).map(each).collect())
            }
        }
    }
}

fn in_all(step: &Step, iterations: u64) -> u64 {
    iterations / u64::from(step.every) * u64::from(step.repeat)
}

/// Evenly spaced arrivals; the expected number of others. The first comes at once, so that a part
/// of one at the end is one more.
fn count_of(arrivals: &Arrivals) -> u64 {
    // What rounding adds or takes is no arrival.
    (arrivals.expected() - 1e-6).ceil().max(0.0) as u64
}
