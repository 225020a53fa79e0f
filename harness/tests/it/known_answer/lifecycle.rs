//! The system under test from its start to its end, and what a run leaves.

use smart_steps_harness::event::Event;
use smart_steps_harness::measurement::archive::RunEnd;
use smart_steps_harness::plan::step::Method;
use smart_steps_harness::plan::suite::{MemoryPlan, OperationPlan};
use smart_steps_harness::run::RunError;
use smart_steps_harness::units::Micros;

use super::plan::{Bench, capturing, scenario, step, suite};
use super::server::Server;

fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_run_leaves_its_files_and_no_process() {
    let bench = Bench::new().await;
    let mut suite = suite(vec![scenario(
        2,
        20,
        vec![step("fine", Method::Get, "/timed")],
    )]);
    let make = || {
        vec![capturing(
            step("create", Method::Post, "/item"),
            "id",
            "$.id",
        )]
    };
    let give_back = || vec![step("delete", Method::Delete, "/item/{{ id }}")];
    suite.memory = Some(MemoryPlan {
        checkpoints: vec![1, 3],
        operation: OperationPlan {
            name: "Item".to_owned(),
            setup: Vec::new(),
            steps: make(),
            release: give_back(),
            concurrency: 1,
        },
        kinds: vec![OperationPlan {
            name: "Items at once".to_owned(),
            setup: Vec::new(),
            steps: make(),
            release: give_back(),
            concurrency: 3,
        }],
        kind_count: 3,
        settle: Micros(100_000),
        targets: Vec::new(),
    });
    let mut pids = Vec::new();
    let run = bench
        .run(&suite, &mut |event| {
            if let Event::Connected {
                pid,
                version,
                ready_after,
                ..
            } = event
            {
                assert_eq!(version.as_deref(), Some("1.2.3"));
                assert!(ready_after.is_some());
                pids.push(pid.unwrap());
            }
        })
        .await
        .unwrap();
    assert_eq!(run.end, RunEnd::Complete);
    assert_eq!(pids.len(), 2, "the memory profile has a process of its own");
    assert!(pids[0] != pids[1] && !pids.iter().any(|pid| is_alive(*pid)));

    let memory = run.memory.as_ref().unwrap();
    assert_eq!((memory.failed_requests, &memory.first_failure), (0, &None));
    let megabytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let last = &memory.checkpoints[1];
    assert_eq!(last.operations, 3);
    // Two items of 34 MB since the checkpoint before, given back afterwards.
    let grown = megabytes(last.base.0 - memory.start.0);
    assert!((66.0..80.0).contains(&grown), "{memory:?}");
    assert!(
        last.peak >= last.base && last.released < last.base,
        "{memory:?}"
    );
    let kind = &memory.kinds[0];
    assert!(megabytes(kind.end.0 - kind.base.0) > 100.0, "{kind:?}");
    assert!(megabytes(kind.end.0 - kind.released.0) > 100.0, "{kind:?}");

    let folder = bench.folder_of(&run);
    let stamp = &run.stamp;
    for name in [
        "run.json".to_owned(),
        "sut.log".to_owned(),
        format!("goose_{stamp}_stats.csv"),
        format!("loadtest_results_{stamp}.json"),
        format!("memory_profile_{stamp}.txt"),
        "histograms/known.fine.hlog".to_owned(),
        "histograms/known.fine.hgrm".to_owned(),
    ] {
        let length =
            std::fs::metadata(folder.join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(length.len() > 0, "{name}");
    }
    let csv = std::fs::read_to_string(folder.join(format!("goose_{stamp}_stats.csv"))).unwrap();
    assert!(
        csv.lines()
            .nth(1)
            .unwrap()
            .starts_with("known,measured,GET,fine,40,0,"),
        "{csv}"
    );
    let left: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().display().to_string())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(
        left.is_empty(),
        "data folders and temporary files are gone: {left:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_ends_at_once_is_a_reason_with_its_last_words() {
    let bench = Bench::new().await;
    let mut suite = suite(vec![scenario(
        1,
        1,
        vec![step("fine", Method::Get, "/timed")],
    )]);
    suite.sut.start = ["/bin/sh", "-c", "echo no database; exit 4"]
        .map(str::to_owned)
        .to_vec();
    let run = bench.run(&suite, &mut |_| {}).await.unwrap();
    let RunEnd::Failed { reason } = &run.end else {
        panic!("{:?}", run.end)
    };
    assert!(
        reason.contains("ended with exit code 4 before it was ready")
            && reason.contains("no database"),
        "{reason}"
    );
    assert!(run.sut.is_none() && run.scenarios.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_secret_is_found_before_any_load() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let mut suite = suite(vec![scenario(
        1,
        1,
        vec![step("fine", Method::Get, "/timed")],
    )]);
    suite.sut.probe_path = Some("/status/401".to_owned());
    let run = bench.run(&suite, &mut |_| {}).await.unwrap();
    let RunEnd::Failed { reason } = &run.end else {
        panic!("{:?}", run.end)
    };
    assert!(
        reason.contains("/status/401 answered status 401"),
        "{reason}"
    );
    assert_eq!(server.requests(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_the_plan_that_cannot_be_used_are_errors_before_anything_starts() {
    let server = Server::start();
    let bench = Bench::new().await.on(&server);
    let broken = capturing(step("fine", Method::Get, "/timed"), "id", "$[");
    let error = bench
        .run(&suite(vec![scenario(1, 1, vec![broken])]), &mut |_| {})
        .await;
    let error = error.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("step `fine`, capture.id: `$[` is not"),
        "{error}"
    );

    let mut with_secret = suite(vec![]);
    with_secret
        .sut
        .headers
        .insert("authorization".to_owned(), "Bearer {{ secret }}".to_owned());
    let error = bench.run(&with_secret, &mut |_| {}).await.unwrap_err();
    assert!(
        matches!(&error, RunError::NoSecret { place, .. } if place == "sut.headers.authorization"),
        "{error}"
    );
    assert_eq!(server.requests(), 0);
    assert!(!bench.options.out_dir.exists(), "no folder without a run");
}
