//! The plan of the sample run.

use std::collections::BTreeMap;

use super::{SHAPES, Shape};
use crate::metric::{Metric, Statistic, Unit};
use crate::plan::load::{Length, Load, Think};
use crate::plan::scenario::{Order, Scenario};
use crate::plan::step::{Expect, Method, Step, StepClass};
use crate::plan::suite::{
    BenchFunction, BenchPlan, MemoryPlan, OperationPlan, Suite, SummaryPart, SummaryRow, Sut,
};
use crate::plan::target::{Bound, Relation, Target};
use crate::units::Micros;

/// Name, median in nanoseconds, target in milliseconds.
pub(super) const FUNCTIONS: [(&str, u64, f64); 7] = [
    ("memory_retrieval", 184_000, 500.0),
    ("persona_loading", 2_100_000, 1_000.0),
    ("session_creation", 96_000, 500.0),
    ("message_processing", 1_450_000, 500.0),
    ("foundation_context", 420_000, 500.0),
    ("session_analysis", 6_800_000, 2_000.0),
    ("insight_generation", 31_000_000, 2_000.0),
];

pub(super) fn suite() -> Suite {
    let operation = OperationPlan {
        name: "Message Processing".to_owned(),
        setup: Vec::new(),
        steps: Vec::new(),
        release: Vec::new(),
        concurrency: 1,
    };
    Suite {
        subject: "The Smart Steps AI Professional Persona module".to_owned(),
        profile: "full".to_owned(),
        sut: sut(),
        scenarios: (1..).zip(&SHAPES).map(plan).collect(),
        memory: Some(MemoryPlan {
            checkpoints: vec![10, 100, 1_000],
            operation: operation.clone(),
            kinds: vec![OperationPlan {
                name: "Session Creation".to_owned(),
                ..operation
            }],
            kind_count: 100,
            settle: Micros(2_000_000),
            targets: vec![target(
                "Base Memory",
                Metric::Memory,
                Some(Statistic::Min),
                Relation::Below,
                200.0,
                Unit::Megabytes,
            )],
        }),
        bench: Some(BenchPlan {
            command: vec!["cargo".to_owned(), "bench".to_owned()],
            seconds: 5.0,
            functions: FUNCTIONS
                .iter()
                .map(|(name, _, target_ms)| BenchFunction {
                    name: (*name).to_owned(),
                    target_ms: *target_ms,
                })
                .collect(),
        }),
        summary: vec![SummaryRow {
            label: "Response Time".to_owned(),
            requirement: "< 500 ms simple".to_owned(),
            parts: vec![SummaryPart {
                label: "simple".to_owned(),
                scenario: "single_user".to_owned(),
                target: "Response Time (95th)".to_owned(),
            }],
        }],
    }
}

fn sut() -> Sut {
    Sut {
        name: "smart-steps".to_owned(),
        build: Vec::new(),
        start: vec!["target/release/smart-steps".to_owned()],
        env: BTreeMap::new(),
        ready_path: "/health/ready".to_owned(),
        ready_timeout: Micros(30_000_000),
        version_path: Some("/version".to_owned()),
        probe_path: None,
        headers: BTreeMap::new(),
        secret_env: None,
        secret_file: None,
        database: Some("SQLite".to_owned()),
    }
}

fn plan((number, shape): (u32, &Shape)) -> Scenario {
    let mut targets = vec![
        target(
            "Response Time (avg)",
            Metric::ResponseTime,
            Some(Statistic::Average),
            Relation::Below,
            500.0,
            Unit::Milliseconds,
        ),
        target(
            "Response Time (95th)",
            Metric::ResponseTime,
            Some(Statistic::P95),
            Relation::Below,
            500.0,
            Unit::Milliseconds,
        ),
        target(
            "Error Rate",
            Metric::ErrorRate,
            None,
            Relation::Below,
            1.0,
            Unit::Percent,
        ),
    ];
    if shape.name == "multi_user" {
        targets[1].bound.value = 25.0;
        targets.push(Target {
            steps: vec!["get_analysis".to_owned()],
            ..target(
                "Analysis Time (95th)",
                Metric::ResponseTime,
                Some(Statistic::P95),
                Relation::Below,
                30.0,
                Unit::Milliseconds,
            )
        });
    }
    Scenario {
        name: shape.name.to_owned(),
        number,
        title: shape.title.to_owned(),
        description: format!("{} users", shape.users),
        kind: shape.kind,
        view: shape.view,
        load: Load {
            users: shape.users,
            ramp_per_second: 10.0,
            length: Length::Duration(Micros(shape.seconds * 1_000_000)),
            think: Think {
                min: Micros(0),
                max: Micros(0),
            },
            warm_up_iterations: 1,
            request_timeout: Micros(30_000_000),
            arrivals: None,
        },
        order: Order::Sequence,
        data: Vec::new(),
        setup: Vec::new(),
        steps: shape
            .steps
            .iter()
            .map(|(name, endpoint, ..)| step(name, endpoint))
            .collect(),
        teardown: Vec::new(),
        targets,
    }
}

fn step(name: &str, endpoint: &str) -> Step {
    Step {
        name: name.to_owned(),
        endpoint: endpoint.to_owned(),
        method: Method::Get,
        path: endpoint.to_owned(),
        headers: BTreeMap::new(),
        body: None,
        capture: BTreeMap::new(),
        expect: Expect {
            status: Vec::new(),
            body: Vec::new(),
        },
        repeat: 1,
        weight: 1,
        every: 1,
        class: StepClass::Simple,
    }
}

fn target(
    label: &str,
    metric: Metric,
    statistic: Option<Statistic>,
    relation: Relation,
    value: f64,
    unit: Unit,
) -> Target {
    Target {
        label: label.to_owned(),
        metric,
        statistic,
        steps: Vec::new(),
        phase: None,
        within: None,
        bound: Bound {
            relation,
            value,
            unit,
        },
        tolerance_percent: 10.0,
        implausible_beyond: None,
    }
}
