//! Reported percentiles against the server's own measurement.

use hdrhistogram::Histogram;
use smart_steps_harness::measurement::load::{ScenarioRecord, StepRecord};
use smart_steps_harness::plan::step::Method;

use super::plan::{Bench, scenario, step};
use super::server::Server;

/// The last one answers at once: its time is the way to the server and back.
const LAWS: [&str; 4] = ["constant", "lognormal", "bimodal", "none"];

/// Share and microseconds by which a percentile may be off on a quiet machine.
const RELATIVE: f64 = 0.01;
const ABSOLUTE: f64 = 500.0;

/// Share of the machine that other programs may use before the way over loopback has to be allowed
/// for: the server's clock stops when its handler is done, ours when the answer has come through.
const QUIET: f64 = 0.1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reported_percentiles_are_those_of_the_server() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let steps = LAWS
        .iter()
        .map(|law| step(law, Method::Get, &format!("/law/{law}")))
        .collect();
    let record = bench.measure(scenario(4, 170, steps)).await;
    assert_eq!(record.accounting.completed, 4 * 4 * 170);
    assert_eq!(server.requests(), record.accounting.completed);

    let foreign = foreign_share(&record);
    let is_quiet = foreign < QUIET;
    println!(
        "other programs used {:.0} % of the machine",
        foreign * 100.0
    );
    let quantiles: &[f64] = if is_quiet {
        &[0.5, 0.95, 0.99]
    } else {
        &[0.5, 0.95]
    };
    let mut misses = Vec::new();
    for quantile in quantiles {
        let way = reported(&record.steps[3], *quantile);
        for (law, step) in LAWS.iter().zip(&record.steps).take(3) {
            let truth = server.truth(law);
            assert_eq!(step.service.count, truth.len());
            let allowance = if is_quiet { 0.0 } else { way };
            misses.extend(miss(step, &truth, *quantile, allowance));
        }
    }
    assert!(misses.is_empty(), "\n{}", misses.join("\n"));
}

fn reported(step: &StepRecord, quantile: f64) -> f64 {
    step.service.quantile(quantile).unwrap().unwrap().0 as f64
}

fn miss(
    step: &StepRecord,
    truth: &Histogram<u64>,
    quantile: f64,
    allowance: f64,
) -> Option<String> {
    let exact = truth.value_at_quantile(quantile) as f64;
    let reported = reported(step, quantile);
    let allowed = (exact * RELATIVE).max(ABSOLUTE) + allowance;
    let line = format!(
        "{} p{}: reported {reported} µs, truth {exact} µs, allowed ±{allowed:.0}",
        step.step,
        quantile * 100.0
    );
    println!("{line}");
    ((reported - exact).abs() > allowed).then_some(line)
}

/// Share of the machine's CPU time that went to other programs. Server and generator are one
/// process here.
fn foreign_share(record: &ScenarioRecord) -> f64 {
    let samples = &record.generator.samples;
    let (first, last) = (samples.first().unwrap(), samples.last().unwrap());
    let host = (last.host_busy.0 - first.host_busy.0) as f64;
    let own = (last.cpu.0 - first.cpu.0) as f64;
    let time = (last.at.0 - first.at.0) as f64 * f64::from(record.generator.cores);
    (host - own).max(0.0) / time
}
