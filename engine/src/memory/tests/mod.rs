//! Tests of the layers together, on the documents that ship with the program.

mod corpus;
mod isolation;
mod ranking;
mod retrieval;
mod shelf;
mod snapshots;
mod vectors;
