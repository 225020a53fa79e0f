//! `steps-perf memory`: the memory profile alone.

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use super::selection::Selection;
use crate::exit::Exit;

/// Profile the memory of a server process over a growing number of operations
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    let mut suite = measure::load(&args.selection, &[])?;
    if suite.memory.is_none() {
        return Err(CliError::NotInProfile { part: "memory", profile: suite.profile });
    }
    suite.scenarios.clear();
    suite.bench = None;
    suite.summary.clear();
    measure::measure(&suite, args.selection)
}
