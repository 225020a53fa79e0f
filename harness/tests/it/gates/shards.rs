//! Shards: together they are the run, and what is not exactly all of them is none.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use smart_steps_harness::measurement::archive::RunRecord;
use smart_steps_harness::measurement::clock::{Clock as _, SystemClock};
use smart_steps_harness::measurement::histogram::HistogramRecord;
use smart_steps_harness::measurement::merge::{MergeError, SavedShard, merge};

use super::{code, server, steps_perf, told};

/// Three shards of one real run, made once.
fn shards() -> &'static [PathBuf] {
    static SHARDS: OnceLock<(tempfile::TempDir, Vec<PathBuf>)> = OnceLock::new();
    let (_, shards) = SHARDS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let scenario = server::scenario(folder.path(), 60);
        let address = server::start(1.0);
        let start_at = SystemClock.now() + SignedDuration::from_secs(6);
        let children: Vec<_> = (1..=3)
            .map(|index| {
                Command::new(env!("CARGO_BIN_EXE_steps-perf"))
                    .args(["run", scenario.to_str().unwrap()])
                    .args(["--target", &format!("http://{address}")])
                    .args(["--shard", &format!("{index}/3")])
                    .args(["--start-at", &start_at.to_string()])
                    .arg("--out")
                    .arg(folder.path().join(index.to_string()))
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert_eq!(code(&output), 0, "{}", told(&output));
        }
        let only = |index: u32| {
            let mut made = std::fs::read_dir(folder.path().join(index.to_string())).unwrap();
            made.next().unwrap().unwrap().path()
        };
        let shards = (1..=3).map(only).collect();
        (folder, shards)
    });
    shards
}

fn load(folders: &[PathBuf]) -> Vec<SavedShard> {
    let load = |folder: &PathBuf| SavedShard {
        folder: folder.clone(),
        record: RunRecord::load(folder).unwrap(),
    };
    folders.iter().map(load).collect()
}

/// The shards as if each had begun when it was to: the machine of a test may be late.
fn punctual() -> Vec<SavedShard> {
    let mut shards = load(shards());
    for saved in &mut shards {
        let start_at = saved.record.shard.unwrap().start_at;
        saved.record.scenarios[0].started_at = start_at;
    }
    shards
}

#[test]
fn merged_shards_are_the_whole_run() {
    let shards = punctual();
    let out = tempfile::tempdir().unwrap();
    let whole = merge(shards.clone(), "20260511_094532", out.path()).unwrap();
    let scenario = &whole.scenarios[0];
    assert_eq!(scenario.users.planned, 8);
    assert_eq!(
        scenario.accounting.completed + scenario.accounting.failed,
        480
    );
    assert_eq!(scenario.accounting.scheduled, 480);
    let parts: Vec<&HistogramRecord> = shards
        .iter()
        .map(|saved| &saved.record.scenarios[0].steps[0].response)
        .collect();
    assert_eq!(
        scenario.steps[0].response,
        HistogramRecord::merge(&parts).unwrap()
    );
    // Seconds, steps and scenario agree, and so do the interval logs that were written.
    let of_seconds: u64 = scenario
        .windows
        .iter()
        .map(|window| window.steps[0].completed)
        .sum();
    assert_eq!(of_seconds, scenario.steps[0].completed);
    let log = smart_steps_harness::measurement::raw::read_interval_log(out.path(), "work", "work");
    let logged: u64 = log
        .unwrap()
        .iter()
        .map(|interval| interval.times.len())
        .sum();
    assert_eq!(logged, scenario.steps[0].completed);
    // The order in which they are given does not matter.
    let mut turned = shards;
    turned.reverse();
    let other = tempfile::tempdir().unwrap();
    assert_eq!(
        merge(turned, "20260511_094532", other.path()).unwrap(),
        whole
    );
}

#[test]
fn users_keep_their_numbers_and_no_shard_is_judged_alone() {
    for (shard, users) in shards().iter().zip([3, 3, 2]) {
        let record = RunRecord::load(shard).unwrap();
        assert_eq!(record.scenarios[0].users.started, users);
        let gate = steps_perf(&["gate", shard.to_str().unwrap()]);
        assert_eq!(code(&gate), 30, "{}", told(&gate));
        assert!(told(&gate).contains("steps-perf merge"), "{}", told(&gate));
    }
}

type Break = (
    &'static str,
    fn(&mut Vec<SavedShard>),
    fn(&MergeError) -> bool,
);

