//! No request gets lost, whatever happens to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smart_steps_harness::event::Event;
use smart_steps_harness::measurement::archive::RunEnd;
use smart_steps_harness::measurement::histogram::HistogramRecord;
use smart_steps_harness::measurement::load::{Accounting, ErrorCount};
use smart_steps_harness::plan::arrivals::{Arrivals, Spacing};
use smart_steps_harness::plan::load::{Length, Think};
use smart_steps_harness::plan::scenario::{Advance, Feed, Order};
use smart_steps_harness::plan::step::Method;
use smart_steps_harness::units::Micros;

use super::plan::{Bench, SECOND, capturing, check_sums, scenario, step, suite};
use super::server::{Server, get_raw};

fn kinds(errors: &[ErrorCount]) -> Vec<(&str, &str, u64)> {
    errors
        .iter()
        .map(|e| (e.step.as_str(), e.kind.as_str(), e.count))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_counted_by_their_kind() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let mut plan = scenario(
        2,
        3,
        vec![
            step("fine", Method::Get, "/timed"),
            step("busy", Method::Get, "/status/503"),
            capturing(step("capture", Method::Get, "/nothing"), "id", "$.id"),
            step("slow", Method::Get, "/slow"),
        ],
    );
    plan.load.request_timeout = Micros(150_000);
    let record = bench.measure(plan).await;
    assert_eq!(record.end, RunEnd::Complete);
    let expected = Accounting {
        scheduled: 24,
        completed: 6,
        failed: 18,
        in_flight: 0,
        unsent: 0,
    };
    assert_eq!(record.accounting, expected);
    assert_eq!(
        kinds(&record.errors),
        [
            ("busy", "status 503", 6),
            ("capture", "capture id", 6),
            ("slow", "timeout", 6)
        ]
    );
    assert_eq!(
        record.errors[0].example,
        "503 Service Unavailable: as asked"
    );
    let timeout = record.steps[3].failed_response.min.unwrap();
    assert!((150_000..400_000).contains(&timeout.0), "{timeout:?}");
    let phases: Vec<(&str, u64, u64)> = record.steps[0]
        .phases
        .iter()
        .map(|(name, times)| (name.as_str(), times.count, times.max.unwrap().0))
        .collect();
    assert_eq!(phases, [("rank", 6, 250), ("store", 6, 1_500)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_needs_a_missing_value_is_unsent_and_no_failure() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let plan = scenario(
        2,
        2,
        vec![
            capturing(step("create", Method::Get, "/nothing"), "id", "$.id"),
            step("read", Method::Get, "/item/{{ id }}"),
        ],
    );
    let record = bench.measure(plan).await;
    let expected = Accounting {
        scheduled: 8,
        completed: 0,
        failed: 4,
        in_flight: 0,
        unsent: 4,
    };
    assert_eq!(record.accounting, expected);
    assert_eq!(server.requests(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captured_values_feeds_and_repeats_reach_the_requests() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let mut read = step("read", Method::Get, "/item/{{ id }}?row={{ row.n }}");
    read.repeat = 2;
    let mut rare = step(
        "rare",
        Method::Get,
        "/timed?user={{ user }}&iteration={{ iteration }}",
    );
    rare.every = 2;
    let mut plan = scenario(3, 4, vec![read, rare]);
    plan.setup = vec![capturing(
        step("create", Method::Post, "/item"),
        "id",
        "$.id",
    )];
    plan.teardown = vec![step("delete", Method::Delete, "/item/{{ id }}")];
    plan.load.warm_up_iterations = 1;
    plan.data = vec![Feed {
        name: "row".to_owned(),
        file: "rows.jsonl".to_owned(),
        sha256: String::new(),
        advance: Advance::Request,
        explode: None,
        rows: Arc::new((0..5).map(|n| serde_json::json!({ "n": n })).collect()),
        starts: Arc::default(),
    }];
    let record = bench.measure(plan).await;
    assert_eq!(record.end, RunEnd::Complete);
    let steps: Vec<(&str, u64)> = record
        .steps
        .iter()
        .map(|step| (step.step.as_str(), step.completed))
        .collect();
    assert_eq!(
        steps,
        [("create", 3), ("read", 24), ("rare", 6), ("delete", 3)]
    );
    assert_eq!(record.accounting.unsent, 0);
    assert_eq!(record.warm_up_requests, 3 * 4);
    assert_eq!(server.requests(), 36 + 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scenario_of_a_duration_ends_in_time_and_tears_down() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let mut common = step("common", Method::Get, "/timed");
    common.weight = 3;
    let rare = step("rare", Method::Get, "/law/constant");
    let mut plan = scenario(4, 0, vec![common, rare]);
    plan.order = Order::Weighted;
    plan.load.length = Length::Duration(Micros(2_200_000));
    plan.load.think = Think {
        min: Micros(5_000),
        max: Micros(15_000),
    };
    plan.teardown = vec![step("leave", Method::Delete, "/gone")];
    let mut ticks = Vec::new();
    let run = bench
        .run(&suite(vec![plan]), &mut |event| {
            if let Event::Tick(tick) = event {
                ticks.push(tick);
            }
        })
        .await
        .unwrap();
    let record = &run.scenarios[0];
    check_sums(record);
    assert_eq!(record.end, RunEnd::Complete);
    assert_eq!(record.steps[2].completed, 4);
    assert!(
        (2_100_000..2_900_000).contains(&record.duration.0),
        "{:?}",
        record.duration
    );
    assert_eq!(record.windows.len(), 3);
    assert_eq!(record.accounting.unsent + record.accounting.in_flight, 0);
    assert_eq!(record.accounting.scheduled, server.requests());
    assert!(record.lateness.count > 100, "{}", record.lateness.count);
    assert_eq!((record.users.peak, record.users.finished), (4, 4));
    assert!(!ticks.is_empty());
    assert!(
        ticks[0].rate > 10.0 && ticks[0].p95.is_some() && ticks[0].users == 4,
        "{ticks:?}"
    );
    let server = record.server.as_ref().unwrap();
    assert_eq!(
        server.pid,
        std::process::id(),
        "the process behind the target was found"
    );
    assert!(server.samples.len() >= 8, "{}", server.samples.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_ends_pauses_and_requests_within_a_second() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let mut pausing = scenario(3, 50, vec![step("fine", Method::Get, "/timed")]);
    pausing.load.think = Think {
        min: Micros(30_000_000),
        max: Micros(30_000_000),
    };
    let mut waiting = scenario(3, 50, vec![step("slow", Method::Get, "/slow")]);
    waiting.load.request_timeout = Micros(60_000_000);
    for (plan, in_flight) in [(pausing, 0), (waiting, 3)] {
        let mut bench_options = bench.options.clone();
        bench_options.cancel = tokio_util::sync::CancellationToken::new();
        bench_options.out_dir = bench.folder.path().join(format!("run-{in_flight}"));
        let cancel = bench_options.cancel.clone();
        let cancelled = Arc::new(std::sync::OnceLock::new());
        let told = Arc::clone(&cancelled);
        let run =
            smart_steps_harness::run::run(&suite(vec![plan]), &bench_options, &mut move |event| {
                if matches!(event, Event::Measuring { .. }) {
                    let (cancel, told) = (cancel.clone(), Arc::clone(&told));
                    std::thread::spawn(move || {
                        std::thread::sleep(Duration::from_millis(800));
                        told.set(Instant::now()).unwrap();
                        cancel.cancel();
                    });
                }
            })
            .await
            .unwrap();
        let took = cancelled.get().unwrap().elapsed();
        assert!(took < Duration::from_millis(1_800), "{took:?}");
        let record = &run.scenarios[0];
        check_sums(record);
        assert_eq!(
            (&record.end, &run.end),
            (&RunEnd::Interrupted, &RunEnd::Interrupted)
        );
        assert_eq!(record.accounting.in_flight, in_flight);
        assert_eq!(record.accounting.scheduled, 150);
        assert_eq!((record.users.finished, record.users.lost), (3, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_leaves_the_rest_unsent() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let mut plan = scenario(2, 1_000, vec![step("law", Method::Get, "/law/constant")]);
    plan.load.length = Length::Iterations {
        count: 1_000,
        deadline: SECOND,
    };
    plan.teardown = vec![step("leave", Method::Delete, "/gone")];
    let record = bench.measure(plan).await;
    assert_eq!(record.end, RunEnd::Complete);
    assert_eq!(record.accounting.scheduled, 2_002);
    assert_eq!(record.accounting.completed, server.requests());
    assert!(record.accounting.unsent > 1_000, "{:?}", record.accounting);
    assert!(record.duration.0 < 1_200_000, "{:?}", record.duration);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_is_the_reason_and_what_was_measured_is_kept() {
    let bench = Bench::new().await;
    let plan = scenario(4, 100_000, vec![step("law", Method::Get, "/law/constant")]);
    let never = scenario(1, 1, vec![step("fine", Method::Get, "/timed")]);
    let mut address: Option<SocketAddr> = None;
    let run = bench
        .run(&suite(vec![plan, never]), &mut |event| match event {
            Event::Connected { url, .. } => {
                address = Some(url.trim_start_matches("http://").parse().unwrap());
            }
            Event::Measuring { .. } => {
                let address = address.unwrap();
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(1_200));
                    // It ends without an answer.
                    let _ = get_raw(address, "/exit");
                });
            }
            _ => {}
        })
        .await
        .unwrap();
    assert_eq!(
        run.scenarios.len(),
        1,
        "the run ends with the first scenario that failed"
    );
    let record = &run.scenarios[0];
    check_sums(record);
    let RunEnd::Failed { reason } = &record.end else {
        panic!("{:?}", record.end)
    };
    assert_eq!(reason, "the system under test ended with exit code 7");
    assert!(matches!(&run.end, RunEnd::Failed { reason } if reason.contains("scenario known")));
    assert!(record.accounting.completed > 100, "{:?}", record.accounting);
    assert_eq!(record.accounting.scheduled, 400_000);
    assert!(!record.server.as_ref().unwrap().samples.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_arrival_of_an_open_load_is_sent_and_timed_from_when_it_was_due() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    // One user for answers of 5 ms that are due every millisecond: the queue grows to the end.
    let mut plan = scenario(1, 1, vec![step("law", Method::Get, "/law/constant")]);
    let lasts = Micros(200_000);
    plan.load.length = Length::Duration(lasts);
    plan.load.arrivals = Some(Arrivals::constant(1_000.0, Spacing::Even, lasts));
    plan.setup = vec![step("enter", Method::Get, "/timed")];
    plan.teardown = vec![step("leave", Method::Delete, "/gone")];
    let record = bench.measure(plan).await;
    assert_eq!(record.end, RunEnd::Complete);
    assert_eq!(record.accounting.scheduled, 202);
    assert_eq!(record.accounting.completed, 202);
    assert_eq!(server.requests(), 202);
    let arrivals = record.arrivals.as_ref().unwrap();
    assert_eq!((arrivals.scheduled, arrivals.begun), (200, 200));
    assert!(arrivals.backlogged >= 198, "{}", arrivals.backlogged);
    let law = &record.steps[1];
    // The last one waited for two hundred answers of five milliseconds, less the 200 ms until it
    // was due; each single answer took no longer than before.
    let longest = |times: &HistogramRecord| times.max.unwrap().0;
    assert!(longest(&law.response) >= 790_000, "{:?}", law.response.max);
    assert!(longest(&law.queue) >= 790_000);
    assert!(law.service.quantile(0.5).unwrap().unwrap().0 < 100_000);
    assert_eq!(record.censored.as_ref().unwrap().count, 0);
    assert!(record.health.as_ref().unwrap().wakes.count > 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_open_load_leaves_at_its_end_is_counted_with_its_age() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let mut plan = scenario(2, 1, vec![step("slow", Method::Get, "/slow")]);
    let lasts = Micros(100_000);
    plan.load.length = Length::Duration(lasts);
    let mut arrivals = Arrivals::constant(100.0, Spacing::Even, lasts);
    arrivals.drain = Micros(100_000);
    plan.load.arrivals = Some(arrivals);
    let record = bench.measure(plan).await;
    let expected = Accounting {
        scheduled: 10,
        completed: 0,
        failed: 0,
        in_flight: 2,
        unsent: 8,
    };
    assert_eq!(record.accounting, expected);
    let censored = record.censored.as_ref().unwrap();
    assert_eq!(censored.count, 10);
    assert!(censored.min.unwrap().0 >= 100_000, "{:?}", censored.min);
}
