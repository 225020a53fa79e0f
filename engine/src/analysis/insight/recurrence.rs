//! A topic that comes up in more messages than the client's topics do on the average.
//!
//! Poisson tail of the number of messages with the topic, against the mean over all topics of the
//! same client. Every topic is tested; a finding needs three sessions, or five messages of one.

use super::history::{Topic, View};
use super::{Finding, Tested};
use crate::analysis::statistics::poisson_tail;

const SESSIONS: u32 = 3;
const MESSAGES_OF_ONE: u32 = 5;
/// Topics needed for a mean.
const TOPICS: usize = 5;

pub(super) fn test<'v>(view: &'v View<'_>) -> Vec<Tested<'v>> {
    if view.topics.len() < TOPICS {
        return Vec::new();
    }
    let all: u32 = view.topics.iter().map(|topic| topic.messages).sum();
    let mean = f64::from(all) / view.topics.len() as f64;
    let said = view.client_messages();
    view.topics
        .iter()
        .map(|topic| {
            let recurs = topic.sessions >= SESSIONS || topic.messages >= MESSAGES_OF_ONE;
            let p = poisson_tail(topic.messages, mean);
            if !recurs {
                return Tested::without_finding(p);
            }
            Tested::with(p, move || Finding {
                detector: "recurrence",
                slot: topic.key.to_owned(),
                statement: statement(topic, view.sessions.len(), said),
                test: "poisson_tail",
                n: said,
                effect: f64::from(topic.messages) / mean,
                weight: topic.weight,
                evidence: topic.evidence(),
            })
        })
        .collect()
}

fn statement(topic: &Topic<'_>, held: usize, said: u32) -> String {
    if topic.sessions > 1 {
        format!(
            "\"{}\" came up in {} of {held} sessions, in {} of the client's {said} messages.",
            topic.label, topic.sessions, topic.messages
        )
    } else {
        format!(
            "\"{}\" came up in {} of the client's {said} messages, all in one session.",
            topic.label, topic.messages
        )
    }
}
