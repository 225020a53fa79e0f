//! Where the server's time goes, by the phases it reports itself in `Server-Timing`.
//!
//! A phase is named as the server names it; a server that names its phases after the code that ran
//! makes this a list of places. Without such a header nothing is known, and nothing is guessed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::archive::RunRecord;
use crate::measurement::histogram::HistogramRecord;
use crate::measurement::load::{ScenarioRecord, StepRecord};
use crate::metric::Statistic;
use crate::verdict::distribution::Distribution;

/// A phase below this share of a step's service time is no bottleneck of it, in percent.
pub const SHARE_LIMIT: f64 = 20.0;

/// The name under which servers, by convention, report the whole of their time: no phase of it.
const WHOLE: &str = "total";

/// How many bottlenecks are named at most.
const LONGEST_LIST: usize = 6;

/// What the phases say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bottlenecks {
    /// Whether any answer carried phases.
    pub measured: bool,
    /// Phases of all scenarios and steps, those that cost most time in their scenario first.
    pub phases: Vec<PhaseShare>,
}

/// One phase of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseShare {
    /// The scenario.
    pub scenario: String,
    /// The step.
    pub step: String,
    /// The phase as the server names it.
    pub phase: String,
    /// Answers that reported it.
    pub n: u64,
    /// Its time as a share of the step's service time, in percent.
    pub of_step: f64,
    /// Its time as a share of all service time of the scenario, in percent.
    pub of_scenario: f64,
    /// Its mean time, in milliseconds.
    pub mean_ms: f64,
    /// Its 95th percentile, in milliseconds; none where there are too few samples.
    pub p95_ms: Option<f64>,
}

impl Bottlenecks {
    /// The phases that hold so much of their step's time that they limit it, each phase of a step
    /// once, from the scenario in which it weighs most.
    #[must_use]
    pub fn worst(&self) -> Vec<&PhaseShare> {
        let mut seen = BTreeMap::new();
        let chosen = self
            .phases
            .iter()
            .filter(|phase| phase.of_step >= SHARE_LIMIT);
        chosen
            .filter(|phase| seen.insert((&phase.step, &phase.phase), ()).is_none())
            .take(LONGEST_LIST)
            .collect()
    }

    /// The phase that costs a scenario's steps most; all steps if none is named.
    #[must_use]
    pub fn largest_in(&self, scenario: &str, steps: &[String]) -> Option<&PhaseShare> {
        self.phases
            .iter()
            .filter(|phase| phase.scenario == scenario && phase.of_step >= SHARE_LIMIT)
            .find(|phase| steps.is_empty() || steps.contains(&phase.step))
    }
}

/// Reads the phases of all scenarios.
#[must_use]
pub fn find(record: &RunRecord) -> Bottlenecks {
    let mut phases: Vec<PhaseShare> = record.scenarios.iter().flat_map(of_scenario).collect();
    phases.sort_by(|a, b| b.of_scenario.total_cmp(&a.of_scenario));
    Bottlenecks {
        measured: !phases.is_empty(),
        phases,
    }
}

fn of_scenario(scenario: &ScenarioRecord) -> Vec<PhaseShare> {
    let total: u64 = scenario.steps.iter().map(|step| step.service.sum.0).sum();
    let shares = scenario.steps.iter().flat_map(|step| {
        step.phases
            .iter()
            .filter(|(name, _)| name.as_str() != WHOLE)
            .filter_map(move |(name, times)| share(scenario, step, name, times, total))
    });
    shares.collect()
}

fn share(
    scenario: &ScenarioRecord,
    step: &StepRecord,
    name: &str,
    times: &HistogramRecord,
    total: u64,
) -> Option<PhaseShare> {
    let distribution = Distribution::merge([times]).ok()?;
    let mean = distribution.mean()?;
    if step.service.sum.0 == 0 || total == 0 {
        return None;
    }
    Some(PhaseShare {
        scenario: scenario.name.clone(),
        step: step.step.clone(),
        phase: name.to_owned(),
        n: times.count,
        of_step: times.sum.0 as f64 / step.service.sum.0 as f64 * 100.0,
        of_scenario: times.sum.0 as f64 / total as f64 * 100.0,
        mean_ms: mean / 1_000.0,
        p95_ms: distribution
            .percentile(Statistic::P95)
            .map(|micros| micros / 1_000.0),
    })
}
