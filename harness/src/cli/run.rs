//! `steps-perf run`: scenarios, and with the whole suite also memory profile and micro-benchmarks.

use clap::Args as ClapArgs;

use jiff::Timestamp;

use super::measure::{self, CliError};
use super::selection::Selection;
use crate::exit::Exit;
use crate::measurement::archive::ShardRecord;
use crate::plan::shard::Shard;

/// Run scenarios against the service, judge their targets and write the dated report
///
/// Without a scenario the whole suite is run, with the parts that its profile names. Without
/// --target the suite's own service is built, started on a free port with an empty database, and
/// stopped at the end.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Scenarios by name (see `steps-perf list`), or one scenario file ending in .toml
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,

    #[command(flatten)]
    selection: Selection,

    /// Run this share of one scenario's users; `steps-perf merge` joins the shares and judges them
    #[arg(long, value_name = "I/N", requires_all = ["start_at", "target"])]
    shard: Option<Shard>,

    /// When the measured phase of all shards begins, e.g. 2026-05-11T09:45:32Z
    #[arg(long, value_name = "TIME", requires = "shard")]
    start_at: Option<Timestamp>,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    let (mut suite, root) = measure::load(&args.selection, &args.scenarios)?;
    if let (Some(part), Some(start_at)) = (args.shard, args.start_at) {
        if suite.scenarios.len() != 1 {
            return Err(CliError::ShardOfMany {
                scenarios: suite.scenarios.len(),
            });
        }
        suite.memory = None;
        suite.bench = None;
        suite.summary.clear();
        let shard = ShardRecord { part, start_at };
        return measure::measure_shard(&suite, root, args.selection, shard);
    }
    measure::measure(&suite, root, args.selection)
}
