//! `steps-perf calibrate`: how far the instrument itself is off on this machine.

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::measure::{CliError, Muted};
use crate::event::Event;
use crate::exit::Exit;
use crate::measurement::archive::RunRecord;
use crate::measurement::calibration::{Calibration, CalibrationRow, ComparedTime, TruthSource};
use crate::run::RunOptions;
use crate::run::calibrate::{self, TRIALS, Trial};
use crate::verdict;

/// Measure the instrument itself against a built-in server with known latencies, and keep its error
///
/// The server is a second process on this machine. It says what it really did with each request, so
/// the table shows the error of the instrument and of the way between the two. `run` states the
/// stored error in its report and does not claim what is finer. Leave the machine in peace meanwhile.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Only these laws, e.g. constant_2ms,freeze_1s; all of them if not given (about 3 minutes)
    #[arg(long, value_delimiter = ',', value_name = "LAW", value_parser = law_names())]
    only: Vec<String>,

    /// How the table is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Where the calibration is kept; the user's cache folder if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// End with 20 only if an error is beyond so many times the aim, for machines that are not quiet
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    within: f64,

    /// Print it and keep nothing
    #[arg(long, conflicts_with = "out")]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn law_names() -> clap::builder::PossibleValuesParser {
    TRIALS.map(|trial| trial.name).into()
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let path = match &args.out {
        Some(path) => path.clone(),
        None => Calibration::usual_path()?,
    };
    let trials: Vec<Trial> = if args.only.is_empty() {
        TRIALS.to_vec()
    } else {
        args.only
            .iter()
            .filter_map(|name| Trial::named(name))
            .collect()
    };
    let program = std::env::current_exe()?;
    let folder = tempfile::tempdir()?;
    let options = RunOptions::new(folder.path(), folder.path());
    let mut sink = |event: Event| {
        if let Event::ScenarioStarted { title, at_most, .. } = event {
            // Progress that cannot be shown is no reason to stop.
            let _gone = writeln!(
                std::io::stderr(),
                "calibrate: {title}, {:.0} s at most",
                at_most.as_secs()
            );
        }
    };
    let muted = Muted::begin();
    let made = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?
        .block_on(calibrate::calibrate(
            &program, &trials, &options, &is_fit, &mut sink,
        ));
    drop(muted);
    let made = made?;
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Text => write_table(&made, &mut out)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &made).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    if !args.dry_run {
        made.save(&path)?;
        if args.format == Format::Text && std::io::stdout().is_terminal() {
            writeln!(out, "\nkept in {}", path.display())?;
        }
    }
    Ok(if !made.unfit.is_empty() {
        Exit::Invalid
    } else if made.is_within(args.within) {
        Exit::Success
    } else {
        Exit::Failed
    })
}

/// Whether the generator was well: nothing else can make a trial invalid.
fn is_fit(record: &RunRecord) -> bool {
    record
        .scenarios
        .iter()
        .all(|scenario| verdict::generator::causes(scenario).is_empty())
}

fn write_table(made: &Calibration, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{:<16} {:<9} {:>6} {:>7} {:>13} {:>13} {:>10} {:>10}",
        "law", "time", "p", "n", "reported", "true", "error", "allowed"
    )?;
    for row in &made.rows {
        let time = match (row.time, row.source) {
            (ComparedTime::Service, _) => "service",
            (ComparedTime::Response, TruthSource::Server) => "response",
            (ComparedTime::Response, TruthSource::Computed) => "response*",
        };
        writeln!(
            out,
            "{:<16} {:<9} {:>6} {:>7} {:>10.3} ms {:>10.3} ms {:>+7.3} ms {:>7.3} ms{}",
            row.law,
            time,
            row.percentile,
            row.n,
            row.reported.as_millis(),
            row.truth.as_millis(),
            row.error() / 1_000.0,
            row.allowed() / 1_000.0,
            if row.is_within() { "" } else { "  beyond" }
        )?;
    }
    if made
        .rows
        .iter()
        .any(|row| row.source == TruthSource::Computed)
    {
        writeln!(
            out,
            "* computed from the law; the others were measured by the server"
        )?;
    }
    for noise in &made.noise {
        if let Some(spread) = noise.spread_percent() {
            writeln!(
                out,
                "noise floor: {} runs of {} differ by {spread:.1} % at p{}",
                noise.reported.len(),
                noise.law,
                noise.percentile
            )?;
        }
    }
    for law in &made.unfit {
        writeln!(
            out,
            "{law}: the generator was not well, so its rows say nothing; leave the machine in peace and calibrate again"
        )?;
    }
    let beyond = made
        .rows
        .iter()
        .filter(|row| !CalibrationRow::is_within(row));
    writeln!(
        out,
        "{} of {} rows are beyond max(1 %, 0.2 ms), 2 % for computed ones; histograms tell 0.1 % apart",
        beyond.count(),
        made.rows.len()
    )
}
