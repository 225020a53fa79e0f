//! A gate that has never failed is no gate: broken runs are fed to it, and none may come out as a
//! pass.

use super::sample;
use crate::measurement::archive::{RunEnd, RunRecord};
use crate::measurement::histogram::HistogramRecord;
use crate::metric::{Metric, Statistic, Unit};
use crate::plan::target::{Bound, Relation, Target};
use crate::units::{Bytes, Micros};
use crate::verdict::judgement::Reason;
use crate::verdict::outcome::{Overall, Verdict};
use crate::verdict::validity::CauseKind;
use crate::verdict::{Assessment, assess};

fn changed(change: impl FnOnce(&mut RunRecord)) -> Assessment {
    let mut record = sample::record();
    change(&mut record);
    assess(&record)
}

fn kinds(assessment: &Assessment) -> Vec<CauseKind> {
    let groups = assessment.groups().flat_map(|group| &group.causes);
    assessment
        .causes
        .iter()
        .chain(groups)
        .map(|cause| cause.kind)
        .collect()
}

#[test]
fn the_sample_itself_is_valid() {
    let assessment = assess(&sample::record());
    assert_eq!(kinds(&assessment), []);
    assert_ne!(assessment.overall, Overall::Invalid);
    assert!(assessment.judgements().count() > 10);
}

