//! The HTTP server's settings.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use super::{Unfit, within};

/// `[http]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// The largest request body.
    pub body_limit_bytes: usize,
    /// The largest body of a document's upload.
    pub upload_limit_bytes: usize,
    request_timeout_ms: u64,
    shutdown_grace_ms: u64,
}

impl HttpConfig {
    /// How long a request may take.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// How long requests may go on after the signal to stop.
    #[must_use]
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_millis(self.shutdown_grace_ms)
    }

    pub(super) fn check(&self) -> Result<(), Unfit> {
        within(
            "http.body_limit_bytes",
            self.body_limit_bytes,
            1_024..=64 << 20,
        )?;
        within(
            "http.upload_limit_bytes",
            self.upload_limit_bytes,
            1_024..=1 << 30,
        )?;
        within(
            "http.request_timeout_ms",
            self.request_timeout_ms,
            10..=600_000,
        )?;
        within(
            "http.shutdown_grace_ms",
            self.shutdown_grace_ms,
            0..=600_000,
        )
    }
}
