//! The foundation layer: what a persona was given to know. Files are read ([`extract`]), cut into
//! passages of whole sentences ([`passages`]), looked at for words that are not meant for a reader
//! ([`quarantine`]) and indexed per persona ([`Foundation`]). A document is immutable: a changed
//! one is another document under the same name, and what both say keeps its place in the index.

mod extract;
mod ingest;
mod layer;
mod passages;
mod quarantine;
mod source;

pub use ingest::Taken;
pub(super) use ingest::{Limits, digest, prepare};
pub(super) use layer::{Foundation, Prepared};
pub use source::Source;
