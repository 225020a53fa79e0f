//! Reads plans from TOML files: text, then shape, then meaning, each with all its problems at once.
//!
//! `document` knows where keys stand, `shape` compares a file with the schema of its format, the
//! `mirror` structs hold it as written, and the rest converts them once into the validated types of
//! `plan`. Nothing outside of this folder sees a mirror struct, and nothing here sends a request.

mod arrivals;
mod document;
mod feed;
mod load;
mod mirror;
mod mirror_suite;
mod phase;
mod quantity;
mod read;
mod scenario;
mod shape;
mod steps;
mod suite;
mod targets;
mod variables;

use std::path::Path;

use self::document::{Document, KeyPath};
use self::mirror::ScenarioFile;
use self::mirror_suite::SuiteFile;
use self::scenario::{BENCH, FULL, MEMORY};
pub use super::error::PlanError;
use super::error::Problem;
use super::scenario::Scenario;
use super::suite::{Suite, Sut};
use super::target::Target;

/// Reads a suite and its scenarios for one profile.
///
/// `only` chooses scenarios by name; the memory profile and the micro-benchmarks are then taken if
/// it names `memory` or `bench`. An empty list chooses everything.
///
/// # Errors
/// If a file cannot be read, is not a plan, or has no such profile or scenario.
pub fn load_suite(path: &Path, profile: &str, only: &[String]) -> Result<Suite, PlanError> {
    let read = read_suite(path, profile)?;
    if !read.profiles.iter().any(|known| known == profile) {
        return Err(PlanError::UnknownProfile {
            file: path.to_owned(),
            profile: profile.to_owned(),
            known: read.profiles,
        });
    }
    let mut suite = read.suite.ok_or(PlanError::Invalid(read.problems))?;
    if only.is_empty() {
        return Ok(suite);
    }
    let known: Vec<String> = suite
        .scenarios
        .iter()
        .map(|scenario| scenario.name.clone())
        .chain([MEMORY.to_owned(), BENCH.to_owned()])
        .collect();
    if let Some(name) = only.iter().find(|name| !known.contains(name)) {
        return Err(PlanError::UnknownScenario {
            file: path.to_owned(),
            name: name.clone(),
            known,
        });
    }
    let is_chosen = |name: &str| only.iter().any(|one| one == name);
    suite.scenarios.retain(|scenario| is_chosen(&scenario.name));
    suite.memory = suite.memory.filter(|_| is_chosen(MEMORY));
    suite.bench = suite.bench.filter(|_| is_chosen(BENCH));
    // A row over the whole suite says nothing where a part of it was not chosen.
    suite
        .summary
        .retain(|row| row.parts.iter().all(|part| is_chosen(&part.scenario)));
    Ok(suite)
}

/// Reads a scenario that is run by itself, as a suite of one; its file names the service in `[sut]`.
///
/// # Errors
/// If a file cannot be read, is not a scenario, names no service, or has no such profile.
pub fn load_scenario_file(path: &Path, profile: &str) -> Result<Suite, PlanError> {
    let text = read::text_of(path)?;
    let read = read_scenario(path, &text, profile, 1);
    if read.problems.is_empty()
        && profile != FULL
        && !read.profiles.iter().any(|known| known == profile)
    {
        return Err(PlanError::UnknownProfile {
            file: path.to_owned(),
            profile: profile.to_owned(),
            known: with_full(read.profiles),
        });
    }
    let mut problems = read.problems;
    if read.has_shape && !read.has_sut {
        problems.push(Problem {
            file: path.to_owned(),
            line: 1,
            column: 1,
            key: "sut".to_owned(),
            message: "a scenario that is run without a suite must say what it runs against"
                .to_owned(),
            hint: Some("[sut] with name = \"my service\" and ready = \"/health\"".to_owned()),
        });
    }
    match (read.scenario, read.sut) {
        (Some(scenario), Some(sut)) if problems.is_empty() => Ok(Suite {
            subject: sut.name.clone(),
            profile: profile.to_owned(),
            sut,
            scenarios: vec![scenario],
            memory: None,
            bench: None,
            summary: Vec::new(),
        }),
        _ => Err(PlanError::Invalid(problems)),
    }
}

/// Whether a file is a suite and not a scenario: it lists scenarios.
///
/// # Errors
/// If the file cannot be read.
pub fn is_suite(path: &Path) -> Result<bool, PlanError> {
    let text = read::text_of(path)?;
    let document = Document::parse(path, &text);
    Ok(document.root.get_ref().get("scenarios").is_some())
}

/// The profiles that a suite or scenario file knows, `full` first.
///
/// # Errors
/// If the file cannot be read or is no plan at all.
pub fn profiles(path: &Path) -> Result<Vec<String>, PlanError> {
    if is_suite(path)? {
        return Ok(read_suite(path, FULL)?.profiles);
    }
    let text = read::text_of(path)?;
    let read = read_scenario(path, &text, FULL, 1);
    if read.has_shape {
        Ok(with_full(read.profiles))
    } else {
        Err(PlanError::Invalid(read.problems))
    }
}

/// The JSON schema of scenario files.
#[must_use]
pub fn scenario_schema() -> serde_json::Value {
    read::schema_of::<ScenarioFile>()
}

/// The JSON schema of suite files.
#[must_use]
pub fn suite_schema() -> serde_json::Value {
    read::schema_of::<SuiteFile>()
}

