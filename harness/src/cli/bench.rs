//! `steps-perf bench`: the micro-benchmarks alone.

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use super::selection::Selection;
use crate::exit::Exit;

/// Run the micro-benchmarks of the suite and report every call's time
///
/// The suite names the command; it needs the source tree and a compiler. The load of the profile is
/// left out, and `--target` has no meaning here.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    let (suite, root) = measure::load(&args.selection, &["bench".to_owned()])?;
    measure::measure(&suite, root, args.selection)
}
