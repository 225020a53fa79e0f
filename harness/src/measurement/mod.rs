//! What happened: plain values, saved the moment they exist, judged by nobody here.
//!
//! [`archive::RunRecord`] is the content of `run.json`; everything else hangs below it. Nothing in
//! here is computed from a target, and nothing here says whether a figure is good.

pub mod archive;
pub mod bench;
pub mod calibration;
pub mod capacity;
pub mod clock;
pub mod comparison;
pub mod environment;
pub mod generator;
pub mod histogram;
pub mod load;
pub mod memory;
pub mod merge;
pub mod raw;
pub mod resource;
#[cfg(test)]
pub(crate) mod sample;
