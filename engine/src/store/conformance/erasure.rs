//! Removal.

use std::sync::Arc;

use super::assert_missing;
use super::sample::{Sample, persona_key, scope, tenant_id};
use crate::domain::id::DocumentId;
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
