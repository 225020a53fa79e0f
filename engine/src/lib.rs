//! Smart Steps AI: professional personas that hold sessions, remember in four layers and analyse.
//!
//! Data flows one way: `api` asks `service`, which joins `memory` and `analysis` over `store` and
//! `provider`; all of them speak in the nouns of `domain`. `startup` and `cli` put the parts
//! together, and nobody imports them.

pub mod allocator;
pub mod analysis;
pub mod api;
pub mod cli;
pub mod config;
pub mod domain;
pub mod memory;
pub mod provider;
pub mod service;
pub mod shutdown;
pub mod startup;
pub mod store;
pub mod telemetry;
pub mod worker;
