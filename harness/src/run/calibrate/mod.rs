//! Measures the instrument itself: the whole way of a run, from the plan to the record, against a
//! server whose times are known.
//!
//! The server is a process of its own and says what it really did with the very requests that were
//! measured, so a difference is the instrument's (and the loopback's) and not a matter of chance.

mod known;
mod law;
mod server;
mod throughput;

pub use known::{KnownServer, KnownServerError};
pub use law::{Law, TRIALS, Trial};
pub use server::serve;
pub use throughput::{Lap, Round, race};

use std::path::Path;
use std::time::Duration;

use super::{RunError, RunOptions, Sink};
use crate::event::Event;
use crate::measurement::archive::{RunEnd, RunRecord};
use crate::measurement::calibration::{
    Calibration, CalibrationRow, ComparedTime, FORMAT, NoiseRow, TruthSource,
};
use crate::measurement::environment::{Environment, ToolRecord};
use crate::measurement::histogram::{HistogramError, HistogramRecord};
use crate::plan::suite::Suite;
use crate::units::Micros;

/// The percentiles that are compared.
const PERCENTILES: [f64; 4] = [50.0, 95.0, 99.0, 99.9];

/// How often the noise trial is repeated, and which one it is.
const NOISE_RUNS: u32 = 5;
const NOISE_TRIAL: &str = "constant_2ms";
const NOISE_LASTS: Duration = Duration::from_secs(3);

/// Why a calibration could not be done.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// The server could not be started or asked.
    #[error(transparent)]
    Server(#[from] KnownServerError),
    /// A trial could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A trial was broken off.
    #[error("the trial {trial} was broken off: {reason}; nothing was stored, so start again")]
    Broken {
        /// Which.
        trial: String,
        /// Why.
        reason: String,
    },
    /// A histogram could not be read.
    #[error(transparent)]
    Histogram(#[from] HistogramError),
}

/// What one trial gave.
#[derive(Debug)]
pub struct TrialResult {
    /// The run.
    pub record: RunRecord,
    /// What the server did with its requests.
    pub truth: HistogramRecord,
}

/// Runs the trials one after the other. `is_fit` judges whether the generator was well in a run;
/// the names of the others are kept. `folder` takes the runs.
///
/// # Errors
/// When the server does not start, or a trial is broken off.
pub async fn calibrate(
    program: &Path,
    trials: &[Trial],
    options: &RunOptions,
    is_fit: &(dyn Fn(&RunRecord) -> bool + Sync),
    sink: Sink<'_>,
) -> Result<Calibration, CalibrateError> {
    let mut server = KnownServer::start(program)?;
    let mut calibration = Calibration {
        format: FORMAT,
        made_at: options.clock.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: ToolRecord::of_this_program().build,
        machine: Calibration::machine_of(&Environment::capture(&options.out_dir)),
        rows: Vec::new(),
        noise: Vec::new(),
        unfit: Vec::new(),
    };
    for trial in trials {
        let result = conduct(&mut server, *trial, options, sink).await?;
        if !is_fit(&result.record) {
            calibration.unfit.push(trial.name.to_owned());
        }
        calibration.rows.extend(compare(trial, &result)?);
    }
    if let Some(trial) = trials.iter().find(|trial| trial.name == NOISE_TRIAL) {
        calibration.noise = noise(&mut server, *trial, options, sink).await?;
    }
    Ok(calibration)
}

/// Runs one trial against a server.
///
/// # Errors
/// When it is broken off.
pub async fn conduct(
    server: &mut KnownServer,
    trial: Trial,
    options: &RunOptions,
    sink: Sink<'_>,
) -> Result<TrialResult, CalibrateError> {
    let mut options = options.clone();
    options.target = Some(server.url());
    options.out_dir = options.out_dir.join(trial.name).join(server.next_number());
    let suite = known::suite(known::scenario(&trial));
    let mut lost: Option<KnownServerError> = None;
    let record = {
        let server = &*server;
        let mut sink = |event: Event| {
            // Connections are opened in the warm-up, of which the truth must not know either.
            if matches!(event, Event::Measuring { .. })
                && let Err(error) = server.forget()
            {
                lost.get_or_insert(error);
            }
            sink(event);
        };
        super::run(&suite, &options, &mut sink).await?
    };
    if let Some(error) = lost {
        return Err(error.into());
    }
    if record.end != RunEnd::Complete {
        return Err(CalibrateError::Broken {
            trial: trial.name.to_owned(),
            reason: match record.end {
                RunEnd::Failed { reason } => reason,
                RunEnd::Interrupted => "it was stopped".to_owned(),
                RunEnd::Unfinished | RunEnd::Complete => "it did not end".to_owned(),
            },
        });
    }
    let truth = server.truth(trial.name)?;
    Ok(TrialResult { record, truth })
}

fn compare(trial: &Trial, result: &TrialResult) -> Result<Vec<CalibrationRow>, CalibrateError> {
    let mut rows = Vec::new();
    let Some(step) = result
        .record
        .scenarios
        .first()
        .and_then(|scenario| scenario.steps.first())
    else {
        return Ok(rows);
    };
    let times = [
        (ComparedTime::Service, &step.service),
        (ComparedTime::Response, &step.response),
    ];
    for (time, reported) in times {
        for percentile in PERCENTILES {
            let quantile = percentile / 100.0;
            let Some(value) = reported.quantile(quantile)? else {
                continue;
            };
            let computed = trial.law.frozen_quantile(quantile, trial.lasts);
            let (truth, source) = match (computed, time) {
                // Whoever comes in a freeze waits from the instant it was due; the time from the
                // sending to the answer is whatever it is.
                (Some(_), ComparedTime::Service) => continue,
                (Some(wait), ComparedTime::Response) => {
                    let base = step.service.quantile(0.5)?.unwrap_or(Micros(0));
                    let truth = Micros(Micros::from_duration(wait).0 + base.0);
                    (truth, TruthSource::Computed)
                }
                (None, _) => match result.truth.quantile(quantile)? {
                    Some(truth) => (truth, TruthSource::Server),
                    None => continue,
                },
            };
            if computed.is_some() && !(95.0..=99.0).contains(&percentile) {
                // Half of the requests never met the freeze, and too few lie above p99.
                continue;
            }
            rows.push(CalibrationRow {
                law: trial.name.to_owned(),
                time,
                percentile,
                n: reported.count,
                reported: value,
                truth,
                source,
            });
        }
    }
    Ok(rows)
}

async fn noise(
    server: &mut KnownServer,
    trial: Trial,
    options: &RunOptions,
    sink: Sink<'_>,
) -> Result<Vec<NoiseRow>, CalibrateError> {
    let percentiles = [50.0, 95.0, 99.0];
    let mut rows: Vec<NoiseRow> = percentiles
        .iter()
        .map(|percentile| NoiseRow {
            law: trial.name.to_owned(),
            percentile: *percentile,
            reported: Vec::new(),
        })
        .collect();
    for _ in 0..NOISE_RUNS {
        let result = conduct(server, trial.lasting(NOISE_LASTS), options, sink).await?;
        let response = known::only_step(&result.record).map(|step| &step.response);
        for row in &mut rows {
            let value = match response {
                Some(times) => times.quantile(row.percentile / 100.0)?,
                None => None,
            };
            row.reported.extend(value);
        }
    }
    Ok(rows)
}

/// The suite of a trial, for those who run it in another way.
#[must_use]
pub fn suite_of(trial: &Trial) -> Suite {
    known::suite(known::scenario(trial))
}
