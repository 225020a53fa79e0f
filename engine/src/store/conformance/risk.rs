//! Risk flags and kept answers.

use std::sync::Arc;

use super::sample::{Sample, client_id, tenant_id};
use super::{assert_conflict, assert_missing, first, following};
use crate::domain::id::RiskFlagId;
use crate::domain::page::Page;
use crate::domain::risk::RiskFlag;
use crate::store::{Store, Write};

pub(crate) async fn a_risk_flag_is_closed_once(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let mut flag = sample.risk_flag(&session, "not be here");
    let close = |flag: &RiskFlag| Write::ResolveRiskFlag {
        tenant: flag.tenant.clone(),
        id: flag.id.clone(),
        resolution: sample.resolution(),
    };
    assert_missing(store.commit(close(&flag).into()).await, flag.id.as_str());
    store
        .commit(Write::InsertRiskFlag(flag.clone()).into())
        .await
        .unwrap();
    assert_eq!(
        store.risk_flag(&flag.tenant, &flag.id).await.unwrap(),
        Some(flag.clone())
    );
    let again = store
        .commit(Write::InsertRiskFlag(flag.clone()).into())
        .await;
    assert_conflict(again, flag.id.as_str());
    let closing = close(&flag);
    store.commit(closing.clone().into()).await.unwrap();
    if let Write::ResolveRiskFlag { resolution, .. } = closing {
        flag.resolution = Some(resolution);
    }
    assert_eq!(
        store.risk_flag(&flag.tenant, &flag.id).await.unwrap(),
        Some(flag.clone())
    );
    assert_conflict(store.commit(close(&flag).into()).await, flag.id.as_str());
    assert_eq!(
        store.risk_flag(&flag.tenant, &flag.id).await.unwrap(),
        Some(flag)
    );
    let wrong_client = RiskFlag {
        client: client_id("ben"),
        ..sample.risk_flag(&session, "not be here")
    };
    let refused = store
        .commit(Write::InsertRiskFlag(wrong_client).into())
        .await;
    assert_missing(refused, "client ben");
}

pub(crate) async fn risk_flags_are_listed_newest_first(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let mut made = vec![];
    for n in 0..7 {
        let mut flag = sample.risk_flag(&session, "not be here");
        if n % 2 == 0 {
            flag.resolution = Some(sample.resolution());
        }
        store
            .commit(Write::InsertRiskFlag(flag.clone()).into())
            .await
            .unwrap();
        made.insert(0, flag);
    }
    let ids =
        |flags: &[RiskFlag]| -> Vec<RiskFlagId> { flags.iter().map(|f| f.id.clone()).collect() };
    for open_only in [false, true] {
        let expected: Vec<RiskFlag> = made
            .iter()
            .filter(|f| !open_only || f.resolution.is_none())
            .cloned()
            .collect();
        let one = store
            .risk_flags(&session.tenant, open_only, &first(2))
            .await
            .unwrap();
        let rest: Page<RiskFlag> = store
            .risk_flags(&session.tenant, open_only, &following(&one, 50))
            .await
            .unwrap();
        assert_eq!(ids(&[one.items, rest.items].concat()), ids(&expected));
        assert_eq!(rest.next, None);
    }
}

pub(crate) async fn an_idempotency_key_keeps_one_answer(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.with_session(&*store, "acme", "anna").await;
    let keep = |key: &str, answer: &crate::store::KeptAnswer| Write::KeepAnswer {
        tenant: tenant_id("acme"),
        key: key.to_owned(),
        answer: answer.clone(),
    };
    let answer = sample.answer(Some(&session), b"{\"a\":1}\0\xff");
    let mut bare = sample.answer(None, b"");
    bare.location = None;
    for (key, answer) in [("k 1/ä", &answer), ("k2", &bare)] {
        assert_eq!(store.idempotent(&session.tenant, key).await.unwrap(), None);
        store.commit(keep(key, answer).into()).await.unwrap();
        let found = store.idempotent(&session.tenant, key).await.unwrap();
        assert_eq!(found.as_ref(), Some(answer));
    }
    assert_conflict(store.commit(keep("k2", &answer).into()).await, "k2");
    assert_eq!(
        store.idempotent(&session.tenant, "k2").await.unwrap(),
        Some(bare)
    );
    let absent = sample.answer(Some(&sample.session("acme", "anna")), b"");
    assert_missing(
        store.commit(keep("k3", &absent).into()).await,
        "session ses_",
    );
}
