//! `steps-perf compare`: is one build slower than another, beyond the noise of this machine?

mod build;
mod session;

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use self::build::Build;
pub(super) use self::build::CompareError;
use self::session::Session;
use super::measure::{self, CliError, percent};
use super::selection::header;
use crate::exit::Exit;
use crate::measurement::archive::RunEnd;
use crate::measurement::clock::{Clock as _, SystemClock, stamp};
use crate::measurement::comparison::{ComparisonRecord, FORMAT, Subject};
use crate::measurement::environment::{Environment, ToolRecord};
use crate::metric::{Metric, Statistic};
use crate::plan::hash::hash;
use crate::plan::suite::Suite;
use crate::report::comparison as page;
use crate::verdict::comparison::judge;
use crate::verdict::paired::FEWEST_PAIRS;

/// Compare two builds by running them in turn until the noise of the machine is out of the way
///
/// Base and head are each a revision (built in a git worktree of its own), a checkout's folder, a
/// program, or the address of a running service. They are run in pairs, base head head base, until
/// the interval of the paired ratio excludes the threshold on one side or the budget is spent. Ends
/// with 0 if the head is not worse, 20 if it is, 10 with --strict if the budget did not decide, 30 if
/// a run supports no statement.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The build that is compared with: a revision, folder, program or address
    #[arg(long, value_name = "REV|DIR|BINARY|URL")]
    base: String,

    /// The build that is judged
    #[arg(long, value_name = "REV|DIR|BINARY|URL")]
    head: String,

    /// The scenario by name, or a scenario file ending in .toml [default: the suite's first]
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,

    /// Compare this micro-benchmark instead of a scenario
    #[arg(long, value_name = "FUNCTION", conflicts_with_all = ["scenario", "metric", "steps"])]
    bench: Option<String>,

    /// The compared quantity: response_time, service_time, throughput or cpu
    #[arg(long, value_name = "NAME", default_value = "response_time", value_parser = metric)]
    metric: Metric,

    /// Which figure of it: median, p90, p95, p99 or average
    #[arg(long, value_name = "NAME", default_value = "p95", value_parser = statistic)]
    statistic: Statistic,

    /// Only this step of the scenario; may be given several times
    #[arg(long = "step", value_name = "NAME")]
    steps: Vec<String>,

    /// By how much the head may be worse
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = percent)]
    threshold: f64,

    /// The budget in pairs of runs
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(i64::from(FEWEST_PAIRS)..=500))]
    max_pairs: u32,

    /// The suite file; both builds are run with the plan of this one
    #[arg(long, value_name = "FILE", default_value = "scenarios/suite.toml")]
    suite: PathBuf,

    /// How much load per run [default: smoke where there is one]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Send this header field with every request
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// The folder in which the comparison's own folder is made
    #[arg(long, value_name = "DIR", default_value = "reports/comparisons")]
    out: PathBuf,

    /// Where worktrees of revisions are kept, so that a revision is built once [default:
    /// target/steps-perf/worktrees beside the suite's Cargo.toml]
    #[arg(long, value_name = "DIR")]
    worktrees: Option<PathBuf>,

    /// Seed of the first pair; each pair has the next
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// End with exit code 10 when the budget did not decide
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let (mut suite, root) = plan(args)?;
    let subject = subject(args, &suite)?;
    let worktrees = args
        .worktrees
        .clone()
        .unwrap_or_else(|| root.join("target/steps-perf/worktrees"));
    let base = Build::prepare(&args.base, &suite, &root, &worktrees)?;
    let head = Build::prepare(&args.head, &suite, &root, &worktrees)?;
    if args.bench.is_some() {
        base.must_have_sources()?;
        head.must_have_sources()?;
    }
    // Both are built by now.
    suite.sut.build.clear();
    let started_at = SystemClock.now();
    let stamp = stamp(started_at);
    let folder = std::path::absolute(args.out.join(format!("compare_{stamp}")))?;
    std::fs::create_dir_all(&folder)?;
    let record = ComparisonRecord {
        format: FORMAT,
        stamp,
        started_at,
        finished_at: None,
        command: std::env::args().collect(),
        tool: ToolRecord::of_this_program(),
        environment: Environment::capture(&folder),
        plan_hash: hash(&suite),
        seed: args.seed,
        subject,
        threshold_percent: args.threshold,
        max_pairs: args.max_pairs,
        base: base.record.clone(),
        head: head.record.clone(),
        runs: Vec::new(),
        end: RunEnd::Unfinished,
    };
    let record = Session {
        suite: &suite,
        folder: &folder,
        headers: args.headers.iter().cloned().collect(),
        base: &base,
        head: &head,
    }
    .conduct(record)?;
    let judgement = judge(&record);
    let path = page::write(&folder, &record, &judgement)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{}: {}",
        judgement.verdict.mark(),
        page::sentence(&record, &judgement)
    )?;
    writeln!(out, "{}", path.display())?;
    Ok(judgement.overall().exit(args.strict))
}