struct ReadScenario {
    scenario: Option<Scenario>,
    sut: Option<Sut>,
    has_shape: bool,
    has_sut: bool,
    profiles: Vec<String>,
    problems: Vec<Problem>,
}

fn read_scenario(path: &Path, text: &str, profile: &str, place: u32) -> ReadScenario {
    let mut document = Document::parse(path, text);
    let Some(file) = read::mirror::<ScenarioFile>(&mut document) else {
        return ReadScenario {
            scenario: None,
            sut: None,
            has_shape: false,
            has_sut: false,
            profiles: Vec::new(),
            problems: document.into_problems(),
        };
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let sut = file
        .sut
        .as_ref()
        .and_then(|sut| suite::sut(&mut document, sut));
    let scenario = scenario::convert(&mut document, &file, profile, folder, place);
    ReadScenario {
        scenario,
        sut,
        has_shape: true,
        has_sut: file.sut.is_some(),
        profiles: file.profile.into_keys().collect(),
        problems: document.into_problems(),
    }
}

struct ReadSuite {
    suite: Option<Suite>,
    profiles: Vec<String>,
    problems: Vec<Problem>,
}

fn read_suite(path: &Path, profile: &str) -> Result<ReadSuite, PlanError> {
    let text = read::text_of(path)?;
    let mut document = Document::parse(path, &text);
    let Some(file) = read::mirror::<SuiteFile>(&mut document) else {
        return Err(PlanError::Invalid(document.into_problems()));
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut profiles: Vec<String> = file.profile.keys().cloned().collect();
    let scenarios = scenarios_of(&mut document, &file, folder, profile, &mut profiles);
    scenario::no_full_profile(&mut document, file.profile.keys());

    let changes = file.profile.get_key_value(profile);
    let of_memory = changes.and_then(|(name, own)| Some((name.as_str(), own.memory.as_ref()?)));
    let of_bench = changes.and_then(|(name, own)| Some((name.as_str(), own.bench.as_ref()?)));
    let sut = suite::sut(&mut document, &file.sut);
    let memory = file
        .memory
        .as_ref()
        .map(|memory| suite::memory(&mut document, memory, of_memory));
    let bench = file
        .bench
        .as_ref()
        .map(|bench| suite::bench(&mut document, bench, of_bench));

    // A summary can be checked only when everything it may refer to was understood.
    let mut summary = Vec::new();
    if scenarios.iter().all(Option::is_some) && !matches!(memory, Some(None)) {
        let mut known: Vec<(&str, &[Target])> = scenarios
            .iter()
            .flatten()
            .map(|scenario| (scenario.name.as_str(), scenario.targets.as_slice()))
            .collect();
        if let Some(Some(memory)) = &memory {
            known.push((MEMORY, &memory.targets));
        }
        summary = suite::summary(&mut document, &file.summary, &known);
    }
    let is_clean = document.is_clean();
    let suite = sut.filter(|_| is_clean).map(|sut| Suite {
        subject: file.subject,
        profile: profile.to_owned(),
        sut,
        scenarios: scenarios.into_iter().flatten().collect(),
        memory: memory
            .flatten()
            .filter(|_| of_memory.is_none_or(|(_, own)| own.enabled.unwrap_or(true))),
        bench: bench
            .flatten()
            .filter(|_| of_bench.is_none_or(|(_, own)| own.enabled.unwrap_or(true))),
        summary,
    });
    Ok(ReadSuite {
        suite,
        profiles: with_full(profiles),
        problems: document.into_problems(),
    })
}

fn scenarios_of(
    document: &mut Document<'_>,
    file: &SuiteFile,
    folder: &Path,
    profile: &str,
    profiles: &mut Vec<String>,
) -> Vec<Option<Scenario>> {
    let at = KeyPath::root().key("scenarios");
    if file.scenarios.is_empty() {
        document.report(
            &at,
            "a suite without scenarios measures nothing",
            Some("[\"my_scenario.toml\"]"),
        );
    }
    let mut scenarios: Vec<Option<Scenario>> = Vec::with_capacity(file.scenarios.len());
    for (place, name) in (1_u32..).zip(&file.scenarios) {
        let at = at.index(scenarios.len());
        let path = folder.join(name);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                document.report(
                    &at,
                    format!("cannot read {}: {error}", path.display()),
                    Some("a path relative to the suite file"),
                );
                scenarios.push(None);
                continue;
            }
        };
        let read = read_scenario(&path, &text, profile, place);
        profiles.extend(read.profiles);
        for problem in read.problems {
            document.report_elsewhere(problem);
        }
        if let Some(scenario) = &read.scenario {
            let others = scenarios.iter().flatten();
            let same = others
                .clone()
                .find(|other| other.name == scenario.name || other.number == scenario.number);
            if let Some(other) = same {
                document.report(
                    &at,
                    format!("{name} has the name `{}` and the number {}, and so has one before it (`{}`, {})",
                        scenario.name, scenario.number, other.name, other.number),
                    Some("each scenario has a name and a number of its own"),
                );
            }
        }
        scenarios.push(read.scenario);
    }
    scenarios
}

fn with_full(mut profiles: Vec<String>) -> Vec<String> {
    profiles.sort();
    profiles.dedup();
    profiles.insert(0, FULL.to_owned());
    profiles
}

#[cfg(test)]
mod tests;
