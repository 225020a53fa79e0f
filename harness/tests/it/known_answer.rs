//! The instrument against a server whose answers and latencies are known.

mod accounting;
mod accuracy;
mod lifecycle;
mod plan;
mod server;
