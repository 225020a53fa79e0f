//! How much load was carried with all targets met. The largest load that would still be carried is
//! another measurement, a search (`steps-perf capacity`); where there was one, it is cited.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::archive::RunRecord;
use crate::verdict::Assessment;
use crate::verdict::outcome::Verdict;

/// What is known of the limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capacity {
    /// The most users at the same time in a scenario without a failed target.
    pub users: Option<Carried>,
    /// The most completed requests a minute in such a scenario.
    pub per_minute: Option<Carried>,
}

/// A load that was carried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Carried {
    /// The scenario.
    pub scenario: String,
    /// Its number in the report.
    pub number: u32,
    /// How much.
    pub amount: f64,
    /// The scenario's verdict.
    pub verdict: Verdict,
}

/// Finds the largest carried loads.
#[must_use]
pub fn find(record: &RunRecord, assessment: &Assessment) -> Capacity {
    let mut capacity = Capacity {
        users: None,
        per_minute: None,
    };
    for plan in &record.suite.scenarios {
        let group = assessment
            .scenarios
            .iter()
            .find(|group| group.name == plan.name);
        let measured = record
            .scenarios
            .iter()
            .find(|scenario| scenario.name == plan.name);
        let (Some(measured), Some(verdict)) = (measured, group.and_then(|g| g.verdict)) else {
            continue;
        };
        if !matches!(verdict, Verdict::Pass | Verdict::Marginal) {
            continue;
        }
        let carried = |amount: f64| Carried {
            scenario: plan.name.clone(),
            number: plan.number,
            amount,
            verdict,
        };
        raise(&mut capacity.users, carried(f64::from(measured.users.peak)));
        let minutes = measured.duration.as_secs() / 60.0;
        if minutes > 0.0 {
            let rate = measured.accounting.completed as f64 / minutes;
            raise(&mut capacity.per_minute, carried(rate));
        }
    }
    // A search is better than whatever load a run happened to have.
    if let Some(search) = &record.capacity
        && let Some(plan) = record
            .suite
            .scenarios
            .iter()
            .find(|plan| plan.name == search.scenario)
    {
        let found = |amount: f64| Carried {
            scenario: plan.name.clone(),
            number: plan.number,
            amount,
            verdict: Verdict::Pass,
        };
        if let Some(users) = search.largest {
            capacity.users = Some(found(f64::from(users)));
        }
        if let Some(rate) = search.per_minute() {
            capacity.per_minute = Some(found(rate));
        }
    }
    capacity
}

fn raise(best: &mut Option<Carried>, candidate: Carried) {
    if best
        .as_ref()
        .is_none_or(|best| candidate.amount > best.amount)
    {
        *best = Some(candidate);
    }
}
