//! Tests of the harness from outside, through what it offers to its own program.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod known_answer;
#[cfg(test)]
mod layering;
