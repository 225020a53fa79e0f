//! The context of the form.

use serde::Serialize;

use super::super::filters::{
    self, NOT_MEASURED, megabytes, megabytes_between, nanos_as_millis, number,
};
use super::super::phrase;
use super::full::actual;
use super::rows::{self, Times};
use super::trend::TrendView;
use super::{Common, Source, or_not_measured};
use crate::findings::capacity::Carried;
use crate::findings::recommendation::{Action, Priority};
use crate::measurement::archive::RunRecord;
use crate::measurement::load::{ScenarioRecord, StepRecord};
use crate::measurement::memory::MemoryKind;
use crate::metric::Metric;
use crate::plan::scenario::{Kind, Scenario};
use crate::plan::step::Method;
use crate::verdict::distribution::Distribution;
use crate::verdict::judgement::Quantity;
use crate::verdict::outcome::Verdict;

/// The form.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Form {
    #[serde(flatten)]
    common: Common,
    tester: String,
    scenarios: Vec<String>,
    response: Vec<FunctionRow>,
    kinds: Vec<KindRow>,
    memory: Vec<KindMemoryRow>,
    targets: Vec<TargetRow>,
    trend: TrendView,
    high: Vec<AdviceView>,
    medium: Vec<AdviceView>,
    low: Vec<AdviceView>,
    adjustments: Vec<AdjustmentView>,
    limits: LimitsView,
    conclusion: Vec<String>,
    actions: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct FunctionRow {
    name: String,
    times: Times,
    source: String,
}

/// One scenario in the tables by kind of usage: throughput, CPU, errors.
#[derive(Debug, Clone, Serialize)]
struct KindRow {
    name: String,
    users: String,
    requests_per_second: String,
    messages_per_minute: String,
    requests: String,
    cpu: rows::CpuView,
    errors: String,
    error_share: String,
    top_errors: String,
}

#[derive(Debug, Clone, Serialize)]
struct KindMemoryRow {
    name: String,
    base: String,
    peak: String,
    last: String,
    delta: String,
    recovered: String,
}

#[derive(Debug, Clone, Serialize)]
struct TargetRow {
    metric: String,
    target: String,
    achieved: String,
    status: String,
}

#[derive(Debug, Clone, Serialize)]
struct AdviceView {
    title: String,
    text: String,
    effect: String,
    complexity: String,
}

#[derive(Debug, Clone, Serialize)]
struct AdjustmentView {
    name: String,
    change: String,
    rationale: String,
    effect: String,
}

#[derive(Debug, Clone, Serialize)]
struct LimitsView {
    users: String,
    per_minute: String,
}

/// The form's functions: its rows that are steps, and the one that is a benchmark.
const STEPS: [&str; 4] = [
    "create_session",
    "send_message",
    "get_analysis",
    "list_sessions",
];
const FUNCTION: &str = "memory_retrieval";

/// The form's kinds of operation.
const OPERATIONS: [&str; 5] = [
    "Session Creation",
    "Message Processing",
    "Analysis",
    "Batch Operations",
    "Concurrent Usage",
];

impl Form {
    /// Fills the context.
    pub(crate) fn new(source: Source<'_>) -> Self {
        let Source {
            record,
            assessment,
            findings,
            ..
        } = source;
        let advice = |priority| {
            let chosen = findings
                .recommendations
                .iter()
                .filter(move |r| r.priority == priority);
            chosen.map(|r| advice(record, r)).collect()
        };
        Self {
            common: Common::new(source),
            tester: format!("steps-perf {}, unattended", record.tool.version),
            scenarios: record
                .suite
                .scenarios
                .iter()
                .map(|plan| {
                    let [users, length, think] = rows::load(&plan.load);
                    format!(
                        "Scenario {}, {}: {users}; {length}; pause: {think}",
                        plan.number, plan.title
                    )
                })
                .collect(),
            response: functions(record),
            kinds: kinds(record),
            memory: memory(record),
            targets: targets(source),
            trend: TrendView::new(source),
            high: advice(Priority::High),
            medium: advice(Priority::Medium),
            low: advice(Priority::Low),
            adjustments: adjustments(source),
            limits: LimitsView {
                users: carried(findings.capacity.users.as_ref(), "users"),
                per_minute: carried(
                    findings.capacity.per_minute.as_ref(),
                    "requests of all kinds a minute",
                ),
            },
            conclusion: assessment
                .judgements()
                .filter(|judgement| judgement.verdict != Verdict::Pass)
                .map(|judgement| phrase::judgement(record, judgement))
                .collect(),
            actions: findings
                .recommendations
                .iter()
                .filter(|recommendation| recommendation.priority == Priority::High)
                .map(|recommendation| phrase::advice(record, recommendation).title)
                .collect(),
        }
    }
}

