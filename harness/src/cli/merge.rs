//! `steps-perf merge`: the shards of one run become one record.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use crate::exit::Exit;
use crate::measurement::archive::RunRecord;
use crate::measurement::clock::{Clock as _, SystemClock, stamp};
use crate::measurement::merge::{SavedShard, merge};
use crate::measurement::raw;
use crate::verdict;

/// Join the shards of one run, judge the whole and write its report
///
/// Histograms are added bit for bit. A shard that is missing, late, there twice or of another run
/// makes the result INVALID (exit code 30), and nothing is written.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The folders of all shards
    #[arg(value_name = "DIR", required = true)]
    shards: Vec<PathBuf>,

    /// The folder in which the merged run's own folder is made
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,

    /// End with exit code 10 when a target is MARGINAL
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let shards = args
        .shards
        .iter()
        .map(|path| {
            let folder = measure::run_folder(path);
            let record = RunRecord::load(&folder)?;
            Ok(SavedShard { folder, record })
        })
        .collect::<Result<Vec<_>, CliError>>()?;
    let stamp = stamp(SystemClock.now());
    // Nothing appears under its own name before it is whole.
    std::fs::create_dir_all(&args.out)?;
    let part = tempfile::Builder::new()
        .prefix(".merge-")
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir_in(&args.out)?;
    let record = merge(shards, &stamp, part.path())?;
    record.save(part.path())?;
    raw::write(part.path(), &record)?;
    let dir = args.out.join(&stamp);
    std::fs::rename(part.keep(), &dir)?;
    let assessment = verdict::assess(&record);
    let written = measure::write(&dir, &record, &assessment)?;
    measure::print_verdicts(&record, &assessment, &dir, &written.report)?;
    Ok(assessment.overall.exit(args.strict))
}
