//! `steps-perf verify`: prove a report.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use crate::exit::Exit;
use crate::measurement::archive::RunRecord;
use crate::report::verify;

/// Recompute a report from its measurements and name every digit that differs
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The run's folder, or its run.json
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// The earlier run that targets "of baseline" were held against
    #[arg(long, value_name = "RUN")]
    baseline: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let dir = measure::run_folder(&args.run);
    let stamp = RunRecord::load(&dir)?.stamp;
    let history = RunRecord::earlier(&dir, &stamp);
    let baseline = measure::load_baseline(args.baseline.as_deref())?;
    let examination = verify::examine(&dir, &history, baseline.as_ref())?;
    let mut out = std::io::stdout().lock();
    for note in &examination.notes {
        writeln!(out, "note: {note}")?;
    }
    for mismatch in &examination.mismatches {
        writeln!(out, "{}: {}", mismatch.file, mismatch.what)?;
    }
    if examination.mismatches.is_empty() {
        writeln!(
            out,
            "{}: all {} derived files follow from the measurements, the interval logs add up to \
             them, and the checksums hold",
            dir.display(),
            examination.files
        )?;
        return Ok(Exit::Success);
    }
    writeln!(
        out,
        "{}: {} differ; `steps-perf report` writes them anew from run.json if that is what you trust",
        dir.display(),
        match examination.mismatches.len() {
            1 => "1 file".to_owned(),
            many => format!("{many} files"),
        }
    )?;
    Ok(Exit::Invalid)
}
