//! Smart Steps AI: professional personas that hold sessions, remember in four layers and analyse.

pub mod analysis;
pub mod domain;
pub mod store;
