//! From a selection to a judged and reported run: the way that `run`, `bench` and `memory` share.

use std::io::{IsTerminal as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::compare::CompareError;
use super::selection::Selection;
use crate::event::Event;
use crate::exit::Exit;
use crate::measurement::archive::{ArchiveError, RunEnd, RunRecord, ShardRecord};
use crate::measurement::calibration::{Calibration, CalibrationError};
use crate::measurement::capacity::CapacityRecord;
use crate::measurement::merge::MergeError;
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
    Compare(#[from] CompareError),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error(
        "a shard has one scenario, and {scenarios} were chosen; name one: steps-perf run SCENARIO --shard I/N"
    )]
    ShardOfMany { scenarios: usize },
    #[error("there is no scenario to run; name one of steps-perf list")]
    NoScenario,
    #[error(
        "the scenario {scenario} has no target on response times, errors or resources, so every load would be carried; add one"
    )]
    NoQuality { scenario: String },
    #[error(
        "the scenario {scenario} has arrivals, and capacity searches for users; give a scenario with users and pauses"
    )]
    OpenModel { scenario: String },
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
            | Self::ShardOfMany { .. }
            | Self::NoScenario
            | Self::NoQuality { .. }
            | Self::OpenModel { .. }
            | Self::Run(
                RunError::Plan { .. } | RunError::NothingToStart | RunError::NoSecret { .. },
            ) => Exit::Usage,
            Self::Compare(error) => error.exit(),
            Self::Run(_)
            | Self::Archive(_)
            | Self::Merge(_)
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
    load_plan(&selection.suite, selection.profile.as_deref(), only)
}

/// Reads a suite, or one scenario file that names its own service, and finds the folder in which its
/// commands are run.
pub(super) fn load_plan(
    suite: &Path,
    profile: Option<&str>,
    only: &[String],
) -> Result<(Suite, PathBuf), CliError> {
    let file = file_of(suite, only);
    let is_suite = plan::file::is_suite(file)?;
    let profile = match profile {
        Some(name) => name.to_owned(),
        None => usual_profile(plan::profiles(file)?),
    };
    let suite = if is_suite {
        plan::load_suite(file, &profile, only)?
    } else {
        plan::load_scenario_file(file, &profile)?
    };
    Ok((suite, root_of(file)))
}

/// The profiles of what [`load_plan`] would read.
pub(super) fn known_profiles(suite: &Path, only: &[String]) -> Result<Vec<String>, CliError> {
    Ok(plan::profiles(file_of(suite, only))?)
}

/// The file that is meant: the suite, or the one scenario file in its place.
fn file_of<'a>(suite: &'a Path, only: &'a [String]) -> &'a Path {
    match only {
        [one]
            if Path::new(one)
                .extension()
                .is_some_and(|ending| ending == "toml") =>
        {
            Path::new(one)
        }
        _ => suite,
    }
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
    let (out, strict) = (selection.out.clone(), selection.strict);
    // A baseline that cannot be read is found before the load and not after it.
    let baseline = load_baseline(selection.baseline.as_deref())?;
    let mut record = record(suite, root, selection, None)?;
    record.capacity = CapacityRecord::latest(
        &out,
        &record.suite.sut.name,
        &record.environment.fingerprint,
    );
    let dir = out.join(&record.stamp);
    let assessment = verdict::assess_beside(&record, baseline.as_ref());
    let written = write(&dir, &record, &assessment)?;
    index::write(&out)?;
    print_verdicts(&record, &assessment, &dir, &written.report)?;
    Ok(assessment.overall.exit(strict))
}

/// A share as people write it on a command line: `5%`.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .trim()
        .trim_end_matches('%')
        .trim()
        .parse()
        .map_err(|_| format!("{text:?} is not a share; write it as 5%"))?;
    if number > 0.0 && number < 1_000.0 {
        Ok(number)
    } else {
        Err(format!("{text:?} decides nothing; give a share above 0 %"))
    }
}

/// The run that a baseline's path names.
pub(super) fn load_baseline(path: Option<&Path>) -> Result<Option<RunRecord>, CliError> {
    path.map(|path| Ok(RunRecord::load(&run_folder(path))?))
        .transpose()
}

/// Runs a share of the users and saves it; a share alone is not judged.
pub(super) fn measure_shard(
    suite: &Suite,
    root: PathBuf,
    selection: Selection,
    shard: ShardRecord,
) -> Result<Exit, CliError> {
    let out = selection.out.clone();
    let record = record(suite, root, selection, Some(shard))?;
    let ShardRecord { part, .. } = shard;
    let dir = out.join(&record.stamp);
    writeln!(
        std::io::stdout().lock(),
        "shard {} of {}: {}\nmerge all of them with: steps-perf merge DIR...",
        part.index,
        part.count,
        dir.display()
    )?;
    Ok(match record.end {
        RunEnd::Complete => Exit::Success,
        _ => Exit::Invalid,
    })
}

pub(super) fn record(
    suite: &Suite,
    root: PathBuf,
    selection: Selection,
    shard: Option<ShardRecord>,
) -> Result<RunRecord, CliError> {
    let mut options = RunOptions::new(selection.out, root);
    options.target = selection.target;
    options.headers = selection.headers.into_iter().collect();
    options.seed = selection.seed;
    options.keep_going = selection.keep_going;
    options.shard = shard;
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
    Ok(record?)
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
    document: &Path,
) -> Result<(), CliError> {
    let tty = std::io::stdout().is_terminal();
    Console::new(std::io::stdout(), tty).verdicts(record, assessment, dir, document)?;
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|set| set == "true") {
        let lines = report::annotations::render(record, assessment);
        std::io::stdout().lock().write_all(lines.as_bytes())?;
    }
    Ok(())
}

/// The folder of a run that is named by its folder or by its `run.json`; likewise of a comparison.
pub(super) fn run_folder(path: &Path) -> PathBuf {
    match path.file_name() {
        Some(name) if name == "run.json" || name == "compare.json" => {
            path.parent().map_or_else(PathBuf::new, Path::to_owned)
        }
        _ => path.to_owned(),
    }
}
