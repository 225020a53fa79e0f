//! `steps-perf capacity`: the largest load that still meets the targets.

use std::io::Write as _;
use std::path::Path;

use clap::Args as ClapArgs;

use super::measure::{self, CliError, percent};
use super::selection::Selection;
use crate::exit::Exit;
use crate::measurement::archive::{RunEnd, RunRecord};
use crate::measurement::capacity::{CapacityRecord, FOLDER, FORMAT, Trial, TrialOutcome};
use crate::measurement::clock::{Clock as _, SystemClock, stamp};
use crate::measurement::environment::Environment;
use crate::metric::Metric;
use crate::plan::suite::Suite;
use crate::verdict;
use crate::verdict::outcome::Verdict;
use crate::verdict::search::{Next, Search};

/// Find the largest number of users with which a scenario still meets its targets
///
/// The users are doubled until a target is missed, halved in between, and the limit is run again to
/// confirm it. Targets on throughput and on the number of users ask for load and not for quality; they
/// are left out. Each trial is a run of its own. The result is saved as capacity.json, and reports of
/// later runs in the same folder cite it as the current scale limit.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The scenario by name, or a scenario file ending in .toml
    #[arg(value_name = "SCENARIO")]
    scenario: String,

    #[command(flatten)]
    selection: Selection,

    /// The users tried first [default: as many as the scenario has]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    first: Option<u32>,

    /// The most users that are tried
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    most: u32,

    /// How finely the limit is told
    #[arg(long, value_name = "SHARE", default_value = "10%", value_parser = percent)]
    resolution: f64,

    /// How often the limit must be carried again
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(..=20))]
    confirm: u32,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let only = [args.scenario.clone()];
    let (mut suite, root) = measure::load(&args.selection, &only)?;
    let scenario = suite.scenarios.first_mut().ok_or(CliError::NoScenario)?;
    if scenario.load.arrivals.is_some() {
        return Err(CliError::OpenModel {
            scenario: scenario.name.clone(),
        });
    }
    scenario.targets.retain(is_quality);
    if scenario.targets.is_empty() {
        return Err(CliError::NoQuality {
            scenario: scenario.name.clone(),
        });
    }
    let search = Search {
        first: args.first.unwrap_or(scenario.load.users),
        most: args.most,
        resolution: args.resolution / 100.0,
        confirmations: args.confirm,
    };
    let name = scenario.name.clone();
    suite.scenarios.truncate(1);
    suite.memory = None;
    suite.bench = None;
    suite.summary.clear();
    let started_at = SystemClock.now();
    let stamp = stamp(started_at);
    let folder = std::path::absolute(args.selection.out.join(format!("{FOLDER}{stamp}")))?;
    std::fs::create_dir_all(&folder)?;
    let mut record = CapacityRecord {
        format: FORMAT,
        stamp,
        started_at,
        fingerprint: Environment::capture(&folder).fingerprint,
        sut: suite.sut.name.clone(),
        version: None,
        scenario: name,
        profile: suite.profile.clone(),
        most: args.most,
        resolution_percent: args.resolution,
        confirmations: args.confirm,
        trials: Vec::new(),
        largest: None,
        broken_off: None,
    };
    record.save(&folder)?;
    loop {
        let tried: Vec<(u32, bool)> = record
            .trials
            .iter()
            .map(|trial| (trial.users, trial.outcome == TrialOutcome::Carried))
            .collect();
        let users = match search.next(&tried) {
            Next::Found(found) => {
                record.largest = found;
                break;
            }
            Next::Try(users) => users,
        };
        let place = format!("trials/{:02}_{users}", record.trials.len() + 1);
        let mut selection = args.selection.clone();
        selection.out = folder.join(&place);
        let run = measure::record(&with_users(&suite, users), root.clone(), selection, None)?;
        // It was built for the first trial.
        suite.sut.build.clear();
        record.version = run.sut.as_ref().and_then(|sut| sut.version.clone());
        let trial = trial(&run, users, format!("{place}/{}", run.stamp));
        tell(&trial);
        let is_void = trial.outcome == TrialOutcome::Void || run.end != RunEnd::Complete;
        if is_void {
            record.broken_off = Some(trial.reasons.join("; "));
        }
        record.trials.push(trial);
        record.save(&folder)?;
        if is_void {
            break;
        }
    }
    record.save(&folder)?;
    say(&record, &folder)?;
    Ok(match (&record.broken_off, record.largest) {
        (Some(_), _) => Exit::Invalid,
        (None, Some(_)) => Exit::Success,
        (None, None) => Exit::Failed,
    })
}

