//! A suite file, without its scenarios.

use super::document::{Document, KeyPath};
use super::mirror::StepFile;
use super::mirror_suite::{
    BenchFile, BenchProfile, MemoryFile, MemoryProfile, OperationFile, SummaryFile, SutFile,
};
use super::read::{duration, tolerance};
use super::scenario::MEMORY;
use super::steps::{self, Place};
use super::targets;
use super::variables::{Scope, check_text};
use crate::plan::error::offered;
use crate::plan::scenario::Order;
use crate::plan::suite::{
    BenchFunction, BenchPlan, MemoryPlan, OperationPlan, SummaryPart, SummaryRow, Sut,
};
use crate::plan::target::Target;
use crate::plan::template::{BENCH_VARIABLES, SUT_VARIABLES};
use crate::units::Micros;

const READY_TIMEOUT: Micros = Micros(60_000_000);
const SETTLE: Micros = Micros(5_000_000);
const KIND_COUNT: u32 = 100;

/// The system under test.
pub(super) fn sut(document: &mut Document<'_>, file: &SutFile) -> Option<Sut> {
    let at = KeyPath::root().key("sut");
    let before = document.problem_count();
    for (place, text) in file.start.iter().enumerate() {
        check_text(
            document,
            &at.key("start").index(place),
            text,
            &SUT_VARIABLES,
        );
    }
    for (key, texts) in [("env", &file.env), ("headers", &file.headers)] {
        for (name, text) in texts {
            check_text(document, &at.key(key).key(name), text, &SUT_VARIABLES);
        }
    }
    let paths = [
        ("ready", Some(&file.ready)),
        ("version", file.version.as_ref()),
        ("probe", file.probe.as_ref()),
    ];
    for (key, path) in paths {
        if path.is_some_and(|path| !path.starts_with('/')) {
            document.report(
                &at.key(key),
                "this is not a path",
                Some("a path from the root, e.g. \"/health\""),
            );
        }
    }
    let ready_timeout = match &file.ready_timeout {
        Some(text) => duration(document, &at.key("ready_timeout"), text),
        None => Some(READY_TIMEOUT),
    };
    let sut = Sut {
        name: file.name.clone(),
        build: file.build.clone(),
        start: file.start.clone(),
        env: file.env.clone(),
        ready_path: file.ready.clone(),
        ready_timeout: ready_timeout?,
        version_path: file.version.clone(),
        probe_path: file.probe.clone(),
        headers: file.headers.clone(),
        secret_env: file.secret_env.clone(),
        secret_file: file.secret_file.clone(),
        database: file.database.clone(),
    };
    (document.problem_count() == before).then_some(sut)
}

/// The memory profile, with the values of a profile in place of the plain ones.
pub(super) fn memory(
    document: &mut Document<'_>,
    file: &MemoryFile,
    profile: Option<(&str, &MemoryProfile)>,
) -> Option<MemoryPlan> {
    let plain_at = KeyPath::root().key(MEMORY);
    let own_at = |name: &str| KeyPath::root().key("profile").key(name).key(MEMORY);
    let (checkpoints, checkpoints_at) = match profile {
        Some((
            name,
            MemoryProfile {
                checkpoints: Some(own),
                ..
            },
        )) => (own, own_at(name)),
        _ => (&file.checkpoints, plain_at.clone()),
    };
    let is_ascending = checkpoints.windows(2).all(|pair| pair[0] < pair[1]);
    let is_good = checkpoints.first().is_some_and(|first| *first > 0) && is_ascending;
    if !is_good {
        document.report(
            &checkpoints_at.key("checkpoints"),
            "checkpoints are numbers of operations, ascending from 1",
            Some("e.g. [10, 100, 1000]"),
        );
    }
    let settle = match (profile, &file.settle) {
        (
            Some((
                name,
                MemoryProfile {
                    settle: Some(text), ..
                },
            )),
            _,
        ) => duration(document, &own_at(name).key("settle"), text),
        (_, Some(text)) => duration(document, &plain_at.key("settle"), text),
        (_, None) => Some(SETTLE),
    };
    let default_tolerance = match &file.tolerance {
        Some(text) => tolerance(document, &plain_at.key("tolerance"), text),
        None => Some(0.0),
    };
    let operation = operation(document, &plain_at.key("operation"), &file.operation);
    let kinds: Vec<Option<OperationPlan>> = file
        .kinds
        .iter()
        .enumerate()
        .map(|(place, kind)| self::operation(document, &plain_at.key("kinds").index(place), kind))
        .collect();
    let context = targets::Context {
        at: plain_at.key("targets"),
        steps: Vec::new(),
        endpoints: Vec::new(),
        ramp_end: None,
        tolerance: default_tolerance.unwrap_or(0.0),
        is_memory: true,
    };
    let targets = targets::convert(document, &context, &file.targets);
    default_tolerance?;
    let plan = MemoryPlan {
        checkpoints: checkpoints.clone(),
        operation: operation?,
        kinds: kinds.into_iter().collect::<Option<_>>()?,
        kind_count: profile
            .and_then(|(_, own)| own.kind_count)
            .or(file.kind_count)
            .unwrap_or(KIND_COUNT),
        settle: settle?,
        targets: targets?,
    };
    is_good.then_some(plan)
}

