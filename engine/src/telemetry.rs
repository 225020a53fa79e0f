//! The log. It goes to standard error, so that standard output holds only what was asked for.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;
use tracing_subscriber::{fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{LogConfig, LogFormat};

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("log.filter cannot be read")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody else has set up logging in this process.
    #[error("logging is set up already")]
    Taken(#[from] TryInitError),
}

/// Sets up the log of this process; once.
///
/// # Errors
/// When the filter cannot be read, or logging is set up already.
pub fn init(config: &LogConfig) -> Result<(), TelemetryError> {
    let mut filter = EnvFilter::try_new(&config.filter)?;
    if !config.requests {
        filter = filter.add_directive("smart_steps_engine::requests=off".parse()?);
    }
    let registry = tracing_subscriber::registry().with(filter);
    match config.format {
        LogFormat::Text => {
            let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
            registry
                .with(fmt::layer().with_writer(std::io::stderr).with_ansi(ansi))
                .try_init()?;
        }
        LogFormat::Json => {
            let lines = fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(std::io::stderr);
            registry.with(lines).try_init()?;
        }
    }
    Ok(())
}
