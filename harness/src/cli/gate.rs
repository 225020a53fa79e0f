//! `steps-perf gate`: judge a saved run again.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use crate::exit::Exit;
use crate::measurement::archive::RunRecord;
use crate::report;
use crate::verdict;

/// Judge a saved run by its targets and end with the verdict's exit code
///
/// Works from run.json alone; nothing is measured and nothing is written.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The run's folder, or its run.json
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// End with exit code 10 when a target is MARGINAL
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let dir = measure::run_folder(&args.run);
    let record = RunRecord::load(&dir)?;
    let assessment = verdict::assess(&record);
    measure::print_verdicts(
        &record,
        &assessment,
        &dir,
        &report::main_document(&dir, &record),
    )?;
    Ok(assessment.overall.exit(args.strict))
}
