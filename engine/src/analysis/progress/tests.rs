//! Progress of invented clients whose course is known.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::analysis::SessionState;
use crate::analysis::insight::SessionHistory;
use crate::analysis::laws::message;
use crate::domain::id::{InstrumentEntryId, SessionId};
use crate::domain::instrument::{ChangeVerdict, Instrument, InstrumentEntry};
use crate::domain::message::{Message, Role};
use crate::domain::progress::{FollowThroughStatus, TrendDirection};

fn at_week(week: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(week * 168)
}

fn anna() -> ClientId {
    "anna".parse().unwrap()
}

fn history(sessions: &[&[&str]]) -> ClientHistory {
    let mut history = ClientHistory::default();
    for (week, texts) in (0i64..).zip(sessions) {
        let session = SessionId::derived(format!("session {week}").as_bytes());
        let messages: Vec<Message> = (0u32..)
            .zip(texts.iter())
            .map(|(seq, text)| message(&session, seq, Role::Client, text))
            .collect();
        history.sessions.push(SessionHistory {
            session,
            at: at_week(week),
            state: Arc::new(SessionState::fold(&messages)),
        });
    }
    history
}

fn entry(instrument: Instrument, week: i64, items: &[f64]) -> InstrumentEntry {
    InstrumentEntry {
        id: InstrumentEntryId::derived(format!("{} {week}", instrument.as_str()).as_bytes()),
        tenant: "acme".parse().unwrap(),
        client: anna(),
        instrument,
        items: Some(items.to_vec()),
        total: instrument.score(Some(items), None).unwrap(),
        taken_at: at_week(week),
        created_at: at_week(week),
    }
}

#[test]
fn nothing_known_is_nothing_claimed() {
    let progress = progress(&ClientHistory::default(), &anna());
    assert_eq!(progress.as_of, None);
    assert_eq!(
        progress.sentiment,
        Estimate::Insufficient { n: 0, needed: 4 }
    );
    assert!(progress.instruments.is_empty() && progress.goals.is_empty());
}

#[test]
fn instruments_are_scored_compared_and_followed() {
    let mut history = ClientHistory::default();
    let falling = [[2.0; 9], [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 0.0]];
    history
        .instruments
        .push(entry(Instrument::Phq9, 0, &falling[0]));
    history
        .instruments
        .push(entry(Instrument::Gad7, 0, &[1.0; 7]));
    history
        .instruments
        .push(entry(Instrument::Phq9, 2, &falling[1]));
    let two = progress(&history, &anna());
    let phq9 = &two.instruments[0];
    assert_eq!(phq9.title, "PHQ-9");
    let totals: Vec<(f64, &str)> = phq9
        .entries
        .iter()
        .map(|e| (e.total, e.band.as_str()))
        .collect();
    assert_eq!(totals, [(18.0, "moderately severe"), (14.0, "moderate")]);
    assert_eq!(phq9.change.unwrap().verdict, ChangeVerdict::NotReliable);
    assert_eq!(phq9.trend, Estimate::Insufficient { n: 2, needed: 4 });
    assert_eq!(two.instruments[1].change, None);
    assert_eq!(two.attention.len(), 1);
    assert_eq!(two.attention[0].reason, "phq9_item_9");

    for (week, answer) in [(4, 1.0), (6, 0.0), (8, 0.0)] {
        let mut items = [answer; 9];
        items[0] = 8.0 / f64::from(u8::try_from(week).unwrap());
        items[0] = items[0].floor();
        items[8] = 0.0;
        history
            .instruments
            .push(entry(Instrument::Phq9, week, &items));
    }
    let five = progress(&history, &anna());
    let phq9 = &five.instruments[0];
    assert_eq!(
        phq9.change.unwrap().verdict,
        ChangeVerdict::ReliablyImproved
    );
    let trend = phq9.trend.measured().unwrap();
    assert_eq!((trend.n, trend.per), (5, TrendUnit::Week));
    assert!(trend.slope < -1.5 && trend.interval.high <= 0.0);
    assert_eq!(five.as_of, Some(at_week(8)));
}

#[test]
fn goals_are_done_open_or_not_mentioned_any_more() {
    let history = history(&[
        &["I want to call the landlord about the heating."],
        &[
            "On Monday I called the landlord and he will repair the heating.",
            "I will paint the kitchen.",
        ],
        &["The kitchen is still grey."],
        &["We had cake.", "I want to visit my grandmother in Leeds."],
        &["We had soup."],
    ]);
    let progress = progress(&history, &anna());
    let of = |word: &str| {
        let quoted = |goal: &&crate::domain::progress::GoalFollowThrough| matches!(&goal.statement, crate::domain::insight::Evidence::Message { quote, .. } if quote.contains(word));
        progress.goals.iter().find(quoted).unwrap()
    };
    assert_eq!(of("landlord").status, FollowThroughStatus::Done);
    assert!(of("landlord").completion.is_some());
    assert_eq!(of("kitchen").status, FollowThroughStatus::Open);
    assert_eq!(
        (of("kitchen").later_sessions, of("kitchen").later_mentions),
        (3, 1)
    );
    assert_eq!(of("grandmother").status, FollowThroughStatus::Open);
    assert_eq!(
        (progress.follow_through.stated, progress.follow_through.done),
        (3, 1)
    );
}

#[test]
fn sentiment_is_a_trend_from_four_measured_sessions_on() {
    let heavy: &[&str] = &["This was a terrible day."; 8];
    let light: &[&str] = &["This was a good day."; 8];
    let short: &[&str] = &["Fine."];
    let three = progress(&history(&[heavy, short, heavy, light]), &anna());
    assert_eq!(three.sentiment, Estimate::Insufficient { n: 3, needed: 4 });
    assert_eq!(three.sessions.len(), 4);
    assert_eq!(
        three.sessions[1].sentiment,
        Estimate::Insufficient { n: 1, needed: 8 }
    );
    let flat = progress(&history(&[heavy, heavy, heavy, heavy]), &anna());
    let flat = flat.sentiment.measured().unwrap();
    assert_eq!(flat.direction, TrendDirection::NotShown);
}

#[test]
fn patterns_count_topics_and_say_how_many_tests_were_made() {
    let told: &[&str] = &[
        "My boss shouted.",
        "The boss again.",
        "The garden was dry.",
        "A train came.",
        "We had dinner.",
        "The piano is old.",
        "My boss called.",
    ];
    let history = history(&[told, told, told]);
    let found = patterns(
        &history,
        &anna(),
        &crate::analysis::insight::InsightConfig::default(),
    );
    assert_eq!((found.sessions, found.client_messages), (3, 21));
    let boss = &found.topics[0];
    assert_eq!(
        (boss.label.as_str(), boss.sessions, boss.messages),
        ("boss", 3, 9)
    );
    assert!(!boss.evidence.is_empty());
    assert!(found.tests >= 5);
}
