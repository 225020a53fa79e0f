//! Micro-benchmarks: the time of single calls.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::histogram::HistogramRecord;

/// The format that this version of the program reads and writes.
pub const FORMAT: u32 = 1;

/// What a benchmark command leaves, as `benchmark_<stamp>.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchRecord {
    /// Version of this layout.
    pub format: u32,
    /// The functions in the order of the plan.
    pub functions: Vec<FunctionRecord>,
}

/// One function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionRecord {
    /// E.g. `memory_retrieval`.
    pub name: String,
    /// What one call is, and on how much data.
    pub workload: String,
    /// Time of each single call, in nanoseconds (1 ns to 60 s, three digits), warm-up left out.
    /// `sum`, `min` and `max` of the record are in nanoseconds too.
    pub calls: HistogramRecord,
}
