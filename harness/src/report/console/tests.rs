//! A whole run as both kinds of console show it.

use std::path::PathBuf;

use super::*;
use crate::event::Ending;
use crate::report::chart::sample;
use crate::report::sample_assessment::{assessment, of_verdicts};
use crate::units::Bytes;

fn tick(second: u64, failed: u64) -> Event {
    Event::Tick(Tick {
        scenario: "multi_user".to_owned(),
        elapsed: Micros(second * 1_000_000),
        left: Micros(60_000_000 - second * 1_000_000),
        users: 50,
        rate: 241.0,
        p95: (second > 1).then_some(Micros(18_200)),
        completed: 241 * second,
        failed,
        planned: Some(15_000),
    })
}

fn events() -> Vec<Event> {
    let dir = PathBuf::from("reports/20250511_094532");
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut events = vec![
        Event::RunStarted {
            stamp: "20250511_094532".to_owned(),
            directory: dir.clone(),
            scenarios: 5,
        },
        Event::Building {
            command: words("cargo build --release"),
            log: dir.join("build.log"),
        },
        Event::Connecting {
            name: "smart-steps".to_owned(),
            url: "http://127.0.0.1:18080".to_owned(),
            start: true,
        },
        Event::Connected {
            url: "http://127.0.0.1:18080".to_owned(),
            pid: Some(4_711),
            ready_after: Some(Micros(480_000)),
            version: Some("0.1.0".to_owned()),
        },
        Event::ScenarioStarted {
            name: "multi_user".to_owned(),
            title: "Multi-User Concurrent Access".to_owned(),
            position: 2,
            of: 5,
            users: 50,
            at_most: Micros(60_000_000),
            warm_up: true,
        },
        Event::Measuring {
            name: "multi_user".to_owned(),
            warm_up_requests: 150,
        },
    ];
    events.extend((1..=12).map(|second| tick(second, if second < 11 { 0 } else { 3 })));
    events.extend([
        Event::ScenarioEnded {
            name: "multi_user".to_owned(),
            duration: Micros(12_400_000),
            completed: 2_892,
            failed: 3,
            ending: Ending::Failed {
                reason: "the server ended".to_owned(),
            },
        },
        Event::Saved {
            path: dir.join("run.json"),
        },
        Event::MemoryStarted,
        Event::MemoryRead {
            label: "after 100 operations".to_owned(),
            resident: Bytes(218_400_000),
        },
        Event::Skipped {
            part: "benchmarks".to_owned(),
            reason: "profile smoke has none; use --profile full".to_owned(),
        },
        Event::Warning {
            text: "the load average was 3.1 before the run; close other programs".to_owned(),
        },
        Event::RunEnded {
            directory: dir,
            ending: Ending::Complete,
        },
    ]);
    events
}

fn printed(tty: bool) -> String {
    let mut out = Vec::new();
    let mut console = Console::new(&mut out, tty);
    for event in events() {
        console.event(&event).unwrap();
    }
    String::from_utf8(out).unwrap()
}

fn judged(assessment: &Assessment) -> String {
    let mut out = Vec::new();
    let dir = Path::new("reports/20250511_094532");
    let report = dir.join("performance_report_20250511_094532.md");
    Console::new(&mut out, false)
        .verdicts(&sample::record(), assessment, dir, &report)
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_log_has_few_lines_and_no_control_characters() {
    let log = printed(false);
    assert!(log.chars().all(|c| c == '\n' || !c.is_control()));
    insta::assert_snapshot!(log);
}

#[test]
fn a_terminal_has_one_status_line_that_is_written_over() {
    let screen = printed(true);
    for line in screen.split(ERASE).flat_map(|part| part.split('\n')) {
        assert!(
            !line.contains(" of 1:00") || line.chars().count() <= STATUS_WIDTH,
            "{line}"
        );
    }
    insta::assert_snapshot!(screen.replace('\r', "<cr>").replace("\x1b[2K", "<erase>"));
}

#[test]
fn a_log_tells_of_a_scenario_every_five_seconds_and_from_its_start() {
    let mut out = Vec::new();
    let mut console = Console::new(&mut out, false);
    for second in [1, 4, 5, 6, 9, 13, 14, 17, 18] {
        console.event(&tick(second, 0)).unwrap();
    }
    let log = String::from_utf8(out).unwrap();
    let times: Vec<&str> = log
        .lines()
        .filter_map(|line| line.trim().split(' ').next())
        .collect();
    assert_eq!(times, ["0:05", "0:13", "0:18"]);
}

#[test]
fn long_status_lines_are_cut() {
    let mut out = Vec::new();
    let mut console = Console::new(&mut out, true);
    let event = Event::Building {
        command: vec!["x".repeat(200)],
        log: PathBuf::from("build.log"),
    };
    console.event(&event).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.chars().count(), STATUS_WIDTH);
    assert!(text.ends_with('…'));
}

#[test]
fn verdicts_are_a_table_with_causes_and_paths() {
    insta::assert_snapshot!(judged(&assessment()));
}

#[test]
fn a_run_that_passed_needs_no_explanation() {
    let text = judged(&of_verdicts(&[Verdict::Pass]));
    assert!(
        text.contains("✅ PASS\n") && text.contains("Overall: PASSED\nReport:  "),
        "{text}"
    );
    assert!(!text.contains("INVALID"));
}
