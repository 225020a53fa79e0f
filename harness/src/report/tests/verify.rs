//! A report that was tampered with is found out.

use std::path::Path;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::sample;
use crate::measurement::archive::RunRecord;
use crate::measurement::raw::{self, IntervalLog};
use crate::report::verify::{Examination, examine};
use crate::report::{checksums, write_report};
use crate::verdict::assess;

/// A run of two scenarios: enough for every kind of file.
fn record() -> RunRecord {
    let mut record = sample::record();
    record.scenarios.truncate(2);
    record.suite.scenarios.truncate(2);
    record.plan_hash = crate::plan::hash::hash(&record.suite);
    record
}

/// A whole folder of a run, raw files and all.
pub(super) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let record = record();
    record.save(folder.path()).unwrap();
    raw::write(folder.path(), &record).unwrap();
    for scenario in &record.scenarios {
        let steps: Vec<String> = scenario.steps.iter().map(|s| s.step.clone()).collect();
        let mut log =
            IntervalLog::create(folder.path(), &scenario.name, &steps, scenario.started_at)
                .unwrap();
        for (index, step) in scenario.steps.iter().enumerate() {
            log.write(index, 0, &step.response.decode().unwrap())
                .unwrap();
        }
        log.finish().unwrap();
    }
    write_report(folder.path(), &record, &assess(&record), &[]).unwrap();
    folder
}

fn examined(folder: &Path) -> Examination {
    examine(folder, &[], None).unwrap()
}

#[test]
fn an_untouched_report_is_proven() {
    let folder = folder();
    let found = examined(folder.path());
    assert_eq!((found.mismatches, found.notes), (vec![], vec![]));
    assert!(found.files > 15, "{}", found.files);
}

/// Files in which a digit may be changed, with the checksums mended afterwards or not.
fn files(folder: &Path) -> Vec<String> {
    let sums = std::fs::read_to_string(folder.join(checksums::FILE)).unwrap();
    sums.lines()
        .map(|line| line.split_once("  ").unwrap().1.to_owned())
        .collect()
}

#[test]
fn fifty_of_fifty_changed_digits_are_found_and_named() {
    let folder = folder();
    let names = files(folder.path());
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for edit in 0..50 {
        let name = &names[rng.random_range(0..names.len())];
        let path = folder.path().join(name);
        let before = std::fs::read(&path).unwrap();
        let digits: Vec<usize> = (0..before.len())
            .filter(|at| before[*at].is_ascii_digit())
            .collect();
        let at = digits[rng.random_range(0..digits.len())];
        let mut after = before.clone();
        after[at] = b'0' + (after[at] - b'0' + rng.random_range(1..10)) % 10;
        std::fs::write(&path, after).unwrap();
        match examine(folder.path(), &[], None) {
            Ok(found) => assert!(
                found
                    .mismatches
                    .iter()
                    .any(|mismatch| mismatch.file == *name),
                "edit {edit} of {name} at {at}: {found:?}"
            ),
            // A run.json that is no run any more says so itself.
            Err(error) => assert!(name == "run.json", "edit {edit} of {name}: {error}"),
        }
        std::fs::write(&path, before).unwrap();
    }
    assert_eq!(examined(folder.path()).mismatches, []);
}

#[test]
fn mended_checksums_hide_nothing_that_the_measurements_know() {
    let folder = folder();
    for name in [
        format!("performance_report_{}.md", sample::record().stamp),
        "junit.xml".to_owned(),
        "charts/cpu_usage.svg".to_owned(),
        format!("loadtest_results_{}.json", sample::record().stamp),
    ] {
        let path = folder.path().join(&name);
        let before = std::fs::read_to_string(&path).unwrap();
        let at = before.rfind(|c: char| c.is_ascii_digit()).unwrap();
        let other = if before.as_bytes()[at] == b'9' {
            "8"
        } else {
            "9"
        };
        let mut after = before.clone();
        after.replace_range(at..=at, other);
        std::fs::write(&path, after).unwrap();
        checksums::write(folder.path()).unwrap();
        let found = examined(folder.path());
        assert_eq!(found.mismatches.len(), 1, "{name}: {found:?}");
        assert_eq!(found.mismatches[0].file, name);
        assert!(found.mismatches[0].what.starts_with("line "), "{found:?}");
        std::fs::write(&path, before).unwrap();
    }
}

#[test]
fn a_log_of_other_samples_is_named() {
    let folder = folder();
    let record = record();
    let scenario = &record.scenarios[0];
    let steps: Vec<String> = scenario.steps.iter().map(|s| s.step.clone()).collect();
    let mut log =
        IntervalLog::create(folder.path(), &scenario.name, &steps, scenario.started_at).unwrap();
    for (index, step) in scenario.steps.iter().enumerate() {
        let mut times = step.response.decode().unwrap();
        times.record(1_234).unwrap();
        log.write(index, 0, &times).unwrap();
    }
    log.finish().unwrap();
    let found = examined(folder.path());
    assert!(
        found
            .mismatches
            .iter()
            .any(|mismatch| mismatch.what.contains("add up to")),
        "{found:?}"
    );
}

#[test]
fn a_missing_and_a_foreign_file_are_named() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("summary.md")).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let found = examined(folder.path());
    let files: Vec<&str> = found.mismatches.iter().map(|m| &*m.file).collect();
    assert_eq!(files, ["notes.txt", "summary.md"]);
}
