//! What was promised against what was measured: pure functions from a [`RunRecord`] to verdicts.
//!
//! Validity comes first ([`validity`]), then the figures (`figure`, [`distribution`]) with their
//! uncertainty ([`stats`]), then the bounds (`absolute`). Nothing here reads a file, formats a
//! number or lets missing data pass.

mod absolute;
pub mod baseline;
pub mod comparison;
pub mod distribution;
pub mod family;
pub(crate) mod figure;
pub mod generator;
pub mod judgement;
pub mod outcome;
pub mod paired;
mod precision;
mod quantile;
pub mod search;
pub mod signed_rank;
mod slope;
pub mod stats;
pub mod validity;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::absolute::Question;
use self::baseline::Baseline;
use self::distribution::Distribution;
use self::figure::NoFigure;
use self::judgement::{Judgement, Quantity, Reason};
use self::outcome::{Overall, Verdict};
use self::validity::{Cause, CauseKind};
use crate::measurement::archive::RunRecord;
use crate::measurement::bench::BenchRecord;
use crate::measurement::memory::MemoryRecord;
use crate::metric::{Statistic, Unit};
use crate::plan::scenario::Scenario;
use crate::plan::suite::{BenchPlan, MemoryPlan, SummaryRow};
use crate::plan::target::{Bound, Relation, Target};

/// The name under which judgements of the memory profile go.
pub const MEMORY: &str = "memory";

/// The name under which judgements of the benchmarks go.
pub const BENCH: &str = "bench";

/// Everything that was judged about one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// The verdict on the run.
    pub overall: Overall,
    /// Why the run as a whole is invalid; empty if it is not.
    pub causes: Vec<Cause>,
    /// The planned scenarios, in order.
    pub scenarios: Vec<Group>,
    /// The memory profile, if planned.
    pub memory: Option<Group>,
    /// The benchmarks, if planned.
    pub bench: Option<Group>,
    /// The rows of the summary.
    pub summary: Vec<SummaryJudgement>,
}

/// Judgements that stand or fall together: a scenario, the memory profile, the benchmarks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// The scenario's name, `memory` or `bench`.
    pub name: String,
    /// The worst verdict in it; none if it has no target and nothing is wrong with it.
    pub verdict: Option<Verdict>,
    /// Why it is invalid; empty if it is not.
    pub causes: Vec<Cause>,
    /// In the order of the plan.
    pub judgements: Vec<Judgement>,
}

/// One row of the summary over the whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryJudgement {
    /// The row's label.
    pub label: String,
    /// The requirement in words.
    pub requirement: String,
    /// The figures that decide it: what each is called, and the judgement if there is one.
    pub parts: Vec<(String, Option<Judgement>)>,
    /// The worst of them.
    pub verdict: Verdict,
}

impl Assessment {
    /// All groups: scenarios, memory, benchmarks.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.scenarios.iter().chain(&self.memory).chain(&self.bench)
    }

    /// All judgements on targets.
    pub fn judgements(&self) -> impl Iterator<Item = &Judgement> {
        self.groups().flat_map(|group| &group.judgements)
    }
}

/// Judges a run. Targets that are relative to a baseline are INVALID, because there is none.
#[must_use]
pub fn assess(record: &RunRecord) -> Assessment {
    judge(record, None)
}

/// Judges a run, beside its baseline if there is one.
#[must_use]
pub fn assess_beside(record: &RunRecord, baseline: Option<&RunRecord>) -> Assessment {
    baseline.map_or_else(
        || assess(record),
        |baseline| assess_against(record, baseline),
    )
}

/// Judges a run with its relative targets held against an earlier one, of which nothing but its
/// figures counts.
#[must_use]
pub fn assess_against(record: &RunRecord, baseline: &RunRecord) -> Assessment {
    let is_sound = {
        let assessment = assess(baseline);
        assessment.causes.is_empty() && assessment.groups().all(|group| group.causes.is_empty())
    };
    let baseline = Baseline::new(baseline, record, is_sound);
    let mut assessment = judge(record, Some(&baseline));
    let is_needed = record
        .suite
        .scenarios
        .iter()
        .any(|plan| plan.targets.iter().any(Target::is_relative));
    if is_needed && !baseline.obstacles.is_empty() {
        assessment.causes.push(Cause {
            kind: CauseKind::Baseline,
            what: format!(
                "the baseline cannot be compared with: {}",
                baseline.obstacles.join("; ")
            ),
            advice: "give an earlier valid run of this plan from this machine with --baseline"
                .to_owned(),
        });
        assessment.overall = Overall::Invalid;
    }
    assessment
}