fn operation(
    document: &mut Document<'_>,
    at: &KeyPath,
    file: &OperationFile,
) -> Option<OperationPlan> {
    let mut names = Vec::new();
    let mut list = |document: &mut Document<'_>, key: &str, files: &[StepFile], place: Place| {
        steps::convert(document, &at.key(key), files, place, &mut names)
    };
    let setup = list(document, "setup", &file.setup, Place::Once);
    let steps = list(
        document,
        "steps",
        &file.steps,
        Place::Iteration(Order::Sequence),
    );
    let release = list(document, "release", &file.release, Place::Once);
    let mut scope = Scope::new(
        &[],
        file.setup.iter().chain(&file.steps).chain(&file.release),
    );
    scope.sequence(document, &at.key("setup"), &file.setup);
    scope.iteration(document, &at.key("steps"), &file.steps, Order::Sequence);
    scope.sequence(document, &at.key("release"), &file.release);
    if file.steps.is_empty() {
        document.report(
            &at.key("steps"),
            "an operation without steps does nothing",
            Some("at least one step"),
        );
        return None;
    }
    Some(OperationPlan {
        name: file.name.clone(),
        setup: setup?,
        steps: steps?,
        release: release?,
        concurrency: file.concurrency.unwrap_or(1),
    })
}

/// The micro-benchmarks, with the values of a profile in place of the plain ones.
pub(super) fn bench(
    document: &mut Document<'_>,
    file: &BenchFile,
    profile: Option<(&str, &BenchProfile)>,
) -> Option<BenchPlan> {
    let at = KeyPath::root().key("bench");
    let before = document.problem_count();
    for (place, text) in file.command.iter().enumerate() {
        check_text(
            document,
            &at.key("command").index(place),
            text,
            &BENCH_VARIABLES,
        );
    }
    for (key, is_empty) in [
        ("command", file.command.is_empty()),
        ("functions", file.functions.is_empty()),
    ] {
        if is_empty {
            document.report(
                &at.key(key),
                "this list is empty",
                Some("remove [bench] if there are no benchmarks"),
            );
        }
    }
    let time = match profile {
        Some((
            name,
            BenchProfile {
                time: Some(text), ..
            },
        )) => duration(
            document,
            &KeyPath::root()
                .key("profile")
                .key(name)
                .key("bench")
                .key("time"),
            text,
        ),
        _ => duration(document, &at.key("time"), &file.time),
    };
    let mut functions = Vec::with_capacity(file.functions.len());
    for (place, function) in file.functions.iter().enumerate() {
        let at = at.key("functions").index(place);
        if file.functions[..place]
            .iter()
            .any(|other| other.name == function.name)
        {
            document.report(
                &at.key("name"),
                format!("`{}` is listed twice", function.name),
                Some("remove one"),
            );
        }
        let target_ms = targets::milliseconds(document, &at.key("target"), &function.target);
        functions.push(target_ms.map(|target_ms| BenchFunction {
            name: function.name.clone(),
            target_ms,
        }));
    }
    let plan = BenchPlan {
        command: file.command.clone(),
        seconds: time?.as_secs(),
        functions: functions.into_iter().collect::<Option<_>>()?,
    };
    (document.problem_count() == before).then_some(plan)
}

/// The rows of the summary; `known` are the targets of each scenario and of the memory profile.
pub(super) fn summary(
    document: &mut Document<'_>,
    files: &[SummaryFile],
    known: &[(&str, &[Target])],
) -> Vec<SummaryRow> {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    for (row, file) in files.iter().enumerate() {
        for (place, part) in file.parts.iter().enumerate() {
            let at = KeyPath::root()
                .key("summary")
                .index(row)
                .key("parts")
                .index(place);
            let Some((_, targets)) = known.iter().find(|(name, _)| *name == part.scenario) else {
                document.report(
                    &at.key("scenario"),
                    format!("there is no scenario `{}`", part.scenario),
                    Some(&offered(&part.scenario, &names)),
                );
                continue;
            };
            if !targets.iter().any(|target| target.label == part.target) {
                let labels: Vec<&str> =
                    targets.iter().map(|target| target.label.as_str()).collect();
                document.report(
                    &at.key("target"),
                    format!("`{}` has no target \"{}\"", part.scenario, part.target),
                    Some(&offered(&part.target, &labels)),
                );
            }
        }
    }
    files
        .iter()
        .map(|file| SummaryRow {
            label: file.label.clone(),
            requirement: file.requirement.clone(),
            parts: file
                .parts
                .iter()
                .map(|part| SummaryPart {
                    label: part.label.clone(),
                    scenario: part.scenario.clone(),
                    target: part.target.clone(),
                })
                .collect(),
        })
        .collect()
}
