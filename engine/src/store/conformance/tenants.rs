//! Tenants and API keys.

use std::sync::Arc;

use super::sample::{Sample, tenant_id};
use super::{assert_conflict, assert_missing};
use crate::domain::tenant::{KeyHash, Tenant};
use crate::store::{Store, Write};

pub(crate) async fn a_tenant_is_made_once(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let tenant = sample.tenant("acme");
    assert_eq!(store.tenant(&tenant.id).await.unwrap(), None);
    store
        .commit(Write::PutTenant(tenant.clone()).into())
        .await
        .unwrap();
    let renamed = Tenant {
        name: "Other".to_owned(),
        ..tenant.clone()
    };
    store
        .commit(Write::PutTenant(renamed).into())
        .await
        .unwrap();
    assert_eq!(store.tenant(&tenant.id).await.unwrap(), Some(tenant));
    assert_eq!(store.tenant(&tenant_id("acm")).await.unwrap(), None);
    store.ping().await.unwrap();
}

pub(crate) async fn an_api_key_is_found_by_its_hash(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let key = sample.api_key("acme", 1);
    assert_missing(
        store.commit(Write::InsertApiKey(key.clone()).into()).await,
        "tenant acme",
    );
    sample.with_tenant(&*store, "acme").await;
    sample.with_tenant(&*store, "beta").await;
    let mut revoked = sample.api_key("acme", 2);
    revoked.revoked_at = Some(sample.now());
    for key in [&key, &revoked] {
        store
            .commit(Write::InsertApiKey(key.clone()).into())
            .await
            .unwrap();
        assert_eq!(store.api_key(key.hash).await.unwrap().as_ref(), Some(key));
    }
    assert_eq!(store.api_key(KeyHash([3; 32])).await.unwrap(), None);
    // The id is taken; so is the hash, whoever asks for it.
    let mut same_id = sample.api_key("acme", 4);
    same_id.id = key.id.clone();
    assert_conflict(
        store.commit(Write::InsertApiKey(same_id).into()).await,
        key.id.as_str(),
    );
    let same_hash = sample.api_key("beta", 1);
    let named = same_hash.id.clone();
    assert_conflict(
        store.commit(Write::InsertApiKey(same_hash).into()).await,
        named.as_str(),
    );
    assert_eq!(store.api_key(key.hash).await.unwrap(), Some(key));
}

pub(crate) async fn an_api_key_is_revoked_once_and_by_its_tenant(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    sample.with_tenant(&*store, "acme").await;
    sample.with_tenant(&*store, "beta").await;
    let key = sample.api_key("acme", 1);
    store
        .commit(Write::InsertApiKey(key.clone()).into())
        .await
        .unwrap();
    let revoke = |tenant: &str, second: i64| Write::RevokeApiKey {
        tenant: tenant.parse().unwrap(),
        id: key.id.clone(),
        at: jiff::Timestamp::from_second(second).unwrap(),
    };
    let foreign = store.commit(revoke("beta", 5).into()).await;
    assert_missing(foreign, key.id.as_str());
    for second in [10, 20] {
        store.commit(revoke("acme", second).into()).await.unwrap();
    }
    let mut revoked = key.clone();
    revoked.revoked_at = Some(jiff::Timestamp::from_second(10).unwrap());
    assert_eq!(
        store.api_keys(&key.tenant).await.unwrap(),
        [revoked.clone()]
    );
    assert_eq!(store.api_key(key.hash).await.unwrap(), Some(revoked));
    let beta = "beta".parse().unwrap();
    assert_eq!(store.api_keys(&beta).await.unwrap(), []);
}
