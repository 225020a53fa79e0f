//! Filled-in instruments.

use std::sync::Arc;

use super::sample::{Sample, client_id, tenant_id};
use super::{assert_conflict, assert_missing};
use crate::domain::instrument::{Instrument, InstrumentEntry};
use crate::store::{Store, Write};

pub(crate) async fn instrument_entries_come_oldest_first(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let lost = sample.instrument_entry("acme", "anna", Instrument::Ors);
    let insert = |entry: &InstrumentEntry| Write::InsertInstrumentEntry(entry.clone()).into();
    assert_missing(store.commit(insert(&lost)).await, "tenant acme");
    let acme = sample.with_tenant(&*store, "acme").await;
    let anna = client_id("anna");
    let mut made = vec![
        sample.instrument_entry("acme", "anna", Instrument::Phq9),
        sample.instrument_entry("acme", "anna", Instrument::Ors),
        sample.instrument_entry("acme", "anna", Instrument::Phq9),
    ];
    made[1].items = None;
    made[1].total = 21.5;
    let foreign = sample.instrument_entry("acme", "ben", Instrument::Phq9);
    for entry in made.iter().rev().chain([&foreign]) {
        store.commit(insert(entry)).await.unwrap();
    }
    let read = |limit| store.instrument_entries(&acme, &anna, limit);
    assert_eq!(read(9).await.unwrap(), made);
    assert_eq!(read(2).await.unwrap(), made[1..]);
    assert_conflict(store.commit(insert(&made[0])).await, made[0].id.as_str());
    let delete = |client: &str| Write::DeleteInstrumentEntry {
        tenant: acme.clone(),
        client: client_id(client),
        id: made[0].id.clone(),
    };
    assert_missing(store.commit(delete("ben").into()).await, "instrument");
    store.commit(delete("anna").into()).await.unwrap();
    assert_eq!(read(9).await.unwrap(), made[1..]);
    let beta = store.instrument_entries(&tenant_id("beta"), &anna, 9).await;
    assert_eq!(beta.unwrap(), []);
}
