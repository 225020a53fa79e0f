//! Broken inputs for the gate. Each is a way in which a file gets broken or a person is wrong; none may
//! come out as a pass, and each has its documented exit code.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};
use smart_steps_harness::plan::hash::hash_of_json;

use super::{code, server, steps_perf, told};

/// What the gate ends with where it may not say anything.
const INVALID: i32 = 30;
const FAILED: i32 = 20;
const USAGE: i32 = 2;

const SCENARIO: &str = r#"
name = "work"
title = "Work"
description = "4 users with pauses"
kind = "multiple_users"

[sut]
name = "known latencies"
ready = "/ready"

[load]
users = 4
iterations = 170
think = "20 ms"

[[steps]]
name = "work"
path = "/work"

[[targets]]
label = "p95"
metric = "response_time"
statistic = "p95"
bound = "< 2 s"
implausible = "1 ms"

[[targets]]
label = "errors"
metric = "error_rate"
bound = "< 2 %"

[[targets]]
label = "rate"
metric = "throughput"
bound = "> 1 /s"

[[targets]]
label = "soon"
metric = "goodput"
within = "2 s"
bound = "> 95 %"

[[targets]]
label = "steady"
metric = "response_time"
statistic = "p90"
phase = { from = "1 s" }
bound = "< 2 s"
"#;

const RELATIVE: &str = r#"
[[targets]]
label = "no slower"
metric = "response_time"
statistic = "median"
bound = "< 900 % of baseline"
"#;

/// Sound runs that pass, made once: one for itself, and two of a plan with a relative target.
struct Sound {
    _folder: tempfile::TempDir,
    run: Value,
    older: PathBuf,
    newer: PathBuf,
}

fn sound() -> &'static Sound {
    static SOUND: OnceLock<Sound> = OnceLock::new();
    SOUND.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let address = server::start(1.0);
        let measure = |name: &str, text: &str, more: &[&str]| {
            let scenario = folder.path().join("work.toml");
            std::fs::write(&scenario, text).unwrap();
            let out = folder.path().join(name);
            let url = format!("http://{address}");
            let mut arguments = vec!["run", scenario.to_str().unwrap(), "--target", &url];
            arguments.extend(["--out", out.to_str().unwrap()]);
            arguments.extend(more);
            let output = steps_perf(&arguments);
            // Beside the run's folder stands the index of all of them.
            let made = std::fs::read_dir(&out)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .find(|path| path.is_dir())
                .unwrap();
            (code(&output), told(&output), made)
        };
        let (exit, said, plain) = measure("plain", SCENARIO, &[]);
        assert_eq!(exit, 0, "{said}");
        let with_baseline = format!("{SCENARIO}{RELATIVE}");
        // Without a baseline a relative target can only be INVALID.
        let (exit, said, older) = measure("older", &with_baseline, &[]);
        assert_eq!(exit, INVALID, "{said}");
        assert!(said.contains("--baseline"), "{said}");
        let (exit, said, newer) = measure(
            "newer",
            &with_baseline,
            &["--baseline", older.to_str().unwrap()],
        );
        assert_eq!(exit, 0, "{said}");
        Sound {
            run: json_of(&plain.join("run.json")),
            older,
            newer,
            _folder: folder,
        }
    })
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The gate's exit code on a file with this content.
fn judged(name: &str, content: &[u8], more: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), content).unwrap();
    let mut arguments = vec!["gate", folder.path().to_str().unwrap()];
    arguments.extend(more);
    let output = steps_perf(&arguments);
    (code(&output), told(&output))
}

fn check(name: &str, expected: i32, (code, said): (i32, String)) {
    assert_eq!(code, expected, "{name}: {said}");
    assert!(!said.contains("panicked"), "{name}: {said}");
    if expected == INVALID {
        // The reason is always there, and so is no pass.
        assert!(!said.trim().is_empty(), "{name}");
    }
}

/// Gives a changed plan its digest: then it is another plan, honestly.
fn rehash(run: &mut Value) {
    run["plan_hash"] = hash_of_json(&run["suite"]).into();
}

