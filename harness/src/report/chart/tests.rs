//! Charts of the sample run, looked at by a machine: what is on them, and that they are always the
//! same.

use super::*;
use crate::measurement::load::ErrorCount;
use crate::verdict::assess;

fn charts_of(record: &RunRecord) -> Vec<(Chart, String)> {
    charts_beside(record, &[])
}

fn charts_beside(record: &RunRecord, history: &[RunRecord]) -> Vec<(Chart, String)> {
    let dir = tempfile::tempdir().unwrap();
    let trend = crate::findings::trend::find(record, &assess(record), history);
    let material = Material {
        record,
        trend: &trend,
        dir: dir.path(),
    };
    draw(material)
        .unwrap()
        .into_iter()
        .map(|picture| (picture.chart, picture.svg))
        .collect()
}

fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .map(|node| node.text().unwrap_or_default().trim().to_owned())
        .collect()
}

/// The run without the parts whose names are given.
fn only_scenarios() -> RunRecord {
    RunRecord {
        memory: None,
        bench: None,
        ..sample::record()
    }
}

#[test]
fn every_chart_of_a_full_run_is_drawn_in_order() {
    let charts = charts_of(&sample::record());
    let files: Vec<&str> = charts
        .iter()
        .map(|(chart, _)| chart.file.as_str())
        .collect();
    assert_eq!(
        files,
        [
            "charts/response_time_distribution.svg",
            "charts/throughput_over_time.svg",
            "charts/memory_usage.svg",
            "charts/cpu_usage.svg",
            "charts/errors_over_time.svg",
            "charts/endpoint_comparison.svg",
            "charts/memory_profile.svg",
            "charts/benchmark_functions.svg",
        ]
    );
}

#[test]
fn every_chart_is_described_and_says_where_it_is_from() {
    for (chart, svg) in charts_of(&sample::record()) {
        let document = roxmltree::Document::parse(&svg).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        let text_of = |tag: &str| {
            root.children()
                .find(|node| node.has_tag_name(tag))
                .and_then(|node| node.text())
                .unwrap()
        };
        assert_eq!(text_of("title"), chart.title);
        assert_eq!(text_of("desc"), chart.alt);
        assert!(
            chart.alt.ends_with('.') && chart.alt.contains(char::is_numeric),
            "{}",
            chart.alt
        );
        let texts = texts(&svg);
        let footer = texts.last().unwrap();
        for part in [
            "20250511_094532",
            "commit 7e57dd5f0c1e ",
            "AMD EPYC 7B13, 2 cores",
            "n = ",
            "profile full",
        ] {
            assert!(footer.contains(part), "{footer} lacks {part}");
        }
        let families: Vec<_> = document
            .descendants()
            .filter_map(|node| node.attribute("font-family"))
            .collect();
        assert!(families.iter().all(|family| *family == "sans-serif"));
    }
}

/// Ten scenarios with long names, the first ones very short, on a machine with a long name.
fn crowded() -> RunRecord {
    let mut record = sample::record();
    record.environment.cpu_model =
        "Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz, stepping 6".to_owned();
    let again: Vec<_> = record.scenarios.iter().rev().cloned().collect();
    record.scenarios.extend(again);
    for (scenario, seconds) in record.scenarios.iter_mut().zip([1, 2, 3]) {
        scenario.duration = crate::units::Micros(seconds * 400_000);
        scenario.windows.truncate(1);
    }
    for plan in &mut record.suite.scenarios {
        plan.title
            .push_str(" with a Title that Nobody Could Read in One Breath");
        plan.steps.clear();
    }
    for step in record
        .scenarios
        .iter_mut()
        .flat_map(|scenario| &mut scenario.steps)
    {
        step.endpoint
            .push_str("/{session}/messages/{message}/revisions");
    }
    record
}

/// One scenario of a second with some tens of requests.
fn tiny() -> RunRecord {
    let mut record = only_scenarios();
    record.tool.commit = None;
    record.scenarios.truncate(1);
    let scenario = &mut record.scenarios[0];
    scenario.duration = crate::units::Micros(1_100_000);
    scenario.windows.truncate(1);
    let times: Vec<u64> = (0..40).map(|i| 180 + i * 3).collect();
    scenario.steps.truncate(1);
    scenario.steps[0].response = sample::histogram(&times, 1_000_000);
    scenario.generator.samples.truncate(5);
    scenario.server = None;
    record
}

