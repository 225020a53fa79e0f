//! Findings on known records: trends, anomalies, recommendations, capacity.

use super::sample;
use crate::findings::anomaly::AnomalyKind;
use crate::findings::recommendation::{Action, Priority};
use crate::findings::trend::Trend;
use crate::findings::{self, Findings};
use crate::measurement::archive::RunRecord;
use crate::units::{Bytes, Micros};
use crate::verdict::assess;

fn found(record: &RunRecord, history: &[RunRecord]) -> Findings {
    findings::find(record, &assess(record), history)
}

fn changed(change: impl FnOnce(&mut RunRecord)) -> RunRecord {
    let mut record = sample::record();
    change(&mut record);
    record
}

fn earlier(stamp: &str, hours: i64) -> RunRecord {
    changed(|run| {
        stamp.clone_into(&mut run.stamp);
        run.started_at -= jiff::SignedDuration::from_hours(hours);
    })
}

#[test]
fn a_run_without_history_has_no_trend() {
    let trend = found(&sample::record(), &[]).trend;
    assert_eq!(
        (trend.earlier.len(), trend.rows.len(), trend.left_out),
        (0, 0, 0)
    );
}

#[test]
fn only_comparable_valid_and_earlier_runs_are_a_basis() {
    let mut other_machine = earlier("20250510_000001", 33);
    other_machine.environment.fingerprint = "another".to_owned();
    let mut other_plan = earlier("20250510_000002", 32);
    other_plan.plan_hash = "another".to_owned();
    let mut invalid = earlier("20250510_000003", 31);
    invalid.sut = None;
    let later = earlier("20250512_000000", -20);
    let history = [
        earlier("20250510_000004", 30),
        other_machine,
        other_plan,
        invalid,
        later,
        sample::record(),
    ];
    let trend = found(&sample::record(), &history).trend;
    assert_eq!(stamps(&trend), ["20250510_000004"]);
    assert_eq!(trend.left_out, 3);
    assert!(
        trend
            .rows
            .iter()
            .all(|row| row.change.is_none_or(|change| change == 0.0))
    );
    assert!(trend.rows.iter().all(|row| row.overlap != Some(false)));
}

fn stamps(trend: &Trend) -> Vec<&str> {
    trend.earlier.iter().map(|run| &*run.stamp).collect()
}

#[test]
fn the_oldest_run_comes_first() {
    let history: Vec<RunRecord> = (1..=7)
        .map(|hours| earlier(&format!("run {hours}"), hours))
        .collect();
    let trend = found(&sample::record(), &history).trend;
    let expected: Vec<String> = (1..=7).rev().map(|hours| format!("run {hours}")).collect();
    assert_eq!(stamps(&trend), expected);
    assert!(trend.rows.iter().all(|row| row.earlier.len() == 7));
    assert!(trend.rows.iter().all(|row| row.changes.is_empty()));
}

#[test]
fn a_change_of_level_names_the_runs_on_either_side() {
    let slower = |run: &mut RunRecord| {
        let profile = run.memory.as_mut().unwrap();
        profile.start = Bytes(profile.start.0 * 2);
    };
    let mut history: Vec<RunRecord> = (1..=9)
        .map(|hours| earlier(&format!("run {hours}"), hours))
        .collect();
    for run in &mut history[..4] {
        slower(run);
    }
    let record = changed(slower);
    let trend = found(&record, &history).trend;
    let changes: Vec<_> = trend.rows.iter().flat_map(|row| &row.changes).collect();
    assert!(!changes.is_empty());
    for change in changes {
        assert_eq!(
            (&*change.after.stamp, &*change.from.stamp),
            ("run 5", "run 4")
        );
        assert_eq!(change.at, 5);
        assert!(change.percent.is_some_and(|percent| percent.abs() > 10.0));
    }
}

fn has(record: &RunRecord, kind: impl Fn(&AnomalyKind) -> bool) -> bool {
    found(record, &[])
        .anomalies
        .iter()
        .any(|anomaly| kind(&anomaly.what))
}

#[test]
fn a_busy_machine_and_a_debug_build_are_told() {
    let busy = changed(|run| run.environment.load_before = 1.0);
    assert!(has(&busy, |kind| matches!(
        kind,
        AnomalyKind::BusyMachine { cores: 2, .. }
    )));
    let debug = changed(|run| run.tool.build = "debug".to_owned());
    assert!(has(&debug, |kind| *kind == AnomalyKind::DebugBuild));
    assert!(!has(&sample::record(), |kind| *kind == AnomalyKind::DebugBuild));
}

