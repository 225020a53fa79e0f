//! From a selection to a judged and reported run: the way that `run`, `bench` and `memory` share.

use std::io::IsTerminal as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::selection::Selection;
use crate::event::Event;
use crate::exit::Exit;
use crate::measurement::archive::{ArchiveError, RunRecord};
use crate::measurement::calibration::{Calibration, CalibrationError};
use crate::plan::suite::Suite;
use crate::plan::{self, PlanError};
use crate::report::console::Console;
use crate::report::verify::VerifyError;
use crate::report::{self, ReportError, Written, index};
use crate::run::calibrate::CalibrateError;
use crate::run::{self, RunError, RunOptions};
use crate::verdict::{self, Assessment};

/// Why a subcommand could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error(transparent)]
    Calibrate(#[from] CalibrateError),
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    #[error("cannot start the asynchronous runtime: {0}")]
    Runtime(std::io::Error),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

impl CliError {
    /// The exit code that this failure is documented with.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Plan(_)
            | Self::Run(
                RunError::Plan { .. } | RunError::NothingToStart | RunError::NoSecret { .. },
            ) => Exit::Usage,
            Self::Run(_)
            | Self::Archive(_)
            | Self::Report(_)
            | Self::Verify(_)
            | Self::Output(_) => Exit::Invalid,
            Self::Calibration(CalibrationError::NoPlace) => Exit::Usage,
            Self::Calibrate(_) | Self::Calibration(_) => Exit::Invalid,
            Self::Runtime(_) => Exit::Bug,
        }
    }
}

/// Reads what the selection names: the suite, or one scenario file that names its own service.
pub(super) fn load(selection: &Selection, only: &[String]) -> Result<(Suite, PathBuf), CliError> {
    let file = match only {
        [one]
            if Path::new(one)
                .extension()
                .is_some_and(|ending| ending == "toml") =>
        {
            Path::new(one)
        }
        _ => &selection.suite,
    };
    let is_suite = plan::file::is_suite(file)?;
    let profile = match &selection.profile {
        Some(name) => name.clone(),
        None => usual_profile(plan::profiles(file)?),
    };
    let suite = if is_suite {
        plan::load_suite(file, &profile, only)?
    } else {
        plan::load_scenario_file(file, &profile)?
    };
    Ok((suite, root_of(file)))
}

/// The profile that is meant when none is named: `quick` where there is one, else the plain values.
fn usual_profile(known: Vec<String>) -> String {
    known
        .into_iter()
        .find(|name| name == "quick")
        .unwrap_or_else(|| "full".to_owned())
}

/// The folder in which the suite's commands are run: the nearest one above the file that holds a
/// `Cargo.toml`, else the file's own.
fn root_of(file: &Path) -> PathBuf {
    let folder = std::path::absolute(file)
        .ok()
        .and_then(|path| path.parent().map(Path::to_owned))
        .unwrap_or_else(|| PathBuf::from("."));
    let root = folder
        .ancestors()
        .find(|above| above.join("Cargo.toml").is_file());
    root.map_or_else(|| folder.clone(), Path::to_owned)
}

/// Runs the suite, saves, judges, writes the report, and says how it went.
pub(super) fn measure(
    suite: &Suite,
    root: PathBuf,
    selection: Selection,
) -> Result<Exit, CliError> {
    let mut options = RunOptions::new(&selection.out, root);
    options.target = selection.target;
    options.headers = selection.headers.into_iter().collect();
    options.seed = selection.seed;
    options.keep_going = selection.keep_going;
    options.calibration = Calibration::usual_path().ok();
    options.command = std::env::args().collect();

    let mut console = Console::new(std::io::stderr(), std::io::stderr().is_terminal());
    // A console that cannot be written to any more must not cost the measurements.
    let mut sink = |event: Event| drop(console.event(&event));
    let muted = Muted::begin();
    let record = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?
        .block_on(run::run(suite, &options, &mut sink));
    drop(muted);
    let record = record?;

    let dir = selection.out.join(&record.stamp);
    let assessment = verdict::assess(&record);
    let written = write(&dir, &record, &assessment)?;
    index::write(&selection.out)?;
    print_verdicts(&record, &assessment, &dir, &written.report)?;
    Ok(assessment.overall.exit(selection.strict))
}

/// Standard output led to nowhere while it lives: goose prints a line there for each scenario that
/// cannot be switched off, and standard output is for results.
pub(super) struct Muted(Option<OwnedFd>);

impl Muted {
    pub(super) fn begin() -> Self {
        let nowhere = std::fs::OpenOptions::new().write(true).open("/dev/null");
        let kept = rustix::io::dup(rustix::stdio::stdout());
        match (nowhere, kept) {
            (Ok(nowhere), Ok(kept)) if rustix::stdio::dup2_stdout(&nowhere).is_ok() => {
                Self(Some(kept))
            }
            // Then the line is printed; nothing else is lost.
            _ => Self(None),
        }
    }
}

impl Drop for Muted {
    fn drop(&mut self) {
        if let Some(kept) = self.0.take() {
            // What could be led away can be led back.
            let _restored = rustix::stdio::dup2_stdout(&kept);
        }
    }
}

/// Renders a run into its folder, beside the earlier runs of the folder above.
pub(super) fn write(
    dir: &Path,
    record: &RunRecord,
    assessment: &Assessment,
) -> Result<Written, CliError> {
    let history = RunRecord::earlier(dir, &record.stamp);
    Ok(report::write_report(dir, record, assessment, &history)?)
}

/// Prints the table of verdicts and where to read more.
pub(super) fn print_verdicts(
    record: &RunRecord,
    assessment: &Assessment,
    dir: &Path,
    report: &Path,
) -> Result<(), CliError> {
    let tty = std::io::stdout().is_terminal();
    Ok(Console::new(std::io::stdout(), tty).verdicts(record, assessment, dir, report)?)
}

/// The folder of a run that is named by its folder or by its `run.json`.
pub(super) fn run_folder(path: &Path) -> PathBuf {
    match path.file_name() {
        Some(name) if name == "run.json" => path.parent().map_or_else(PathBuf::new, Path::to_owned),
        _ => path.to_owned(),
    }
}
