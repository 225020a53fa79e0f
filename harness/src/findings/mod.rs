//! What follows from the measurements and verdicts. Pure functions; each finding cites the figures
//! it rests on, and an empty list is a valid answer. Nothing here is worded: a finding is data, and
//! `report::phrase` turns it into sentences.

pub mod anomaly;
pub mod bottleneck;
pub mod capacity;
pub mod change_point;
pub mod recommendation;
pub mod trend;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::anomaly::Anomaly;
use self::bottleneck::Bottlenecks;
use self::capacity::Capacity;
use self::recommendation::Recommendation;
use self::trend::Trend;
use crate::measurement::archive::RunRecord;
use crate::verdict::Assessment;

/// Everything that was found in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Findings {
    /// Where the time goes.
    pub bottlenecks: Bottlenecks,
    /// What was out of the ordinary.
    pub anomalies: Vec<Anomaly>,
    /// How it compares with earlier runs.
    pub trend: Trend,
    /// What to do.
    pub recommendations: Vec<Recommendation>,
    /// How much load was carried.
    pub capacity: Capacity,
}

/// Finds all there is to find. `history` holds earlier runs of any kind.
#[must_use]
pub fn find(record: &RunRecord, assessment: &Assessment, history: &[RunRecord]) -> Findings {
    find_beside(record, assessment, trend::find(record, assessment, history))
}

/// As [`find`], beside a trend that was found before, because the earlier runs are not at hand.
#[must_use]
pub fn find_beside(record: &RunRecord, assessment: &Assessment, trend: Trend) -> Findings {
    let bottlenecks = bottleneck::find(record);
    let recommendations = recommendation::find(record, assessment, &bottlenecks);
    Findings {
        bottlenecks,
        anomalies: anomaly::find(record),
        trend,
        recommendations,
        capacity: capacity::find(record, assessment),
    }
}
