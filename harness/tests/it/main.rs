//! Tests of the harness from outside, through what it offers to its own program.

mod known_answer;
mod layering;
