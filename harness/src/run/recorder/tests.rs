use proptest::prelude::*;

use super::*;

fn names(count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|n| (format!("s{n}"), format!("/s{n}")))
        .collect()
}

/// A request that was due at `at` and took `took`, all in microseconds from the start.
fn record(
    recorder: &Recorder,
    user: u32,
    step: usize,
    at: u64,
    took: u64,
    failure: Option<&Failure>,
) {
    let start = *recorder.start.get().unwrap();
    let due = start + Duration::from_micros(at);
    recorder.come_due(Instant::now()).send().end(
        user,
        step,
        &Sample {
            due,
            sent: due + Duration::from_micros(took / 10),
            first_byte: Some(due + Duration::from_micros(took / 2)),
            end: due + Duration::from_micros(took),
            sent_bytes: 10,
            received_bytes: 100,
            phases: &[("db".to_owned(), Duration::from_micros(took / 3))],
            failure,
        },
    );
}

fn begun(steps: usize, shards: usize) -> Recorder {
    let recorder = Recorder::new(steps, shards);
    recorder.begin(Instant::now());
    recorder
}

#[test]
fn the_three_times_of_a_request_go_into_their_histograms() {
    let recorder = begun(1, 1);
    record(&recorder, 0, 0, 0, 1_000, None);
    let totals = recorder.totals(&names(1)).unwrap();
    let step = &totals.steps[0];
    let only = |record: &crate::measurement::histogram::HistogramRecord| record.max.unwrap().0;
    assert_eq!(
        (
            only(&step.response),
            only(&step.service),
            only(&step.queue),
            only(&step.first_byte)
        ),
        (1_000, 900, 100, 400)
    );
    assert_eq!(only(&step.phases["db"]), 333);
    assert_eq!((step.sent, step.received), (Bytes(10), Bytes(100)));
    assert_eq!(recorder.last_end(), Duration::from_millis(1));
}

#[test]
fn failures_are_kept_apart_and_counted_by_kind_with_the_first_example() {
    let recorder = begun(2, 2);
    let failure = |detail: &str| Failure::new("status 503", detail);
    record(&recorder, 1, 0, 5_000, 100, Some(&failure("later")));
    record(&recorder, 0, 0, 0, 100, Some(&failure("first")));
    record(
        &recorder,
        0,
        1,
        0,
        100,
        Some(&Failure::new("timeout", "late")),
    );
    record(&recorder, 0, 0, 0, 100, None);
    let totals = recorder.totals(&names(2)).unwrap();
    assert_eq!((totals.steps[0].completed, totals.steps[0].failed), (1, 2));
    assert_eq!(totals.steps[0].response.count, 1);
    assert_eq!(totals.steps[0].failed_response.count, 2);
    let errors: Vec<_> = totals
        .errors
        .iter()
        .map(|e| {
            (
                e.step.as_str(),
                e.kind.as_str(),
                e.count,
                e.example.as_str(),
            )
        })
        .collect();
    assert_eq!(
        errors,
        [
            ("s0", "status 503", 2, "first"),
            ("s1", "timeout", 1, "late")
        ]
    );
}

#[test]
fn a_request_that_is_dropped_was_in_flight() {
    let recorder = begun(1, 1);
    drop(recorder.come_due(Instant::now()).send());
    drop(recorder.come_due(Instant::now()));
    let counts = recorder.counts();
    assert_eq!(
        counts,
        Counts {
            due: 2,
            completed: 0,
            failed: 0,
            in_flight: 1,
            withheld: 1
        }
    );
}

#[test]
fn windows_are_closed_in_order_and_late_samples_go_into_the_next_open_one() {
    let recorder = begun(1, 2);
    record(&recorder, 0, 0, 0, 100, None);
    record(&recorder, 1, 0, 2_100_000, 300, None);
    let closed = recorder.close(1);
    assert_eq!(
        closed.iter().map(|(second, _)| *second).collect::<Vec<_>>(),
        [0, 1]
    );
    assert_eq!(closed[0].1[0].completed, 1);
    assert!(closed[1].1[0].response.is_none());
    record(&recorder, 0, 0, 500_000, 200, None);
    let closed = recorder.close(2);
    assert_eq!(closed.len(), 1);
    let (second, steps) = &closed[0];
    assert_eq!((*second, steps[0].completed), (2, 2));
    assert_eq!(steps[0].response.as_ref().unwrap().max(), Some(300));
    assert!(recorder.close(2).is_empty());
}

#[test]
fn names_of_phases_are_bounded() {
    let recorder = begun(1, 1);
    for n in 0..1_000u64 {
        let now = Instant::now();
        let phases = [(format!("p{n}"), Duration::from_micros(n))];
        let sample = Sample {
            due: now,
            sent: now,
            first_byte: None,
            end: now,
            sent_bytes: 0,
            received_bytes: 0,
            phases: &phases,
            failure: None,
        };
        recorder.come_due(Instant::now()).send().end(0, 0, &sample);
    }
    assert_eq!(
        recorder.totals(&names(1)).unwrap().steps[0].phases.len(),
        MOST_PHASES
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whoever records where, and whenever windows are closed, the sums are those of one histogram.
    #[test]
    fn shards_and_windows_add_up_to_the_whole(
        samples in prop::collection::vec((0u32..7, 0usize..3, 0u64..4_000_000, 1u64..900_000, any::<bool>()), 0..120),
        shards in 1usize..5,
    ) {
        let failure = Failure::new("timeout", "");
        let (split, single) = (begun(3, shards), begun(3, 1));
        let mut windows = Vec::new();
        for (place, (user, step, at, took, fails)) in samples.iter().enumerate() {
            let failure = fails.then_some(&failure);
            record(&split, *user, *step, *at, *took, failure);
            record(&single, 0, *step, *at, *took, failure);
            if place % 17 == 0 {
                windows.extend(split.close((place / 60) as u32));
            }
        }
        windows.extend(split.close(10));
        let (a, b) = (split.totals(&names(3)).unwrap(), single.totals(&names(3)).unwrap());
        prop_assert_eq!(&a.steps, &b.steps);
        prop_assert_eq!(a.counts, b.counts);
        let seconds: Vec<u32> = windows.iter().map(|(second, _)| *second).collect();
        prop_assert_eq!(seconds, (0..=10).collect::<Vec<u32>>());
        for (step, total) in a.steps.iter().enumerate() {
            let completed: u64 = windows.iter().map(|(_, steps)| steps[step].completed).sum();
            let sum: u64 = windows
                .iter()
                .filter_map(|(_, steps)| steps[step].response.as_ref())
                .map(Recording::sum)
                .sum();
            prop_assert_eq!((completed, sum), (total.completed, total.response.sum.0));
        }
    }
}
