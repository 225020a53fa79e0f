//! The labelled sets, held to the bounds that docs/risk.md states.

use std::path::{Path, PathBuf};
use std::process::Command;

fn set(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data/labelled")
        .join(name)
}

fn eval(what: &str, file: &Path, flags: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_smart-steps"))
        .args(["eval", what])
        .arg(file)
        .args(flags)
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn claims_hold_precision_and_recall_on_the_held_out_pairs() {
    let bounds = [
        "--split",
        "held_out",
        "--min-precision",
        "0.90",
        "--min-recall",
        "0.50",
    ];
    let (held, out, err) = eval("contradiction", &set("claims_en.jsonl"), &bounds);
    assert!(held, "{out}{err}");
}

#[test]
fn risk_holds_its_bounds_on_both_parts() {
    let file = set("risk_en.jsonl");
    for (split, sensitivity) in [("tune", "0.98"), ("held_out", "0.94")] {
        let bounds = [
            "--split",
            split,
            "--min-sensitivity",
            sensitivity,
            "--min-ppv",
            "0.60",
        ];
        let (held, out, err) = eval("risk", &file, &bounds);
        assert!(held, "{split}: {out}{err}");
    }
}

#[test]
fn an_unmet_bound_fails_and_says_which() {
    let flags = ["--split", "held_out", "--min-ppv", "1", "--format", "json"];
    let (held, out, err) = eval("risk", &set("risk_en.jsonl"), &flags);
    assert!(!held);
    assert!(err.contains("PPV is 0."), "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(report["overall"]["sensitivity"]["share"].is_number());
    assert!(report["by_category"]["neglect"]["sensitivity"]["low"].is_number());
}

#[test]
fn sentiment_is_compared_with_a_file_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rated.jsonl");
    std::fs::write(
        &file,
        "{\"text\": \"A table.\", \"compound\": 0.0}\nnot json\n",
    )
    .unwrap();
    let (held, _, err) = eval("sentiment", &file, &[]);
    assert!(!held && err.contains("rated.jsonl:2: "), "{err}");
    std::fs::write(&file, "{\"text\": \"A table.\", \"compound\": 0.0}\n").unwrap();
    let (held, out, err) = eval("sentiment", &file, &["--max-deviation", "0.0001"]);
    assert!(
        held && out.contains("same to 1e-4       1.000"),
        "{out}{err}"
    );
}
