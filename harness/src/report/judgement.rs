//! A judgement in words, the same on the console, in JUnit and in the summary of a job.

use super::{filters, number};
use crate::measurement::archive::RunRecord;
use crate::verdict::judgement::Judgement;
use crate::verdict::{Assessment, BENCH, MEMORY};

/// `< 500 ms`.
pub(super) fn bound(judgement: &Judgement) -> String {
    filters::bound(&judgement.bound, judgement.quantity)
}

/// `578 ms (n = 1,204, 99 %: 561 to 590) against < 500 ms: misses the bound beyond the declared
/// tolerance`.
pub(super) fn outcome(judgement: &Judgement) -> String {
    let interval = if judgement.interval.is_some() {
        format!(", 99 %: {}", filters::interval(judgement))
    } else {
        String::new()
    };
    let (value, bound) = (filters::value(judgement), bound(judgement));
    let (n, reason) = (number::count(judgement.n), judgement.reason.text());
    format!("{value} (n = {n}{interval}) against {bound}: {reason}")
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

/// What makes the summary over the run invalid without belonging to a target: the row, and what its
/// missing figure is called.
pub(super) fn missing(assessment: &Assessment) -> impl Iterator<Item = (&str, &str)> {
    assessment.summary.iter().flat_map(|row| {
        let parts = row
            .parts
            .iter()
            .filter(|(_, judgement)| judgement.is_none());
        parts.map(|(label, _)| (row.label.as_str(), label.as_str()))
    })
}

/// How to mend what [`missing`] found.
pub(super) const MISSING_ADVICE: &str =
    "name a scenario and a target of the plan in that row of the suite";
