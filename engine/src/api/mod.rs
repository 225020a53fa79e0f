//! HTTP. One file per resource with its handlers, its request and response types and their
//! documentation; [`router`] is the map of all URLs.
//!
//! Conventions, the same for every resource: problem documents (RFC 9457) for whatever goes wrong,
//! opaque cursors, `Idempotency-Key`, strong `ETag`s, `Server-Timing`, `X-Request-Id`. What is wrong
//! inside is logged under the request id and never shown.

#![expect(
    unused_qualifications,
    reason = "the macro that documents parameters qualifies them"
)]

mod analysis;
mod answer;
mod auth;
mod clients;
mod conversations;
mod documents;
mod export;
mod extract;
mod health;
mod insights;
mod jobs;
mod memory;
mod metrics;
mod openapi;
mod page;
mod personas;
mod problem;
mod progress;
mod reports;
mod request;
mod risk_flags;
mod router;
mod sessions;
mod transcripts;

use std::sync::Arc;

pub use openapi::document;
pub use router::router;

use crate::config::HttpConfig;
use crate::service::Services;

/// What every handler can reach.
pub struct Api {
    services: Arc<Services>,
    http: HttpConfig,
    metrics: metrics::Metrics,
}

impl Api {
    /// The state of a server.
    #[must_use]
    pub fn new(services: Arc<Services>, http: HttpConfig) -> Arc<Self> {
        Arc::new(Self {
            services,
            http,
            metrics: metrics::Metrics::default(),
        })
    }
}