type Mutation = (&'static str, i32, fn(&mut Value));

/// Changes to a saved run that passes.
const OF_RUN: &[Mutation] = &[
    ("another format", INVALID, |run| run["format"] = json!(999)),
    ("format zero", INVALID, |run| run["format"] = json!(0)),
    ("format in words", INVALID, |run| run["format"] = json!("1")),
    ("no format", INVALID, |run| remove(run, "format")),
    ("edited plan hash", INVALID, |run| {
        run["plan_hash"] = json!("0".repeat(64));
    }),
    ("a bound made easier afterwards", INVALID, |run| {
        target(run, 0)["bound"]["value"] = json!(1e9);
    }),
    ("a tolerance added afterwards", INVALID, |run| {
        target(run, 0)["tolerance_percent"] = json!(1000.0);
    }),
    ("a target removed afterwards", INVALID, |run| {
        targets(run).remove(1);
    }),
    ("all targets removed, hash and all", INVALID, |run| {
        targets(run).clear();
        rehash(run);
    }),
    ("scenario removed, hash and all", INVALID, |run| {
        run["suite"]["scenarios"] = json!([]);
        rehash(run);
    }),
    ("a bound that is missed", FAILED, |run| {
        target(run, 0)["bound"]["value"] = json!(1.5);
        target(run, 0)["implausible_beyond"] = Value::Null;
        rehash(run);
    }),
    ("an implausibly good figure", INVALID, |run| {
        target(run, 0)["implausible_beyond"] = json!(1900.0);
        rehash(run);
    }),
    ("a target on a step that is not there", INVALID, |run| {
        target(run, 0)["steps"] = json!(["no_such_step"]);
        rehash(run);
    }),
    ("a statistic that is not known", INVALID, |run| {
        target(run, 0)["statistic"] = json!("p96");
        rehash(run);
    }),
    ("a percentile without the samples for it", INVALID, |run| {
        target(run, 0)["statistic"] = json!("p99_9");
        rehash(run);
    }),
    ("a part of the phase that was not kept", INVALID, |run| {
        target(run, 4)["phase"]["from"] = json!(2);
        rehash(run);
    }),
    ("goodput without its condition", INVALID, |run| {
        remove(target(run, 3), "within");
        rehash(run);
    }),
    ("a bound of null, as NaN is written", INVALID, |run| {
        target(run, 0)["bound"]["value"] = Value::Null;
        rehash(run);
    }),
    ("no scenario measured", INVALID, |run| {
        run["scenarios"] = json!([])
    }),
    ("scenario renamed", INVALID, |run| {
        scenario(run)["name"] = json!("other")
    }),
    ("scenario twice", INVALID, |run| {
        let again = scenario(run).clone();
        list(&mut run["scenarios"]).push(again);
    }),
    ("step missing", INVALID, |run| {
        scenario(run)["steps"] = json!([])
    }),
    ("step renamed", INVALID, |run| {
        step(run)["step"] = json!("other")
    }),
    ("histogram cut off", INVALID, |run| {
        let text = step(run)["response"]["hdr"].as_str().unwrap()[..20].to_owned();
        step(run)["response"]["hdr"] = json!(text);
    }),
    ("histogram empty, count kept", INVALID, |run| {
        step(run)["response"]["hdr"] = json!("");
    }),
    ("histogram of another quantity", INVALID, |run| {
        step(run)["response"] = step(run)["failed_response"].clone();
    }),
    ("zero samples everywhere", INVALID, |run| {
        let empty = step(run)["failed_response"].clone();
        for name in ["response", "service", "queue", "first_byte"] {
            step(run)[name] = empty.clone();
        }
        step(run)["completed"] = json!(0);
    }),
    ("a negative count", INVALID, |run| {
        step(run)["failed"] = json!(-1)
    }),
    ("a count beyond all numbers", INVALID, |run| {
        step(run)["completed"] = json!(1e30);
    }),
    ("a fraction of a request", INVALID, |run| {
        scenario(run)["accounting"]["completed"] = json!(1.5);
    }),
    ("failures forgotten", INVALID, |run| {
        scenario(run)["accounting"]["failed"] = json!(7);
    }),
    ("requests unaccounted for", INVALID, |run| {
        scenario(run)["accounting"]["scheduled"] = json!(100_000);
    }),
    ("half of it unsent", INVALID, |run| {
        let scheduled = scenario(run)["accounting"]["scheduled"].as_u64().unwrap();
        scenario(run)["accounting"]["scheduled"] = json!(2 * scheduled);
        scenario(run)["accounting"]["unsent"] = json!(scheduled);
    }),
    ("a second missing", INVALID, |run| {
        list(&mut scenario(run)["windows"]).remove(1);
    }),
    ("seconds in disorder", INVALID, |run| {
        list(&mut scenario(run)["windows"]).reverse();
    }),
    ("the clock stepped back", INVALID, |run| {
        list(&mut scenario(run)["generator"]["samples"]).reverse();
    }),
    ("a user lost", INVALID, |run| {
        scenario(run)["users"]["lost"] = json!(1);
    }),
    ("users never started", INVALID, |run| {
        scenario(run)["users"]["started"] = json!(2);
    }),
    ("no system under test", INVALID, |run| {
        run["sut"] = Value::Null
    }),
    ("cut off", INVALID, |run| {
        run["end"] = json!({"kind": "unfinished"})
    }),
    ("interrupted", INVALID, |run| {
        run["end"] = json!({"kind": "interrupted"})
    }),
    ("scenario failed", INVALID, |run| {
        scenario(run)["end"] = json!({"kind": "failed", "reason": "the server died"});
    }),
    ("an end that is not known", INVALID, |run| {
        run["end"] = json!({"kind": "fine"})
    }),
    ("a share of a run", INVALID, |run| {
        run["shard"] =
            json!({"part": {"index": 1, "count": 2}, "start_at": "2026-05-11T09:45:32Z"});
    }),
    ("a key that nobody knows", INVALID, |run| {
        run["verdict"] = json!("PASSED")
    }),
    ("a kept verdict in place of measurements", INVALID, |run| {
        let kept = run["assessment"].clone();
        *run = json!({"format": run["format"], "assessment": kept});
    }),
    ("a list", INVALID, |run| *run = json!([])),
    ("null", INVALID, |run| *run = Value::Null),
];

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().unwrap().remove(key).unwrap();
}

