//! Why a command failed.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::ConfigError;
use crate::service::ServiceError;
use crate::service::persona_file::PersonaFileError;
use crate::service::shipped::ShippedError;
use crate::startup::StartupError;
use crate::telemetry::TelemetryError;

/// A command that was understood and could not be done: exit code 1.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Startup(#[from] StartupError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Shipped(#[from] ShippedError),
    #[error(transparent)]
    PersonaFile(#[from] PersonaFileError),
    #[error(transparent)]
    Service(ServiceError),
    #[error("{0}")]
    Values(String),
    #[error("the threads of the program cannot be started")]
    Runtime(#[source] std::io::Error),
    #[error("{} cannot be {done}: {source}", path.display())]
    File {
        path: PathBuf,
        done: &'static str,
        source: std::io::Error,
    },
    #[error("{0}")]
    Nothing(String),
    #[error(
        "--dev is for trying out and serves this machine alone: {0} is not a loopback address. Use --listen 127.0.0.1:PORT, or leave out --dev and make a key with `smart-steps key create`"
    )]
    DevInPublic(SocketAddr),
    #[error("standard output cannot be written to")]
    Output(#[source] std::io::Error),
    #[error("the answer cannot be written down")]
    Json(#[from] serde_json::Error),
}

impl From<ServiceError> for CliError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Invalid { faults } => {
                let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
                Self::Values(lines.join("\n"))
            }
            error => Self::Service(error),
        }
    }
}
