//! `steps-perf gate`: judge a saved run again.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use crate::exit::Exit;
use crate::measurement::archive::RunRecord;
use crate::measurement::comparison::{self, ComparisonRecord};
use crate::report;
use crate::verdict;

/// Judge a saved run by its targets and end with the verdict's exit code
///
/// Works from run.json alone (of a comparison: from compare.json); nothing is measured and nothing is
/// written.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The run's folder, or its run.json
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// The earlier run that targets "of baseline" are held against
    #[arg(long, value_name = "RUN")]
    baseline: Option<PathBuf>,

    /// End with exit code 10 when a target is MARGINAL
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let dir = measure::run_folder(&args.run);
    if dir.join(comparison::FILE).is_file() {
        return compared(&dir, args.strict);
    }
    let record = RunRecord::load(&dir)?;
    let baseline = measure::load_baseline(args.baseline.as_deref())?;
    let assessment = verdict::assess_beside(&record, baseline.as_ref());
    measure::print_verdicts(
        &record,
        &assessment,
        &dir,
        &report::main_document(&dir, &record),
    )?;
    Ok(assessment.overall.exit(args.strict))
}

fn compared(dir: &Path, strict: bool) -> Result<Exit, CliError> {
    let record = ComparisonRecord::load(dir)?;
    let judgement = verdict::comparison::judge(&record);
    let sentence = report::comparison::sentence(&record, &judgement);
    writeln!(
        std::io::stdout().lock(),
        "{}: {sentence}",
        judgement.verdict.mark()
    )?;
    Ok(judgement.overall().exit(strict))
}
