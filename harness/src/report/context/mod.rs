//! What the templates see: one typed context per document, every figure already text, every cell
//! filled. A template decides order and wording around it, never a number.

pub(super) mod form;
pub(super) mod full;
mod instrument;
mod rows;
mod trend;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::chart::{Chart, Picture};
use super::filters::{self, NOT_MEASURED};
use super::phrase;
use crate::findings::Findings;
use crate::measurement::archive::RunRecord;
use crate::verdict::Assessment;

/// Everything a document is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// The run.
    pub(super) record: &'a RunRecord,
    /// What was judged.
    pub(super) assessment: &'a Assessment,
    /// What was found.
    pub(super) findings: &'a Findings,
    /// The charts that were drawn.
    pub(super) pictures: &'a [Picture],
    /// The folder of the run, for the list of its files.
    pub(super) dir: &'a Path,
}

/// What both documents say in the same words.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Common {
    stamp: String,
    date: String,
    subject: String,
    profile: String,
    overall: String,
    overall_text: String,
    intro: String,
    duration: String,
    environment: EnvironmentView,
    causes: Vec<CauseView>,
    anomalies: Vec<String>,
    bottlenecks: Vec<String>,
    phases_measured: bool,
    charts: BTreeMap<String, ChartView>,
    chart_list: Vec<ChartView>,
    files: Vec<FileView>,
    method: MethodView,
}

/// The machine and the programs.
#[derive(Debug, Clone, Serialize)]
struct EnvironmentView {
    cpu: String,
    cores: u32,
    memory: String,
    storage: String,
    os: String,
    kernel: String,
    rustc: String,
    load_before: String,
    fingerprint: String,
    tool: String,
    libraries: Vec<String>,
    server: String,
    server_version: String,
    server_command: String,
    database: String,
    network: String,
}

#[derive(Debug, Clone, Serialize)]
struct CauseView {
    place: String,
    what: String,
    advice: String,
}

#[derive(Debug, Clone, Serialize)]
struct ChartView {
    file: String,
    title: String,
    alt: String,
}

