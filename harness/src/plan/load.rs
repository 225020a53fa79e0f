//! How much load, for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Micros;

/// The load of one scenario: a closed model, users who wait for an answer and then pause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// How many users at the same time.
    pub users: u32,
    /// How many users start per second.
    pub ramp_per_second: f64,
    /// When a user, or the scenario, is done.
    pub length: Length,
    /// The pause of a user after each iteration.
    pub think: Think,
    /// Iterations of one user before the measured phase, on data of their own; never in the results.
    pub warm_up_iterations: u32,
    /// A request that takes longer is a failure of the kind `timeout`.
    pub request_timeout: Micros,
}

/// When a scenario ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Length {
    /// Each user runs so many iterations; the whole ends at the deadline at the latest, and what is
    /// left then counts as unsent.
    Iterations {
        /// Iterations per user.
        count: u32,
        /// The latest end after the start.
        deadline: Micros,
    },
    /// Users iterate until this much time has passed since the start, ramp included.
    Duration(Micros),
}

/// A pause: a constant, or uniform between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Think {
    /// The shortest pause.
    pub min: Micros,
    /// The longest pause.
    pub max: Micros,
}
