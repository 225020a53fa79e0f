//! Arguments that several subcommands share: where the configuration comes from.

use std::path::{Path, PathBuf};

use crate::config::{Config, ENVIRONMENT_FILE, Layers};

use super::error::CliError;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct SettingsArgs {
    /// Configuration file; `smart-steps config manual` prints one with every setting
    #[arg(long, value_name = "FILE", env = ENVIRONMENT_FILE)]
    pub(super) config: Option<PathBuf>,
    /// Database file, in place of `database.path`
    #[arg(long, value_name = "PATH")]
    pub(super) database: Option<PathBuf>,
}

impl SettingsArgs {
    /// Defaults, file, environment and the flags of this group.
    pub(super) fn layers(&self) -> Result<Layers, CliError> {
        let mut layers = Layers::read(self.config.as_deref(), std::env::vars())?;
        if let Some(path) = &self.database {
            layers.lay_flag("--database", "database.path", path.display().to_string())?;
        }
        Ok(layers)
    }

    pub(super) fn config(&self) -> Result<Config, CliError> {
        Ok(self.layers()?.build()?)
    }
}

/// Refuses a database that is not there, for commands that must not make one.
pub(super) fn must_exist(path: &Path, instead: &str) -> Result<(), CliError> {
    if path.exists() {
        return Ok(());
    }
    Err(CliError::Nothing(format!(
        "there is no database {}; {instead}",
        path.display()
    )))
}
