//! `smart-steps eval`: how well the engine does on labelled examples. Each subcommand goes through
//! the same use cases as the server, so that what it says holds for the server too.

mod conversation;
mod fit;
mod recall;
mod remote;
mod retrieval;
mod subject;
mod weights;

use super::error::CliError;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// How many of the wanted turns of a conversation a client's memory finds, and how fast
    Retrieval(retrieval::Args),
    /// Fit the weights of the memory's ranker, and measure them on conversations left out
    Weights(weights::Args),
}

pub(super) async fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Retrieval(args) => retrieval::run(args).await,
        Command::Weights(args) => weights::run(args).await,
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people.
    Text,
    /// One object for programs.
    Json,
}
