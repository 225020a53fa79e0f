//! Removal.

use std::sync::Arc;

use super::sample::{Sample, client_id, persona_key, scope, tenant_id};
use super::{assert_conflict, assert_missing};
use crate::domain::id::{ClientId, DocumentId, TenantId};
use crate::domain::insight::{Evidence, InsightStatus, RETRACTED};
use crate::domain::session::SessionFilter;
use crate::store::{Store, Write, WriteSet};

pub(crate) async fn a_deleted_session_takes_along_what_rests_on_it(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let gone = sample.with_session(&*store, "acme", "anna").await;
    let kept = sample.with_session(&*store, "acme", "anna").await;
    let acme = tenant_id("acme");
    let mut messages = vec![];
    let mut experiences = vec![];
    for session in [&gone, &kept] {
        let said = sample.message(session, 0, "I lie awake");
        let reply = sample.reply(&said);
        let experience = sample.experience(session, "I lie awake");
        let set = [
            Write::InsertMessage(said.clone()),
            Write::InsertMessage(reply),
            Write::PutFold(sample.fold(session, b"lie awake")),
            Write::InsertExperience(experience.clone()),
            Write::InsertRiskFlag(sample.risk_flag(session, "lie")),
            Write::KeepAnswer {
                tenant: acme.clone(),
                key: session.id.to_string(),
                answer: sample.answer(Some(session), b"I lie awake"),
            },
        ];
        store.commit(WriteSet::from_iter(set)).await.unwrap();
        messages.push(said);
        experiences.push(experience);
    }
    let lost = sample.insight("of the one", &[&gone, &gone], "awake");
    let mut shared = sample.insight("of both", &[&gone, &kept, &gone, &kept], "awake");
    let mut backed = sample.insight("with a document", &[&gone], "awake");
    backed.evidence.push(sample.document_evidence());
    let other = sample.insight("of the other", &[&kept], "awake");
    let documents_only = {
        let mut insight = sample.insight("of documents", &[&gone], "awake");
        insight.evidence = vec![sample.document_evidence()];
        insight
    };
    for insight in [&lost, &shared, &backed, &other, &documents_only] {
        store
            .commit(Write::PutInsight(insight.clone()).into())
            .await
            .unwrap();
    }

    let delete = Write::DeleteSession {
        tenant: acme.clone(),
        id: gone.id.clone(),
    };
    store.commit(delete.clone().into()).await.unwrap();

    assert_eq!(store.session(&acme, &gone.id).await.unwrap(), None);
    assert_eq!(store.messages(&acme, &gone.id, 0, 10).await.unwrap(), []);
    assert_eq!(store.message(&acme, &messages[0].id).await.unwrap(), None);
    assert_eq!(store.fold(&acme, &gone.id).await.unwrap(), None);
    assert_eq!(
        store.idempotent(&acme, gone.id.as_str()).await.unwrap(),
        None
    );
    assert_eq!(
        store.experiences(&scope(&kept)).await.unwrap(),
        experiences[1..]
    );
    let page = super::first(50);
    let flags = store.risk_flags(&acme, false, &page).await.unwrap().items;
    assert_eq!(
        flags.iter().map(|flag| &flag.session).collect::<Vec<_>>(),
        [&kept.id]
    );
    assert_eq!(
        store.messages(&acme, &kept.id, 0, 10).await.unwrap().len(),
        2
    );
    assert_eq!(
        store
            .client_folds(&acme, &kept.client, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        store
            .idempotent(&acme, kept.id.as_str())
            .await
            .unwrap()
            .is_some()
    );
    let filter = SessionFilter {
        client: Some(kept.client.clone()),
        ..SessionFilter::default()
    };
    assert_eq!(
        store.sessions(&acme, &filter, &page).await.unwrap().items,
        std::slice::from_ref(&kept)
    );

    let quotes_gone = |evidence: &Evidence| matches!(evidence, Evidence::Message { session_id, .. } if *session_id == gone.id);
    shared.evidence.retain(|evidence| !quotes_gone(evidence));
    // What it said may have repeated the erased words.
    shared.status = InsightStatus::Retracted;
    shared.statement = RETRACTED.to_owned();
    shared.slot.clear();
    for gone in [&lost, &backed] {
        assert_eq!(store.insight(&acme, &gone.id).await.unwrap(), None);
    }
    let left = store.insights(&acme, None, &page).await.unwrap().items;
    assert_eq!(left, [documents_only, other, shared]);

    assert_missing(store.commit(delete.into()).await, gone.id.as_str());
}

pub(crate) async fn what_is_not_there_cannot_be_deleted(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let insight = sample.insight("sleep", &[&session], "awake");
    store
        .commit(Write::PutInsight(insight.clone()).into())
        .await
        .unwrap();
    let persona = sample.persona("acme", "coach");
    store
        .commit(Write::PutPersona(persona.clone()).into())
        .await
        .unwrap();
    let (beta, absent) = (tenant_id("beta"), sample.session("acme", "anna").id);
    let writes = [
        Write::DeleteSession {
            tenant: beta.clone(),
            id: session.id.clone(),
        },
        Write::DeleteSession {
            tenant: session.tenant.clone(),
            id: absent,
        },
        Write::DeleteInsight {
            tenant: beta,
            id: insight.id.clone(),
        },
        Write::DeletePersona(persona_key("beta", "coach")),
        Write::DeleteDocument {
            persona: persona.key.clone(),
            id: DocumentId::derived(b"none"),
        },
    ];
    for write in writes {
        assert_missing(store.commit(write.into()).await, "");
    }
    assert_eq!(
        store.session(&session.tenant, &session.id).await.unwrap(),
        Some(session)
    );
    assert_eq!(
        store.insight(&insight.tenant, &insight.id).await.unwrap(),
        Some(insight)
    );
    assert_eq!(store.persona(&persona.key).await.unwrap(), Some(persona));
}

/// A client with something in every table, and the writes' session.
async fn with_client(
    store: &dyn Store,
    sample: &Sample,
    tenant: &str,
    client: &str,
) -> crate::domain::session::Session {
    let session = sample.with_session(store, tenant, client).await;
    let said = sample.message(&session, 0, "I lie awake");
    let insight = sample.insight(&format!("of {client}"), &[&session], "awake");
    let set = [
        Write::InsertMessage(said.clone()),
        Write::InsertMessage(sample.reply(&said)),
        Write::PutFold(sample.fold(&session, b"lie awake")),
        Write::InsertExperience(sample.experience(&session, "I lie awake")),
        Write::InsertRiskFlag(sample.risk_flag(&session, "lie")),
        Write::PutInsight(insight),
        Write::KeepAnswer {
            tenant: session.tenant.clone(),
            key: session.id.to_string(),
            answer: sample.answer(Some(&session), b"I lie awake"),
        },
    ];
    store.commit(WriteSet::from_iter(set)).await.unwrap();
    session
}

/// How much of a client each listing has.
async fn kept(store: &dyn Store, tenant: &TenantId, client: &ClientId) -> [usize; 4] {
    let page = super::first(50);
    let filter = SessionFilter {
        client: Some(client.clone()),
        ..SessionFilter::default()
    };
    let flags = store.risk_flags(tenant, false, &page).await.unwrap().items;
    let insights = store.insights(tenant, Some(client), &page).await.unwrap();
    [
        store
            .sessions(tenant, &filter, &page)
            .await
            .unwrap()
            .items
            .len(),
        store.client_folds(tenant, client, 50).await.unwrap().len(),
        flags.iter().filter(|flag| flag.client == *client).count(),
        insights.items.len(),
    ]
}

pub(crate) async fn a_deleted_client_takes_everything_along(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let acme = tenant_id("acme");
    let mut sessions = Vec::new();
    for (tenant, client) in [
        ("acme", "anna"),
        ("acme", "anna"),
        ("acme", "ben"),
        ("beta", "anna"),
    ] {
        sessions.push(with_client(&*store, &sample, tenant, client).await);
    }
    // An insight whose evidence is a document alone is about the client all the same.
    let mut documents_only = sample.insight("of documents", &[&sessions[0]], "awake");
    documents_only.evidence = vec![sample.document_evidence()];
    store
        .commit(Write::PutInsight(documents_only).into())
        .await
        .unwrap();
    let anna = client_id("anna");
    assert_eq!(kept(&*store, &acme, &anna).await, [2, 2, 2, 2]);
    let delete = |tenant: &str, client: &str| Write::DeleteClient {
        tenant: tenant_id(tenant),
        client: client_id(client),
    };
    store.commit(delete("acme", "anna").into()).await.unwrap();
    assert_eq!(kept(&*store, &acme, &anna).await, [0; 4]);
    for session in &sessions[..2] {
        assert_eq!(store.messages(&acme, &session.id, 0, 9).await.unwrap(), []);
        assert_eq!(store.experiences(&scope(session)).await.unwrap(), []);
        let answer = store.idempotent(&acme, session.id.as_str()).await.unwrap();
        assert_eq!(answer, None);
    }
    assert_eq!(kept(&*store, &acme, &client_id("ben")).await, [1; 4]);
    assert_eq!(kept(&*store, &tenant_id("beta"), &anna).await, [1; 4]);
    for (tenant, client) in [("acme", "anna"), ("beta", "ben"), ("gamma", "anna")] {
        assert_missing(store.commit(delete(tenant, client).into()).await, client);
    }
}

pub(crate) async fn a_deleted_tenant_takes_everything_along(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    for tenant in ["acme", "beta"] {
        with_client(&*store, &sample, tenant, "anna").await;
        let key = persona_key(tenant, "coach");
        let (document, chunks) = sample.document(&key, "01.md", "Rest is work. Work is rest.");
        let set = [
            Write::InsertApiKey(sample.api_key(tenant, tenant.as_bytes()[0])),
            Write::PutPersona(sample.persona(tenant, "coach")),
            Write::PutDocument { document, chunks },
            Write::PutKnowledge(sample.knowledge(tenant, "sleep")),
            Write::KeepAnswer {
                tenant: tenant_id(tenant),
                key: "of no session".to_owned(),
                answer: sample.answer(None, b"words"),
            },
        ];
        store.commit(WriteSet::from_iter(set)).await.unwrap();
    }
    let shipped = sample.persona("smart-steps", "therapist");
    sample.with_tenant(&*store, "smart-steps").await;
    store
        .commit(Write::PutPersona(shipped.clone()).into())
        .await
        .unwrap();
    let left = |tenant: &'static str| {
        let store = Arc::clone(&store);
        async move {
            let (id, key) = (tenant_id(tenant), persona_key(tenant, "coach"));
            let anna = client_id("anna");
            let knowledge = sample_knowledge(tenant);
            (
                store.tenant(&id).await.unwrap().is_some(),
                store.api_keys(&id).await.unwrap().len(),
                store.persona(&key).await.unwrap().is_some(),
                store.documents(&key).await.unwrap().len(),
                store.chunks(&key).await.unwrap().len(),
                store.knowledge(&id, &knowledge).await.unwrap().len(),
                store
                    .idempotent(&id, "of no session")
                    .await
                    .unwrap()
                    .is_some(),
                kept(&*store, &id, &anna).await,
            )
        }
    };
    let whole = (true, 1, true, 1, 2, 1, true, [1; 4]);
    assert_eq!((left("acme").await, left("beta").await), (whole, whole));
    let delete = |tenant: &str| Write::DeleteTenant(tenant_id(tenant));
    store.commit(delete("acme").into()).await.unwrap();
    assert_eq!(
        left("acme").await,
        (false, 0, false, 0, 0, 0, false, [0; 4])
    );
    assert_eq!(left("beta").await, whole);
    assert_missing(store.commit(delete("acme").into()).await, "tenant acme");
    assert_conflict(store.commit(delete("smart-steps").into()).await, "shipped");
    assert_eq!(store.persona(&shipped.key).await.unwrap(), Some(shipped));
    let tenants = store.tenants().await.unwrap();
    let ids: Vec<&str> = tenants.iter().map(|tenant| tenant.id.as_str()).collect();
    assert_eq!(ids, ["beta", "smart-steps"]);
}

/// The persona of the sample's knowledge.
fn sample_knowledge(tenant: &str) -> crate::domain::persona::PersonaKey {
    Sample::new(1).knowledge(tenant, "sleep").persona
}

pub(crate) async fn a_sound_store_has_no_defects(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    with_client(&*store, &sample, "acme", "anna").await;
    assert_eq!(store.defects().await.unwrap(), Vec::<String>::new());
}
