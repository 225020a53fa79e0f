//! What is to be measured: scenarios, load, steps, data, targets. Plain validated values; the files
//! they are written in are read by `plan::file` alone, and nothing here sends a request.
//!
//! A plan is saved with the run it led to, so every type here is part of `run.json`.

pub mod arrivals;
pub mod error;
pub mod file;
pub mod hash;
pub mod load;
pub mod planned;
pub mod scenario;
pub mod shard;
pub mod step;
pub mod suite;
pub mod target;
pub mod template;

pub use error::PlanError;
pub use file::{load_scenario_file, load_suite, profiles};
pub use hash::hash;
