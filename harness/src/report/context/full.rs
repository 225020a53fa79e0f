//! The context of the dated report.

use serde::Serialize;

use super::super::filters::{self, NOT_MEASURED, megabytes, nanos_as_millis, percent};
use super::super::phrase;
use super::rows::{self, EndpointRow, JudgementRow, Times};
use super::{Common, Source};
use crate::measurement::archive::RunRecord;
use crate::metric::Metric;
use crate::plan::scenario::{Scenario, View};
use crate::units::Bytes;
use crate::verdict::distribution::Distribution;
use crate::verdict::judgement::{Judgement, Quantity};
use crate::verdict::outcome::Verdict;
use crate::verdict::{Assessment, SummaryJudgement};

/// The dated report.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    common: Common,
    key_findings: Vec<KeyFinding>,
    recommendations: Vec<KeyFinding>,
    scenarios: Vec<ScenarioView>,
    bench: BenchView,
    memory: MemoryView,
    cpu: Vec<CpuRow>,
    network: NetworkView,
    not_passed: Vec<String>,
    monitoring: Vec<String>,
    summary: Vec<SummaryView>,
    closing: String,
}

#[derive(Debug, Clone, Serialize)]
struct KeyFinding {
    title: String,
    text: String,
    effect: String,
    complexity: String,
}

#[derive(Debug, Clone, Serialize)]
struct ScenarioView {
    number: u32,
    title: String,
    description: String,
    parameters: String,
    endpoint_view: bool,
    measured: bool,
    rows: Vec<JudgementRow>,
    endpoints: Vec<EndpointRow>,
    sentence: String,
}

#[derive(Debug, Clone, Serialize)]
struct BenchView {
    rows: Vec<BenchRow>,
    sentence: String,
}

#[derive(Debug, Clone, Serialize)]
struct BenchRow {
    name: String,
    workload: String,
    times: Times,
    target: String,
    status: String,
}

#[derive(Debug, Clone, Serialize)]
struct MemoryView {
    rows: Vec<MemoryRow>,
    targets: Vec<JudgementRow>,
    sentence: String,
}

#[derive(Debug, Clone, Serialize)]
struct MemoryRow {
    operation: String,
    base: String,
    peak: String,
    released: String,
    growth: String,
}

#[derive(Debug, Clone, Serialize)]
struct CpuRow {
    scenario: String,
    cpu: rows::CpuView,
}

#[derive(Debug, Clone, Serialize)]
struct NetworkView {
    clients: String,
}

#[derive(Debug, Clone, Serialize)]
struct SummaryView {
    label: String,
    requirement: String,
    actual: String,
    status: String,
}

/// The functions of the benchmark table, in its order, where the plan names none.
const FUNCTIONS: [&str; 7] = [
    "memory_retrieval",
    "persona_loading",
    "session_creation",
    "message_processing",
    "foundation_context",
    "session_analysis",
    "insight_generation",
];

impl Report {
    /// Fills the context.
    pub(crate) fn new(source: Source<'_>) -> Self {
        let Source {
            record,
            assessment,
            findings,
            ..
        } = source;
        Self {
            common: Common::new(source),
            key_findings: key_findings(record, assessment),
            recommendations: findings
                .recommendations
                .iter()
                .map(|recommendation| {
                    let advice = phrase::advice(record, recommendation);
                    KeyFinding {
                        title: advice.title,
                        text: advice.text,
                        effect: advice.effect,
                        complexity: advice.complexity.to_owned(),
                    }
                })
                .collect(),
            scenarios: record
                .suite
                .scenarios
                .iter()
                .map(|plan| scenario(record, assessment, plan))
                .collect(),
            bench: bench(record, assessment),
            memory: memory(record, assessment),
            cpu: record
                .suite
                .scenarios
                .iter()
                .map(|plan| CpuRow {
                    scenario: format!("{} ({})", plan.number, plan.title),
                    cpu: rows::cpu(record.scenarios.iter().find(|s| s.name == plan.name)),
                })
                .collect(),
            network: network(record),
            not_passed: assessment
                .judgements()
                .filter(|judgement| judgement.verdict != Verdict::Pass)
                .map(|judgement| {
                    format!(
                        "{}: {}",
                        phrase::judgement(record, judgement),
                        judgement.reason.text()
                    )
                })
                .collect(),
            monitoring: monitoring(assessment),
            summary: assessment.summary.iter().map(summary).collect(),
            closing: closing(&assessment.summary),
        }
    }
}