type Mutation = (&'static str, CauseKind, fn(&mut RunRecord));

const MUTATIONS: &[Mutation] = &[
    ("another format", CauseKind::Format, |run| run.format += 1),
    ("no system", CauseKind::SystemMissing, |run| run.sut = None),
    ("run interrupted", CauseKind::Interrupted, |run| {
        run.end = RunEnd::Interrupted;
    }),
    ("run cut off", CauseKind::Unfinished, |run| {
        run.end = RunEnd::Unfinished;
    }),
    ("run failed", CauseKind::Failed, |run| {
        run.end = RunEnd::Failed {
            reason: "the server died".to_owned(),
        };
    }),
    ("scenario missing", CauseKind::PartMissing, |run| {
        run.scenarios.pop();
    }),
    ("all scenarios missing", CauseKind::PartMissing, |run| {
        run.scenarios.clear();
    }),
    ("scenario not planned", CauseKind::PartUnplanned, |run| {
        run.scenarios[0].name.push('x');
    }),
    ("scenario twice", CauseKind::PartUnplanned, |run| {
        let again = run.scenarios[0].clone();
        run.scenarios.push(again);
    }),
    ("nothing planned", CauseKind::NoData, |run| {
        run.suite.scenarios.clear();
        run.scenarios.clear();
        run.suite.memory = None;
        run.suite.bench = None;
        run.suite.summary.clear();
    }),
    ("scenario interrupted", CauseKind::Interrupted, |run| {
        run.scenarios[0].end = RunEnd::Interrupted;
    }),
    (
        "step without a sample",
        CauseKind::StepWithoutSample,
        |run| {
            let step = &mut run.scenarios[0].steps[0];
            let empty = sample::histogram(&[], 3_600_000_000);
            step.completed = 0;
            step.failed = 0;
            step.response = empty.clone();
            step.service = empty.clone();
            step.failed_response = empty;
        },
    ),
    ("step missing", CauseKind::PartMissing, |run| {
        run.scenarios[0].steps.pop();
    }),
    ("step not planned", CauseKind::PartUnplanned, |run| {
        run.scenarios[0].steps[0].step.push('x');
    }),
    ("users lost", CauseKind::LostUsers, |run| {
        run.scenarios[1].users.lost = 1;
        run.scenarios[1].users.finished -= 1;
    }),
    ("users not started", CauseKind::LostUsers, |run| {
        run.scenarios[1].users.started -= 1;
    }),
    ("requests unaccounted for", CauseKind::Accounting, |run| {
        run.scenarios[0].accounting.scheduled += 1;
    }),
    (
        "steps and scenario disagree",
        CauseKind::Accounting,
        |run| {
            run.scenarios[0].accounting.completed += 1;
            run.scenarios[0].accounting.scheduled += 1;
        },
    ),
    ("seconds and steps disagree", CauseKind::Accounting, |run| {
        run.scenarios[0].windows.pop();
    }),
    ("much cut off", CauseKind::CutOff, |run| {
        let counts = &mut run.scenarios[0].accounting;
        counts.unsent += counts.scheduled;
        counts.scheduled *= 2;
    }),
    ("histogram cut off", CauseKind::Corrupt, |run| {
        run.scenarios[0].steps[0].response.hdr.truncate(9);
    }),
    ("histogram of another count", CauseKind::Corrupt, |run| {
        run.scenarios[0].steps[0].response = sample::histogram(&[1, 2, 3], 3_600_000_000);
    }),
    ("clock backwards", CauseKind::Clock, |run| {
        run.scenarios[0].server.as_mut().unwrap().samples.reverse();
    }),
    ("generator the limit", CauseKind::Generator, |run| {
        let scenario = &mut run.scenarios[1];
        scenario.lateness = sample::histogram(&vec![80_000; 1_000], 3_600_000_000);
        for sample in &mut scenario.generator.samples {
            sample.cpu = Micros(sample.at.0 * 3 / 2);
        }
    }),
    ("memory profile missing", CauseKind::PartMissing, |run| {
        run.memory = None;
    }),
    ("checkpoint missing", CauseKind::PartMissing, |run| {
        run.memory.as_mut().unwrap().checkpoints.pop();
    }),
    (
        "requests of the profile failed",
        CauseKind::ProfileFailures,
        |run| {
            run.memory.as_mut().unwrap().failed_requests = 1;
        },
    ),
    ("benchmarks missing", CauseKind::PartMissing, |run| {
        run.bench = None;
    }),
    ("benchmark missing", CauseKind::PartMissing, |run| {
        run.bench.as_mut().unwrap().functions.remove(0);
    }),
];

#[test]
fn no_mutant_passes_and_each_names_its_cause() {
    for (name, kind, mutate) in MUTATIONS {
        let assessment = changed(mutate);
        assert_eq!(assessment.overall, Overall::Invalid, "{name}");
        assert_eq!(assessment.overall.exit(false).code(), 30, "{name}");
        assert!(
            kinds(&assessment).contains(kind),
            "{name}: {:?}",
            kinds(&assessment)
        );
    }
}

#[test]
fn an_invalid_run_has_no_other_verdict_in_it() {
    let assessment = changed(|run| run.sut = None);
    assert!(
        assessment
            .judgements()
            .all(|j| j.verdict == Verdict::Invalid)
    );
    assert!(
        assessment
            .summary
            .iter()
            .all(|row| row.verdict == Verdict::Invalid)
    );
}

#[test]
fn an_invalid_scenario_leaves_the_others_their_verdicts() {
    let assessment = changed(|run| run.scenarios[0].users.lost = 7);
    let [first, second, ..] = assessment.scenarios.as_slice() else {
        panic!("two scenarios")
    };
    assert_eq!(first.verdict, Some(Verdict::Invalid));
    assert!(
        first
            .judgements
            .iter()
            .all(|j| j.reason == Reason::GroupInvalid)
    );
    assert_ne!(second.verdict, Some(Verdict::Invalid));
}

#[test]
fn every_target_fails_when_its_bound_is_out_of_reach() {
    let assessment = changed(|run| {
        for target in run.suite.scenarios.iter_mut().flat_map(|s| &mut s.targets) {
            target.tolerance_percent = 0.0;
            let smaller = target.bound.relation.smaller_is_better();
            target.bound.relation = if smaller {
                Relation::Below
            } else {
                Relation::Above
            };
            target.bound.value = if smaller { -1_000.0 } else { 1e12 };
        }
    });
    assert_eq!(assessment.overall, Overall::Failed);
    let scenarios = assessment
        .scenarios
        .iter()
        .flat_map(|group| &group.judgements);
    for judgement in scenarios {
        assert_eq!(
            judgement.verdict,
            Verdict::Fail,
            "{} {}",
            judgement.scenario,
            judgement.label
        );
    }
}

#[test]
fn too_few_samples_for_a_percentile_are_invalid() {
    let assessment = changed(|run| {
        let plan = &mut run.suite.bench.as_mut().unwrap().functions[0];
        plan.target_ms = 1e9;
        let name = plan.name.clone();
        let functions = &mut run.bench.as_mut().unwrap().functions;
        let function = functions.iter_mut().find(|f| f.name == name).unwrap();
        function.calls = sample::histogram(&[1_000; 129], 60_000_000_000);
    });
    let judged = &assessment.bench.unwrap().judgements[0];
    assert_eq!(judged.verdict, Verdict::Invalid);
    assert_eq!(judged.reason, Reason::TooFewSamples { needed: 130 });
    assert_eq!(judged.n, 129);
}

#[test]
fn a_server_that_cannot_be_seen_has_no_cpu_verdict() {
    let assessment = changed(|run| {
        run.suite.scenarios[0].targets.push(Target {
            label: "CPU Usage (avg)".to_owned(),
            metric: Metric::Cpu,
            statistic: Some(Statistic::Average),
            steps: Vec::new(),
            phase: None,
            within: None,
            bound: Bound {
                relation: Relation::Below,
                value: 99.0,
                unit: Unit::Percent,
            },
            tolerance_percent: 0.0,
            implausible_beyond: None,
        });
        run.scenarios[0].server = None;
    });
    let hidden: Vec<_> = assessment
        .judgements()
        .filter(|j| j.reason == Reason::NotVisible)
        .collect();
    assert!(!hidden.is_empty());
    assert!(
        hidden
            .iter()
            .all(|j| j.verdict == Verdict::Invalid && j.value.is_none())
    );
    assert_eq!(assessment.overall, Overall::Invalid);
}

#[test]
fn a_summary_part_that_does_not_exist_is_invalid() {
    let assessment = changed(|run| run.suite.summary[0].parts[0].target.push('x'));
    assert_eq!(assessment.summary[0].verdict, Verdict::Invalid);
    assert_eq!(assessment.overall, Overall::Invalid);
    let assessment = changed(|run| run.suite.summary[0].parts.clear());
    assert_eq!(assessment.summary[0].verdict, Verdict::Invalid);
}

#[test]
fn a_profile_that_starts_at_nothing_has_no_growth() {
    let assessment = changed(|run| run.memory.as_mut().unwrap().start = Bytes(0));
    let memory = assessment.memory.unwrap();
    assert!(
        memory
            .judgements
            .iter()
            .all(|j| j.verdict == Verdict::Invalid)
    );
}

#[test]
fn a_histogram_without_samples_is_read_as_none() {
    let empty = HistogramRecord {
        hdr: String::new(),
        count: 0,
        sum: Micros(0),
        min: None,
        max: None,
    };
    let merged = crate::verdict::distribution::Distribution::merge([&empty]).unwrap();
    assert_eq!(
        (merged.count(), merged.mean(), merged.quantile(0.5)),
        (0, None, None)
    );
}
