//! `smart-steps document`

use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::document::DocumentHead;
use crate::domain::id::{DocumentId, PersonaId, TenantId};
use crate::service::Scope;
use crate::startup;

use super::error::CliError;
use super::ingest::line;
use super::output::say;
use super::settings::SettingsArgs;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List a persona's documents, with what quarantined ones are withheld for
    List(Of),
    /// Let a quarantined document through
    Release(Release),
    /// Remove a document from the store and from every index
    Delete(Delete),
}

#[derive(Debug, clap::Args)]
pub(super) struct Of {
    /// Whose persona
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
    /// The persona
    #[arg(long, value_name = "ID")]
    persona: PersonaId,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct Release {
    #[command(flatten)]
    of: Of,
    /// Why it is harmless
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who decided
    #[arg(long, value_name = "NAME")]
    by: String,
    /// The document, as `document list` prints it
    document: DocumentId,
}

#[derive(Debug, clap::Args)]
pub(super) struct Delete {
    #[command(flatten)]
    of: Of,
    /// The document, as `document list` prints it
    document: DocumentId,
}

pub(super) async fn run(command: Command) -> Result<(), CliError> {
    let of = match &command {
        Command::List(of) => of,
        Command::Release(release) => &release.of,
        Command::Delete(delete) => &delete.of,
    };
    let services = startup::services(&of.settings.config()?).await?;
    let documents = &services.documents;
    let scope = Scope {
        tenant: of.tenant.clone(),
        phases: Arc::default(),
    };
    let outcome = match &command {
        Command::List(of) => documents
            .list(&scope, &of.persona)
            .await
            .map(|heads| listed(&heads)),
        Command::Release(release) => {
            let (persona, id) = (&release.of.persona, &release.document);
            let released = documents.release(&scope, persona, id, &release.reason, &release.by);
            released
                .await
                .map(|document| format!("{} {:?} is released", document.id, document.name))
        }
        Command::Delete(delete) => {
            let (persona, id) = (&delete.of.persona, &delete.document);
            let deleted = documents.delete(&scope, persona, id).await;
            deleted.map(|()| format!("{id} is removed"))
        }
    };
    services.close().await;
    say(outcome?.trim_end())
}

fn listed(heads: &[DocumentHead]) -> String {
    if heads.is_empty() {
        return "the persona has no documents".to_owned();
    }
    let mut text = String::new();
    for head in heads {
        let _ = writeln!(
            text,
            "{} {:?}: {}, {} bytes{}",
            head.id,
            head.name,
            head.format.as_str(),
            head.bytes,
            if head.is_searchable() {
                ""
            } else {
                ", quarantined"
            }
        );
        for finding in head.quarantine.iter().flat_map(|q| &q.findings) {
            let _ = writeln!(text, "  - {}", line(finding));
        }
        if let Some(release) = head.quarantine.as_ref().and_then(|q| q.release.as_ref()) {
            let _ = writeln!(
                text,
                "  released by {} at {}: {}",
                release.released_by, release.released_at, release.reason
            );
        }
    }
    text
}
