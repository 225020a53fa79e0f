//! `smart-steps config`

use std::fmt::Write as _;

use crate::config::{Layers, MANUAL};

use super::error::CliError;
use super::output::say;
use super::settings::SettingsArgs;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Check the configuration; print what is in force and where each value came from
    Check(SettingsArgs),
    /// Print every setting with its default and what it is for
    Manual,
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Manual => say(MANUAL.trim_end()),
        Command::Check(args) => {
            let layers = args.layers()?;
            layers.build()?;
            say(effective(&layers).trim_end())
        }
    }
}

fn effective(layers: &Layers) -> String {
    let line = |key: &str, value: &toml::Value| format!("{key} = {value}");
    let width = layers
        .settings()
        .map(|s| line(&s.key, &s.value).chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for setting in layers.settings() {
        let _ = writeln!(
            text,
            "{:<width$}  # {}",
            line(&setting.key, &setting.value),
            setting.origin
        );
    }
    text
}
