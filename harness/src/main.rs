//! The `steps-perf` program.
fn main() {}
