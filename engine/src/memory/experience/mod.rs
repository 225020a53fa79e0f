//! The experience layer: what a persona keeps of its exchanges with one client.
//!
//! [`Scope`] is the memory of one [`MemoryScope`](crate::domain::memory::MemoryScope);
//! [`Scopes`] holds those in use and drops the least recently used. A memory is filled from the store
//! when it is first asked, and kept current from then on.
//!
//! A search looks at every turn: `question` reads what is asked, `features` says some thirty things
//! of each turn in its light, `weights` tells how much each counts. `docs/retrieval.md` is the
//! longer account.

mod day;
mod features;
mod feedback;
mod lexicon;
mod question;
mod scope;
mod scopes;
mod turns;
mod weights;

pub(super) use question::Question;
pub(super) use scope::{Ranked, Scope};
pub(super) use scopes::{Entry, Scopes};
pub(super) use turns::Prepared;

/// The names of the ranker's features with their weights, in the order of a row.
pub(super) fn feature_weights() -> Vec<(&'static str, f64)> {
    let line = |feature: &weights::Feature| (feature.name(), feature.weight());
    weights::Feature::ALL.iter().map(line).collect()
}
