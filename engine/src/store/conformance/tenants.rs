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
