//! Goals and commitments by phrase, and what the client later said to have done.
//!
//! A goal is done when a later message has a sentence in the past, in the first person and without
//! negation that shares at least two stems with the goal, or its only one. Precision before recall:
//! what the rules do not recognise stays open.

mod intent;
mod phrases;
mod pool;

pub(super) use intent::{Intent, intent};
pub(super) use pool::{Deed, GoalPool, KeptGoal};
