//! A distribution of latencies as it is saved: the HDR histogram itself, not its percentiles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Micros;

/// A saved histogram: 1 µs to 1 h, three significant digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistogramRecord {
    /// HDR V2 with deflate, in base64; readable by the public HDR tools.
    pub hdr: String,
    /// Samples.
    pub count: u64,
    /// Exact sum of the samples, for an exact mean.
    pub sum: Micros,
    /// Exact smallest sample; none without samples.
    pub min: Option<Micros>,
    /// Exact largest sample; none without samples.
    pub max: Option<Micros>,
}