fn key_findings(record: &RunRecord, assessment: &Assessment) -> Vec<KeyFinding> {
    let families: [(&str, &[Metric]); 5] = [
        (
            "Response Times",
            &[Metric::ResponseTime, Metric::ServiceTime],
        ),
        (
            "Throughput",
            &[
                Metric::Throughput,
                Metric::ThroughputPerUser,
                Metric::ConcurrentUsers,
            ],
        ),
        ("Memory Usage", &[Metric::Memory, Metric::MemoryGrowth]),
        ("Error Rate", &[Metric::ErrorRate]),
        ("CPU Usage", &[Metric::Cpu]),
    ];
    let finding = |title: &str, judgements: &[&Judgement]| KeyFinding {
        title: title.to_owned(),
        text: phrase::family(record, judgements),
        effect: String::new(),
        complexity: String::new(),
    };
    let mut found: Vec<KeyFinding> = families
        .into_iter()
        .map(|(title, metrics)| {
            let of_family = |judgement: &&Judgement| match judgement.quantity {
                Quantity::Measured(metric) => metrics.contains(&metric),
                Quantity::CallTime => false,
            };
            finding(
                title,
                &assessment
                    .judgements()
                    .filter(of_family)
                    .collect::<Vec<_>>(),
            )
        })
        .collect();
    let calls: Vec<&Judgement> = assessment
        .judgements()
        .filter(|j| j.quantity == Quantity::CallTime)
        .collect();
    if !calls.is_empty() {
        found.push(finding("Benchmarks", &calls));
    }
    found
}

fn scenario(record: &RunRecord, assessment: &Assessment, plan: &Scenario) -> ScenarioView {
    let measured = record
        .scenarios
        .iter()
        .find(|scenario| scenario.name == plan.name);
    let group = assessment
        .scenarios
        .iter()
        .find(|group| group.name == plan.name);
    let [users, length, think] = rows::load(&plan.load);
    ScenarioView {
        number: plan.number,
        title: plan.title.clone(),
        description: plan.description.clone(),
        parameters: format!("{users}; {length}; pause: {think}"),
        endpoint_view: plan.view == View::Endpoints,
        measured: measured.is_some(),
        rows: group
            .map(|group| group.judgements.iter().map(rows::judgement).collect())
            .unwrap_or_default(),
        endpoints: measured.map(rows::endpoints).unwrap_or_default(),
        sentence: measured.map_or_else(
            || "This scenario was not measured; `steps-perf run` measures it.".to_owned(),
            |measured| {
                let counts = measured.accounting;
                let ended = counts.completed + counts.failed;
                format!(
                    "{} requests ended in {}, {} of them failed ({}); at most {} active at the same \
                     time. {}",
                    ended,
                    filters::duration(measured.duration),
                    counts.failed,
                    rows::error_share(counts.failed, ended),
                    match measured.users.peak {
                        1 => "1 user was".to_owned(),
                        many => format!("{many} users were"),
                    },
                    peak_rate(measured),
                )
            },
        ),
    }
}

fn peak_rate(scenario: &crate::measurement::load::ScenarioRecord) -> String {
    let ended = |window: &crate::measurement::load::Window| {
        window
            .steps
            .iter()
            .map(|step| step.completed + step.failed)
            .sum::<u64>()
    };
    scenario
        .windows
        .iter()
        .max_by_key(|window| ended(window))
        .map_or_else(
            || "There is no second with an answer.".to_owned(),
            |window| {
                format!(
                    "The busiest second was {} with {} answers.",
                    window.second,
                    ended(window)
                )
            },
        )
}

fn bench(record: &RunRecord, assessment: &Assessment) -> BenchView {
    let planned = record.suite.bench.as_ref();
    let names: Vec<String> = planned.map_or_else(
        || FUNCTIONS.map(str::to_owned).to_vec(),
        |plan| {
            plan.functions
                .iter()
                .map(|function| function.name.clone())
                .collect()
        },
    );
    let judgements = assessment
        .bench
        .as_ref()
        .map(|group| group.judgements.as_slice());
    let rows = names.into_iter().map(|name| {
        let found = record
            .bench
            .as_ref()
            .and_then(|b| b.functions.iter().find(|f| f.name == name));
        let calls = found.and_then(|function| Distribution::merge([&function.calls]).ok());
        let judged = judgements.and_then(|all| all.iter().find(|j| j.label == name));
        BenchRow {
            workload: found.map_or_else(String::new, |function| function.workload.clone()),
            times: calls.map_or_else(Times::none, |calls| Times::of(&calls, nanos_as_millis)),
            target: judged.map_or_else(
                || "none".to_owned(),
                |j| filters::bound(&j.bound, j.quantity),
            ),
            status: judged.map_or_else(|| NOT_MEASURED.to_owned(), |j| j.verdict.mark().to_owned()),
            name,
        }
    });
    let rows = rows.collect();
    let sentence = match assessment.bench.as_ref() {
        None => "The benchmarks were not part of this profile; `cargo bench` runs them and \
                 `steps-perf run` with a profile that has them records them."
            .to_owned(),
        Some(group) => {
            let judgements: Vec<&Judgement> = group.judgements.iter().collect();
            let text = phrase::family(record, &judgements);
            format!("The 95th percentile of each function is judged: {text}.")
        }
    };
    BenchView { rows, sentence }
}

