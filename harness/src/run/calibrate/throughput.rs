//! What recording costs: the same loop of requests by the load generator alone and by a whole
//! scenario of this program, in turns, so that a machine that grows slower does so for both.

use std::path::Path;
use std::time::Duration;

use super::known::{self, KnownServer};
use super::law::{Law, Trial};
use super::{CalibrateError, RunOptions};
use crate::measurement::archive::RunRecord;
use crate::plan::load::Length;
use crate::run::attack;
use crate::run::syscall::process_cpu;
use crate::units::Micros;

/// The path that both get.
const PATH: &str = "/law/at_once";

/// What one of the two did in one round.
#[derive(Debug, Clone, Copy)]
pub struct Lap {
    /// Requests that ended.
    pub requests: u64,
    /// Requests per second.
    pub per_second: f64,
    /// Requests per second of processor time of this program.
    pub per_core_second: f64,
}

/// Both, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// The load generator alone.
    pub plain: Lap,
    /// This program.
    pub ours: Lap,
}

/// Lets both run in turns, so many seconds each, with so many users.
///
/// # Errors
/// When the server or one of the two does not run.
pub async fn race(
    program: &Path,
    rounds: u32,
    seconds: u32,
    users: u32,
    options: &RunOptions,
) -> Result<Vec<Round>, CalibrateError> {
    let server = KnownServer::start(program)?;
    let mut done = Vec::new();
    for round in 0..rounds {
        // Who begins changes from round to round.
        let round = if round % 2 == 0 {
            let plain = plain(&server, users, seconds).await?;
            let ours = ours(&server, users, seconds, round, options).await?;
            Round { plain, ours }
        } else {
            let ours = ours(&server, users, seconds, round, options).await?;
            let plain = plain(&server, users, seconds).await?;
            Round { plain, ours }
        };
        done.push(round);
    }
    Ok(done)
}

async fn plain(server: &KnownServer, users: u32, seconds: u32) -> Result<Lap, CalibrateError> {
    let used = processor_time();
    let url = server.url().to_string();
    let requests = attack::plain_loop(users, url.trim_end_matches('/'), PATH, seconds)
        .await
        .map_err(|error| broken("goose", &error.to_string()))?;
    Ok(lap(
        requests,
        Duration::from_secs(u64::from(seconds)),
        processor_time().saturating_sub(used),
    ))
}

async fn ours(
    server: &KnownServer,
    users: u32,
    seconds: u32,
    round: u32,
    options: &RunOptions,
) -> Result<Lap, CalibrateError> {
    let lasts = Duration::from_secs(u64::from(seconds));
    let trial = Trial {
        name: "at_once",
        law: Law::Constant(Duration::ZERO),
        rate: 1.0,
        lasts,
        users,
    };
    let mut scenario = known::scenario(&trial);
    scenario.load.arrivals = None;
    scenario.load.warm_up_iterations = 0;
    scenario.load.length = Length::Duration(Micros::from_duration(lasts));
    scenario.load.ramp_per_second = f64::from(users) * 4.0;
    let mut options = options.clone();
    options.target = Some(server.url());
    options.out_dir = options.out_dir.join(format!("race-{round}"));
    let used = processor_time();
    let record: RunRecord = crate::run::run(&known::suite(scenario), &options, &mut |_| {}).await?;
    let requests = known::only_step(&record)
        .map(|step| step.completed)
        .ok_or_else(|| broken("the scenario", "it has no step"))?;
    Ok(lap(requests, lasts, processor_time().saturating_sub(used)))
}

fn lap(requests: u64, lasts: Duration, used: Duration) -> Lap {
    Lap {
        requests,
        per_second: requests as f64 / lasts.as_secs_f64(),
        per_core_second: requests as f64 / used.as_secs_f64().max(1e-6),
    }
}

fn processor_time() -> Duration {
    process_cpu(std::process::id()).unwrap_or_default()
}

fn broken(trial: &str, reason: &str) -> CalibrateError {
    CalibrateError::Broken {
        trial: trial.to_owned(),
        reason: reason.to_owned(),
    }
}
