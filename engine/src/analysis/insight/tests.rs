//! The detectors on invented clients whose pattern, or lack of one, is known.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::analysis::SessionState;
use crate::analysis::laws::message;
use crate::domain::id::{ChunkId, DocumentId, SessionId};
use crate::domain::message::{Message, Role};

struct Told {
    history: ClientHistory,
    messages: Vec<Message>,
}

/// A client whose sessions hold these messages.
fn told(sessions: &[Vec<String>]) -> Told {
    let mut history = ClientHistory::default();
    let mut all = Vec::new();
    for (number, texts) in (0i64..).zip(sessions) {
        let session = SessionId::derived(format!("session {number}").as_bytes());
        let messages: Vec<Message> = (0u32..)
            .zip(texts)
            .map(|(seq, text)| message(&session, seq, Role::Client, text))
            .collect();
        history.sessions.push(SessionHistory {
            session,
            at: Timestamp::from_second(number * 604_800).unwrap(),
            state: Arc::new(SessionState::fold(&messages)),
        });
        all.extend(messages);
    }
    Told {
        history,
        messages: all,
    }
}

fn drafts_of(history: &ClientHistory, config: &InsightConfig) -> Vec<InsightDraft> {
    detect(history, config).drafts
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn of<'d>(drafts: &'d [InsightDraft], detector: &str) -> Vec<&'d InsightDraft> {
    drafts
        .iter()
        .filter(|draft| draft.detector == detector)
        .collect()
}

/// Every quotation stands in its message.
fn check_evidence(told: &Told, drafts: &[InsightDraft]) {
    for draft in drafts {
        assert!(!draft.evidence.is_empty(), "{}", draft.statement);
        assert!((0.0..=1.0).contains(&draft.confidence));
        for evidence in &draft.evidence {
            if let Evidence::Message {
                session_id,
                message_id,
                byte_start,
                byte_end,
                quote,
            } = evidence
            {
                let stored = told.messages.iter().find(|m| m.id == *message_id).unwrap();
                assert_eq!(stored.session, *session_id);
                assert_eq!(
                    stored.content.get(*byte_start..*byte_end),
                    Some(quote.as_str())
                );
            }
        }
    }
}

/// Four sessions in which the boss comes up often and badly, among things said once.
fn boss() -> Vec<Vec<String>> {
    let things = [
        "garden", "train", "museum", "bicycle", "dinner", "piano", "weather", "kitchen",
    ];
    (0..4usize)
        .map(|session| {
            (0..8usize)
                .map(|at| {
                    let thing = things[at];
                    if at % 2 == 0 {
                        let how =
                            ["horrible", "cruel", "angry", "terrible"][(session + at / 2) % 4];
                        format!("My boss was {how} about report{session}x{at}.")
                    } else {
                        format!("The {thing}{session} was fine, with colour{session}x{at}.")
                    }
                })
                .collect()
        })
        .collect()
}

#[test]
fn nothing_said_supports_nothing() {
    assert!(drafts_of(&ClientHistory::default(), &InsightConfig::default()).is_empty());
    let told = told(&[texts(&["Hello.", "I went to the market."])]);
    assert!(drafts_of(&told.history, &InsightConfig::default()).is_empty());
}

#[test]
fn a_recurring_burden_is_found_with_its_evidence() {
    let told = told(&boss());
    let drafts = drafts_of(&told.history, &InsightConfig::default());
    check_evidence(&told, &drafts);
    let recurrence = of(&drafts, "recurrence");
    assert_eq!(recurrence.len(), 1, "{recurrence:#?}");
    assert_eq!(
        recurrence[0].statement,
        "\"boss\" came up in 4 of 4 sessions, in 16 of the client's 32 messages."
    );
    assert!(recurrence[0].test.q.unwrap() <= 0.10);
    let association = of(&drafts, "association");
    assert!(
        association
            .iter()
            .any(|d| d.slot == "boss" && d.statement.contains("more often (16 of 16)"))
    );
    assert_eq!(drafts, drafts_of(&told.history, &InsightConfig::default()));
}

