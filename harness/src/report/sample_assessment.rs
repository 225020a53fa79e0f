//! Verdicts that nobody reached, for tests of what shows verdicts.

use crate::metric::{Metric, Statistic, Unit};
use crate::plan::target::{Bound, Relation};
use crate::verdict::judgement::{Interval, Judgement, Method, Quantity, Reason};
use crate::verdict::outcome::{Overall, Verdict};
use crate::verdict::validity::{Cause, CauseKind};
use crate::verdict::{Assessment, Group, MEMORY, SummaryJudgement};

/// A cause with advice.
pub(super) fn cause() -> Cause {
    Cause {
        kind: CauseKind::Generator,
        what: "the generator used 71 % of all cores".to_owned(),
        advice: "run it on another machine or with fewer users".to_owned(),
    }
}

fn judgement(scenario: &str, label: &str, verdict: Verdict) -> Judgement {
    let (value, reason) = match verdict {
        Verdict::Pass => (Some(412.0), Reason::IntervalGood),
        Verdict::Marginal => (Some(498.6), Reason::IntervalContainsBound),
        Verdict::Fail => (Some(578.2), Reason::BeyondTolerance),
        Verdict::Invalid => (None, Reason::GroupInvalid),
    };
    Judgement {
        scenario: scenario.to_owned(),
        label: label.to_owned(),
        quantity: Quantity::Measured(Metric::ResponseTime),
        statistic: Some(Statistic::P95),
        n: if value.is_some() { 14_207 } else { 0 },
        value,
        unit: Unit::Milliseconds,
        interval: value.map(|value| Interval {
            low: value - 9.0,
            high: value + 11.0,
            method: Method::OrderStatistics,
        }),
        bound: Bound {
            relation: Relation::Below,
            value: 500.0,
            unit: Unit::Milliseconds,
        },
        tolerance_percent: 10.0,
        verdict,
        reason,
    }
}

fn group(name: &str, causes: Vec<Cause>, judgements: Vec<Judgement>) -> Group {
    let worst = judgements.iter().map(|judgement| judgement.verdict).max();
    let verdict = if causes.is_empty() {
        worst
    } else {
        Some(Verdict::Invalid)
    };
    Group {
        name: name.to_owned(),
        verdict,
        causes,
        judgements,
    }
}

/// One scenario with a target for each verdict.
pub(super) fn of_verdicts(verdicts: &[Verdict]) -> Assessment {
    let judgements = (1..)
        .zip(verdicts)
        .map(|(number, verdict)| judgement("single_user", &format!("Target {number}"), *verdict));
    Assessment {
        overall: Overall::of(verdicts.iter().copied()),
        causes: Vec::new(),
        scenarios: vec![group("single_user", Vec::new(), judgements.collect())],
        memory: None,
        bench: None,
        summary: Vec::new(),
    }
}

/// Every verdict, an invalid scenario, a summary with a part that is missing.
pub(super) fn assessment() -> Assessment {
    use Verdict::{Fail, Invalid, Marginal, Pass};
    let p95 = "Response Time (95th)";
    let error_rate = Judgement {
        quantity: Quantity::Measured(Metric::ErrorRate),
        statistic: None,
        value: Some(0.0),
        unit: Unit::Percent,
        interval: Some(Interval {
            low: 0.0,
            high: 0.62,
            method: Method::Wilson,
        }),
        bound: Bound {
            relation: Relation::Below,
            value: 1.0,
            unit: Unit::Percent,
        },
        ..judgement("single_user", "Error Rate", Pass)
    };
    let base = Judgement {
        quantity: Quantity::Measured(Metric::Memory),
        statistic: Some(Statistic::Min),
        n: 1,
        value: Some(185.2),
        unit: Unit::Megabytes,
        interval: None,
        bound: Bound {
            relation: Relation::Below,
            value: 200.0,
            unit: Unit::Megabytes,
        },
        reason: Reason::FigureGood,
        ..judgement(MEMORY, "Base Memory", Pass)
    };
    let single = judgement("single_user", p95, Pass);
    let scenarios = vec![
        group("single_user", Vec::new(), vec![single.clone(), error_rate]),
        group(
            "multi_user",
            Vec::new(),
            vec![
                judgement("multi_user", "Response Time (avg)", Marginal),
                judgement("multi_user", p95, Fail),
            ],
        ),
        group(
            "endpoint_stress",
            vec![cause()],
            vec![judgement("endpoint_stress", p95, Invalid)],
        ),
    ];
    let summary = SummaryJudgement {
        label: "Response Time".to_owned(),
        requirement: "< 500 ms simple, < 2 s complex".to_owned(),
        parts: vec![
            ("simple".to_owned(), Some(single)),
            ("complex".to_owned(), None),
        ],
        verdict: Invalid,
    };
    Assessment {
        overall: Overall::Invalid,
        causes: Vec::new(),
        scenarios,
        memory: Some(group(MEMORY, Vec::new(), vec![base])),
        bench: None,
        summary: vec![summary],
    }
}