fn advice(
    record: &RunRecord,
    recommendation: &crate::findings::recommendation::Recommendation,
) -> AdviceView {
    let advice = phrase::advice(record, recommendation);
    AdviceView {
        title: advice.title,
        text: advice.text,
        effect: advice.effect,
        complexity: advice.complexity.to_owned(),
    }
}

fn functions(record: &RunRecord) -> Vec<FunctionRow> {
    let mut names: Vec<&str> = STEPS.to_vec();
    let steps = || record.scenarios.iter().flat_map(|scenario| &scenario.steps);
    for step in steps() {
        if !names.contains(&step.step.as_str()) {
            names.push(&step.step);
        }
    }
    let mut found: Vec<FunctionRow> = names
        .into_iter()
        .map(|name| {
            let of: Vec<&StepRecord> = steps().filter(|step| step.step == name).collect();
            FunctionRow {
                name: name.to_owned(),
                source: match of.len() {
                    0 => NOT_MEASURED.to_owned(),
                    1 => "1 scenario".to_owned(),
                    several => format!("{several} scenarios"),
                },
                times: rows::response(of),
            }
        })
        .collect();
    let bench = record.bench.as_ref();
    let calls = bench.and_then(|bench| bench.functions.iter().find(|f| f.name == FUNCTION));
    let times = calls.and_then(|function| Distribution::merge([&function.calls]).ok());
    let row = FunctionRow {
        name: FUNCTION.to_owned(),
        source: times
            .as_ref()
            .map_or(NOT_MEASURED, |_| "benchmark")
            .to_owned(),
        times: times.map_or_else(Times::none, |times| Times::of(&times, nanos_as_millis)),
    };
    found.insert(STEPS.len(), row);
    found
}

fn kinds(record: &RunRecord) -> Vec<KindRow> {
    let all = [
        (Kind::SingleUser, "Single User"),
        (Kind::MultipleUsers, "Multiple Users"),
        (Kind::BatchOperations, "Batch Operations"),
        (Kind::EndpointStress, "Endpoint Stress"),
    ];
    all.into_iter()
        .flat_map(|(kind, name)| {
            let plans: Vec<&Scenario> = record
                .suite
                .scenarios
                .iter()
                .filter(|plan| plan.kind == kind)
                .collect();
            if plans.is_empty() {
                return vec![kind_row(name.to_owned(), None, None)];
            }
            plans
                .into_iter()
                .map(|plan| {
                    let measured = record.scenarios.iter().find(|s| s.name == plan.name);
                    let name = format!("{name} (scenario {})", plan.number);
                    kind_row(name, Some(plan), measured)
                })
                .collect()
        })
        .collect()
}

fn kind_row(name: String, plan: Option<&Scenario>, measured: Option<&ScenarioRecord>) -> KindRow {
    let none = || NOT_MEASURED.to_owned();
    let Some(measured) = measured else {
        return KindRow {
            name,
            users: none(),
            requests_per_second: none(),
            messages_per_minute: none(),
            requests: none(),
            cpu: rows::cpu(None),
            errors: none(),
            error_share: none(),
            top_errors: none(),
        };
    };
    let seconds = measured.duration.as_secs();
    let rate = |count: u64| (seconds > 0.0).then(|| count as f64 / seconds);
    let counts = measured.accounting;
    let ended = counts.completed + counts.failed;
    let top: Vec<String> = measured
        .errors
        .iter()
        .take(3)
        .map(|error| format!("{} in {} ({})", error.kind, error.step, error.count))
        .collect();
    KindRow {
        name,
        users: measured.users.peak.to_string(),
        requests_per_second: or_not_measured(rate(counts.completed), number),
        messages_per_minute: messages(plan, measured).map_or_else(
            || "no such step".to_owned(),
            |count| or_not_measured(rate(count).map(|rate| rate * 60.0), number),
        ),
        requests: ended.to_string(),
        cpu: rows::cpu(Some(measured)),
        errors: counts.failed.to_string(),
        error_share: rows::error_share(counts.failed, ended)
            .trim_end_matches('%')
            .to_owned(),
        top_errors: if top.is_empty() {
            "none".to_owned()
        } else {
            top.join("; ")
        },
    }
}

