//! What holds of every document: no gap, no broken table, no figure that is none.

use std::path::Path;

use super::{rendered, sample, samples};
use crate::measurement::archive::RunRecord;
use crate::report::write_report;
use crate::verdict::assess;

/// Cells of a table row; an escaped bar is none.
fn cells(line: &str) -> usize {
    line.replace("\\|", "").matches('|').count()
}

fn check(name: &str, text: &str) {
    for wrong in [
        "NaN",
        "inf ",
        "undefined",
        "placeholder",
        "None",
        "Some(",
        "{{",
        "{%",
        "-0.0%",
    ] {
        assert!(!text.contains(wrong), "{name}: {wrong}");
    }
    let mut columns: Option<usize> = None;
    for line in text.lines() {
        if !line.starts_with('|') {
            columns = None;
            continue;
        }
        assert_eq!(
            cells(line),
            *columns.get_or_insert(cells(line)),
            "{name}: {line}"
        );
        let empty = line
            .trim_matches('|')
            .split('|')
            .any(|cell| cell.trim().is_empty());
        let may_be = text.contains("| Scenario | Metric | Status | Method | Reason |");
        assert!(!empty || may_be, "{name}: empty cell in {line}");
    }
    assert!(!text.contains("\n\n\n\n"), "{name}: a hole in the text");
}

#[test]
fn every_kind_of_run_renders_without_gaps() {
    for (name, record) in samples() {
        let (report, form) = rendered(&record, &[]);
        check(name, &report);
        check(name, &form);
    }
}

#[test]
fn what_was_not_measured_says_so() {
    let (name, record) = &samples()[1];
    assert_eq!(*name, "nothing measured");
    let (report, form) = rendered(record, &[]);
    assert!(report.contains("**Overall Assessment: INVALID**"));
    assert!(report.contains("the server never got ready"));
    assert!(report.contains("| System Start | not measured |"));
    assert!(report.contains("This scenario was not measured"));
    assert!(!report.contains("✅"), "nothing may pass without data");
    assert!(!form.contains("✅"), "nothing may pass without data");
}

#[test]
fn the_dated_report_as_people_read_it() {
    let (report, _) = rendered(&sample::record(), &[]);
    insta::assert_snapshot!("performance_report", report);
}

#[test]
fn the_form_as_people_read_it() {
    let (_, form) = rendered(&sample::record(), &[]);
    insta::assert_snapshot!("performance_test", form);
}

fn written(record: &RunRecord, dir: &Path) -> crate::report::Written {
    write_report(dir, record, &assess(record), &[]).unwrap()
}

#[test]
fn a_folder_holds_all_files_and_their_checksums() {
    let folder = tempfile::tempdir().unwrap();
    let record = sample::record();
    let written = written(&record, folder.path());
    assert_eq!(
        written.report,
        folder.path().join("performance_report_20250511_094532.md")
    );
    let sums = std::fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap();
    for file in &written.files {
        assert!(file.is_file(), "{}", file.display());
        let name = file
            .strip_prefix(folder.path())
            .unwrap()
            .display()
            .to_string();
        assert!(
            name == "SHA256SUMS" || sums.contains(&format!("  {name}\n")),
            "{name}"
        );
    }
    let report = std::fs::read_to_string(&written.report).unwrap();
    for image in report.split("](charts/").skip(1) {
        let name = image.split(')').next().unwrap();
        assert!(folder.path().join("charts").join(name).is_file(), "{name}");
    }
}

#[test]
fn a_judged_run_is_read_back_as_its_measurements() {
    let folder = tempfile::tempdir().unwrap();
    let record = sample::record();
    written(&record, folder.path());
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("run.json")).unwrap()).unwrap();
    assert!(json["assessment"]["overall"].is_string());
    assert!(json["findings"]["recommendations"].is_array());
    assert_eq!(RunRecord::load(folder.path()).unwrap(), record);
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    let [a, b] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let record = sample::record();
    written(&record, a.path());
    written(&record, b.path());
    let sums = |dir: &Path| std::fs::read_to_string(dir.join("SHA256SUMS")).unwrap();
    assert_eq!(sums(a.path()), sums(b.path()));
}
