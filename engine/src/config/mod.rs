//! The configuration: one file per section, every default in `defaults.toml`, which is compiled in
//! and is the manual.
//!
//! [`Layers`] lays a file, the environment and flags over the defaults and knows where each value
//! came from; [`Layers::build`] turns the result into a [`Config`] once. Only that goes further.
//! A key that does not exist is refused, so that a slip of the pen never passes for a setting.

mod auth;
pub mod crisis;
pub mod database;
mod error;
mod http;
mod layers;
mod limits;
mod log;
pub mod memory;
mod worker;

use std::ops::RangeInclusive;

use serde::Deserialize;

pub use auth::AuthConfig;
pub use crisis::CrisisConfig;
pub use database::DatabaseConfig;
pub use error::ConfigError;
pub use http::HttpConfig;
pub use layers::{ENVIRONMENT_FILE, Layers, Origin, Setting};
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use memory::MemoryConfig;
pub use worker::WorkerConfig;

/// The manual: `defaults.toml` as it was compiled in.
pub const MANUAL: &str = include_str!("defaults.toml");

/// Everything that can be set, checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The HTTP server.
    pub http: HttpConfig,
    /// Where data is kept.
    pub database: DatabaseConfig,
    /// What is recalled, and how.
    pub memory: MemoryConfig,
    /// API keys.
    pub auth: AuthConfig,
    /// The fixed texts of a crisis.
    pub crisis: CrisisConfig,
    /// The log.
    pub log: LogConfig,
    /// How much of everything is taken.
    pub limits: LimitsConfig,
    /// Work of the background.
    pub worker: WorkerConfig,
}

impl Config {
    fn check(&self) -> Result<(), Unfit> {
        self.http.check()?;
        self.auth.check()?;
        self.log.check()?;
        self.limits.check()?;
        self.worker.check()
    }
}

/// A value of the right type that cannot be used.
struct Unfit {
    key: &'static str,
    wanted: String,
    found: String,
}

fn within<N: PartialOrd + Copy + std::fmt::Display>(
    key: &'static str,
    value: N,
    range: RangeInclusive<N>,
) -> Result<(), Unfit> {
    if range.contains(&value) {
        return Ok(());
    }
    let wanted = format!("a number from {} to {}", range.start(), range.end());
    Err(Unfit {
        key,
        wanted,
        found: value.to_string(),
    })
}
