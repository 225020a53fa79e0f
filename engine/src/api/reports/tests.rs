//! One whole report, read as a supervising professional would read it. The course is invented; every
//! quotation in it must stand in the stored messages.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use super::{document, html, markdown};
use crate::config::Layers;
use crate::domain::clock::{Clock, ManualClock};
use crate::domain::id::{ClientId, IdSource, SessionId};
use crate::domain::insight::InsightStatus;
use crate::domain::instrument::Instrument;
use crate::service::{
    InsightRequest, NewInstrumentEntry, NewMessage, NewSession, Outcome, Scope, Services,
};
use crate::startup;

/// What the client says in seven weekly sessions.
const COURSE: [&[&str]; 7] = [
    &[
        "I hardly sleep any more. I lie awake until three and think about work.",
        "My boss was horrible again on Monday. She shouted at me in front of everyone.",
        "I feel so tired and useless. Everything is too much.",
        "I want to talk to the union about the overtime.",
        "Sometimes I wish I would just not wake up.",
        "My sister Clara called, but I did not pick up. I felt terrible about it.",
    ],
    &[
        "The nights are bad. I lie awake and worry about the overtime.",
        "My boss gave me two more projects. I was angry and could not say no.",
        "I cried in the car after work. It was awful.",
        "I will call Clara on Sunday.",
        "I am afraid of losing the job, and I hate it at the same time.",
        "Food tastes of nothing. I am sad most of the day.",
    ],
    &[
        "I slept four hours on Tuesday. That was the best night of a bad week.",
        "My boss was cruel about the report. I was ashamed.",
        "On Sunday I called Clara and we talked for an hour. It was good to hear her.",
        "The overtime goes on. I am exhausted and hopeless about it.",
        "I am scared of the meeting with my boss on Friday.",
        "I still worry at night, mostly about money.",
    ],
    &[
        "The meeting with my boss was terrible. She threatened to fire me.",
        "I lay awake again and worried about the rent.",
        "But I went for a walk every morning, and that was nice.",
        "Clara came for dinner. We laughed a lot, it was lovely.",
        "I feel guilty about the projects I did not finish.",
        "I want to keep the morning walk going.",
    ],
    &[
        "I talked to the union about the overtime on Wednesday. They were helpful and kind.",
        "I slept six hours twice this week. I was so relieved.",
        "The morning walk is great. I feel calmer after it.",
        "My boss was angry about the union, but I stayed calm. I was proud of that.",
        "Clara and I cooked together. It was wonderful.",
        "I am less afraid than before.",
    ],
    &[
        "A good week. I slept well on five nights.",
        "I walked every morning and I enjoyed it.",
        "My boss was unfriendly, but it did not ruin the day.",
        "The union agreed with me, and the overtime will end. I am happy about it.",
        "Clara and I are going to the sea in May. I look forward to it.",
        "I managed to say no to another project, and nothing bad happened.",
    ],
    &[
        "I sleep well now, and the walk in the morning is my favourite part of the day.",
        "Work is fine. My boss even thanked me for the report, which was a nice surprise.",
        "Clara found a beautiful house by the sea for us.",
        "I feel strong and hopeful.",
        "I want to paint again, I loved it as a child.",
        "Thank you, these talks have been a great help.",
    ],
];

const PHQ9: [[f64; 9]; 5] = [
    [2.0, 2.0, 3.0, 3.0, 2.0, 2.0, 2.0, 1.0, 1.0],
    [2.0, 2.0, 3.0, 2.0, 2.0, 2.0, 1.0, 1.0, 0.0],
    [1.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0],
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0],
    [0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0],
];

struct Practice {
    services: Arc<Services>,
    clock: Arc<ManualClock>,
    scope: Scope,
    _folder: tempfile::TempDir,
}

fn anna() -> ClientId {
    "anna".parse().unwrap()
}

impl Practice {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut layers = Layers::defaults().unwrap();
        let database = folder.path().join("test.db").display().to_string();
        layers.lay_flag("test", "database.path", database).unwrap();
        let config = layers.build().unwrap();
        // 2026-01-05, a Monday.
        let clock = Arc::new(ManualClock::at_second(1_767_603_600));
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let services = startup::services_with(&config, shared, IdSource::seeded(7))
            .await
            .unwrap();
        let tenant: crate::domain::id::TenantId = "practice".parse().unwrap();
        services
            .auth
            .put_tenant(tenant.clone(), "Practice")
            .await
            .unwrap();
        Self {
            services,
            clock,
            scope: Scope {
                tenant,
                phases: Arc::default(),
            },
            _folder: folder,
        }
    }

    async fn hold(&self, words: &[&str]) -> SessionId {
        let new = NewSession {
            client: anna(),
            persona: "therapist".parse().unwrap(),
            title: None,
            goals: vec!["sleep through the night".to_owned()],
            metadata: serde_json::Map::new(),
        };
        let made = self.services.sessions.create(&self.scope, new, None).await;
        let Outcome::Done(session) = made.unwrap() else {
            panic!("there is no earlier answer");
        };
        for content in words {
            self.clock.advance(SignedDuration::from_mins(3));
            let message = NewMessage {
                content: (*content).to_owned(),
                client: None,
                metadata: serde_json::Map::new(),
            };
            let conversations = Arc::clone(&self.services.conversations);
            conversations
                .say(&self.scope, &session.id, vec![message], None)
                .await
                .unwrap();
        }
        session.id
    }

    async fn enter(&self, items: &[f64]) {
        let entry = NewInstrumentEntry {
            client: anna(),
            instrument: Instrument::Phq9,
            items: Some(items.to_vec()),
            total: None,
            taken_at: None,
        };
        self.services
            .progress
            .enter(&self.scope, entry)
            .await
            .unwrap();
    }

    async fn whole_course(&self) -> Vec<SessionId> {
        let mut held = Vec::new();
        for (week, words) in COURSE.iter().enumerate() {
            held.push(self.hold(words).await);
            if let Some(items) = PHQ9.get(week) {
                self.enter(items).await;
            }
            self.clock.advance(SignedDuration::from_hours(168));
        }
        held
    }

    /// Every object with a message and bytes, wherever it stands, quotes what is stored.
    async fn check_quotations(&self, value: &Value) -> usize {
        let mut quotations = Vec::new();
        gather(value, &mut quotations);
        for quotation in &quotations {
            let session = quotation["session_id"].as_str().unwrap();
            let (_, messages) = self
                .services
                .conversations
                .transcript(&self.scope, &session.parse().unwrap())
                .await
                .unwrap();
            let message = messages
                .iter()
                .find(|it| it.id.as_str() == quotation["message_id"])
                .unwrap();
            let byte = |key: &str| usize::try_from(quotation[key].as_u64().unwrap()).unwrap();
            let stored = message.content.get(byte("byte_start")..byte("byte_end"));
            assert_eq!(stored, quotation["quote"].as_str());
            assert_eq!(message.role, crate::domain::message::Role::Client);
        }
        quotations.len()
    }
}

