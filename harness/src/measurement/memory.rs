//! The memory profile of one server process.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Bytes;

/// Memory over a growing number of operations, and per kind of operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryRecord {
    /// Resident memory when the server was ready and had served nothing.
    pub start: Bytes,
    /// After each checkpoint of the plan.
    pub checkpoints: Vec<MemoryCheckpoint>,
    /// Per kind of operation.
    pub kinds: Vec<MemoryKind>,
    /// Requests that failed during the profile; a profile with failures is not valid.
    pub failed_requests: u64,
    /// What the first failed request said.
    pub first_failure: Option<String>,
}

/// Memory after so many operations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryCheckpoint {
    /// Operations so far.
    pub operations: u32,
    /// Resident memory right after the last operation.
    pub base: Bytes,
    /// The most seen since the previous checkpoint.
    pub peak: Bytes,
    /// After the settle time.
    pub released: Bytes,
}

/// Memory over one kind of operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryKind {
    /// The kind's name in the plan.
    pub name: String,
    /// Operations done.
    pub operations: u32,
    /// Resident memory before.
    pub base: Bytes,
    /// The most seen.
    pub peak: Bytes,
    /// After the operations, before the release.
    pub end: Bytes,
    /// After what was made was given back and the settle time.
    pub released: Bytes,
}