#[test]
fn a_second_without_answers_is_a_stall() {
    let stalled = changed(|run| {
        for step in &mut run.scenarios[1].windows[20].steps {
            step.completed = 0;
            step.failed = 0;
        }
    });
    let anomalies = found(&stalled, &[]).anomalies;
    let stall = anomalies
        .iter()
        .find(|a| matches!(a.what, AnomalyKind::Stall { .. }))
        .unwrap();
    assert_eq!(stall.seconds, Some((20, 20)));
}

#[test]
fn a_second_far_above_the_median_is_a_slow_spell() {
    let slow = changed(|run| {
        for window in &mut run.scenarios[1].windows[10..12] {
            let step = &mut window.steps[1];
            step.completed = 50;
            step.p50 = Some(Micros(900_000));
        }
    });
    let anomalies = found(&slow, &[]).anomalies;
    let spell = anomalies
        .iter()
        .find(|a| matches!(a.what, AnomalyKind::Slow { .. }))
        .unwrap();
    assert_eq!(spell.seconds, Some((10, 11)));
}

#[test]
fn memory_that_rises_along_a_line_is_told() {
    let rising = changed(|run| {
        for sample in &mut run.scenarios[1].server.as_mut().unwrap().samples {
            sample.rss = Bytes(100_000_000 + sample.at.0);
        }
    });
    assert!(has(&rising, |kind| matches!(
        kind,
        AnomalyKind::RisingMemory { per_minute_mb, .. } if (*per_minute_mb - 60.0).abs() < 0.01
    )));
    let level = changed(|run| {
        for scenario in &mut run.scenarios {
            for sample in &mut scenario.server.as_mut().unwrap().samples {
                sample.rss = Bytes(100_000_000);
            }
        }
    });
    assert!(!has(&level, |kind| matches!(
        kind,
        AnomalyKind::RisingMemory { .. }
    )));
}

#[test]
fn a_missed_response_time_points_at_the_largest_phase_with_its_bound() {
    let missed = changed(|run| {
        for target in &mut run.suite.scenarios[0].targets {
            target.tolerance_percent = 0.0;
            if target.bound.relation.smaller_is_better() {
                target.bound.value = 1e-6;
            }
        }
        for step in &mut run.scenarios[0].steps {
            let mut phase = step.service.clone();
            phase.sum = Micros(phase.sum.0 / 2);
            step.phases.clear();
            step.phases.insert("store.rs:append()".to_owned(), phase);
        }
    });
    let recommendations = found(&missed, &[]).recommendations;
    let bound = recommendations.iter().find_map(|r| match &r.action {
        Action::Speed {
            phase,
            at_most_percent,
            ..
        } if phase.scenario == "single_user" => {
            assert_eq!(r.priority, Priority::High);
            assert_eq!(phase.phase, "store.rs:append()");
            Some(*at_most_percent)
        }
        _ => None,
    });
    assert!((bound.unwrap() - 50.0).abs() < 0.1, "{bound:?}");
}

#[test]
fn a_clean_but_undecided_error_rate_asks_for_more_samples() {
    let record = sample::record();
    let recommendations = found(&record, &[]).recommendations;
    let undecided = assess(&record);
    let undecided = undecided.judgements().filter(|j| {
        j.verdict == crate::verdict::outcome::Verdict::Marginal && j.value == Some(0.0)
    });
    for judgement in undecided {
        let asked = recommendations.iter().any(|r| {
            let Action::MoreSamples { targets } = &r.action else {
                return false;
            };
            targets.iter().any(|undecided| {
                undecided.target.label == judgement.label
                    && undecided.target.scenario == judgement.scenario
                    && undecided.needed.is_some_and(|needed| needed > judgement.n)
            })
        });
        assert!(asked, "{} {}", judgement.scenario, judgement.label);
    }
}

#[test]
fn recommendations_stand_in_order_of_urgency() {
    let recommendations = found(&sample::record(), &[]).recommendations;
    assert!(recommendations.is_sorted_by_key(|recommendation| recommendation.priority));
}

#[test]
fn only_scenarios_without_a_failure_count_as_carried() {
    let failing = changed(|run| {
        for scenario in &mut run.suite.scenarios {
            for target in &mut scenario.targets {
                target.tolerance_percent = 0.0;
                let smaller = target.bound.relation.smaller_is_better();
                target.bound.value = if smaller { -1.0 } else { 1e12 };
            }
        }
    });
    let capacity = found(&failing, &[]).capacity;
    assert_eq!((capacity.users, capacity.per_minute), (None, None));
}