fn judge(record: &RunRecord, baseline: Option<&Baseline<'_>>) -> Assessment {
    let mut causes = validity::of_run(record);
    if let Some(shard) = record.shard {
        causes.push(Cause {
            kind: CauseKind::PartMissing,
            what: format!(
                "this is shard {} of {}, a share of the load",
                shard.part.index, shard.part.count
            ),
            advice: "merge all shards with steps-perf merge and judge the whole".to_owned(),
        });
    }
    let void = (!causes.is_empty()).then_some(Reason::RunInvalid);
    let mut scenarios: Vec<Group> = record
        .suite
        .scenarios
        .iter()
        .map(|plan| scenario(plan, record, baseline, void))
        .collect();
    let mut memory = record
        .suite
        .memory
        .as_ref()
        .map(|plan| memory(plan, record.memory.as_ref(), void));
    let mut bench = record
        .suite
        .bench
        .as_ref()
        .map(|plan| bench(plan, record.bench.as_ref(), void));
    let mut all: Vec<&mut Group> = scenarios
        .iter_mut()
        .chain(&mut memory)
        .chain(&mut bench)
        .collect();
    family::correct(&mut all, record, baseline);
    let groups: Vec<&Group> = scenarios.iter().chain(&memory).chain(&bench).collect();
    let summary: Vec<SummaryJudgement> = record
        .suite
        .summary
        .iter()
        .map(|row| summary(row, &groups))
        .collect();
    if causes.is_empty() && groups.iter().all(|group| group.verdict.is_none()) {
        causes.push(Cause::nothing_judged());
    }
    let verdicts = groups.iter().filter_map(|group| group.verdict);
    let overall = if causes.is_empty() {
        Overall::of(verdicts.chain(summary.iter().map(|row| row.verdict)))
    } else {
        Overall::Invalid
    };
    Assessment {
        overall,
        causes,
        scenarios,
        memory,
        bench,
        summary,
    }
}

fn group(name: &str, causes: Vec<Cause>, judgements: Vec<Judgement>) -> Group {
    let worst = judgements.iter().map(|judgement| judgement.verdict).max();
    let verdict = if causes.is_empty() {
        worst
    } else {
        Some(Verdict::Invalid)
    };
    Group {
        name: name.to_owned(),
        verdict,
        causes,
        judgements,
    }
}

/// The reason to judge nothing in a group, the run's before its own.
fn void_of(causes: &[Cause], run: Option<Reason>) -> Option<Reason> {
    run.or((!causes.is_empty()).then_some(Reason::GroupInvalid))
}

fn scenario(
    plan: &Scenario,
    record: &RunRecord,
    baseline: Option<&Baseline<'_>>,
    void: Option<Reason>,
) -> Group {
    let measured = record
        .scenarios
        .iter()
        .find(|scenario| scenario.name == plan.name);
    let causes = measured.map_or_else(
        || {
            vec![Cause {
                kind: CauseKind::PartMissing,
                what: "the scenario was not measured".to_owned(),
                advice: "let the run come to its end".to_owned(),
            }]
        },
        |measured| validity::of_scenario(plan, measured),
    );
    let void = void_of(&causes, void);
    let judgements = plan.targets.iter().map(|target| {
        let figure = measured
            .ok_or(nothing())
            .and_then(|measured| figure::of_scenario(target, measured, record.seed));
        let figure = match baseline {
            _ if !target.is_relative() => figure,
            Some(baseline) => baseline.relative(target, &plan.name, figure, stats::CONFIDENCE),
            None => figure.and_then(|figure| {
                Err(NoFigure {
                    n: figure.n,
                    value: None,
                    reason: Reason::NoBaseline,
                })
            }),
        };
        let judgement = Question::of_target(&plan.name, target).judge(figure, void);
        precision::limited(judgement, record.instrument.as_ref())
    });
    let judgements = judgements.collect();
    group(&plan.name, causes, judgements)
}

fn nothing() -> NoFigure {
    NoFigure {
        n: 0,
        value: None,
        reason: Reason::NoSample,
    }
}

fn memory(plan: &MemoryPlan, record: Option<&MemoryRecord>, void: Option<Reason>) -> Group {
    let causes = validity::of_memory(plan, record);
    let void = void_of(&causes, void);
    let judgements = plan.targets.iter().map(|target| {
        let figure = record
            .ok_or(nothing())
            .and_then(|record| figure::of_memory(target, record));
        Question::of_target(MEMORY, target).judge(figure, void)
    });
    let judgements = judgements.collect();
    group(MEMORY, causes, judgements)
}

fn bench(plan: &BenchPlan, record: Option<&BenchRecord>, void: Option<Reason>) -> Group {
    let causes = validity::of_bench(plan, record);
    let void = void_of(&causes, void);
    let judgements = plan.functions.iter().map(|function| {
        let calls = record
            .and_then(|record| record.functions.iter().find(|f| f.name == function.name))
            .map(|function| &function.calls);
        let figure = calls.ok_or(nothing()).and_then(|calls| {
            // Benchmarked calls are kept in nanoseconds: a million of them are a millisecond.
            figure::of_distribution(&Distribution::merge([calls])?, Some(Statistic::P95), 1e6)
        });
        let question = Question {
            scenario: BENCH,
            label: &function.name,
            quantity: Quantity::CallTime,
            statistic: Some(Statistic::P95),
            bound: Bound {
                relation: Relation::Below,
                value: function.target_ms,
                unit: Unit::Milliseconds,
            },
            tolerance_percent: 0.0,
            implausible_beyond: None,
        };
        question.judge(figure, void)
    });
    let judgements = judgements.collect();
    group(BENCH, causes, judgements)
}

fn summary(row: &SummaryRow, groups: &[&Group]) -> SummaryJudgement {
    let parts: Vec<(String, Option<Judgement>)> = row
        .parts
        .iter()
        .map(|part| {
            let group = groups.iter().find(|group| group.name == part.scenario);
            let found = group.and_then(|g| g.judgements.iter().find(|j| j.label == part.target));
            (part.label.clone(), found.cloned())
        })
        .collect();
    let verdicts = parts.iter().map(|(_, judgement)| {
        judgement
            .as_ref()
            .map_or(Verdict::Invalid, |judgement| judgement.verdict)
    });
    SummaryJudgement {
        label: row.label.clone(),
        requirement: row.requirement.clone(),
        verdict: verdicts.max().unwrap_or(Verdict::Invalid),
        parts,
    }
}
