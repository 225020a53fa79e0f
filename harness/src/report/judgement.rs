//! A judgement in words, the same on the console, in JUnit and in the summary of a job.

use super::number;
use crate::measurement::archive::RunRecord;
use crate::plan::target::Bound;
use crate::verdict::judgement::{Interval, Judgement};
use crate::verdict::{BENCH, MEMORY};

/// `578 ms`, or `not measured`.
pub(super) fn value(judgement: &Judgement) -> String {
    judgement.value.map_or_else(
        || "not measured".to_owned(),
        |value| number::with_unit(&number::figure(value), judgement.unit),
    )
}

/// `< 500 ms`.
pub(super) fn bound(bound: &Bound) -> String {
    format!(
        "{} {}",
        bound.relation.sign(),
        number::with_unit(&number::plain(bound.value), bound.unit)
    )
}

/// `[561, 590]`, in the unit of the value.
pub(super) fn interval(interval: &Interval) -> String {
    format!(
        "[{}, {}]",
        number::figure(interval.low),
        number::figure(interval.high)
    )
}

/// `578 ms [561, 590] against < 500 ms: misses the bound beyond the declared tolerance`.
pub(super) fn outcome(judgement: &Judgement) -> String {
    let interval = judgement
        .interval
        .as_ref()
        .map_or_else(String::new, |found| format!(" {} at 99 %", interval(found)));
    let (value, bound) = (value(judgement), bound(&judgement.bound));
    let (n, reason) = (number::count(judgement.n), judgement.reason.text());
    format!("{value}{interval} (n = {n}) against {bound}: {reason}")
}

/// The title of a scenario or of another group of judgements.
pub(super) fn group(record: &RunRecord, name: &str) -> String {
    match name {
        MEMORY => "Memory profile".to_owned(),
        BENCH => "Benchmarks".to_owned(),
        name => record
            .suite
            .scenarios
            .iter()
            .find(|scenario| scenario.name == name)
            .map_or_else(
                || name.to_owned(),
                |scenario| format!("{} {}", scenario.number, scenario.title),
            ),
    }
}
