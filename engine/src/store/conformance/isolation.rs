//! A foreign id is not there.

use std::sync::Arc;

use super::sample::{Sample, client_id, persona_key, scope, tenant_id};
use super::{assert_conflict, assert_missing, first};
use crate::domain::memory::MemoryScope;
use crate::domain::session::SessionFilter;
use crate::store::{Store, Write, WriteSet};

pub(crate) async fn a_tenant_sees_nothing_of_another(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let beta = sample.with_tenant(&*store, "beta").await;
    let said = sample.message(&session, 0, "I lie awake");
    let flag = sample.risk_flag(&session, "lie");
    let insight = sample.insight("sleep", &[&session], "awake");
    let persona = sample.persona("acme", "coach");
    let (document, chunks) = sample.document(&persona.key, "01.md", "Rest is work.");
    let known = sample.knowledge("acme", "sleep");
    let set = [
        Write::InsertMessage(said.clone()),
        Write::PutFold(sample.fold(&session, b"state")),
        Write::InsertExperience(sample.experience(&session, "I lie awake")),
        Write::InsertRiskFlag(flag.clone()),
        Write::PutInsight(insight.clone()),
        Write::PutPersona(persona.clone()),
        Write::PutDocument {
            document: document.clone(),
            chunks,
        },
        Write::PutKnowledge(known.clone()),
        Write::KeepAnswer {
            tenant: session.tenant.clone(),
            key: "k".to_owned(),
            answer: sample.answer(None, b"answer"),
        },
    ];
    store.commit(WriteSet::from_iter(set)).await.unwrap();

    let page = first(50);
    let all = SessionFilter::default();
    let foreign = persona_key("beta", "coach");
    assert_eq!(store.session(&beta, &session.id).await.unwrap(), None);
    assert_eq!(store.sessions(&beta, &all, &page).await.unwrap().items, []);
    let hers = SessionFilter {
        client: Some(session.client.clone()),
        ..all
    };
    assert_eq!(store.sessions(&beta, &hers, &page).await.unwrap().items, []);
    assert_eq!(store.messages(&beta, &session.id, 0, 10).await.unwrap(), []);
    assert_eq!(store.message(&beta, &said.id).await.unwrap(), None);
    assert_eq!(store.fold(&beta, &session.id).await.unwrap(), None);
    assert_eq!(
        store
            .client_folds(&beta, &session.client, 10)
            .await
            .unwrap(),
        []
    );
    let other_tenant = MemoryScope {
        tenant: beta.clone(),
        ..scope(&session)
    };
    let other_client = MemoryScope {
        client: client_id("ben"),
        ..scope(&session)
    };
    assert_eq!(store.experiences(&other_tenant).await.unwrap(), []);
    assert_eq!(store.experiences(&other_client).await.unwrap(), []);
    assert_eq!(store.insight(&beta, &insight.id).await.unwrap(), None);
    assert_eq!(store.insights(&beta, None, &page).await.unwrap().items, []);
    assert_eq!(
        store
            .insights(&beta, Some(&session.client), &page)
            .await
            .unwrap()
            .items,
        []
    );
    assert_eq!(store.knowledge(&beta, &known.persona).await.unwrap(), []);
    assert_eq!(store.risk_flag(&beta, &flag.id).await.unwrap(), None);
    assert_eq!(
        store.risk_flags(&beta, false, &page).await.unwrap().items,
        []
    );
    assert_eq!(store.idempotent(&beta, "k").await.unwrap(), None);
    assert_eq!(store.persona(&foreign).await.unwrap(), None);
    assert_eq!(store.personas(&beta, &page).await.unwrap().items, []);
    assert_eq!(
        store.resolve_persona(&beta, &foreign.id).await.unwrap(),
        None
    );
    assert_eq!(store.documents(&foreign).await.unwrap(), []);
    assert_eq!(store.document(&foreign, &document.id).await.unwrap(), None);
    assert_eq!(store.chunks(&foreign).await.unwrap(), []);

    // What names another tenant's session finds none.
    let mut grown = session.clone();
    grown.tenant = beta.clone();
    grown.revision = 2;
    let mut stray = sample.message(&session, 1, "stray");
    stray.tenant = beta.clone();
    let resolve = Write::ResolveRiskFlag {
        tenant: beta,
        id: flag.id.clone(),
        resolution: sample.resolution(),
    };
    for write in [
        Write::UpdateSession(grown),
        Write::InsertMessage(stray),
        resolve,
    ] {
        assert_missing(store.commit(write.into()).await, "");
    }
    assert_eq!(
        store.risk_flag(&flag.tenant, &flag.id).await.unwrap(),
        Some(flag)
    );
}

pub(crate) async fn the_same_ids_serve_two_tenants(store: Arc<dyn Store>) {
    let ours = Sample::new(1);
    let theirs = Sample::new(1);
    for (sample, tenant) in [(&ours, "acme"), (&theirs, "beta")] {
        let session = sample.with_session(&*store, tenant, "anna").await;
        let insight = sample.insight("sleep", &[&session], "awake");
        let set = [
            Write::InsertMessage(sample.message(&session, 0, tenant)),
            Write::PutFold(sample.fold(&session, tenant.as_bytes())),
            Write::InsertExperience(sample.experience(&session, tenant)),
            Write::InsertRiskFlag(sample.risk_flag(&session, tenant)),
            Write::PutInsight(insight),
            Write::KeepAnswer {
                tenant: tenant_id(tenant),
                key: "k".to_owned(),
                answer: sample.answer(Some(&session), tenant.as_bytes()),
            },
        ];
        store.commit(WriteSet::from_iter(set)).await.unwrap();
    }
    let page = first(50);
    let (acme, beta) = (tenant_id("acme"), tenant_id("beta"));
    let all = SessionFilter::default();
    let ours = store.sessions(&acme, &all, &page).await.unwrap().items;
    let theirs = store.sessions(&beta, &all, &page).await.unwrap().items;
    let ([one], [two]) = (&ours[..], &theirs[..]) else {
        panic!("one session each, not {ours:?} and {theirs:?}");
    };
    assert_eq!((&one.id, &one.tenant, &two.tenant), (&two.id, &acme, &beta));
    assert_conflict(
        store.commit(Write::InsertSession(one.clone()).into()).await,
        one.id.as_str(),
    );
    // Deleting the one leaves the other whole.
    let delete = Write::DeleteSession {
        tenant: acme.clone(),
        id: one.id.clone(),
    };
    store.commit(delete.into()).await.unwrap();
    assert_eq!(store.messages(&acme, &one.id, 0, 9).await.unwrap(), []);
    assert_eq!(
        store.messages(&beta, &two.id, 0, 9).await.unwrap()[0].content,
        "beta"
    );
    assert_eq!(
        store.fold(&beta, &two.id).await.unwrap().unwrap().state,
        b"beta"
    );
    assert_eq!(
        store.experiences(&scope(two)).await.unwrap()[0].text,
        "beta"
    );
    assert_eq!(
        store.idempotent(&beta, "k").await.unwrap().unwrap().body,
        b"beta"
    );
    assert_eq!(store.idempotent(&acme, "k").await.unwrap(), None);
    assert_eq!(
        store
            .insights(&beta, None, &page)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(
        store
            .risk_flags(&beta, true, &page)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(
        store.risk_flags(&acme, false, &page).await.unwrap().items,
        []
    );
}
