//! The command line: one file per subcommand, each with its arguments and its `run`.
//!
//! Results go to standard output, progress and complaints to standard error. Every subcommand ends
//! with one of the documented exit codes of [`Exit`].

mod bench;
mod calibrate;
mod capacity;
mod check;
mod compare;
mod diff;
mod gate;
mod known_server;
mod list;
mod measure;
mod memory;
mod merge;
mod open;
mod report;
mod run;
mod selection;
mod selftest;
mod trend;
mod verify;

use std::io::Write as _;

use clap::{Parser, Subcommand};

use crate::exit::Exit;

/// Measure an HTTP service under load, judge every target, and write a report that can be checked.
#[derive(Debug, Parser)]
#[command(name = "steps-perf", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0   passed, with or without recommendations; or done, where nothing was judged
  2   wrong arguments or a plan that cannot be run
  10  some target is MARGINAL and --strict was given
  20  a target was missed
  30  INVALID: the run supports no statement; the report names the cause
  1   a bug in steps-perf";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Bench(bench::Args),
    Memory(memory::Args),
    Merge(merge::Args),
    Report(report::Args),
    Gate(gate::Args),
    Capacity(capacity::Args),
    Check(check::Args),
    Compare(compare::Args),
    List(list::Args),
    Verify(verify::Args),
    Diff(diff::Args),
    Trend(trend::Args),
    Open(open::Args),
    Calibrate(calibrate::Args),
    #[command(hide = true)]
    KnownServer(known_server::Args),
    #[command(hide = true)]
    Selftest(selftest::Args),
}

/// Runs the program with the process's own arguments.
#[must_use]
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap writes help to standard output and complaints to standard error.
            let printed = error.print();
            return match (error.use_stderr(), printed) {
                (false, Ok(())) => Exit::Success,
                _ => Exit::Usage,
            };
        }
    };
    let result = match cli.command {
        Command::Run(args) => run::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Memory(args) => memory::run(args),
        Command::Merge(args) => merge::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Gate(args) => gate::run(&args),
        Command::Capacity(args) => capacity::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::List(args) => list::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Trend(args) => trend::run(&args),
        Command::Open(args) => open::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::KnownServer(args) => known_server::run(&args),
        Command::Selftest(args) => selftest::run(&args),
    };
    result.unwrap_or_else(|error| {
        // Nothing can be done when standard error itself is gone; the exit code still tells.
        let _gone = writeln!(std::io::stderr(), "steps-perf: {error}");
        error.exit()
    })
}
