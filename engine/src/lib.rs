//! Smart Steps AI: professional personas that hold sessions, remember in four layers and analyse.

pub mod analysis;
pub mod config;
pub mod domain;
pub mod memory;
pub mod provider;
pub mod store;