fn list(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().unwrap()
}

fn scenario(run: &mut Value) -> &mut Value {
    &mut run["scenarios"][0]
}

fn step(run: &mut Value) -> &mut Value {
    &mut scenario(run)["steps"][0]
}

fn targets(run: &mut Value) -> &mut Vec<Value> {
    list(&mut run["suite"]["scenarios"][0]["targets"])
}

fn target(run: &mut Value, place: usize) -> &mut Value {
    &mut targets(run)[place]
}

#[test]
fn no_broken_run_passes() {
    let sound = sound();
    let text = sound.run.to_string();
    check("untouched", 0, judged("run.json", text.as_bytes(), &[]));
    for (name, expected, mutate) in OF_RUN {
        let mut run = sound.run.clone();
        mutate(&mut run);
        assert_ne!(run, sound.run, "{name} changes nothing");
        let text = run.to_string();
        check(name, *expected, judged("run.json", text.as_bytes(), &[]));
    }
}

#[test]
fn no_broken_file_passes() {
    let sound = sound();
    let text = sound.run.to_string();
    for share in [0, 1, 10, 50, 90, 99] {
        let cut = &text.as_bytes()[..text.len() * share / 100];
        check(
            &format!("{share} % of it"),
            INVALID,
            judged("run.json", cut, &[]),
        );
    }
    let cases: [(&str, Vec<u8>); 5] = [
        (
            "its last byte missing",
            text.as_bytes()[..text.len() - 1].to_vec(),
        ),
        ("something behind it", format!("{text}{text}").into_bytes()),
        ("not text", vec![0xff, 0xfe, 0x00, 0x80]),
        (
            "NaN in it",
            text.replacen("\"value\":2000.0", "\"value\":NaN", 1)
                .into_bytes(),
        ),
        ("another kind of file", b"<testsuites/>".to_vec()),
    ];
    for (name, content) in &cases {
        assert_ne!(content, text.as_bytes(), "{name} changes nothing");
        check(name, INVALID, judged("run.json", content, &[]));
    }
    check("no file", INVALID, judged("other.json", b"{}", &[]));
    for (arguments, expected) in [
        (&["gate"][..], USAGE),
        (&["gate", "no/such/folder"], INVALID),
        (&["gate", "--no-such-option", "x"], USAGE),
        (&["no_such_command"], USAGE),
    ] {
        let output = steps_perf(arguments);
        check(
            &format!("{arguments:?}"),
            expected,
            (code(&output), told(&output)),
        );
    }
}

