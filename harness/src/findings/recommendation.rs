//! What to do, by rules over verdicts and findings. Each recommendation carries the figures it rests
//! on and, where one can be stated, an upper bound of its effect; none is a guess, and a run that
//! gives no reason gets none.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bottleneck::{Bottlenecks, PhaseShare};
use crate::measurement::archive::RunRecord;
use crate::measurement::load::ErrorCount;
use crate::metric::{Metric, Statistic};
use crate::plan::load::Length;
use crate::plan::target::Target;
use crate::verdict::Assessment;
use crate::verdict::judgement::{Judgement, Quantity, Reason};
use crate::verdict::outcome::Verdict;
use crate::verdict::stats;

/// How urgent. Ordered from most to least.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// A target failed, or nothing can be said.
    High,
    /// A target is marginal because of the figure itself.
    Medium,
    /// A target is marginal because the samples do not decide.
    Low,
}

/// One recommendation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recommendation {
    /// How urgent.
    pub priority: Priority,
    /// What to do, and on what grounds.
    pub action: Action,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Mend the run: it supports no statement.
    Repair {
        /// The scenario, `memory` or `bench`; none for the whole run.
        place: Option<String>,
        /// What is wrong.
        what: String,
        /// What to do.
        advice: String,
    },
    /// Make a phase of the server faster.
    Speed {
        /// The target that is missed.
        target: Box<Judgement>,
        /// The phase that holds the most time of its steps.
        phase: PhaseShare,
        /// Amdahl's bound: if the phase took no time at all, service time fell by so many percent.
        at_most_percent: f64,
    },
    /// Find out where the time goes: the server reports no phase that holds enough of it.
    Locate {
        /// The target that is missed.
        target: Box<Judgement>,
    },
    /// Remove the cause of failures.
    MendErrors {
        /// The target that is missed.
        target: Box<Judgement>,
        /// The most frequent failure.
        error: ErrorCount,
        /// Failures of all kinds.
        failed: u64,
    },
    /// Measure longer: the intervals of these targets, all of one quantity, are too wide to decide.
    MoreSamples {
        /// The targets; never empty.
        targets: Vec<Undecided>,
    },
    /// Bring a resource or a rate to its bound.
    Bring {
        /// The target that is missed.
        target: Box<Judgement>,
    },
}

/// A target that the samples do not decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Undecided {
    /// The target.
    pub target: Judgement,
    /// So many samples are needed if what was seen holds; none where that cannot be said.
    pub needed: Option<u64>,
    /// What to change in the scenario, where that follows.
    pub change: Option<LengthChange>,
}

/// A change of a scenario's length.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "unit", rename_all = "snake_case")]
pub enum LengthChange {
    /// Iterations per user.
    Iterations {
        /// Now.
        from: u32,
        /// Then.
        to: u32,
    },
    /// Seconds.
    Seconds {
        /// Now.
        from: u64,
        /// Then.
        to: u64,
    },
}

/// Applies the rules.
#[must_use]
pub fn find(
    record: &RunRecord,
    assessment: &Assessment,
    bottlenecks: &Bottlenecks,
) -> Vec<Recommendation> {
    let mut found = repairs(assessment);
    for judgement in assessment.judgements() {
        if matches!(judgement.reason, Reason::RunInvalid | Reason::GroupInvalid) {
            continue;
        }
        if let Some(action) = of_judgement(record, judgement, bottlenecks) {
            let priority = match (judgement.verdict, judgement.reason) {
                (Verdict::Fail | Verdict::Invalid, _) => Priority::High,
                (_, Reason::IntervalContainsBound) if good(judgement) => Priority::Low,
                _ => Priority::Medium,
            };
            found.push(Recommendation { priority, action });
        }
    }
    found.sort_by_key(|recommendation| recommendation.priority);
    merged(found)
}

fn repairs(assessment: &Assessment) -> Vec<Recommendation> {
    let run = assessment.causes.iter().map(|cause| (None, cause));
    let groups = assessment.groups().flat_map(|group| {
        group
            .causes
            .iter()
            .map(|cause| (Some(group.name.clone()), cause))
    });
    run.chain(groups)
        .map(|(place, cause)| Recommendation {
            priority: Priority::High,
            action: Action::Repair {
                place,
                what: cause.what.clone(),
                advice: cause.advice.clone(),
            },
        })
        .collect()
}

/// The same phase of the same step, or the same failure, is recommended once; so is measuring
/// longer for targets of the same quantity.
fn merged(found: Vec<Recommendation>) -> Vec<Recommendation> {
    let mut once: Vec<Recommendation> = Vec::new();
    for recommendation in without_repeats(found) {
        let together = once.iter_mut().find_map(|earlier| {
            let same = earlier.priority == recommendation.priority;
            match (&mut earlier.action, &recommendation.action) {
                (Action::MoreSamples { targets }, Action::MoreSamples { targets: more })
                    if same && quantity(targets) == quantity(more) =>
                {
                    Some((targets, more))
                }
                _ => None,
            }
        });
        match together {
            Some((targets, more)) => targets.extend_from_slice(more),
            None => once.push(recommendation),
        }
    }
    once
}

