//! `smart-steps tenant`

use crate::domain::id::TenantId;
use crate::startup;

use super::error::CliError;
use super::output::say;
use super::settings::{SettingsArgs, must_exist};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a tenant and print its id
    Create(Args),
    /// Remove a tenant with everything that it owns: keys, personas, documents, clients, sessions
    Delete(Delete),
}

#[derive(Debug, clap::Args)]
pub(super) struct Delete {
    /// Which
    id: TenantId,
    /// The id once more: there is no way back
    #[arg(long, value_name = "ID")]
    confirm: TenantId,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What people call it, e.g. "Practice Holt"
    name: String,
    /// Its id; without it, one is made from the name
    #[arg(long, value_name = "ID")]
    id: Option<TenantId>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) async fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Create(args) => create(args).await,
        Command::Delete(args) => delete(args).await,
    }
}

async fn delete(args: Delete) -> Result<(), CliError> {
    if args.confirm != args.id {
        return Err(CliError::Values(format!(
            "--confirm says {:?} and not {:?}; nothing was removed",
            args.confirm.as_str(),
            args.id.as_str()
        )));
    }
    let config = args.settings.config()?;
    must_exist(&config.database.path, "name the file with --database")?;
    let services = startup::services(&config).await?;
    let deleted = services.delete_tenant(&args.id).await;
    services.close().await;
    deleted?;
    say(&format!(
        "tenant {} is removed with everything it owned",
        args.id
    ))
}

async fn create(args: Args) -> Result<(), CliError> {
    let id = match args.id {
        Some(id) => id,
        None => slug(&args.name).parse().map_err(|_| {
            CliError::Values(format!(
                "no id can be made from the name {:?}; give one with --id",
                args.name
            ))
        })?,
    };
    let services = startup::services(&args.settings.config()?).await?;
    let present = services.auth.tenant(&id).await.is_ok();
    if present {
        services.close().await;
        return Err(CliError::Nothing(format!(
            "there is a tenant {id} already; give another id with --id"
        )));
    }
    let made = services.auth.put_tenant(id, &args.name).await;
    services.close().await;
    let id = made?.id;
    say(&format!("{id}"))
}

fn slug(name: &str) -> String {
    let dashed: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_id_is_made_of_the_names_words() {
        assert_eq!(super::slug("Practice Holt & Sons"), "practice-holt-sons");
        assert_eq!(super::slug("  "), "");
    }
}
