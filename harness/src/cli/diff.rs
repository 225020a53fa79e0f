//! `steps-perf diff`: two saved runs side by side.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use crate::exit::Exit;
use crate::findings::trend;
use crate::measurement::archive::RunRecord;
use crate::report::trends;
use crate::verdict;

/// Show the figures of two saved runs side by side, if they can be compared
///
/// One run against one run shows a difference, not a cause; `compare` measures both in turn.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The earlier run's folder
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The later run's folder
    #[arg(value_name = "AFTER")]
    after: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let before = RunRecord::load(&measure::run_folder(&args.before))?;
    let after = RunRecord::load(&measure::run_folder(&args.after))?;
    let mut out = std::io::stdout().lock();
    let obstacles = trend::obstacles(&before, &after);
    if !obstacles.is_empty() {
        writeln!(
            out,
            "{} and {} cannot be compared: they differ in {}",
            before.stamp,
            after.stamp,
            obstacles.join(", ")
        )?;
        return Ok(Exit::Invalid);
    }
    let assessment = verdict::assess(&after);
    let found = trend::find(&after, &assessment, std::slice::from_ref(&before));
    if found.earlier.is_empty() {
        writeln!(
            out,
            "{} is no basis: it is INVALID, or did not begin before {}",
            before.stamp, after.stamp
        )?;
        return Ok(Exit::Invalid);
    }
    write!(out, "{}", trends::table(&after, &found))?;
    Ok(Exit::Success)
}
