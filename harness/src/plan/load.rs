//! How much load, for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arrivals::Arrivals;
use crate::units::Micros;

/// The load of one scenario. Without arrivals a closed model: users who wait for an answer and then
/// pause. With arrivals an open one: the users are the pool that takes what has come due.
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
    /// When iterations come due, in an open model; none in a closed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
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
    /// Users iterate until this much time has passed since the start, ramp included. With arrivals:
    /// the length of their schedule.
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