impl ChartView {
    fn of(chart: &Chart) -> Self {
        Self {
            file: chart.file.clone(),
            title: chart.title.clone(),
            alt: chart.alt.clone(),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct FileView {
    what: String,
    name: String,
    present: bool,
}

/// How it was measured, and how well the instrument itself did.
#[derive(Debug, Clone, Serialize)]
struct MethodView {
    seed: u64,
    plan_hash: String,
    command: String,
    rows: Vec<MethodRow>,
    open: Vec<OpenRow>,
    /// The instrument's own error, as a sentence and by law.
    instrument: String,
    errors: Vec<ErrorRow>,
}

/// The arrivals of an open scenario.
#[derive(Debug, Clone, Serialize)]
struct OpenRow {
    scenario: String,
    scheduled: String,
    achieved: String,
    backlogged: String,
    queue: String,
    service: String,
    response: String,
    censored: String,
}

/// The instrument's error under one law.
#[derive(Debug, Clone, Serialize)]
struct ErrorRow {
    law: String,
    time: String,
    percentile: String,
    n: u64,
    reported: String,
    truth: String,
    error: String,
}

/// One scenario's account.
#[derive(Debug, Clone, Serialize)]
struct MethodRow {
    scenario: String,
    users: String,
    length: String,
    think: String,
    warm_up: u64,
    scheduled: u64,
    completed: u64,
    failed: u64,
    in_flight: u64,
    unsent: u64,
    lateness_p50: String,
    lateness_p99: String,
    generator_cpu: String,
}

impl Common {
    fn new(source: Source<'_>) -> Self {
        let Source {
            record,
            assessment,
            findings,
            ..
        } = source;
        Self {
            stamp: record.stamp.clone(),
            date: record
                .started_at
                .strftime("%Y-%m-%d %H:%M:%S UTC")
                .to_string(),
            subject: record.suite.subject.clone(),
            profile: record.suite.profile.clone(),
            overall: assessment.overall.text().to_owned(),
            overall_text: phrase::overall(assessment).to_owned(),
            intro: intro(source),
            duration: record.finished_at.map_or_else(
                || "not known: the run did not say when it ended".to_owned(),
                |end| {
                    let span = end.duration_since(record.started_at).unsigned_abs();
                    filters::duration(crate::units::Micros::from_duration(span))
                },
            ),
            environment: environment(record),
            causes: causes(record, assessment),
            anomalies: findings
                .anomalies
                .iter()
                .map(|a| phrase::anomaly(record, a))
                .collect(),
            bottlenecks: findings
                .bottlenecks
                .worst()
                .into_iter()
                .map(|phase| phrase::bottleneck(record, phase))
                .collect(),
            phases_measured: findings.bottlenecks.measured,
            charts: source
                .pictures
                .iter()
                .map(|Picture { chart, .. }| {
                    let stem = Path::new(&chart.file).file_stem().unwrap_or_default();
                    (stem.to_string_lossy().into_owned(), ChartView::of(chart))
                })
                .collect(),
            chart_list: source
                .pictures
                .iter()
                .map(|picture| ChartView::of(&picture.chart))
                .collect(),
            files: files(source),
            method: MethodView {
                seed: record.seed,
                plan_hash: record.plan_hash.clone(),
                command: record.command.join(" "),
                rows: rows::method(record),
                open: instrument::open(record),
                instrument: instrument::sentence(record),
                errors: instrument::errors(record),
            },
        }
    }
}

fn intro(source: Source<'_>) -> String {
    let Source {
        record, assessment, ..
    } = source;
    let requests: u64 = record
        .scenarios
        .iter()
        .map(|s| s.accounting.completed + s.accounting.failed)
        .sum();
    let targets = assessment.judgements().count();
    format!(
        "{} was measured with the profile `{}`: {} of {} planned scenarios, {requests} requests in \
         {} of measured time. Of {targets} targets {}.",
        record.suite.subject,
        record.suite.profile,
        record.scenarios.len(),
        record.suite.scenarios.len(),
        phrase::total_duration(record),
        phrase::counts(phrase::tally(assessment.judgements())),
    )
}

fn environment(record: &RunRecord) -> EnvironmentView {
    let machine = &record.environment;
    let sut = record.sut.as_ref();
    let started_here = sut.is_some_and(|sut| sut.started_here);
    EnvironmentView {
        cpu: machine.cpu_model.clone(),
        cores: machine.cores,
        memory: format!("{:.1} GB", machine.memory.as_megabytes() / 1_000.0),
        storage: machine
            .storage
            .clone()
            .unwrap_or_else(|| "not known".to_owned()),
        os: machine.os.clone(),
        kernel: machine.kernel.clone(),
        rustc: machine.rustc.clone(),
        load_before: filters::number(machine.load_before),
        fingerprint: machine.fingerprint.clone(),
        tool: format!(
            "steps-perf {} ({} build, commit {})",
            record.tool.version,
            record.tool.build,
            record.tool.commit.as_deref().unwrap_or("unknown")
        ),
        libraries: record
            .tool
            .libraries
            .iter()
            .map(|(n, v)| format!("{n} {v}"))
            .collect(),
        server: sut.map_or_else(
            || format!("{}, which never got ready", record.suite.sut.name),
            |sut| {
                let how = if sut.started_here {
                    "started by this run"
                } else {
                    "attached to"
                };
                let ready = sut.ready_after.map_or_else(String::new, |time| {
                    format!(", ready after {}", filters::duration(time))
                });
                format!("{} at {} ({how}{ready})", record.suite.sut.name, sut.url)
            },
        ),
        server_version: sut
            .and_then(|sut| sut.version.as_ref())
            .map_or_else(|| "not known: the server did not say".to_owned(), version),
        server_command: sut
            .map(|sut| sut.command.join(" "))
            .filter(|command| !command.is_empty())
            .unwrap_or_else(|| "not known".to_owned()),
        database: record
            .suite
            .sut
            .database
            .clone()
            .unwrap_or_else(|| "not stated".to_owned()),
        network: if started_here {
            "loopback: generator and server share one machine".to_owned()
        } else {
            "the path between generator and server; its delay was not measured apart".to_owned()
        },
    }
}

/// The version in short if the answer has one, else the whole answer.
fn version(answer: &serde_json::Value) -> String {
    let field = |name| answer.get(name).and_then(serde_json::Value::as_str);
    match (field("version"), field("commit")) {
        (Some(version), Some(commit)) => format!("{version} (commit {commit})"),
        (Some(version), None) => version.to_owned(),
        _ => answer.to_string(),
    }
}

fn causes(record: &RunRecord, assessment: &Assessment) -> Vec<CauseView> {
    let run = assessment
        .causes
        .iter()
        .map(|cause| ("the run".to_owned(), cause));
    let groups = assessment.groups().flat_map(|group| {
        group
            .causes
            .iter()
            .map(move |cause| (phrase::place(record, &group.name), cause))
    });
    run.chain(groups)
        .map(|(place, cause)| CauseView {
            place,
            what: cause.what.clone(),
            advice: cause.advice.clone(),
        })
        .collect()
}

/// The raw data, as far as it is in the folder.
fn files(source: Source<'_>) -> Vec<FileView> {
    let stamp = &source.record.stamp;
    let named = [
        ("Benchmark results", format!("benchmark_{stamp}.json")),
        ("Memory profile", format!("memory_profile_{stamp}.txt")),
        (
            "Load test results",
            format!("loadtest_results_{stamp}.json"),
        ),
        ("goose statistics", format!("goose_{stamp}_stats.csv")),
        ("All measurements and verdicts", "run.json".to_owned()),
        ("HDR histograms", "histograms".to_owned()),
    ];
    named
        .into_iter()
        .map(|(what, name)| FileView {
            what: what.to_owned(),
            present: source.dir.join(&name).exists(),
            name,
        })
        .collect()
}

/// A number that may be missing.
fn or_not_measured(value: Option<f64>, text: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| NOT_MEASURED.to_owned(), text)
}
