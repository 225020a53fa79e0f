//! `steps-perf report`: render a saved run again.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use crate::exit::Exit;
use crate::measurement::archive::RunRecord;
use crate::measurement::raw;
use crate::verdict;

/// Render the report of a saved run again, from its run.json alone
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The run's folder, or its run.json
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// The earlier run that targets "of baseline" are held against
    #[arg(long, value_name = "RUN")]
    baseline: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let dir = measure::run_folder(&args.run);
    let record = RunRecord::load(&dir)?;
    let baseline = measure::load_baseline(args.baseline.as_deref())?;
    let assessment = verdict::assess_beside(&record, baseline.as_ref());
    raw::write(&dir, &record)?;
    let written = measure::write(&dir, &record, &assessment)?;
    let mut out = std::io::stdout().lock();
    for path in written.files {
        writeln!(out, "{}", path.display())?;
    }
    Ok(Exit::Success)
}