/// Changes to the baseline of a run that passes beside it.
const OF_BASELINE: &[Mutation] = &[
    ("from another machine", INVALID, |base| {
        base["environment"]["fingerprint"] = json!("another");
    }),
    ("of another plan", INVALID, |base| {
        target(base, 0)["bound"]["value"] = json!(1.0);
        rehash(base);
    }),
    ("by another build of the program", INVALID, |base| {
        let build = base["tool"]["build"].as_str().unwrap();
        base["tool"]["build"] = json!(if build == "debug" { "release" } else { "debug" });
    }),
    ("interrupted", INVALID, |base| {
        base["end"] = json!({"kind": "interrupted"})
    }),
    ("without its scenario", INVALID, |base| {
        base["scenarios"] = json!([])
    }),
    ("with a changed histogram", INVALID, |base| {
        step(base)["response"] = step(base)["failed_response"].clone();
    }),
    ("later than the run", INVALID, |base| {
        base["started_at"] = json!("2999-05-11T09:45:32Z");
    }),
    ("cut off", INVALID, |base| {
        *base = json!({"format": base["format"]})
    }),
];

#[test]
fn no_broken_baseline_passes() {
    let sound = sound();
    let gate = |run: &Path, baseline: &Path| {
        let output = steps_perf(&[
            "gate",
            run.to_str().unwrap(),
            "--baseline",
            baseline.to_str().unwrap(),
        ]);
        (code(&output), told(&output))
    };
    check("in order", 0, gate(&sound.newer, &sound.older));
    check("swapped", INVALID, gate(&sound.older, &sound.newer));
    check("itself", INVALID, gate(&sound.newer, &sound.newer));
    check(
        "not there",
        INVALID,
        gate(&sound.newer, Path::new("no/such/run")),
    );
    let output = steps_perf(&["gate", sound.newer.to_str().unwrap()]);
    check("none", INVALID, (code(&output), told(&output)));
    let original = json_of(&sound.older.join("run.json"));
    for (name, expected, mutate) in OF_BASELINE {
        let mut baseline = original.clone();
        mutate(&mut baseline);
        assert_ne!(baseline, original, "{name} changes nothing");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("run.json"), baseline.to_string()).unwrap();
        check(name, *expected, gate(&sound.newer, folder.path()));
    }
}

/// Changes to a comparison that passes.
const OF_COMPARISON: &[Mutation] = &[
    ("another format", INVALID, |c| c["format"] = json!(2)),
    ("no runs", INVALID, |c| c["runs"] = json!([])),
    ("half of a pair", INVALID, |c| {
        drop(list(&mut c["runs"]).pop())
    }),
    ("fewer pairs than the first look", INVALID, |c| {
        list(&mut c["runs"]).truncate(8);
    }),
    ("sides swapped", INVALID, |c| {
        for run in list(&mut c["runs"]) {
            let other = if run["side"] == "base" {
                "head"
            } else {
                "base"
            };
            run["side"] = json!(other);
        }
    }),
    ("one run on the other side", INVALID, |c| {
        c["runs"][5]["side"] = json!("base")
    }),
    ("a run of another plan", INVALID, |c| {
        c["runs"][3]["plan_hash"] = json!("0".repeat(64));
    }),
    ("a run without a figure", INVALID, |c| {
        c["runs"][3]["value"] = Value::Null
    }),
    ("a figure of zero", INVALID, |c| {
        c["runs"][3]["value"] = json!(0.0)
    }),
    ("a negative figure", INVALID, |c| {
        c["runs"][3]["value"] = json!(-5.0)
    }),
    ("a run with too few samples", INVALID, |c| {
        c["runs"][3]["n"] = json!(129)
    }),
    ("a run with no sample", INVALID, |c| {
        c["runs"][3]["n"] = json!(0)
    }),
    ("an invalid run", INVALID, |c| {
        c["runs"][3]["causes"] = json!(["a user was lost"])
    }),
    ("more failures than requests", INVALID, |c| {
        c["runs"][3]["failed"] = json!(1_000_000)
    }),
    ("a negative count", INVALID, |c| {
        c["runs"][3]["failed"] = json!(-1)
    }),
    ("the clock stepped back", INVALID, |c| {
        c["runs"][3]["started_at"] = json!("2001-01-01T00:00:00Z");
    }),
    ("interrupted", INVALID, |c| {
        c["end"] = json!({"kind": "interrupted"})
    }),
    ("cut off", INVALID, |c| {
        c["end"] = json!({"kind": "unfinished"})
    }),
    ("a threshold of nothing", INVALID, |c| {
        c["threshold_percent"] = json!(0.0)
    }),
    ("a threshold without a limit", INVALID, |c| {
        c["threshold_percent"] = json!(1e9)
    }),
    ("the same revision under two names", INVALID, |c| {
        c["base"]["source"] = json!({"kind": "revision", "commit": "abc"});
        c["head"]["source"] = json!({"kind": "revision", "commit": "abc"});
    }),
    ("the head slower", FAILED, |c| {
        for run in list(&mut c["runs"]) {
            if run["side"] == "head" {
                run["value"] = json!(run["value"].as_f64().unwrap() * 1.5);
            }
        }
    }),
    ("the head failing", FAILED, |c| {
        for run in list(&mut c["runs"]) {
            if run["side"] == "head" {
                run["failed"] = json!(300);
            }
        }
    }),
];

