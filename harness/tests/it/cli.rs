//! The program as a user starts it: exit codes, messages, files.

mod notes;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures");

fn steps_perf(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_steps-perf"))
        .args(args)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the program was killed")
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn only_run(out: &Path) -> PathBuf {
    let mut runs: Vec<PathBuf> = std::fs::read_dir(out)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // Beside the runs stands the index of all of them.
        .filter(|path| path.is_dir())
        .collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

fn run_notes(address: SocketAddr, scenario: &Path, out: &Path) -> Output {
    steps_perf(&[
        "run",
        scenario.to_str().unwrap(),
        "--target",
        &format!("http://{address}"),
        "--out",
        out.to_str().unwrap(),
    ])
}

#[test]
fn a_foreign_service_is_measured_judged_and_reported() {
    let out = tempfile::tempdir().unwrap();
    let scenario = Path::new(FIXTURES).join("notes.toml");
    let output = run_notes(notes::start(), &scenario, out.path());
    assert_eq!(code(&output), 0, "{}", told(&output));

    let run = only_run(out.path());
    let document: serde_json::Value =
        serde_json::from_slice(&std::fs::read(run.join("run.json")).unwrap()).unwrap();
    let accounting = &document["scenarios"][0]["accounting"];
    assert_eq!(accounting["scheduled"], 4 * 40 * 3);
    assert_eq!(accounting["completed"], 4 * 40 * 3);

    let name = run.file_name().unwrap().to_str().unwrap();
    let report =
        std::fs::read_to_string(run.join(format!("performance_report_{name}.md"))).unwrap();
    assert!(report.contains("Taking notes"), "{report}");

    // What was saved gives the same verdict again, and the same report byte for byte.
    let gate = steps_perf(&["gate", run.to_str().unwrap()]);
    assert_eq!(code(&gate), 0, "{}", told(&gate));
    let rendered = steps_perf(&["report", run.to_str().unwrap()]);
    assert_eq!(code(&rendered), 0, "{}", told(&rendered));
    let again = std::fs::read_to_string(run.join(format!("performance_report_{name}.md"))).unwrap();
    assert_eq!(report, again);
}

#[test]
fn a_target_that_is_missed_fails_the_gate() {
    let out = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(Path::new(FIXTURES).join("notes.toml")).unwrap();
    let strict = text.replace("\"> 1 /s\"", "\"> 1000000 /s\"");
    assert_ne!(text, strict);
    let scenario = folder.path().join("notes.toml");
    std::fs::write(&scenario, strict).unwrap();
    std::fs::copy(
        Path::new(FIXTURES).join("notes.jsonl"),
        folder.path().join("notes.jsonl"),
    )
    .unwrap();
    let output = run_notes(notes::start(), &scenario, out.path());
    assert_eq!(code(&output), 20, "{}", told(&output));
    let run = only_run(out.path());
    assert_eq!(code(&steps_perf(&["gate", run.to_str().unwrap()])), 20);
}

#[test]
fn an_unreachable_target_is_invalid_and_never_a_pass() {
    // Bound and closed again: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let out = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(Path::new(FIXTURES).join("notes.toml")).unwrap();
    let hasty = text.replace(
        "ready = \"/healthz\"",
        "ready = \"/healthz\"\nready_timeout = \"1 s\"",
    );
    let scenario = folder.path().join("notes.toml");
    std::fs::write(&scenario, hasty).unwrap();
    std::fs::copy(
        Path::new(FIXTURES).join("notes.jsonl"),
        folder.path().join("notes.jsonl"),
    )
    .unwrap();
    let output = run_notes(free, &scenario, out.path());
    assert_eq!(code(&output), 30, "{}", told(&output));
    assert!(
        told(&output).contains(&free.to_string()),
        "{}",
        told(&output)
    );
    let run = only_run(out.path());
    assert!(
        run.join("run.json").is_file(),
        "what was measured is kept, even if it is nothing"
    );
}

#[test]
fn a_wrong_key_is_named_with_file_line_and_suggestion() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(Path::new(FIXTURES).join("notes.toml")).unwrap();
    let scenario = folder.path().join("notes.toml");
    std::fs::write(&scenario, text.replace("iterations = 40", "itertions = 40")).unwrap();
    std::fs::copy(
        Path::new(FIXTURES).join("notes.jsonl"),
        folder.path().join("notes.jsonl"),
    )
    .unwrap();
    for command in ["check", "run"] {
        let output = steps_perf(&[command, scenario.to_str().unwrap()]);
        let told = told(&output);
        assert_eq!(code(&output), 2, "{told}");
        for part in ["notes.toml:16", "itertions", "iterations"] {
            assert!(told.contains(part), "{part} is not in: {told}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_said_before_any_load() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "in the way").unwrap();
    let scenario = Path::new(FIXTURES).join("notes.toml");
    let output = run_notes(notes::start(), &scenario, &file.join("reports"));
    let told = told(&output);
    assert_eq!(code(&output), 30, "{told}");
    assert!(told.contains("a file") && told.contains("--out"), "{told}");
}

#[test]
fn a_run_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["gate", "report"] {
        let output = steps_perf(&[command, folder.path().to_str().unwrap()]);
        let told = told(&output);
        assert_eq!(code(&output), 30, "{told}");
        assert!(told.contains("run.json"), "{told}");
    }
}