fn quantity(targets: &[Undecided]) -> Option<(Quantity, Option<Statistic>)> {
    let first = &targets.first()?.target;
    Some((first.quantity, first.statistic))
}

fn without_repeats(found: Vec<Recommendation>) -> Vec<Recommendation> {
    let mut seen = BTreeSet::new();
    let key = |action: &Action| match action {
        Action::Speed { phase, .. } => Some(("speed", phase.step.clone(), phase.phase.clone())),
        Action::MendErrors { error, .. } => {
            Some(("errors", error.step.clone(), error.kind.clone()))
        }
        _ => None,
    };
    found
        .into_iter()
        .filter(|recommendation| key(&recommendation.action).is_none_or(|key| seen.insert(key)))
        .collect()
}

fn good(judgement: &Judgement) -> bool {
    let bound = judgement.bound;
    judgement
        .value
        .is_some_and(|value| bound.relation.holds(value, bound.value))
}

fn of_judgement(
    record: &RunRecord,
    judgement: &Judgement,
    bottlenecks: &Bottlenecks,
) -> Option<Action> {
    if judgement.verdict == Verdict::Pass {
        return None;
    }
    let target = Box::new(judgement.clone());
    let undecided = match judgement.reason {
        Reason::TooFewSamples { .. } | Reason::TooShort => true,
        Reason::IntervalContainsBound => good(judgement),
        _ => false,
    };
    if undecided {
        let needed = needed(judgement);
        let change = needed.and_then(|needed| lengthened(record, judgement, needed));
        return Some(Action::MoreSamples {
            targets: vec![Undecided {
                target: judgement.clone(),
                needed,
                change,
            }],
        });
    }
    if judgement.verdict == Verdict::Invalid {
        return Some(Action::Repair {
            place: Some(judgement.scenario.clone()),
            what: format!("{}: {}", judgement.label, judgement.reason.text()),
            advice:
                "check the target's steps, statistic and limits in the plan, then measure again"
                    .to_owned(),
        });
    }
    Some(match judgement.quantity {
        Quantity::Measured(Metric::ResponseTime | Metric::ServiceTime) => {
            let steps = planned(record, judgement)
                .map(|t| t.steps.as_slice())
                .unwrap_or_default();
            match bottlenecks.largest_in(&judgement.scenario, steps) {
                Some(phase) => Action::Speed {
                    target,
                    phase: phase.clone(),
                    at_most_percent: phase.of_step.min(100.0),
                },
                None => Action::Locate { target },
            }
        }
        Quantity::Measured(Metric::ErrorRate) => {
            let scenario = record
                .scenarios
                .iter()
                .find(|s| s.name == judgement.scenario);
            match scenario.and_then(|s| Some((s.errors.first()?.clone(), s.accounting.failed))) {
                Some((error, failed)) => Action::MendErrors {
                    target,
                    error,
                    failed,
                },
                None => Action::Bring { target },
            }
        }
        Quantity::Measured(_) => Action::Bring { target },
        Quantity::CallTime => Action::Locate { target },
    })
}

fn planned<'a>(record: &'a RunRecord, judgement: &Judgement) -> Option<&'a Target> {
    let scenario = record
        .suite
        .scenarios
        .iter()
        .find(|s| s.name == judgement.scenario)?;
    scenario
        .targets
        .iter()
        .find(|target| target.label == judgement.label)
}

/// How many samples would decide, if the figure stays as it is: exactly for percentiles below their
/// floor and for a clean error rate; otherwise an interval narrows with the square root.
fn needed(judgement: &Judgement) -> Option<u64> {
    match (
        judgement.reason,
        judgement.quantity,
        judgement.value,
        judgement.interval,
    ) {
        (Reason::TooFewSamples { needed }, ..) => Some(needed),
        (_, Quantity::Measured(Metric::ErrorRate), Some(0.0), _) => {
            stats::clean_trials_for(judgement.bound.value / 100.0)
        }
        (Reason::IntervalContainsBound, _, Some(value), Some(interval)) => {
            let smaller = judgement.bound.relation.smaller_is_better();
            let reach = if smaller {
                interval.high - value
            } else {
                value - interval.low
            };
            let room = (judgement.bound.value - value).abs();
            let factor = (reach / room).powi(2);
            // Beyond a hundredfold the figure is on the bound, and no length of run will tell.
            (factor.is_finite() && factor > 1.0 && factor <= 100.0)
                .then(|| (judgement.n as f64 * factor).ceil() as u64)
        }
        _ => None,
    }
}

fn lengthened(record: &RunRecord, judgement: &Judgement, needed: u64) -> Option<LengthChange> {
    if judgement.statistic == Some(Statistic::Max) || judgement.n == 0 || needed <= judgement.n {
        return None;
    }
    let scenario = record
        .suite
        .scenarios
        .iter()
        .find(|s| s.name == judgement.scenario)?;
    let factor = needed as f64 / judgement.n as f64;
    Some(match scenario.load.length {
        Length::Iterations { count, .. } => LengthChange::Iterations {
            from: count,
            to: (f64::from(count) * factor).ceil() as u32,
        },
        Length::Duration(time) => {
            let from = time.as_secs().round();
            LengthChange::Seconds {
                from: from as u64,
                to: (from * factor).ceil() as u64,
            }
        }
    })
}