fn gather<'v>(value: &'v Value, into: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("byte_start") && fields.contains_key("message_id") {
                into.push(value);
            }
            fields.values().for_each(|field| gather(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, into)),
        _ => {}
    }
}

#[tokio::test]
async fn a_whole_report_reads_well_and_quotes_what_was_said() {
    let practice = Practice::open().await;
    practice.whole_course().await;
    let (services, scope) = (&practice.services, &practice.scope);
    let run = services
        .insights
        .generate(scope, &InsightRequest::of(anna()))
        .await
        .unwrap();
    assert!(run.created > 0);
    let first = run.insights[0].id.clone();
    services.insights.review(scope, &first, true).await.unwrap();
    let report = services.reports.client(scope, &anna()).await.unwrap();
    let quoted = practice
        .check_quotations(&serde_json::to_value(&report).unwrap())
        .await;
    assert!(quoted > 20, "{quoted} quotations");
    let patterns = services.progress.patterns(scope, &anna()).await.unwrap();
    practice
        .check_quotations(&serde_json::to_value(&patterns).unwrap())
        .await;
    insta::assert_snapshot!("markdown", markdown::render(&document::of(&report)));
    insta::assert_snapshot!("html", html::render(&document::of(&report)));
    let again = services.reports.client(scope, &anna()).await.unwrap();
    assert_eq!(
        serde_json::to_vec(&report).unwrap(),
        serde_json::to_vec(&again).unwrap()
    );
}

#[tokio::test]
async fn a_report_on_nobody_says_so() {
    let practice = Practice::open().await;
    let report = practice
        .services
        .reports
        .client(&practice.scope, &anna())
        .await
        .unwrap();
    let text = markdown::render(&document::of(&report));
    assert!(text.contains("Nothing is stored on this client."));
    assert!(text.contains("That is no sign of safety."));
    assert!(!text.contains("NaN"));
}

#[tokio::test]
async fn what_a_client_writes_is_never_markup() {
    let practice = Practice::open().await;
    let words = "I want to buy <script>alert('x')</script> | a | *bold* # boat.";
    practice.hold(&[words]).await;
    let report = practice
        .services
        .reports
        .client(&practice.scope, &anna())
        .await
        .unwrap();
    let page = html::render(&document::of(&report));
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"));
    let text = markdown::render(&document::of(&report));
    assert!(text.contains("\\<script\\>") && text.contains("\\*bold\\*"));
}

/// The whole way of a job: gathered with what is said, hastened by a change, done once, and nothing
/// dangles after evidence was erased.
#[tokio::test]
async fn reflections_follow_what_is_said_and_what_is_erased() {
    let practice = Practice::open().await;
    let held = practice.whole_course().await;
    let (services, scope) = (&practice.services, &practice.scope);
    practice.clock.advance(SignedDuration::from_hours(48));
    while services.jobs.run_next().await.unwrap() {}
    let page = crate::service::PageRequest {
        after: None,
        size: crate::domain::page::PageSize::default(),
    };
    let list = || services.insights.list(scope, None, &page);
    let before = list().await.unwrap().items;
    assert!(!before.is_empty());
    assert!(!services.jobs.run_next().await.unwrap());

    services
        .sessions
        .delete(scope, &held[1], None)
        .await
        .unwrap();
    for insight in list().await.unwrap().items {
        let (_, lineage) = services.insights.lineage(scope, &insight.id).await.unwrap();
        let gone = |evidence: &crate::domain::insight::Evidence| matches!(evidence, crate::domain::insight::Evidence::Message { session_id, .. } if *session_id == held[1]);
        assert!(lineage.iter().all(|(evidence, _)| !gone(evidence)));
    }
    // The pause lets further changes join in; then the client is looked at again.
    assert!(!services.jobs.run_next().await.unwrap());
    practice.clock.advance(SignedDuration::from_mins(1));
    assert!(services.jobs.run_next().await.unwrap());
    let after = list().await.unwrap().items;
    let open: Vec<_> = after
        .iter()
        .filter(|insight| insight.status == InsightStatus::Draft)
        .collect();
    assert!(!open.is_empty());
    for insight in open {
        let (_, lineage) = services.insights.lineage(scope, &insight.id).await.unwrap();
        assert!(!lineage.is_empty());
        assert!(
            lineage
                .iter()
                .all(|(_, found)| *found == crate::service::Verification::Verified)
        );
        assert!(!insight.statement.starts_with("Retracted"));
    }
}
