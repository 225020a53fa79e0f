//! What is logged, and how.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::Unfit;

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Levels, as `level` or `module=level,…`.
    pub filter: String,
    /// For people or for machines.
    pub format: LogFormat,
    /// Whether each request is logged.
    pub requests: bool,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object on each line.
    Json,
}

impl LogConfig {
    pub(super) fn check(&self) -> Result<(), Unfit> {
        match EnvFilter::try_new(&self.filter) {
            Ok(_) => Ok(()),
            Err(error) => Err(Unfit {
                key: "log.filter",
                wanted: "levels such as `info` or `smart_steps_engine=debug,warn`".to_owned(),
                found: format!("{:?} ({error})", self.filter),
            }),
        }
    }
}
