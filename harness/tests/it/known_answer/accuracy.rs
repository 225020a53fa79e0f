//! Reported percentiles against the server's own measurement.

use smart_steps_harness::measurement::load::StepRecord;
use smart_steps_harness::plan::step::Method;

use super::plan::{Bench, check_sums, scenario, step};
use super::server::Server;

const LAWS: [&str; 3] = ["constant", "lognormal", "bimodal"];

/// Share and microseconds by which a percentile may be off: the way over loopback is in it.
const RELATIVE: f64 = 0.01;
const ABSOLUTE: f64 = 500.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reported_percentiles_are_those_of_the_server() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let steps = LAWS
        .iter()
        .map(|law| step(law, Method::Get, &format!("/law/{law}")))
        .collect();
    let record = bench.measure(scenario(8, 90, steps)).await;
    check_sums(&record);
    assert_eq!(record.accounting.completed, 3 * 8 * 90);
    assert_eq!(server.requests(), record.accounting.completed);
    let misses: Vec<String> = LAWS
        .iter()
        .zip(&record.steps)
        .flat_map(|(law, step)| misses(step, &server.truth(law)))
        .collect();
    assert!(misses.is_empty(), "\n{}", misses.join("\n"));
}

fn misses(step: &StepRecord, truth: &hdrhistogram::Histogram<u64>) -> Vec<String> {
    assert_eq!(step.service.count, truth.len());
    [0.5, 0.95, 0.99]
        .into_iter()
        .filter_map(|quantile| {
            let exact = truth.value_at_quantile(quantile) as f64;
            let reported = step.service.quantile(quantile).unwrap().unwrap().0 as f64;
            let allowed = (exact * RELATIVE).max(ABSOLUTE);
            let line = format!(
                "{} p{}: reported {reported} µs, truth {exact} µs, allowed ±{allowed:.0}",
                step.step,
                quantile * 100.0
            );
            println!("{line}");
            ((reported - exact).abs() > allowed).then_some(line)
        })
        .collect()
}
