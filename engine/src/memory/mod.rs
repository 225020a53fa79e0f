//! What personas remember, in four layers, and how it is found again.
//!
//! Everything here is derived from the store and can be rebuilt from it. An index belongs to one
//! persona or to one [`MemoryScope`](crate::domain::memory::MemoryScope), so that a search cannot
//! reach anybody else's memories: there is no filter that could be forgotten.
//!
//! [`Memories`] is the whole of it for the layers above: `foundation` holds the personas' documents,
//! `experience` the exchanges with each client, `synthesis` recalls insights, [`metacognition`]
//! tracks what a persona knows how well, [`context`] joins them under a budget.
//!
//! It refuses to write to the store: what is remembered is committed by the caller first and made
//! known here afterwards.

pub mod context;
pub mod embed;
mod error;
mod experience;
mod foundation;
pub mod index;
mod live;
mod memories;
pub mod metacognition;
pub mod rank;
mod search;
mod snapshot;
mod synthesis;

#[cfg(test)]
mod tests;

pub use context::{Context, ContextRequest, tokens};
pub use error::{IngestError, MemoryError};
pub use foundation::{Source, Taken};
pub use live::LiveMemories;
pub use memories::{Memories, MemoryStats, PersonaStats, SeenTurn};
pub use snapshot::{SnapshotError, Snapshots};
