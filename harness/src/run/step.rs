//! Sends one request through the load generator. It is named here and in `attack` alone.
//!
//! goose counts the request in its own statistics and decides when its user runs; the times that are
//! published are taken by the caller, before and after, on the monotonic clock.

use goose::goose::{GooseRequest, GooseUser, TransactionError};

use super::exchange::{Answer, Exchange, Failure, Prepared};

/// A user's place in the load generator.
pub(super) struct Seat<'a> {
    user: &'a mut GooseUser,
}

impl<'a> Seat<'a> {
    pub(super) fn new(user: &'a mut GooseUser) -> Self {
        Self { user }
    }

    /// Sends a request and reads its answer to the last byte.
    pub(super) async fn send(
        &mut self,
        exchange: &Exchange,
        prepared: Prepared,
    ) -> Result<Answer, Failure> {
        // Without a name every URL would become a row of its own in its statistics.
        let request = GooseRequest::builder()
            .name(exchange.name.as_str())
            .set_request_builder(prepared.request)
            .build();
        let response = match self.user.request(request).await {
            Ok(sent) => sent.response.map_err(|error| Failure::of_client(&error))?,
            Err(error) => {
                return Err(match *error {
                    TransactionError::Reqwest(error) => Failure::of_client(&error),
                    other => Failure::new("request", &other.to_string()),
                });
            }
        };
        exchange.read(response).await
    }
}

impl std::fmt::Debug for Seat<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seat")
    }
}
