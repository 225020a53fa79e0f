//! `smart-steps eval`: the engine's rules judged on labelled lines, the user's own too.
//!
//! A file holds one JSON object a line. What is printed are shares with their 95 % interval; a bound
//! that is not met ends the command with exit code 1, so that a pipeline can hold it.

mod contradiction;
mod labelled;
mod proportion;
mod risk;
mod sentiment;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::error::CliError;
use super::output::say;

/// What is judged.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge the risk rules on lines of {text, category or null, severity?, split?}
    Risk(risk::Args),
    /// Judge the claim rules on lines of {a, b, label, split?}; labels: contradiction, supersession,
    /// consistent, unrelated
    Contradiction(contradiction::Args),
    /// Compare sentiment scores with lines of {text, compound}
    Sentiment(sentiment::Args),
}

/// How the outcome is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// What every evaluation takes.
#[derive(Debug, clap::Args)]
struct Source {
    /// The labelled lines
    #[arg(value_name = "FILE.jsonl")]
    file: PathBuf,
    /// Only lines with this value of "split", for example held_out
    #[arg(long, value_name = "NAME")]
    split: Option<String>,
    /// How the outcome is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Risk(args) => risk::run(&args),
        Command::Contradiction(args) => contradiction::run(&args),
        Command::Sentiment(args) => sentiment::run(&args),
    }
}

/// Prints the outcome, then complains about every bound that is not met.
fn conclude<T: Serialize>(
    source: &Source,
    outcome: &T,
    text: impl FnOnce() -> String,
    unmet: &[String],
) -> Result<(), CliError> {
    match source.format {
        Format::Text => say(text().trim_end())?,
        Format::Json => say(&serde_json::to_string_pretty(outcome)?)?,
    }
    if unmet.is_empty() {
        return Ok(());
    }
    Err(CliError::Values(format!(
        "{}: {}",
        source.file.display(),
        unmet.join("; ")
    )))
}
