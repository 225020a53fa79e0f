//! The experience layer: what a persona keeps of its exchanges with one client.
//!
//! [`Scope`] is the index of one [`MemoryScope`](crate::domain::memory::MemoryScope);
//! [`Scopes`] holds those in use and drops the least recently used. An index is filled from the store
//! when it is first asked, and kept current from then on.

mod scope;
mod scopes;

pub(super) use scope::{Prepared, Scope};
pub(super) use scopes::{Entry, Scopes};
