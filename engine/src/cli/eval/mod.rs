//! `smart-steps eval`: how well the engine does on labelled lines, the user's own too. What goes
//! through memory uses the same use cases as the server, so that what it says holds for the server.
//!
//! A file holds one JSON object a line. Shares are printed with their 95 % interval; a bound that is
//! not met ends the command with exit code 1, so that a pipeline can hold it.

mod contradiction;
mod conversation;
mod fit;
mod labelled;
mod proportion;
mod recall;
mod remote;
mod retrieval;
mod risk;
mod sentiment;
mod subject;
mod weights;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::error::CliError;
use super::output::say;

/// What is judged.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// How many of the wanted turns of a conversation a client's memory finds, and how fast
    Retrieval(retrieval::Args),
    /// Fit the weights of the memory's ranker, and measure them on conversations left out
    Weights(weights::Args),
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
    /// A table for people.
    Text,
    /// One object for programs.
    Json,
}

/// What every evaluation of single lines takes.
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

pub(super) async fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Retrieval(args) => retrieval::run(args).await,
        Command::Weights(args) => weights::run(args).await,
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
