//! `smart-steps ingest`

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::id::{PersonaId, TenantId};
use crate::service::Scope;
use crate::startup;

use super::error::CliError;
use super::output::say;
use super::settings::SettingsArgs;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whose persona
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
    /// The tenant's persona that the documents are for (shipped personas are not changed)
    #[arg(long, value_name = "ID")]
    persona: PersonaId,
    /// Markdown files; one of the same name is replaced
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let mut documents = Vec::new();
    for path in &args.files {
        let text = std::fs::read_to_string(path).map_err(|source| CliError::File {
            path: path.clone(),
            done: "read",
            source,
        })?;
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        documents.push((name.unwrap_or_default(), text));
    }
    let services = startup::services(&args.settings.config()?).await?;
    let scope = Scope {
        tenant: args.tenant,
        phases: Arc::default(),
    };
    for (name, text) in documents {
        let stored = services
            .personas
            .add_document(&scope, &args.persona, &name, text)
            .await;
        let (document, chunks) = stored?;
        say(&format!(
            "{name}: {} passages, {}",
            chunks.len(),
            document.id
        ))?;
    }
    services.close().await;
    Ok(())
}
