//! The `steps-perf` program: parse, do what the subcommand says, turn the result into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    smart_steps_harness::cli::main().into()
}
