//! The `smart-steps` program.
fn main(){}
