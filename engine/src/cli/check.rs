//! `smart-steps check`

use std::fmt::Write as _;

use crate::startup;

use super::error::CliError;
use super::output::say;
use super::settings::{SettingsArgs, must_exist};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Prints what was looked at, and fails with the list of what is wrong.
pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let config = args.settings.config()?;
    let path = &config.database.path;
    must_exist(path, "name the file with --database")?;
    let report = startup::check(&config).await?;
    let counts = [
        (report.tenants, "tenants"),
        (report.documents, "documents"),
        (report.chunks, "passages"),
        (report.sessions, "sessions"),
        (report.messages, "messages"),
        (report.experiences, "experiences"),
        (report.insights, "insights"),
        (report.risk_flags, "risk flags"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    let mut text = format!("{}: looked at {}", path.display(), counts.join(", "));
    if report.faults.is_empty() {
        let _ = write!(text, "\nstore and indexes agree");
        return say(&text);
    }
    for fault in &report.faults {
        let _ = write!(text, "\n- {fault}");
    }
    say(&text)?;
    Err(CliError::Nothing(format!(
        "{} faults in {}; restore a backup of the file, or ask for help with the list above",
        report.faults.len(),
        path.display()
    )))
}
