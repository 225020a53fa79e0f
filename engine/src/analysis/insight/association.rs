//! A topic whose sentences sound negative more often, or less often, than the client's others.
//!
//! A topic whose own words are in the sentiment lexicon is left out: its sentences sound as they do
//! because of it, which would be no finding.
//!
//! Fisher's exact test on sentences with and without the topic, negative or not. Sentences count as
//! independent, which within a session they are only roughly; the confidence discounts that.

use super::history::{Topic, View};
use super::{Finding, Tested};
use crate::analysis::statistics::Table;
use crate::analysis::vader;

/// Sentences with the topic needed for a test.
const SENTENCES: u32 = 4;

fn is_testable(topic: &Topic<'_>) -> bool {
    topic.sentences >= SENTENCES && !topic.label.split_whitespace().any(vader::has_valence)
}

pub(super) fn test<'v>(view: &'v View<'_>) -> Vec<Tested<'v>> {
    let sessions = view.history.sessions.iter();
    let (all, negative) = sessions
        .map(|session| session.state.sentiment.counts())
        .fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1));
    let mut tested = Vec::new();
    for topic in view.topics.iter().filter(|topic| is_testable(topic)) {
        let table = Table {
            with_yes: topic.negative,
            with_no: topic.sentences - topic.negative,
            without_yes: negative.saturating_sub(topic.negative),
            without_no: (all - negative).saturating_sub(topic.sentences - topic.negative),
        };
        if table.without_yes + table.without_no < SENTENCES {
            continue;
        }
        tested.push(Tested::with(table.fisher_exact(), move || {
            finding(topic, table, all)
        }));
    }
    tested
}

fn finding(topic: &Topic<'_>, table: Table, all: u32) -> Finding {
    let odds = table.odds_ratio();
    let how = if odds > 1.0 { "more" } else { "less" };
    let others = table.without_yes + table.without_no;
    let statement = format!(
        "Sentences with \"{}\" sound negative {how} often ({} of {}) than the client's others ({} of {others}).",
        topic.label, table.with_yes, topic.sentences, table.without_yes
    );
    Finding {
        detector: "association",
        slot: topic.key.to_owned(),
        statement,
        test: "fisher_exact",
        n: all,
        effect: odds,
        weight: topic.weight,
        evidence: topic.evidence(),
    }
}