/// Completed requests of the POST steps that have `message` in their name; none without such a step.
fn messages(plan: Option<&Scenario>, measured: &ScenarioRecord) -> Option<u64> {
    let sends = |name: &str| {
        plan.is_some_and(|plan| {
            let found = plan.steps.iter().find(|step| step.name == name);
            found.is_some_and(|s| s.method == Method::Post && s.name.contains("message"))
        })
    };
    let counts: Vec<u64> = measured
        .steps
        .iter()
        .filter(|s| sends(&s.step))
        .map(|s| s.completed)
        .collect();
    (!counts.is_empty()).then(|| counts.iter().sum())
}

fn memory(record: &RunRecord) -> Vec<KindMemoryRow> {
    let measured = record
        .memory
        .as_ref()
        .map(|memory| memory.kinds.as_slice())
        .unwrap_or_default();
    let find = |name: &str| {
        measured
            .iter()
            .find(|kind| kind.name.eq_ignore_ascii_case(name))
    };
    let known = OPERATIONS.map(|name| memory_row(name, find(name)));
    let other = measured
        .iter()
        .filter(|kind| {
            !OPERATIONS
                .iter()
                .any(|name| kind.name.eq_ignore_ascii_case(name))
        })
        .map(|kind| memory_row(&kind.name, Some(kind)));
    known.into_iter().chain(other).collect()
}

fn memory_row(name: &str, kind: Option<&MemoryKind>) -> KindMemoryRow {
    let text =
        |of: &dyn Fn(&MemoryKind) -> String| kind.map_or_else(|| NOT_MEASURED.to_owned(), of);
    KindMemoryRow {
        name: name.to_owned(),
        base: text(&|kind| megabytes(kind.base)),
        peak: text(&|kind| megabytes(kind.peak)),
        last: text(&|kind| megabytes(kind.released)),
        delta: text(&|kind| megabytes_between(kind.base, kind.released)),
        recovered: text(&|kind| megabytes_between(kind.released, kind.end)),
    }
}

fn met(verdict: Verdict) -> String {
    let word = match verdict {
        Verdict::Pass => "Met",
        Verdict::Marginal => "Not decided",
        Verdict::Fail => "Not Met",
        Verdict::Invalid => "Not judged",
    };
    format!("{word} ({})", verdict.mark())
}

fn targets(source: Source<'_>) -> Vec<TargetRow> {
    let assessment = source.assessment;
    let mut found: Vec<TargetRow> = assessment
        .summary
        .iter()
        .map(|row| TargetRow {
            metric: row.label.clone(),
            target: row.requirement.clone(),
            achieved: actual(row),
            status: met(row.verdict),
        })
        .collect();
    let growth = assessment.memory.iter().flat_map(|group| &group.judgements);
    let growth = growth.filter(|j| j.quantity == Quantity::Measured(Metric::MemoryGrowth));
    found.extend(growth.map(|judgement| TargetRow {
        metric: "Memory Growth".to_owned(),
        target: filters::bound(&judgement.bound, judgement.quantity),
        achieved: filters::value(judgement),
        status: met(judgement.verdict),
    }));
    for name in ["Response Time", "Throughput", "Memory Growth", "Error Rate"] {
        if !found.iter().any(|row| row.metric == name) {
            found.push(TargetRow {
                metric: name.to_owned(),
                target: "none in this plan".to_owned(),
                achieved: NOT_MEASURED.to_owned(),
                status: "Not judged".to_owned(),
            });
        }
    }
    found
}

fn adjustments(source: Source<'_>) -> Vec<AdjustmentView> {
    let undecided = source
        .findings
        .recommendations
        .iter()
        .flat_map(|found| match &found.action {
            Action::MoreSamples { targets } => targets.as_slice(),
            _ => &[],
        });
    let changes = undecided.filter_map(|undecided| {
        Some(AdjustmentView {
            name: phrase::place(source.record, &undecided.target.scenario),
            change: phrase::length_change(undecided.change?),
            rationale: phrase::undecided(source.record, undecided),
            effect: "a decided verdict; the system itself does not change".to_owned(),
        })
    });
    changes.collect()
}

fn carried(carried: Option<&Carried>, unit: &str) -> String {
    carried.map_or_else(
        || format!("{NOT_MEASURED}: no scenario was carried without a failed target"),
        |carried| {
            format!(
                "at least {} {unit} (scenario {}, {}); the limit itself was not searched for in \
                 this version",
                number(carried.amount),
                carried.number,
                carried.verdict.mark()
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pass_counts_as_met() {
        assert_eq!(met(Verdict::Pass), "Met (✅ PASS)");
        for verdict in [Verdict::Marginal, Verdict::Fail, Verdict::Invalid] {
            assert!(met(verdict).starts_with("Not "), "{verdict:?}");
        }
    }
}
