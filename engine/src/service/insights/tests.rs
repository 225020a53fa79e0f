//! Whatever is said and erased in whatever order, no insight rests on words that are not there.

use std::sync::Arc;

use jiff::SignedDuration;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::config::Layers;
use crate::domain::clock::{Clock, ManualClock};
use crate::domain::id::{IdSource, SessionId};
use crate::domain::insight::{Evidence, InsightStatus, RETRACTED};
use crate::service::{NewMessage, NewSession, Outcome, Services};
use crate::startup;

const SAID: [&str; 10] = [
    "My boss was horrible about the report again.",
    "The boss shouted and I was angry.",
    "I want to call my sister about the house.",
    "On Sunday I called my sister about the house.",
    "The garden was lovely and calm.",
    "I lie awake and worry about money.",
    "The train was late, the bicycle is broken.",
    "I will talk to the landlord about the heating.",
    "My boss was cruel. I hate the boss.",
    "Dinner was good, and the garden is green.",
];
const SCRIPTS: usize = 24;
const STEPS: usize = 8;

struct Told {
    services: Arc<Services>,
    clock: Arc<ManualClock>,
    scope: Scope,
    _folder: tempfile::TempDir,
}

async fn open() -> Told {
    let folder = tempfile::tempdir().unwrap();
    let mut layers = Layers::defaults().unwrap();
    let database = folder.path().join("test.db").display().to_string();
    layers.lay_flag("test", "database.path", database).unwrap();
    let config = layers.build().unwrap();
    let clock = Arc::new(ManualClock::at_second(1_767_603_600));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let services = startup::services_with(&config, shared, IdSource::seeded(11))
        .await
        .unwrap();
    let tenant: crate::domain::id::TenantId = "practice".parse().unwrap();
    let auth = &services.auth;
    auth.put_tenant(tenant.clone(), "Practice").await.unwrap();
    Told {
        services,
        clock,
        scope: Scope {
            tenant,
            phases: Arc::default(),
        },
        _folder: folder,
    }
}

impl Told {
    async fn hold(&self, client: &ClientId, words: &[&str]) -> SessionId {
        self.clock.advance(SignedDuration::from_hours(24));
        let new = NewSession {
            client: client.clone(),
            persona: "therapist".parse().unwrap(),
            title: None,
            goals: Vec::new(),
            metadata: serde_json::Map::new(),
        };
        let made = self.services.sessions.create(&self.scope, new, None).await;
        let Outcome::Done(session) = made.unwrap() else {
            panic!("there is no earlier answer");
        };
        let messages = words.iter().map(|content| NewMessage {
            content: (*content).to_owned(),
            client: None,
            metadata: serde_json::Map::new(),
        });
        let said =
            self.services
                .conversations
                .say(&self.scope, &session.id, messages.collect(), None);
        said.await.unwrap();
        session.id
    }

    /// Every insight is verified word for word, or says nothing any more.
    async fn check(&self, client: &ClientId, erased: &[SessionId]) -> usize {
        let insights = self.services.insights.all(&self.scope, client).await;
        let insights = insights.unwrap();
        for insight in &insights {
            let lineage = self.services.insights.lineage(&self.scope, &insight.id);
            let (_, lineage) = lineage.await.unwrap();
            for (evidence, found) in &lineage {
                assert_eq!(*found, Verification::Verified, "{evidence:?}");
                assert!(
                    !matches!(evidence, Evidence::Message { session_id, .. } if erased.contains(session_id))
                );
            }
            if insight.statement == RETRACTED {
                assert_eq!(insight.status, InsightStatus::Retracted);
                assert_eq!(insight.slot, "");
                continue;
            }
            // What stands between quotation marks was said in what is quoted.
            for words in insight.statement.split('"').skip(1).step_by(2) {
                let quoted = |evidence: &Evidence| match evidence {
                    Evidence::Message { quote, .. } => quote.contains(words),
                    // A document is named by its title.
                    Evidence::Document { .. } => true,
                };
                assert!(
                    insight.evidence.iter().any(quoted),
                    "{words:?} stands in no evidence of {insight:#?}"
                );
            }
        }
        insights.len()
    }
}

#[tokio::test]
async fn no_insight_rests_on_words_that_are_not_there() {
    let told = open().await;
    let (services, scope) = (&told.services, &told.scope);
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (mut seen, mut retracted) = (0, 0);
    for script in 0..SCRIPTS {
        let client: ClientId = format!("client-{script}").parse().unwrap();
        let (mut held, mut erased) = (Vec::new(), Vec::new());
        for _ in 0..STEPS {
            match rng.random_range(0..5u8) {
                0 if !held.is_empty() => {
                    let session: SessionId = held.swap_remove(rng.random_range(0..held.len()));
                    services
                        .sessions
                        .delete(scope, &session, None)
                        .await
                        .unwrap();
                    erased.push(session);
                }
                1 | 2 => {
                    let request = InsightRequest::of(client.clone());
                    services.insights.generate(scope, &request).await.unwrap();
                }
                _ => {
                    let words: Vec<&str> = (0..rng.random_range(3..9usize))
                        .map(|_| SAID[rng.random_range(0..SAID.len())])
                        .collect();
                    held.push(told.hold(&client, &words).await);
                }
            }
            seen += told.check(&client, &erased).await;
        }
        let all = services.insights.all(scope, &client).await.unwrap();
        retracted += all
            .iter()
            .filter(|insight| insight.status == InsightStatus::Retracted)
            .count();
    }
    // The scripts must come to something, or nothing was tested.
    assert!(seen > 100, "{seen} insights seen");
    assert!(retracted > 5, "{retracted} retracted");
}

#[tokio::test]
async fn a_repeat_finds_the_same_and_writes_nothing() {
    let told = open().await;
    let client: ClientId = "anna".parse().unwrap();
    for _ in 0..4 {
        told.hold(&client, &SAID).await;
    }
    let request = InsightRequest::of(client.clone());
    let insights = &told.services.insights;
    let first = insights.generate(&told.scope, &request).await.unwrap();
    let again = insights.generate(&told.scope, &request).await.unwrap();
    assert!(first.created > 0);
    assert_eq!((again.created, again.updated, again.retracted), (0, 0, 0));
    let said = |run: &Run| -> Vec<(InsightId, String)> {
        let insights = run.insights.iter();
        insights
            .map(|it| (it.id.clone(), it.statement.clone()))
            .collect()
    };
    assert_eq!(said(&first), said(&again));
    // A reviewer's word stays, and moves the confidence of the detector's others.
    let rejected = &first.insights[0];
    insights
        .review(&told.scope, &rejected.id, false)
        .await
        .unwrap();
    insights.generate(&told.scope, &request).await.unwrap();
    let stored = insights.read(&told.scope, &rejected.id).await.unwrap();
    assert_eq!(stored.status, InsightStatus::Rejected);
    assert!(stored.confidence < rejected.confidence);
}
