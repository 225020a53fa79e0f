//! What can be wrong with a configuration.

use std::path::PathBuf;

use super::Origin;

/// A configuration that is refused. Every variant names the place and the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{origin}: {message}")]
    Syntax {
        /// File and line.
        origin: Origin,
        /// What the parser says.
        message: String,
    },
    /// No such key.
    #[error("{origin}: there is no setting `{key}`{}", hint(suggestion.as_deref()))]
    UnknownKey {
        /// Where it stands.
        origin: Origin,
        /// The key.
        key: String,
        /// The nearest one that exists.
        suggestion: Option<String>,
    },
    /// The wrong type or outside of the range.
    #[error("{origin}: `{key}` must be {wanted}, and is {found}")]
    Value {
        /// Where it stands.
        origin: Origin,
        /// The key.
        key: String,
        /// What is wanted.
        wanted: String,
        /// What was given.
        found: String,
    },
}

fn hint(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; `smart-steps config check` lists those that exist".to_owned(),
    }
}
