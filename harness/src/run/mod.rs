//! Doing what a plan says: start the system under test, put load on it, sample it, save what came
//! out after every step of the way.
//!
//! [`run`] returns the record of whatever was measured, also when the run was stopped or could not
//! go on: [`RunEnd`](crate::measurement::archive::RunEnd) says which. An error means that there is
//! nothing to keep. Nothing in here judges a figure, and only `attack` and `step` know which load
//! generator schedules the users.

mod attack;
mod bench;
pub mod calibrate;
mod child;
mod desk;
mod error;
mod exchange;
mod health;
mod heartbeat;
mod interrupt;
mod listener;
mod memory_profile;
mod options;
mod pacer;
mod phase;
mod process;
mod recorder;
mod reins;
mod sampler;
mod scenario;
mod schedule;
mod script;
mod server_timing;
mod stages;
mod step;
mod story;
mod sut;
mod syscall;
mod user;
mod variables;

pub use error::RunError;
pub use options::RunOptions;

use crate::event::Event;
use crate::measurement::archive::RunRecord;
use crate::plan::suite::Suite;

/// Takes the events of a run as they happen. It is called between requests, so it should be quick.
pub type Sink<'a> = &'a mut (dyn FnMut(Event) + Send);

/// Does everything the suite says and returns what was measured, which is also in `run.json`.
///
/// # Errors
/// When the run's folder cannot be made or written, or a part of the plan cannot be used. A system
/// under test that does not start, or dies, is no error: the record says so.
pub async fn run(
    suite: &Suite,
    options: &RunOptions,
    sink: Sink<'_>,
) -> Result<RunRecord, RunError> {
    story::tell(suite, options, sink).await
}