fn comparison() -> Value {
    let run = &sound().run;
    let runs: Vec<Value> = (0_u32..20)
        .map(|turn| {
            let side = if [0, 3].contains(&(turn % 4)) {
                "base"
            } else {
                "head"
            };
            json!({
                "side": side,
                "started_at": format!("2026-05-11T09:45:{:02}Z", turn),
                "folder": format!("runs/{turn}"),
                "plan_hash": run["plan_hash"],
                "version": null,
                "causes": [],
                "n": 680,
                "value": 10.0 + 0.01 * f64::from(turn * 7 % 5),
                "ended": 680,
                "failed": 0,
                "others": {},
            })
        })
        .collect();
    json!({
        "format": 1,
        "stamp": "20260511_094500",
        "started_at": "2026-05-11T09:45:00Z",
        "finished_at": "2026-05-11T09:46:00Z",
        "command": [],
        "tool": run["tool"],
        "environment": run["environment"],
        "plan_hash": run["plan_hash"],
        "seed": 1,
        "subject": {
            "kind": "scenario", "name": "work", "metric": "response_time", "statistic": "p95", "steps": [],
        },
        "threshold_percent": 5.0,
        "max_pairs": 40,
        "base": {"given": "http://one", "source": {"kind": "url"}},
        "head": {"given": "http://two", "source": {"kind": "url"}},
        "runs": runs,
        "end": {"kind": "complete"},
    })
}

#[test]
fn no_broken_comparison_passes() {
    let sound = comparison();
    let text = sound.to_string();
    check("untouched", 0, judged("compare.json", text.as_bytes(), &[]));
    for (name, expected, mutate) in OF_COMPARISON {
        let mut broken = sound.clone();
        mutate(&mut broken);
        assert_ne!(broken, sound, "{name} changes nothing");
        let text = broken.to_string();
        check(
            name,
            *expected,
            judged("compare.json", text.as_bytes(), &[]),
        );
    }
    let cut = &text.as_bytes()[..text.len() / 2];
    check("cut in half", INVALID, judged("compare.json", cut, &[]));
    // What does not decide is green only where nobody asked for strictness.
    let mut undecided = sound;
    for run in list(&mut undecided["runs"]) {
        let factor = if run["side"] == "head" { 1.05 } else { 1.0 };
        run["value"] = json!(run["value"].as_f64().unwrap() * factor);
    }
    let text = undecided.to_string();
    check(
        "undecided",
        10,
        judged("compare.json", text.as_bytes(), &["--strict"]),
    );
    check("undecided", 0, judged("compare.json", text.as_bytes(), &[]));
}

#[test]
fn there_are_at_least_forty_broken_inputs() {
    let count = OF_RUN.len() + OF_BASELINE.len() + OF_COMPARISON.len();
    assert!(count >= 40, "{count}");
    for list in [OF_RUN, OF_BASELINE, OF_COMPARISON] {
        assert!(
            list.iter()
                .all(|(_, expected, _)| [FAILED, INVALID].contains(expected))
        );
    }
}