#[test]
fn what_is_not_exactly_all_shards_is_no_run() {
    let breaks: &[Break] = &[
        ("none", Vec::clear, |e| matches!(e, MergeError::Nothing)),
        (
            "one missing",
            |s| drop(s.remove(1)),
            |e| matches!(e, MergeError::Missing { missing, .. } if missing == &[2]),
        ),
        (
            "one twice",
            |s| s[1] = s[0].clone(),
            |e| matches!(e, MergeError::Duplicate { index: 1, .. }),
        ),
        (
            "late",
            |s| {
                let began = &mut s[2].record.scenarios[0].started_at;
                *began += SignedDuration::from_millis(501);
            },
            |e| matches!(e, MergeError::Late { index: 3, .. }),
        ),
        (
            "early",
            |s| {
                let began = &mut s[0].record.scenarios[0].started_at;
                *began -= SignedDuration::from_millis(501);
            },
            |e| matches!(e, MergeError::Late { index: 1, .. }),
        ),
        (
            "another seed",
            |s| s[1].record.seed += 1,
            |e| matches!(e, MergeError::Foreign { what: "seed", .. }),
        ),
        (
            "another plan",
            |s| s[1].record.plan_hash.push('0'),
            |e| matches!(e, MergeError::Foreign { what: "plan", .. }),
        ),
        (
            "another start",
            |s| {
                let shard = s[2].record.shard.as_mut().unwrap();
                shard.start_at = Timestamp::UNIX_EPOCH;
            },
            |e| matches!(e, MergeError::Foreign { .. }),
        ),
        (
            "another number of shards",
            |s| s[2].record.shard.as_mut().unwrap().part.count = 4,
            |e| matches!(e, MergeError::Foreign { .. }),
        ),
        (
            "a whole run",
            |s| s[0].record.shard = None,
            |e| matches!(e, MergeError::NotAShard { .. }),
        ),
        (
            "interrupted",
            |s| {
                use smart_steps_harness::measurement::archive::RunEnd;
                s[1].record.end = RunEnd::Interrupted;
            },
            |e| matches!(e, MergeError::Unfinished { index: 2, .. }),
        ),
        (
            "no system",
            |s| s[0].record.sut = None,
            |e| {
                matches!(
                    e,
                    MergeError::Foreign { .. } | MergeError::Unfinished { .. }
                )
            },
        ),
        (
            "no scenario",
            |s| s[0].record.scenarios.clear(),
            |e| matches!(e, MergeError::Corrupt { .. }),
        ),
        (
            "another step",
            |s| s[1].record.scenarios[0].steps[0].step.push('x'),
            |e| matches!(e, MergeError::Corrupt { .. } | MergeError::Archive(_)),
        ),
        (
            "a wrong count",
            |s| s[1].record.scenarios[0].steps[0].completed += 1,
            |e| matches!(e, MergeError::Corrupt { .. }),
        ),
        (
            "a cut histogram",
            |s| s[1].record.scenarios[0].steps[0].service.hdr.truncate(9),
            |e| matches!(e, MergeError::Histogram(_)),
        ),
        (
            "a wrong second",
            |s| s[1].record.scenarios[0].windows[0].steps[0].completed += 1,
            |e| matches!(e, MergeError::Corrupt { .. }),
        ),
        (
            "no interval logs",
            |s| s[1].folder = PathBuf::from("no/such/folder"),
            |e| matches!(e, MergeError::Archive(_)),
        ),
    ];
    for (name, spoil, expected) in breaks {
        let mut shards = punctual();
        spoil(&mut shards);
        let out = tempfile::tempdir().unwrap();
        match merge(shards, "20260511_094532", out.path()) {
            Ok(_) => panic!("{name}: merged"),
            Err(error) => assert!(expected(&error), "{name}: {error:?}"),
        }
    }
}

#[test]
fn the_program_refuses_with_the_documented_code_and_writes_nothing() {
    let out = tempfile::tempdir().unwrap();
    let target = out.path().join("merged");
    let (one, two) = (text(&shards()[0]), text(&shards()[1]));
    let target_text = text(&target);
    for (arguments, expected) in [
        (vec!["merge", &one, &two, "--out", &target_text], 30),
        (vec!["merge", &one, &one, "--out", &target_text], 30),
        (vec!["merge", "no/such/folder", "--out", &target_text], 30),
        (vec!["merge"], 2),
    ] {
        let output = steps_perf(&arguments);
        assert_eq!(code(&output), expected, "{arguments:?}: {}", told(&output));
    }
    let left: Vec<_> = std::fs::read_dir(&target).map_or_else(|_| Vec::new(), Iterator::collect);
    assert!(left.is_empty(), "{left:?}");
    for (shard, expected) in [("0/3", 2), ("4/3", 2), ("a", 2)] {
        let output = steps_perf(&["run", "x.toml", "--shard", shard]);
        assert_eq!(code(&output), expected, "{}", told(&output));
    }
}

#[test]
fn all_shards_together_are_judged_and_reported() {
    // Lateness is a matter of the test's machine; the saved start is set to the agreed one.
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["merge".to_owned()];
    for (place, shard) in shards().iter().enumerate() {
        let copy = folder.path().join(place.to_string());
        std::fs::create_dir_all(copy.join("histograms")).unwrap();
        for file in std::fs::read_dir(shard.join("histograms")).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.join("histograms").join(file.file_name())).unwrap();
        }
        let saved = std::fs::read(shard.join("run.json")).unwrap();
        let mut json: Value = serde_json::from_slice(&saved).unwrap();
        json["scenarios"][0]["started_at"] = json["shard"]["start_at"].clone();
        std::fs::write(copy.join("run.json"), json.to_string()).unwrap();
        arguments.push(text(&copy));
    }
    let out = folder.path().join("merged");
    arguments.extend(["--out".to_owned(), text(&out)]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = steps_perf(&arguments);
    assert_eq!(code(&output), 0, "{}", told(&output));
    let run = std::fs::read_dir(&out)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let record = RunRecord::load(&run).unwrap();
    assert_eq!((record.merged_from, record.shard), (Some(3), None));
    let gate = steps_perf(&["gate", run.to_str().unwrap()]);
    assert_eq!(code(&gate), 0, "{}", told(&gate));
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