#[test]
fn nothing_is_drawn_outside_its_card() {
    let runs = [sample::record(), crowded(), tiny()];
    for (chart, svg) in runs.iter().flat_map(charts_of) {
        let document = roxmltree::Document::parse(&svg).unwrap();
        let size = document.root_element().attribute("viewBox").unwrap();
        let size: Vec<f64> = size.split(' ').map(|part| part.parse().unwrap()).collect();
        let number = |node: roxmltree::Node<'_, '_>, name: &str| -> f64 {
            node.attribute(name).unwrap().parse().unwrap()
        };
        for node in document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
        {
            let text = node.text().unwrap_or_default().trim();
            let (x, y) = (number(node, "x"), number(node, "y"));
            let length = text.chars().count() as f64 * number(node, "font-size") * 0.6;
            let (from, to) = match (
                node.attribute("transform"),
                node.attribute("text-anchor").unwrap(),
            ) {
                (Some(_), _) => (x, x),
                (None, "start") => (x, x + length),
                (None, "end") => (x - length, x),
                (None, _) => (x - length / 2.0, x + length / 2.0),
            };
            assert!(
                from >= 0.0 && to <= size[2],
                "{}: {text} from {from} to {to}",
                chart.file
            );
            assert!(y > 0.0 && y < size[3], "{}: {text} at {y}", chart.file);
        }
    }
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    assert_eq!(charts_of(&sample::record()), charts_of(&sample::record()));
}

#[test]
fn charts_without_data_are_left_out() {
    let files = |record: &RunRecord| -> Vec<String> {
        charts_of(record)
            .into_iter()
            .map(|(chart, _)| chart.file)
            .collect()
    };
    assert_eq!(files(&only_scenarios()).len(), 6);
    let nothing = RunRecord {
        scenarios: Vec::new(),
        ..only_scenarios()
    };
    assert_eq!(files(&nothing), Vec::<String>::new());
    let memory = RunRecord {
        scenarios: Vec::new(),
        bench: None,
        ..sample::record()
    };
    assert_eq!(files(&memory), ["charts/memory_profile.svg"]);
}

#[test]
fn percentiles_without_enough_samples_are_not_shown() {
    let mut record = only_scenarios();
    record.scenarios.truncate(1);
    let scenario = &mut record.scenarios[0];
    scenario.steps.truncate(2);
    scenario.steps[0].response = sample::histogram(&[5_000; 100], 1_000_000);
    scenario.steps[1].response = sample::histogram(&[5_000; 9], 1_000_000);
    let charts = charts_of(&record);
    let chart = |name: &str| {
        charts
            .iter()
            .find(|(chart, _)| chart.file.contains(name))
            .unwrap()
    };
    let (distribution, svg) = chart("distribution");
    assert_eq!(
        distribution.alt,
        "Response time by percentile on logarithmic axes: Single User Intensive Usage median \
         5.00 ms (n = 109)."
    );
    let labels = texts(svg);
    assert!(labels.contains(&"p90".to_owned()) && !labels.contains(&"p95".to_owned()));
    assert!(labels.contains(&"too few samples for p95, n = 109".to_owned()));
    let labels = texts(&chart("endpoint").1);
    assert!(labels.contains(&"n = 100, too few for p95".to_owned()));
    assert!(labels.contains(&"n = 9, too few to show".to_owned()));
}

#[test]
fn a_run_without_a_failure_says_so() {
    let mut record = only_scenarios();
    record.scenarios.truncate(2);
    let charts = charts_of(&record);
    let (chart, svg) = charts
        .iter()
        .find(|(chart, _)| chart.file.contains("errors"))
        .unwrap();
    let requests: u64 = record
        .scenarios
        .iter()
        .map(|s| s.accounting.completed)
        .sum();
    let requests = crate::report::number::count(requests);
    assert_eq!(
        chart.alt,
        format!("No failed request among {requests} in 2 scenarios.")
    );
    assert!(texts(svg).contains(&format!("No failed request among {requests}")));
}

#[test]
fn failures_are_named_by_their_most_frequent_kinds() {
    let mut record = only_scenarios();
    let error = |kind: &str, count| ErrorCount {
        step: "send_message".to_owned(),
        kind: kind.to_owned(),
        count,
        example: String::new(),
    };
    record.scenarios[4].errors = vec![error("timeout", 5), error("status 503", 9)];
    record.scenarios[0].errors = vec![error("timeout", 6)];
    let charts = charts_of(&record);
    let (_, svg) = charts
        .iter()
        .find(|(chart, _)| chart.file.contains("errors"))
        .unwrap();
    assert!(
        texts(svg)[1].ends_with("most often: timeout (11), status 503 (9)"),
        "{}",
        texts(svg)[1]
    );
}

#[test]
fn a_system_that_cannot_be_seen_is_said_to_be_invisible() {
    let mut record = only_scenarios();
    for scenario in &mut record.scenarios {
        scenario.server = None;
    }
    for (chart, svg) in charts_of(&record) {
        if chart.file.contains("cpu") || chart.file.contains("memory") {
            assert!(
                texts(&svg)[1].ends_with("cannot be seen from here"),
                "{}",
                chart.file
            );
            assert!(!texts(&svg).contains(&"system under test".to_owned()));
        }
    }
}

#[test]
fn a_histogram_that_cannot_be_read_costs_its_curve_and_not_the_charts() {
    let mut record = only_scenarios();
    record.scenarios[0].steps[0].response.hdr = "broken".to_owned();
    let charts = charts_of(&record);
    assert_eq!(charts.len(), 6);
    assert!(!charts[0].0.alt.contains("Single User Intensive Usage"));
    assert!(charts[0].0.alt.contains("Multi-User Concurrent Access"));
}
