//! Session analysis as a fold, with no LLM.
//!
//! `state' = apply(state, delta(message))`: a session's analysis is a bounded [`SessionState`] that the
//! caller stores in the message's own transaction. Reading it renders the state and never re-reads
//! the session, and a message costs the same however long the session already is. The delta of a
//! message is stored beside it, so that an edit or a removal folds the rest anew without reading
//! their texts, and gives exactly the state that the remaining messages give.
//!
//! What is said is said in the client's own words, quoted by message and byte span. What the persona
//! says counts for turn-taking and questions, and is listed where it may be a reflection; it is never
//! evidence. Where there is too little to
//! tell, the answer is [`Estimate::Insufficient`](crate::domain::analysis::Estimate), not a zero.
//! Nothing here diagnoses or scores quality, and nothing here reads a clock, a network or a store.

mod change_points;
pub mod claims;
mod delta;
mod engagement;
mod goals;
pub mod insight;
mod key_points;
mod markers;
mod phrase;
pub mod progress;
mod questions;
mod reading;
mod reflections;
mod render;
mod risk;
mod segments;
mod sentiment;
mod span;
mod state;
mod statistics;
mod stem_counts;
mod themes;
mod topics;
mod turns;
mod vader;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod scripts;

pub use delta::Delta;
pub use render::{follow_through, render};
pub use risk::risk_findings;
pub use state::{Observation, SessionState, StateError};

/// How a text sounds, from -1 to 1.
#[must_use]
pub fn sentiment_compound(text: &str) -> f64 {
    vader::compound(text)
}

/// The version of the algorithm. A stored state of another version is refolded from the messages.
pub const VERSION: u32 = 2;

/// The most bytes that a stored state may have.
pub const STATE_LIMIT: usize = 32 * 1024;
