//! `smart-steps ingest`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::document::{DocumentFormat, Finding};
use crate::domain::id::{PersonaId, TenantId};
use crate::service::{IntakeReport, Scope, ServiceError, Services, Source};
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
    /// What the files are, in place of what their endings tell
    #[arg(long, value_name = "FORMAT", value_parser = format_named)]
    format: Option<DocumentFormat>,
    /// Files of Markdown (.md), plain text (.txt), HTML (.html) or PDF (.pdf); one of the same name is
    /// replaced, and only what changed is indexed anew
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

fn format_named(text: &str) -> Result<DocumentFormat, String> {
    DocumentFormat::ALL
        .into_iter()
        .find(|format| format.as_str() == text)
        .ok_or_else(|| {
            let names = DocumentFormat::ALL.map(DocumentFormat::as_str).join(", ");
            format!("is none of {names}")
        })
}

/// Takes each file it can; one that is refused does not keep the others out.
pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let config = args.settings.config()?;
    let services = startup::services(&config).await?;
    let mut refused = Vec::new();
    for path in &args.files {
        match take(&services, &args, path).await {
            Ok(report) => say(described(path, &report).trim_end())?,
            Err(error) => refused.push(error),
        }
    }
    services.close().await;
    let count = refused.len();
    let mut refused = refused.into_iter();
    match (refused.next(), count) {
        (None, _) => Ok(()),
        (Some(error), 1) => Err(error),
        (Some(first), _) => {
            let lines: Vec<String> = std::iter::once(first)
                .chain(refused)
                .map(|error| format!("- {error}"))
                .collect();
            let files = args.files.len();
            Err(CliError::Values(format!(
                "{count} of {files} files were not taken:\n{}",
                lines.join("\n")
            )))
        }
    }
}

async fn take(services: &Services, args: &Args, path: &Path) -> Result<IntakeReport, CliError> {
    let bytes = std::fs::read(path).map_err(|source| CliError::File {
        path: path.to_owned(),
        done: "read",
        source,
    })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let source = Source {
        name: name.into_owned(),
        format: args.format,
        bytes,
    };
    let scope = Scope {
        tenant: args.tenant.clone(),
        phases: Arc::default(),
    };
    let taken = services.documents.add(&scope, &args.persona, source).await;
    taken.map_err(|error| match error {
        ServiceError::Invalid { faults } => {
            let details: Vec<String> = faults.into_iter().map(|fault| fault.detail).collect();
            CliError::Values(details.join("\n"))
        }
        error => error.into(),
    })
}

fn described(path: &Path, report: &IntakeReport) -> String {
    let document = &report.document;
    let mut text = format!("{}: {}", path.display(), report.intake.as_str());
    if report.is_stored() {
        let IntakeReport {
            kept,
            added,
            removed,
            ..
        } = report;
        let _ = write!(
            text,
            ", {} passages ({kept} kept, {added} added, {removed} removed",
            kept + added
        );
        if report.repeated > 0 {
            let _ = write!(text, ", {} repeated ones left out", report.repeated);
        }
        text.push(')');
    }
    let _ = writeln!(text, ", {} {:?}", document.id, document.name);
    if let Some(quarantine) = document.quarantine.as_ref().filter(|q| !q.is_released()) {
        let _ = writeln!(
            text,
            "  quarantined: nothing finds it until a person releases it with `smart-steps document release`"
        );
        for finding in &quarantine.findings {
            let _ = writeln!(text, "  - {}", line(finding));
        }
    }
    text
}

/// A finding in one line.
pub(super) fn line(finding: &Finding) -> String {
    let place = match (finding.byte_start, finding.byte_end) {
        (Some(start), Some(end)) => format!("bytes {start} to {end}"),
        _ => "hidden".to_owned(),
    };
    format!(
        "{} ({place}): {}: {:?}",
        finding.rule, finding.detail, finding.quote
    )
}
