//! `smart-steps key`

use std::sync::Arc;

use crate::domain::id::TenantId;
use crate::service::Scope;
use crate::startup;

use super::error::CliError;
use super::output::say;
use super::settings::SettingsArgs;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make an API key and print its secret, which nobody can read again
    Create(Args),
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whose data it opens
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
    /// What it is for
    #[arg(long, value_name = "LABEL")]
    label: String,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) async fn run(command: Command) -> Result<(), CliError> {
    let Command::Create(args) = command;
    let services = startup::services(&args.settings.config()?).await?;
    let scope = Scope {
        tenant: args.tenant,
        phases: Arc::default(),
    };
    let made = match services.auth.tenant(&scope.tenant).await {
        Ok(_) => services.auth.create_key(&scope, &args.label).await,
        Err(error) => Err(error),
    };
    services.close().await;
    let (_, secret) = made?;
    say(secret.reveal())
}
