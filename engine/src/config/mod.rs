//! Settings, one file per section.

pub mod database;
pub mod memory;
