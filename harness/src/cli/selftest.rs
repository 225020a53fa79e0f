//! `steps-perf selftest`: measurements of the instrument that belong into its documentation and not
//! into a run.

use std::io::Write as _;

use clap::{Args as ClapArgs, Subcommand};

use super::measure::{CliError, Muted};
use crate::exit::Exit;
use crate::run::RunOptions;
use crate::run::calibrate::{self, Round};

/// Measure the instrument against what it is made of
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Requests per second and per core, beside plain goose on the same loop, in turns
    Throughput {
        /// How often both run
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
        /// How long each runs
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
        /// Users without pauses
        #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
        users: u32,
    },
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let What::Throughput {
        rounds,
        seconds,
        users,
    } = args.what;
    let program = std::env::current_exe()?;
    let folder = tempfile::tempdir()?;
    let options = RunOptions::new(folder.path(), folder.path());
    let muted = Muted::begin();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?
        .block_on(calibrate::race(&program, rounds, seconds, users, &options));
    drop(muted);
    let done = done?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<12} {:>12} {:>16}",
        "", "requests/s", "requests/core s"
    )?;
    for round in &done {
        for (name, lap) in [("goose", round.plain), ("steps-perf", round.ours)] {
            writeln!(
                out,
                "{name:<12} {:>12.0} {:>16.0}",
                lap.per_second, lap.per_core_second
            )?;
        }
    }
    let middle = |of: fn(&Round) -> f64| median(done.iter().map(of).collect());
    writeln!(
        out,
        "median of the ratios: {:.3} by rate, {:.3} by processor time",
        middle(|round| round.ours.per_second / round.plain.per_second),
        middle(|round| round.ours.per_core_second / round.plain.per_core_second),
    )?;
    Ok(Exit::Success)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
