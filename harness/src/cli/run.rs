//! `steps-perf run`: scenarios, and with the whole suite also memory profile and micro-benchmarks.

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use super::selection::Selection;
use crate::exit::Exit;

/// Run scenarios against the service, judge their targets and write the dated report
///
/// Without a scenario the whole suite is run, with the parts that its profile names. Without
/// --target the suite's own service is built, started on a free port with an empty database, and
/// stopped at the end.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Scenarios by name (see `steps-perf list`), or one scenario file ending in .toml
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,

    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    let (suite, root) = measure::load(&args.selection, &args.scenarios)?;
    measure::measure(&suite, root, args.selection)
}
