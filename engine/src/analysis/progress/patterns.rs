//! What recurs: the leading topics with their counts, and what the detectors support at present.

use crate::analysis::insight::history::{Topic, View};
use crate::analysis::insight::{ClientHistory, InsightConfig, detect};
use crate::domain::id::ClientId;
use crate::domain::progress::{ClientPatterns, PatternFinding, TopicPattern};

/// Topics shown.
const TOPICS: usize = 24;

/// What recurs over the client's sessions. Nothing is stored: the findings are those of the moment.
#[must_use]
pub fn patterns(
    history: &ClientHistory,
    client: &ClientId,
    config: &InsightConfig,
) -> ClientPatterns {
    let view = View::of(history);
    let detection = detect(history, config);
    let finding = |draft: crate::analysis::insight::InsightDraft| PatternFinding {
        detector: draft.detector,
        statement: draft.statement,
        test: draft.test,
        confidence: draft.confidence,
        evidence: draft.evidence,
    };
    ClientPatterns {
        client_id: client.clone(),
        sessions: u32::try_from(history.sessions.len()).unwrap_or(u32::MAX),
        client_messages: view.client_messages(),
        topics: shown(&view),
        findings: detection.drafts.into_iter().map(finding).collect(),
        tests: u32::try_from(detection.tests).unwrap_or(u32::MAX),
        false_discovery_rate: config.false_discovery_rate,
    }
}

/// What was spoken of in more than two messages, without any test.
#[must_use]
pub fn topics(history: &ClientHistory) -> Vec<TopicPattern> {
    shown(&View::of(history))
}

fn shown(view: &View<'_>) -> Vec<TopicPattern> {
    let leading = view.leading().into_iter();
    leading.filter_map(topic).take(TOPICS).collect()
}

/// A topic without a quotation that can be shown is not shown.
fn topic(topic: &Topic<'_>) -> Option<TopicPattern> {
    let evidence = topic.evidence();
    let (first, _) = topic.mentions.first().filter(|_| !evidence.is_empty())?;
    let (latest, _) = topic.mentions.last()?;
    Some(TopicPattern {
        label: topic.label.to_owned(),
        sessions: topic.sessions,
        messages: topic.messages,
        sentences: topic.sentences,
        negative_sentences: topic.negative,
        first_at: first.at,
        latest_at: latest.at,
        evidence,
    })
}
