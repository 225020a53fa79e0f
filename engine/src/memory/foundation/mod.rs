//! The foundation layer: what a persona was given to know. Documents are cut into passages of whole
//! sentences ([`passages`]) and indexed per persona ([`Foundation`]). They are immutable: a changed
//! document is another document under the same name.

mod ingest;
mod layer;
mod passages;

pub(super) use ingest::{Limits, prepare};
pub(super) use layer::{Foundation, Prepared};
