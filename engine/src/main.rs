//! The `smart-steps` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    smart_steps_engine::allocator::limit_arenas();
    smart_steps_engine::cli::main()
}