/// Whether a target is about how well the load is carried, and not about how much there is of it.
fn is_quality(target: &crate::plan::target::Target) -> bool {
    !matches!(
        target.metric,
        Metric::ConcurrentUsers | Metric::Throughput | Metric::ThroughputPerUser
    ) && !target.is_relative()
}

fn with_users(suite: &Suite, users: u32) -> Suite {
    let mut suite = suite.clone();
    if let Some(scenario) = suite.scenarios.first_mut() {
        // The ramp takes as long as the plan says, however many there are.
        scenario.load.ramp_per_second *= f64::from(users) / f64::from(scenario.load.users);
        scenario.load.users = users;
    }
    suite
}

fn trial(run: &RunRecord, users: u32, folder: String) -> Trial {
    let assessment = verdict::assess(run);
    // Where the run or its scenario is invalid, so is every target, and its causes say why.
    let is_valid = assessment.causes.is_empty() && assessment.groups().all(|g| g.causes.is_empty());
    let causes = assessment
        .causes
        .iter()
        .chain(assessment.groups().flat_map(|group| &group.causes))
        .map(|cause| cause.what.clone());
    let missed = assessment
        .judgements()
        .filter(|judgement| {
            judgement.verdict == Verdict::Fail
                || (judgement.verdict == Verdict::Invalid && is_valid)
        })
        .map(|judgement| format!("{}: {}", judgement.label, judgement.reason.text()));
    let worst = assessment.groups().filter_map(|group| group.verdict).max();
    let measured = run.scenarios.first();
    Trial {
        users,
        outcome: match worst {
            _ if !assessment.causes.is_empty() => TrialOutcome::Void,
            None | Some(Verdict::Invalid) => TrialOutcome::Void,
            Some(Verdict::Fail) => TrialOutcome::Missed,
            Some(Verdict::Pass | Verdict::Marginal) => TrialOutcome::Carried,
        },
        reasons: causes.chain(missed).collect(),
        per_minute: measured.map_or(0.0, |scenario| {
            let minutes = scenario.duration.as_secs() / 60.0;
            if minutes > 0.0 {
                scenario.accounting.completed as f64 / minutes
            } else {
                0.0
            }
        }),
        folder,
    }
}

fn tell(trial: &Trial) {
    let outcome = match trial.outcome {
        TrialOutcome::Carried => "carried".to_owned(),
        TrialOutcome::Missed => format!("missed: {}", trial.reasons.join("; ")),
        TrialOutcome::Void => format!("nothing can be said: {}", trial.reasons.join("; ")),
    };
    // A console that cannot be written to any more must not cost the measurements.
    let _gone = writeln!(
        std::io::stderr(),
        "{} users, {:.0} requests a minute: {outcome}",
        trial.users,
        trial.per_minute
    );
}

fn say(record: &CapacityRecord, folder: &Path) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match (&record.broken_off, record.largest) {
        (Some(reason), _) => {
            let carried = record
                .trials
                .iter()
                .filter(|trial| trial.outcome == TrialOutcome::Carried)
                .map(|trial| trial.users)
                .max();
            let at_least = carried.map_or_else(
                || "no load was carried before".to_owned(),
                |users| format!("{users} users were carried before"),
            );
            writeln!(out, "no limit was found: {reason}; {at_least}")?;
        }
        (None, Some(users)) => {
            let limit = if users == record.most {
                " (the most that was to be tried; raise --most)"
            } else {
                ""
            };
            writeln!(
                out,
                "{} carries {users} users{limit}, {:.0} requests a minute, confirmed {} times",
                record.scenario,
                record.per_minute().unwrap_or(0.0),
                record.confirmations
            )?;
        }
        (None, None) => writeln!(out, "{} does not carry a single user", record.scenario)?,
    }
    writeln!(out, "{}", folder.display())?;
    Ok(())
}
