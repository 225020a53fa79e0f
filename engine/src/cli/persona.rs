//! `smart-steps persona`

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::service::{persona_file, shipped};

use super::error::CliError;
use super::output::say;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List the personas that ship with the program
    List,
    /// Show one of them
    Show {
        /// Its name, as `persona list` prints it
        id: String,
    },
    /// Check a persona file; print every fault with its line
    Check {
        /// The file, e.g. `coach/persona.toml`
        file: PathBuf,
    },
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::List => {
            let personas = shipped::read()?;
            let width = personas
                .iter()
                .map(|persona| persona.id.as_str().len())
                .max()
                .unwrap_or(0);
            let line = |persona: &shipped::ShippedPersona| {
                let (id, profile) = (persona.id.as_str(), &persona.profile);
                format!(
                    "{id:<width$}  {}, {}: {} documents",
                    profile.name,
                    profile.role,
                    persona.documents.len()
                )
            };
            say(&personas.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        Command::Show { id } => {
            let personas = shipped::read()?;
            let missing = || {
                let names: Vec<_> = personas.iter().map(|persona| persona.id.as_str()).collect();
                CliError::Nothing(format!(
                    "there is no shipped persona {id:?}; there are: {}",
                    names.join(", ")
                ))
            };
            let persona = personas
                .iter()
                .find(|persona| persona.id.as_str() == id)
                .ok_or_else(missing)?;
            say(described(persona).trim_end())
        }
        Command::Check { file } => {
            let text = std::fs::read_to_string(&file).map_err(|source| CliError::File {
                path: file.clone(),
                done: "read",
                source,
            })?;
            let (id, profile) = persona_file::parse(&file.display().to_string(), &text)?;
            say(&format!(
                "{}: persona {id}, {} {}, is well formed",
                file.display(),
                profile.name,
                profile.version
            ))
        }
    }
}

fn described(persona: &shipped::ShippedPersona) -> String {
    let profile = &persona.profile;
    let mut text = format!(
        "{}, {} ({}, {})\n\n{}\n",
        profile.name, profile.role, persona.id, profile.version, profile.summary
    );
    let mut list = |head: &str, lines: &mut dyn Iterator<Item = &str>| {
        let _ = writeln!(text, "\n{head}");
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    };
    list(
        "Knows about:",
        &mut profile.expertise.iter().map(String::as_str),
    );
    list(
        "Always:",
        &mut profile.rules.always.iter().map(String::as_str),
    );
    list(
        "Never:",
        &mut profile.rules.never.iter().map(String::as_str),
    );
    list(
        "Documents:",
        &mut persona.documents.iter().map(|(name, _)| *name),
    );
    let _ = writeln!(text, "\n{}", profile.limits.scope);
    text
}
