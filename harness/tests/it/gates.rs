//! The gate: that it can fail, that it does not fail for nothing, and that nothing broken passes it.

mod comparison;
mod mutation;
mod noise;
mod server;
mod shards;

use std::process::{Command, Output};

fn steps_perf(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_steps-perf"))
        .args(args)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the program was killed")
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
