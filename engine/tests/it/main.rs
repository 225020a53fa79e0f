//! Black-box tests of the engine: a whole server on a temporary database, reached over HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, what is not there is a failure"
)]

mod app;
mod conditional;
mod conversation;
mod documents;
mod durability;
mod erasure;
mod idempotency;
mod isolation;
mod jobs;
mod labelled;
mod layering;
mod memory;
mod message_changes;
mod openapi;
mod pagination;
mod personas;
mod problems;
mod progress;
mod restart;
mod stopping;
