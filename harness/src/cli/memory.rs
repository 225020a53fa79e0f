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
    let (suite, root) = measure::load(&args.selection, &["memory".to_owned()])?;
    measure::measure(&suite, root, args.selection)
}
