//! The engine's core functions, call by call: criterion paces the calls, and every single call's
//! time goes to a histogram, because the report shows mean, smallest, largest and 95th percentile of
//! calls and criterion keeps only sums of batches.
//!
//! `STEPS_BENCH_SECONDS` sets the measurement time per function (default 3), `STEPS_BENCH_OUT` names
//! the JSON file to leave. Everything else is criterion's: `cargo bench --bench core_functions --
//! memory` runs the functions whose name contains "memory".

mod calls;
mod functions;
mod practice;

use std::path::PathBuf;
use std::time::Duration;

use calls::Ledger;
use criterion::Criterion;
use practice::Practice;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = match std::env::var("STEPS_BENCH_SECONDS") {
        Ok(text) => text.parse::<f64>().map_err(|_| {
            format!("STEPS_BENCH_SECONDS is {text:?}; give seconds such as 3 or 0.5")
        })?,
        Err(_) => 3.0,
    };
    let warm_up = Duration::from_secs_f64((seconds / 3.0).clamp(0.2, 3.0));
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(warm_up)
        .measurement_time(Duration::from_secs_f64(seconds))
        .configure_from_args();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let practice = runtime.block_on(Practice::open())?;
    let ledger = Ledger::new(warm_up);
    functions::bench_all(&mut criterion, &runtime, &practice, &ledger);
    criterion.final_summary();
    if let Some(out) = std::env::var_os("STEPS_BENCH_OUT") {
        ledger.write(&PathBuf::from(out))?;
    }
    runtime.block_on(practice.close());
    Ok(())
}
