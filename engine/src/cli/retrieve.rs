//! `smart-steps retrieve`

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::id::{PersonaId, TenantId};
use crate::domain::memory::{Recalled, RecalledItem};
use crate::service::Scope;
use crate::startup;

use super::error::CliError;
use super::output::say;
use super::settings::{SettingsArgs, must_exist};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The persona
    #[arg(long, value_name = "ID")]
    persona: PersonaId,
    /// Whose persona; without it, the one that ships with the program
    #[arg(long, value_name = "ID", default_value = "smart-steps")]
    tenant: TenantId,
    /// At most so many passages
    #[arg(short, default_value_t = 5, value_name = "N")]
    k: usize,
    /// What is asked
    query: String,
    /// Without `--database`, the shipped personas are read into a temporary database
    #[command(flatten)]
    settings: SettingsArgs,
}

/// A folder that is removed in the end.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind in the folder for temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let mut layers = args.settings.layers()?;
    let scratch = Scratch(std::env::temp_dir().join(format!("smart-steps-{}", std::process::id())));
    if layers.is_default("database.path") {
        let path = scratch.0.join("retrieve.db").display().to_string();
        layers.lay_flag("a temporary database", "database.path", path)?;
    } else {
        let path = layers.build()?.database.path;
        must_exist(&path, "leave out --database to search the shipped personas")?;
    }
    let services = startup::services(&layers.build()?).await?;
    let scope = Scope {
        tenant: args.tenant,
        phases: Arc::default(),
    };
    let found = services
        .personas
        .retrieve(&scope, &args.persona, &args.query, args.k)
        .await?;
    services.close().await;
    if found.is_empty() {
        return say("Nothing is relevant: the persona would say so and quote nothing.");
    }
    let passages: Vec<String> = found.iter().enumerate().map(described).collect();
    say(passages.join("\n\n").trim_end())
}

fn described((index, recalled): (usize, &Recalled)) -> String {
    let mut text = format!("{}. ", index + 1);
    if let RecalledItem::Foundation {
        title,
        section,
        byte_start,
        byte_end,
        ..
    } = &recalled.item
    {
        let _ = write!(
            text,
            "{title} / {section}, bytes {byte_start} to {byte_end}"
        );
    }
    let _ = write!(text, "\n   score {:.4}", recalled.score);
    for part in &recalled.reasons {
        let _ = write!(text, "; {} {:.4}", part.source, part.score);
        if let Some(rank) = part.rank {
            let _ = write!(text, " (rank {rank})");
        }
    }
    for line in recalled.item.text().lines() {
        let _ = write!(text, "\n   {line}");
    }
    text
}
