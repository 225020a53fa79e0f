//! What is remembered and derived: experiences, insights, knowledge.

use std::sync::Arc;

use super::sample::{Sample, client_id, persona_key, scope};
use super::{assert_conflict, assert_missing, first, following};
use crate::domain::insight::{Evidence, Insight, InsightStatus};
use crate::domain::memory::{KnowledgeDomain, KnowledgeGain, MemoryScope};
use crate::domain::session::Session;
use crate::store::{PageRequest, Store, Write};

pub(crate) async fn experiences_come_oldest_first(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let made: Vec<_> = (0..4)
        .map(|n| sample.experience(&session, &format!("I ran {n} miles")))
        .collect();
    for experience in made.iter().rev() {
        store
            .commit(Write::InsertExperience(experience.clone()).into())
            .await
            .unwrap();
    }
    assert_eq!(store.experiences(&scope(&session)).await.unwrap(), made);
    let other_persona = MemoryScope {
        persona: persona_key("acme", "therapist"),
        ..scope(&session)
    };
    assert_eq!(store.experiences(&other_persona).await.unwrap(), []);
    let again = store
        .commit(Write::InsertExperience(made[0].clone()).into())
        .await;
    assert_conflict(again, made[0].id.as_str());
    let mut foreign = sample.experience(&session, "not hers");
    foreign.scope.client = client_id("ben");
    let refused = store
        .commit(Write::InsertExperience(foreign.clone()).into())
        .await;
    assert_missing(refused, "client ben");
    assert_eq!(store.experiences(&foreign.scope).await.unwrap(), []);
}

pub(crate) async fn an_insight_is_replaced_with_its_evidence(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let lost = sample.insight("sleep", &[&sample.session("acme", "anna")], "awake");
    assert_missing(
        store.commit(Write::PutInsight(lost).into()).await,
        "tenant acme",
    );
    let one = sample.with_session(&*store, "acme", "anna").await;
    let two = sample.with_session(&*store, "acme", "anna").await;
    let mut insight = sample.insight("sleep", &[&one, &two], "awake \"again\"");
    insight.evidence.insert(1, sample.document_evidence());
    store
        .commit(Write::PutInsight(insight.clone()).into())
        .await
        .unwrap();
    let stored = store.insight(&insight.tenant, &insight.id).await.unwrap();
    assert_eq!(stored.as_ref(), Some(&insight));
    insight.status = InsightStatus::Accepted;
    insight.confidence = 0.1 + 0.2;
    insight.test.p = None;
    insight.evidence = vec![insight.evidence[2].clone(), insight.evidence[0].clone()];
    insight.updated_at = sample.now();
    store
        .commit(Write::PutInsight(insight.clone()).into())
        .await
        .unwrap();
    let stored = store.insight(&insight.tenant, &insight.id).await.unwrap();
    assert_eq!(stored.as_ref(), Some(&insight));
    let (tenant, id) = (insight.tenant.clone(), insight.id.clone());
    store
        .commit(
            Write::DeleteInsight {
                tenant: tenant.clone(),
                id: id.clone(),
            }
            .into(),
        )
        .await
        .unwrap();
    assert_eq!(store.insight(&tenant, &id).await.unwrap(), None);
    // What comes back under the same id starts with nothing of the old.
    insight.evidence.truncate(1);
    store
        .commit(Write::PutInsight(insight.clone()).into())
        .await
        .unwrap();
    assert_eq!(store.insight(&tenant, &id).await.unwrap(), Some(insight));
}

pub(crate) async fn insights_are_listed_newest_first(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let anna = sample.with_session(&*store, "acme", "anna").await;
    let ben = sample.with_session(&*store, "acme", "ben").await;
    let mut made: Vec<Insight> = vec![];
    for n in 0..7 {
        let session = if n % 3 == 0 { &ben } else { &anna };
        let mut insight = sample.insight(&format!("topic {n}"), &[session], "awake");
        if n == 4 {
            // Two of one instant are told apart by their ids.
            insight.created_at = made[0].created_at;
        }
        store
            .commit(Write::PutInsight(insight.clone()).into())
            .await
            .unwrap();
        made.insert(0, insight);
    }
    made.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    for client in [None, Some(client_id("anna")), Some(client_id("nobody"))] {
        let expected: Vec<&Insight> = made
            .iter()
            .filter(|i| client.as_ref().is_none_or(|c| i.client == *c))
            .collect();
        let mut walked = vec![];
        let mut request = first(2);
        loop {
            let page = store
                .insights(&anna.tenant, client.as_ref(), &request)
                .await
                .unwrap();
            walked.extend(page.items.clone());
            if page.next.is_none() {
                break;
            }
            request = following(&page, 2);
        }
        assert_eq!(walked.iter().collect::<Vec<_>>(), expected, "{client:?}");
    }
    let beyond = PageRequest {
        after: Some("not a key".to_owned()),
        ..first(2)
    };
    assert_eq!(
        store
            .insights(&anna.tenant, None, &beyond)
            .await
            .unwrap()
            .items,
        []
    );
}

