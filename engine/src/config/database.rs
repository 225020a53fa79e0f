//! Where data is kept.

use std::path::PathBuf;

use serde::Deserialize;

/// `[database]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// The SQLite file.
    pub path: PathBuf,
}
