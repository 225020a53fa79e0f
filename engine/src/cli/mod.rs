//! The command line: one file per subcommand, with its arguments and its `run`.
//!
//! Exit codes: 0 when it was done, 1 when it failed, 2 when the command line cannot be understood.
//! What was asked for goes to standard output, everything else to standard error.

mod check;
mod config;
mod document;
mod error;
mod eval;
mod ingest;
mod key;
mod openapi;
mod output;
mod persona;
mod retrieve;
mod serve;
mod settings;
mod tenant;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::CliError;

/// Smart Steps AI: professional personas that hold sessions, remember and analyse.
///
/// Everything runs on this machine: no network, no language model and no download is needed.
#[derive(Debug, Parser)]
#[command(name = "smart-steps", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Args),
    /// Look at personas, or check a persona file
    #[command(subcommand)]
    Persona(persona::Command),
    /// Take documents into the foundation of a tenant's persona
    Ingest(ingest::Args),
    /// List, release and remove documents
    #[command(subcommand)]
    Document(document::Command),
    /// Show which passages a persona would recall for a query, and why
    Retrieve(retrieve::Args),
    /// Measure the engine on labelled examples
    #[command(subcommand)]
    Eval(eval::Command),
    /// Make and remove tenants
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// Make API keys
    #[command(subcommand)]
    Key(key::Command),
    /// Prove that the database is sound and that the indexes agree with it
    Check(check::Args),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Print the OpenAPI document of the HTTP interface
    Openapi,
}

/// Parses the command line, runs it, and turns the result into an exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Serve(args) => wait_for(serve::run(args)),
        Command::Persona(command) => persona::run(command),
        Command::Ingest(args) => wait_for(ingest::run(args)),
        Command::Document(command) => wait_for(document::run(command)),
        Command::Retrieve(args) => wait_for(retrieve::run(args)),
        Command::Eval(command) => wait_for(eval::run(command)),
        Command::Tenant(command) => wait_for(tenant::run(command)),
        Command::Key(command) => wait_for(key::run(command)),
        Command::Check(args) => wait_for(check::run(args)),
        Command::Config(command) => config::run(command),
        Command::Openapi => openapi::run(),
    }
}

/// Runs on as many threads as there are processors.
fn wait_for(work: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(1 << 20)
        .build()
        .map_err(CliError::Runtime)?;
    runtime.block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
