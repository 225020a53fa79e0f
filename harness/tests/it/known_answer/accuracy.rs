//! Reported percentiles against the server's own measurement of the same requests.
//!
//! This is an unoptimised build on a machine that may be busy, so only what must hold on any machine
//! is asserted: the same number of samples, and no time that is shorter than the server's. How much
//! longer they are is judged where that can be judged, by `steps-perf calibrate` in a release build.

use smart_steps_harness::event::Event;
use smart_steps_harness::plan::step::Method;

use super::plan::{Bench, check_sums, scenario, step, suite};
use super::server::Server;

const LAWS: [&str; 3] = ["constant", "lognormal", "bimodal"];
const USERS: u32 = 4;
const ITERATIONS: u32 = 170;

/// Width of a bucket of both histograms.
const RESOLUTION: f64 = 0.001;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reported_percentile_is_below_that_of_the_server() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let steps = LAWS
        .iter()
        .map(|law| step(law, Method::Get, &format!("/law/{law}")))
        .collect();
    let mut plan = scenario(USERS, ITERATIONS, steps);
    // Connections are opened in the warm-up, of which the server's truth must not know either.
    plan.load.warm_up_iterations = 3;
    let to_forget = server.clone();
    let run = bench
        .run(&suite(vec![plan]), &mut |event| {
            if matches!(event, Event::Measuring { .. }) {
                to_forget.forget();
            }
        })
        .await
        .unwrap();
    let record = &run.scenarios[0];
    check_sums(record);
    assert_eq!(
        record.accounting.completed,
        3 * u64::from(USERS * ITERATIONS)
    );
    for (law, step) in LAWS.iter().zip(&record.steps) {
        let truth = server.truth(law);
        assert_eq!(step.service.count, truth.len());
        for quantile in [0.5, 0.95, 0.99, 1.0] {
            // Each answer took the client at least as long as the handler, so each rank did.
            let least = truth.value_at_quantile(quantile) as f64 * (1.0 - RESOLUTION) - 1.0;
            for times in [&step.service, &step.response] {
                let reported = times.quantile(quantile).unwrap().unwrap().0 as f64;
                assert!(
                    reported >= least,
                    "{law} p{}: reported {reported} µs, the server took {least:.0}",
                    quantile * 100.0
                );
            }
        }
    }
}