fn memory(record: &RunRecord, assessment: &Assessment) -> MemoryView {
    let none = || NOT_MEASURED.to_owned();
    let targets = assessment.memory.as_ref();
    let targets = targets.map(|g| g.judgements.iter().map(rows::judgement).collect());
    let sentence = phrase::memory(record);
    let row = |operation: String| MemoryRow {
        operation,
        base: none(),
        peak: none(),
        released: none(),
        growth: none(),
    };
    let after = |operations: u32| format!("After {operations} Operations");
    let Some(memory) = &record.memory else {
        let planned = record.suite.memory.as_ref();
        let checkpoints =
            planned.map_or_else(|| vec![10, 100, 1_000], |plan| plan.checkpoints.clone());
        let rows = std::iter::once("System Start".to_owned())
            .chain(checkpoints.into_iter().map(after))
            .map(row)
            .collect();
        return MemoryView {
            rows,
            targets: targets.unwrap_or_default(),
            sentence,
        };
    };
    let growth = |base: Bytes| {
        let share = (base.0 as f64 / memory.start.0 as f64 - 1.0) * 100.0;
        if share.is_finite() {
            format!("{}%", percent(share))
        } else {
            none()
        }
    };
    let dash = || "-".to_owned();
    let start = MemoryRow {
        operation: "System Start".to_owned(),
        base: megabytes(memory.start),
        peak: dash(),
        released: dash(),
        growth: dash(),
    };
    let checkpoints = memory.checkpoints.iter().map(|checkpoint| MemoryRow {
        operation: after(checkpoint.operations),
        base: megabytes(checkpoint.base),
        peak: megabytes(checkpoint.peak),
        released: megabytes(checkpoint.released),
        growth: growth(checkpoint.base),
    });
    let rows = std::iter::once(start).chain(checkpoints).collect();
    MemoryView {
        rows,
        targets: targets.unwrap_or_default(),
        sentence,
    }
}

fn network(record: &RunRecord) -> NetworkView {
    let steps = || record.scenarios.iter().flat_map(|scenario| &scenario.steps);
    let sent: u64 = steps().map(|step| step.sent.0).sum();
    let received: u64 = steps().map(|step| step.received.0).sum();
    let seconds: f64 = record.scenarios.iter().map(|s| s.duration.as_secs()).sum();
    let clients = if sent + received == 0 || seconds <= 0.0 {
        NOT_MEASURED.to_owned()
    } else {
        let rate = (sent + received) as f64 * 8.0 / seconds / 1e6;
        format!(
            "{} MB of request bodies and {} MB of answers, {} Mbit/s on average over the measured \
             phases (bodies only, without headers and TLS)",
            filters::number(Bytes(sent).as_megabytes()),
            filters::number(Bytes(received).as_megabytes()),
            filters::number(rate)
        )
    };
    NetworkView { clients }
}

/// Alerts that follow from the bounds of this plan.
fn monitoring(assessment: &Assessment) -> Vec<String> {
    assessment
        .summary
        .iter()
        .map(|row| format!("{}: outside {}", row.label, row.requirement))
        .collect()
}

pub(super) fn actual(row: &SummaryJudgement) -> String {
    let parts: Vec<String> = row
        .parts
        .iter()
        .map(|(label, judgement)| {
            let value = judgement
                .as_ref()
                .map_or_else(|| NOT_MEASURED.to_owned(), filters::value);
            format!("{value} {label}").trim_end().to_owned()
        })
        .collect();
    if parts.is_empty() {
        NOT_MEASURED.to_owned()
    } else {
        parts.join(", ")
    }
}

fn summary(row: &SummaryJudgement) -> SummaryView {
    SummaryView {
        label: row.label.clone(),
        requirement: row.requirement.clone(),
        actual: actual(row),
        status: row.verdict.mark().to_owned(),
    }
}

fn closing(rows: &[SummaryJudgement]) -> String {
    if rows.is_empty() {
        return "The plan declares no requirement over the whole run.".to_owned();
    }
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let names = |verdict| {
        let found = rows.iter().filter(|row| row.verdict == verdict);
        found
            .map(|row| row.label.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut text = format!(
        "{} of {} requirements are met",
        count(Verdict::Pass),
        rows.len()
    );
    for (verdict, word) in [
        (Verdict::Marginal, "marginal"),
        (Verdict::Fail, "not met"),
        (Verdict::Invalid, "not judged"),
    ] {
        if count(verdict) > 0 {
            text.push_str(&format!("; {word}: {}", names(verdict)));
        }
    }
    text.push('.');
    text
}