#[test]
fn topics_that_all_come_up_alike_do_not_recur() {
    let sessions: Vec<Vec<String>> = (0..3)
        .map(|_| {
            ["garden", "train", "museum", "bicycle", "dinner", "piano"]
                .iter()
                .map(|thing| format!("There is the {thing}."))
                .collect()
        })
        .collect();
    let told = told(&sessions);
    assert!(
        of(
            &drafts_of(&told.history, &InsightConfig::default()),
            "recurrence"
        )
        .is_empty()
    );
}

#[test]
fn a_rise_over_six_sessions_is_a_trend_and_a_rise_over_three_is_none() {
    let session = |good: usize| -> Vec<String> {
        (0..10)
            .map(|at| {
                if at < good {
                    "This was a good day."
                } else {
                    "This was a terrible day."
                }
            })
            .map(str::to_owned)
            .collect()
    };
    let rise: Vec<Vec<String>> = (1..7).map(session).collect();
    let six = told(&rise);
    let drafts = drafts_of(&six.history, &InsightConfig::default());
    check_evidence(&six, &drafts);
    let over: Vec<_> = of(&drafts, "trend")
        .into_iter()
        .filter(|d| d.slot == "sessions")
        .collect();
    assert_eq!(over.len(), 1);
    assert!(over[0].statement.ends_with("sound lighter."));
    assert!((over[0].test.p.unwrap() - 2.0 / 720.0).abs() < 1e-9);
    let three = told(&rise[..3]);
    let drafts = drafts_of(&three.history, &InsightConfig::default());
    assert!(
        of(&drafts, "trend")
            .iter()
            .all(|draft| draft.slot != "sessions")
    );
}

#[test]
fn a_goal_is_followed_over_sessions() {
    let done = told(&[
        texts(&["I want to call the landlord about the heating."]),
        texts(&["On Monday I called the landlord and he'll repair the heating."]),
    ]);
    let drafts = drafts_of(&done.history, &InsightConfig::default());
    check_evidence(&done, &drafts);
    assert_eq!(of(&drafts, "goal_progress").len(), 1);
    assert!((drafts[0].test.effect - 1.0).abs() < f64::EPSILON);
    assert_eq!(drafts[0].evidence.len(), 2);
    let silent = told(&[
        texts(&["I want to call the landlord about the heating."]),
        texts(&["We had soup."]),
        texts(&["We had cake."]),
    ]);
    let drafts = drafts_of(&silent.history, &InsightConfig::default());
    assert!(
        of(&drafts, "goal_progress")[0]
            .statement
            .contains("none of the 2 later sessions")
    );
}

#[test]
fn a_topic_is_linked_or_a_gap_only_when_it_was_looked_up() {
    let mut told = told(&boss());
    assert!(topics_to_look_up(&told.history, 3).contains(&"boss".to_owned()));
    let config = InsightConfig::default();
    let drafts = drafts_of(&told.history, &config);
    assert!(of(&drafts, "coverage_gap").is_empty() && of(&drafts, "knowledge_link").is_empty());
    told.history.passages = vec![PassageLink {
        topic: "boss".to_owned(),
        passages: Vec::new(),
    }];
    let drafts = drafts_of(&told.history, &config);
    assert_eq!(of(&drafts, "coverage_gap").len(), 1);
    told.history.passages[0].passages.push(Passage {
        document: DocumentId::derived(b"document"),
        chunk: ChunkId::derived(b"chunk"),
        title: "Stress, burnout and work".to_owned(),
        byte_start: 0,
        byte_end: 4,
        quote: "Work".to_owned(),
        score: 0.8,
    });
    let drafts = drafts_of(&told.history, &config);
    let link = of(&drafts, "knowledge_link");
    assert!(link[0].statement.contains("Stress, burnout and work"));
    assert!(matches!(
        link[0].evidence.last(),
        Some(Evidence::Document { .. })
    ));
}

#[test]
fn reviews_move_the_confidence() {
    let told = told(&boss());
    let plain = drafts_of(&told.history, &InsightConfig::default());
    let mut config = InsightConfig::default();
    config.reviews.insert(
        "recurrence".to_owned(),
        ReviewCounts {
            accepted: 0,
            rejected: 6,
        },
    );
    let doubted = drafts_of(&told.history, &config);
    assert!(of(&doubted, "recurrence")[0].confidence < of(&plain, "recurrence")[0].confidence);
}
