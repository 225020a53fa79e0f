//! Arrivals of an open model: iterations begin when the schedule says so, whether or not those
//! before have ended. This is what requests of people who know nothing of each other look like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Micros;

/// When iterations begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrivals {
    /// How they are spread.
    pub spacing: Spacing,
    /// At what rate, one stage after the other; at least one.
    pub stages: Vec<Stage>,
    /// How long after the last arrival unsent and unanswered requests are waited for. What is left
    /// then is counted as such, with its age.
    pub drain: Micros,
}

/// How arrivals are spread at a given rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spacing {
    /// At equal distances.
    Even,
    /// Independent of each other: a Poisson process, drawn from the run's seed.
    Poisson,
}

/// A span of time in which the rate is constant or changes evenly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Arrivals per second at its begin.
    pub from: f64,
    /// Arrivals per second at its end.
    pub to: f64,
    /// Its length.
    pub lasts: Micros,
}

impl Arrivals {
    /// The drain where none is stated.
    pub const DRAIN: Micros = Micros(10_000_000);

    /// Arrivals at one rate.
    #[must_use]
    pub fn constant(per_second: f64, spacing: Spacing, lasts: Micros) -> Self {
        Self {
            spacing,
            stages: vec![Stage {
                from: per_second,
                to: per_second,
                lasts,
            }],
            drain: Self::DRAIN,
        }
    }

    /// How many there are: exactly if evenly spaced, on average otherwise.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.stages.iter().map(Stage::arrivals).sum()
    }

    /// The length of all stages.
    #[must_use]
    pub fn lasts(&self) -> Micros {
        Micros(self.stages.iter().map(|stage| stage.lasts.0).sum())
    }

    /// The highest rate per second.
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.stages
            .iter()
            .map(|stage| stage.from.max(stage.to))
            .fold(0.0, f64::max)
    }
}

impl Stage {
    /// How many arrivals fall into it.
    #[must_use]
    pub fn arrivals(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.lasts.as_secs()
    }

    /// Seconds after its begin at which so many have fallen into it: the inverse of the integral of
    /// its rate, in the form that does not cancel where the rate hardly changes.
    #[must_use]
    pub fn when(&self, arrivals: f64) -> f64 {
        let seconds = self.lasts.as_secs();
        let slope = (self.to - self.from) / seconds;
        let root = (self.from * self.from + 2.0 * slope * arrivals)
            .max(0.0)
            .sqrt();
        let both = self.from + root;
        if both <= 0.0 {
            return seconds;
        }
        (2.0 * arrivals / both).min(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_has_the_arrivals_of_its_mean_rate() {
        let ramp = Stage {
            from: 0.0,
            to: 100.0,
            lasts: Micros(10_000_000),
        };
        assert!((ramp.arrivals() - 500.0).abs() < 1e-9);
        // Half of the rate is reached at half of the time, and a quarter has come.
        assert!((ramp.when(125.0) - 5.0).abs() < 1e-9);
        assert!((ramp.when(500.0) - 10.0).abs() < 1e-9);
        let down = Stage {
            from: 100.0,
            to: 0.0,
            ..ramp
        };
        assert!((down.when(375.0) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn a_constant_rate_is_a_ramp_without_slope() {
        let arrivals = Arrivals::constant(200.0, Spacing::Even, Micros(60_000_000));
        assert!((arrivals.expected() - 12_000.0).abs() < 1e-9);
        assert!((arrivals.stages[0].when(7.0) - 0.035).abs() < 1e-12);
        assert_eq!(arrivals.lasts(), Micros(60_000_000));
    }
}
