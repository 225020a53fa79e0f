//! Reported percentiles against the server's own measurement.

use std::time::Instant;

use hdrhistogram::Histogram;
use smart_steps_harness::event::Event;
use smart_steps_harness::measurement::load::{ScenarioRecord, StepRecord};
use smart_steps_harness::plan::step::Method;

use super::plan::{Bench, check_sums, scenario, step, suite};
use super::server::Server;

const LAWS: [&str; 3] = ["constant", "lognormal", "bimodal"];
const USERS: u32 = 4;
const ITERATIONS: u32 = 170;

/// Share and microseconds by which a percentile may be off.
const RELATIVE: f64 = 0.01;
const ABSOLUTE: f64 = 500.0;

/// Width of a bucket of both histograms.
const RESOLUTION: f64 = 0.001;

/// Share of the machine that other programs may use before the tail, of which a few samples decide,
/// says more about them than about the instrument. The median is compared in any case.
const QUIET: f64 = 0.02;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reported_percentiles_are_those_of_the_server() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let way = Way::measure(&server).await;
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

    let foreign = foreign_share(record);
    println!(
        "other programs used {:.0} % of the machine",
        foreign * 100.0
    );
    let quantiles: &[f64] = if foreign < QUIET {
        &[0.5, 0.95, 0.99]
    } else {
        &[0.5]
    };
    let mut misses = Vec::new();
    for (law, step) in LAWS.iter().zip(&record.steps) {
        let truth = server.truth(law);
        assert_eq!(step.service.count, truth.len());
        misses.extend(
            quantiles
                .iter()
                .filter_map(|quantile| miss(step, &truth, *quantile, &way)),
        );
    }
    assert!(misses.is_empty(), "\n{}", misses.join("\n"));
}

/// No answer can take less than its handler, nor more than that and the way, but for the allowance.
fn miss(step: &StepRecord, truth: &Histogram<u64>, quantile: f64, way: &Way) -> Option<String> {
    let least = truth.value_at_quantile(quantile) as f64 * (1.0 - RESOLUTION);
    let expected = truth.value_at_quantile(quantile) as f64 + way.at(quantile);
    let most = expected + (expected * RELATIVE).max(ABSOLUTE);
    let reported = step.service.quantile(quantile).unwrap().unwrap().0 as f64;
    let line = format!(
        "{} p{}: reported {reported} µs, expected {expected}, from {least:.0} to {most:.0}",
        step.step,
        quantile * 100.0
    );
    println!("{line}");
    (!(least..=most).contains(&reported)).then_some(line)
}

/// The way of an answer beyond the handler's time, which is all that the server's clock can see:
/// measured by a client that does nothing else. A core that has to be woken takes most of it.
struct Way {
    seen: Histogram<u64>,
    truth: Histogram<u64>,
}

impl Way {
    async fn measure(server: &Server) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .build()
            .unwrap();
        let url = server.url().join("/law/way").unwrap();
        let tasks: Vec<_> = (0..USERS)
            .map(|_| {
                let (client, url) = (client.clone(), url.clone());
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    for _ in 0..200 {
                        let sent = Instant::now();
                        client
                            .get(url.clone())
                            .send()
                            .await
                            .unwrap()
                            .bytes()
                            .await
                            .unwrap();
                        times.push(u64::try_from(sent.elapsed().as_micros()).unwrap());
                    }
                    times
                })
            })
            .collect();
        let mut seen = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).unwrap();
        for task in tasks {
            task.await
                .unwrap()
                .into_iter()
                .for_each(|time| seen.record(time).unwrap());
        }
        Self {
            seen,
            truth: server.truth("way"),
        }
    }

    /// Microseconds, at a quantile of a law whose answers all take the same.
    fn at(&self, quantile: f64) -> f64 {
        let at = |times: &Histogram<u64>| times.value_at_quantile(quantile) as f64;
        at(&self.seen) - at(&self.truth)
    }
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
