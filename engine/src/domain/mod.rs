//! The nouns of Smart Steps and their rules. No I/O: nothing here knows of SQL, HTTP or a runtime.
//!
//! Every noun that belongs to a customer carries its [`id::TenantId`], and what belongs to a client
//! carries its [`id::ClientId`] too, so that a key without them cannot be written down.

pub mod analysis;
pub mod clock;
pub mod document;
pub mod embedding;
pub mod id;
pub mod insight;
pub mod instrument;
pub mod job;
pub mod memory;
pub mod message;
pub mod page;
pub mod persona;
pub mod progress;
pub mod report;
pub mod risk;
pub mod session;
pub mod tenant;
pub mod text;
pub mod timing;
