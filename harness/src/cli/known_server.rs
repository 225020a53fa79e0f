//! `steps-perf known-server`: the server of the calibration; started by `calibrate`, or by hand to
//! measure it with another tool.

use std::io::Write as _;

use clap::Args as ClapArgs;

use super::measure::CliError;
use crate::exit::Exit;
use crate::run::calibrate;

/// Serve known latencies on the loopback, e.g. /law/constant_2ms, until the process is killed
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The port; a free one if not given, and in any case printed
    #[arg(long, default_value_t = 0)]
    port: u16,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    calibrate::serve(args.port, |port| {
        let mut out = std::io::stdout();
        writeln!(out, "{port}")?;
        out.flush()
    })?;
    Ok(Exit::Success)
}