pub(crate) async fn an_insight_quotes_only_sessions_of_its_client(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let anna = sample.with_session(&*store, "acme", "anna").await;
    let ben = sample.with_session(&*store, "acme", "ben").await;
    let foreign = sample.with_session(&*store, "beta", "anna").await;
    let absent = sample.session("acme", "anna");
    for wrong in [&ben, &foreign, &absent] {
        let insight = sample.insight("sleep", &[&anna, wrong], "awake");
        let refused = store
            .commit(Write::PutInsight(insight.clone()).into())
            .await;
        assert_missing(refused, "a session of client anna");
        assert_eq!(
            store.insight(&insight.tenant, &insight.id).await.unwrap(),
            None
        );
    }
}

pub(crate) async fn knowledge_is_replaced_by_domain(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let grief = sample.knowledge("acme", "grief");
    assert_missing(
        store
            .commit(Write::PutKnowledge(grief.clone()).into())
            .await,
        "tenant acme",
    );
    sample.with_tenant(&*store, "acme").await;
    let sleep = sample.knowledge("acme", "sleep");
    let moved = KnowledgeDomain {
        alpha: 3.5,
        answered: 8,
        ..sleep.clone()
    };
    for known in [&sleep, &grief, &moved] {
        store
            .commit(Write::PutKnowledge(known.clone()).into())
            .await
            .unwrap();
    }
    let found = store
        .knowledge(&grief.tenant, &grief.persona)
        .await
        .unwrap();
    assert_eq!(found, [grief.clone(), moved]);
    assert_eq!(
        store
            .knowledge(&grief.tenant, &persona_key("acme", "x"))
            .await
            .unwrap(),
        []
    );
}

pub(crate) async fn gains_of_knowledge_add_up_whoever_comes_first(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let known = sample.knowledge("acme", "sleep");
    let gain = |n: u32| KnowledgeGain {
        tenant: known.tenant.clone(),
        persona: known.persona.clone(),
        domain: known.domain.clone(),
        alpha: f64::from(n),
        beta: 0.25,
        answered: 1,
        abstained: 2,
        at: jiff::Timestamp::from_second(1_000 - i64::from(n)).unwrap(),
    };
    assert_missing(
        store.commit(Write::AddKnowledge(gain(0)).into()).await,
        "tenant acme",
    );
    sample.with_tenant(&*store, "acme").await;
    // All at once: no gain may be lost to another that read the same row.
    let commits = (0..40).map(|n| store.commit(Write::AddKnowledge(gain(n)).into()));
    for outcome in futures_util::future::join_all(commits).await {
        outcome.unwrap();
    }
    let found = store
        .knowledge(&known.tenant, &known.persona)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    let sum = &found[0];
    assert_eq!((sum.alpha, sum.beta), (0.5 + 780.0, 0.5 + 10.0));
    assert_eq!((sum.answered, sum.abstained), (40, 80));
    assert_eq!(sum.updated_at, jiff::Timestamp::from_second(1_000).unwrap());
}

pub(crate) async fn what_is_quoted_must_stand_there(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let other = sample.with_session(&*store, "acme", "anna").await;
    let message = sample.message(&session, 0, "Früh lag ich wach.");
    store
        .commit(Write::InsertMessage(message.clone()).into())
        .await
        .unwrap();
    let quote = |byte_start: usize, words: &str, session: &Session| Evidence::Message {
        session_id: session.id.clone(),
        message_id: message.id.clone(),
        byte_start,
        byte_end: byte_start + words.len(),
        quote: words.to_owned(),
    };
    let require = |evidence: Vec<Evidence>| {
        let write = Write::RequireQuoted {
            tenant: session.tenant.clone(),
            evidence,
        };
        store.commit(write.into())
    };
    let right = quote(6, "lag ich", &session);
    require(vec![]).await.unwrap();
    require(vec![right.clone(), sample.document_evidence()])
        .await
        .unwrap();
    for wrong in [
        quote(5, "lag ich", &session),
        quote(6, "lag sie", &session),
        quote(6, "lag ich", &other),
        quote(14, "wach. Dann", &session),
    ] {
        let outcome = require(vec![right.clone(), wrong]).await;
        assert_conflict(outcome, message.id.as_str());
    }
}

pub(crate) async fn reviews_are_counted_by_detector(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let reviews = [
        ("recurrence", InsightStatus::Accepted),
        ("recurrence", InsightStatus::Accepted),
        ("recurrence", InsightStatus::Rejected),
        ("trend", InsightStatus::Rejected),
        ("trend", InsightStatus::Draft),
        ("association", InsightStatus::Retracted),
    ];
    for (n, (detector, status)) in reviews.into_iter().enumerate() {
        let mut insight = sample.insight(&format!("topic {n}"), &[&session], "awake");
        insight.detector = detector.to_owned();
        insight.status = status;
        store
            .commit(Write::PutInsight(insight).into())
            .await
            .unwrap();
    }
    let counts = store
        .review_counts(&session.tenant, &session.persona)
        .await
        .unwrap();
    let counts: Vec<(&str, u32, u32)> = counts
        .iter()
        .map(|count| (count.detector.as_str(), count.accepted, count.rejected))
        .collect();
    assert_eq!(counts, [("recurrence", 2, 1), ("trend", 0, 1)]);
    let other = persona_key("acme", "coach");
    let none = store.review_counts(&session.tenant, &other).await.unwrap();
    assert_eq!(none, []);
}
