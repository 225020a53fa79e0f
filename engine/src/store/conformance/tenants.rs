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

pub(crate) async fn a_revoked_key_keeps_its_first_time(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    sample.with_tenant(&*store, "acme").await;
    sample.with_tenant(&*store, "beta").await;
    let keys = [
        sample.api_key("acme", 1),
        sample.api_key("acme", 2),
        sample.api_key("beta", 3),
    ];
    for key in &keys {
        store
            .commit(Write::InsertApiKey(key.clone()).into())
            .await
            .unwrap();
    }
    let revoke = |tenant: &str, at| Write::RevokeApiKey {
        tenant: tenant_id(tenant),
        id: keys[0].id.clone(),
        at,
    };
    assert_missing(
        store.commit(revoke("beta", sample.now()).into()).await,
        keys[0].id.as_str(),
    );
    let first = sample.now();
    let later = first + jiff::SignedDuration::from_secs(60);
    for at in [first, later] {
        store.commit(revoke("acme", at).into()).await.unwrap();
    }
    let listed = store.api_keys(&tenant_id("acme")).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].revoked_at, Some(first));
    assert_eq!(listed[1], keys[1]);
    assert_eq!(store.api_keys(&tenant_id("beta")).await.unwrap(), keys[2..]);
    assert_eq!(store.api_keys(&tenant_id("acm")).await.unwrap(), []);
}