/// The plan of one run: one scenario or one benchmarked function, and nothing else.
fn plan(args: &Args) -> Result<(Suite, PathBuf), CliError> {
    let only: Vec<String> = match (&args.bench, &args.scenario) {
        (Some(_), _) => vec!["bench".to_owned()],
        (None, Some(name)) => vec![name.clone()],
        (None, None) => Vec::new(),
    };
    let profile = match &args.profile {
        Some(name) => Some(name.clone()),
        None => measure::known_profiles(&args.suite, &only)?
            .into_iter()
            .find(|name| name == "smoke" && args.bench.is_none()),
    };
    let (mut suite, root) = measure::load_plan(&args.suite, profile.as_deref(), &only)?;
    suite.memory = None;
    suite.summary.clear();
    if let Some(function) = &args.bench {
        suite.scenarios.clear();
        let plan = suite.bench.as_mut().ok_or(CompareError::NoBench)?;
        plan.functions.retain(|known| known.name == *function);
        if plan.functions.is_empty() {
            return Err(CompareError::NoFunction {
                name: function.clone(),
            }
            .into());
        }
    } else {
        suite.bench = None;
        suite.scenarios.truncate(1);
    }
    Ok((suite, root))
}

fn subject(args: &Args, suite: &Suite) -> Result<Subject, CliError> {
    if let Some(function) = &args.bench {
        return Ok(Subject::Bench {
            function: function.clone(),
            statistic: args.statistic,
        });
    }
    let scenario = suite.scenarios.first().ok_or(CompareError::NoScenario)?;
    let known = [&scenario.setup, &scenario.steps, &scenario.teardown];
    for step in &args.steps {
        if !known
            .iter()
            .any(|list| list.iter().any(|known| known.name == *step))
        {
            return Err(CompareError::NoStep {
                step: step.clone(),
                scenario: scenario.name.clone(),
            }
            .into());
        }
    }
    let statistics = args.metric.statistics();
    let statistic = (!statistics.is_empty()).then_some(args.statistic);
    if statistic.is_some_and(|statistic| !statistics.contains(&statistic)) {
        return Err(CompareError::NoStatistic.into());
    }
    Ok(Subject::Scenario {
        name: scenario.name.clone(),
        metric: args.metric,
        statistic,
        steps: args.steps.clone(),
    })
}

fn metric(text: &str) -> Result<Metric, String> {
    match named(text) {
        Some(
            metric
            @ (Metric::ResponseTime | Metric::ServiceTime | Metric::Throughput | Metric::Cpu),
        ) => Ok(metric),
        _ => Err("one of response_time, service_time, throughput, cpu".to_owned()),
    }
}

fn statistic(text: &str) -> Result<Statistic, String> {
    match named(text) {
        Some(Statistic::Min | Statistic::Max) | None => Err(
            "one of average, median, p90, p95, p99, p99_9; single extremes are noise".to_owned(),
        ),
        Some(statistic) => Ok(statistic),
    }
}

/// A value as it is written in scenario files.
fn named<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_as_they_are_written_in_files() {
        assert_eq!(percent("5%"), Ok(5.0));
        assert_eq!(percent("2.5 %"), Ok(2.5));
        assert!(percent("0%").is_err() && percent("-1%").is_err() && percent("fast").is_err());
        assert!(percent("NaN").is_err());
        assert_eq!(statistic("p99_9"), Ok(Statistic::P999));
        assert!(statistic("max").is_err() && statistic("p96").is_err());
        assert_eq!(metric("throughput"), Ok(Metric::Throughput));
        assert!(metric("error_rate").is_err());
    }
}
