//! `steps-perf trend`: the dated runs of a folder.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::measure::CliError;
use crate::exit::Exit;
use crate::findings::trend;
use crate::measurement::archive::RunRecord;
use crate::report::{index, trends};
use crate::verdict;

/// Show how the figures of the latest run stand to the comparable runs before it
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The folder of the dated runs
    #[arg(value_name = "DIR", default_value = "reports")]
    folder: PathBuf,

    /// Write the index of the runs, README.md, too
    #[arg(long)]
    index: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let mut out = std::io::stdout().lock();
    if args.index {
        match index::write(&args.folder)? {
            Some(path) => writeln!(out, "{}", path.display())?,
            None => writeln!(
                out,
                "{} is not an index that steps-perf wrote and stays as it is",
                args.folder.join(index::FILE).display()
            )?,
        }
    }
    let mut runs = RunRecord::all(&args.folder);
    let Some(latest) = runs.pop() else {
        writeln!(
            out,
            "there is no run in {}; `steps-perf run` makes one",
            args.folder.display()
        )?;
        return Ok(Exit::Invalid);
    };
    let found = trend::find(&latest, &verdict::assess(&latest), &runs);
    write!(out, "{}", trends::table(&latest, &found))?;
    Ok(Exit::Success)
}
