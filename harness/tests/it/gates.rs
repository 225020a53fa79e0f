//! The gate: that it can fail, that it does not fail for nothing, and that nothing broken passes it.

mod comparison;
mod noise;
mod server;
