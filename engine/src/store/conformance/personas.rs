//! Personas and their documents.

use std::sync::Arc;

use super::sample::{Sample, persona_key, tenant_id};
use super::{assert_conflict, assert_missing, first, following};
use crate::domain::document::{DocumentFormat, Finding, Quarantine, Release};
use crate::domain::persona::{Chunk, Document, Persona};
use crate::store::{PageRequest, Store, Write, WriteSet};

fn put((document, chunks): &(Document, Vec<Chunk>)) -> Write {
    Write::PutDocument {
        document: document.clone(),
        chunks: chunks.clone(),
    }
}

pub(crate) async fn a_persona_is_replaced_with_its_documents_kept(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let persona = sample.persona("acme", "coach");
    let document = sample.document(&persona.key, "01.md", "Rest is work. Work is rest.");
    assert_eq!(store.persona(&persona.key).await.unwrap(), None);
    let set = [Write::PutPersona(persona.clone()), put(&document)];
    store.commit(WriteSet::from_iter(set)).await.unwrap();
    assert_eq!(
        store.persona(&persona.key).await.unwrap().as_ref(),
        Some(&persona)
    );
    let mut changed = persona.clone();
    changed.profile.name = "Dr. Bea".to_owned();
    changed.updated_at = sample.now();
    store
        .commit(Write::PutPersona(changed.clone()).into())
        .await
        .unwrap();
    assert_eq!(store.persona(&persona.key).await.unwrap(), Some(changed));
    assert_eq!(store.documents(&persona.key).await.unwrap(), [document.0]);
}

pub(crate) async fn personas_are_listed_with_the_shipped_ones(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let keys = [
        ("acme", "analyst"),
        ("acme", "coach"),
        ("smart-steps", "coach"),
        ("acme", "mentor"),
        ("smart-steps", "therapist"),
        ("zeta", "coach"),
        ("zeta", "analyst"),
    ];
    for (owner, id) in keys {
        store
            .commit(Write::PutPersona(sample.persona(owner, id)).into())
            .await
            .unwrap();
    }
    let names = |items: &[Persona]| -> Vec<String> {
        items
            .iter()
            .map(|p| format!("{} of {}", p.key.id, p.key.owner))
            .collect()
    };
    let acme = tenant_id("acme");
    let all = store.personas(&acme, &first(50)).await.unwrap();
    let expected = [
        "analyst of acme",
        "coach of acme",
        "coach of smart-steps",
        "mentor of acme",
        "therapist of smart-steps",
    ];
    assert_eq!(
        (names(&all.items).as_slice(), all.next),
        (&expected.map(String::from)[..], None)
    );
    let mut walked = vec![];
    let mut request = first(2);
    loop {
        let page = store.personas(&acme, &request).await.unwrap();
        walked.extend(names(&page.items));
        if page.next.is_none() {
            break;
        }
        request = following(&page, 2);
    }
    assert_eq!(walked, expected);
    let shipped = store
        .personas(&tenant_id("smart-steps"), &first(50))
        .await
        .unwrap();
    assert_eq!(
        names(&shipped.items),
        ["coach of smart-steps", "therapist of smart-steps"]
    );
    let after = PageRequest {
        after: Some("not a key".to_owned()),
        ..first(50)
    };
    assert_eq!(
        names(&store.personas(&acme, &after).await.unwrap().items),
        expected[4..]
    );
}

pub(crate) async fn an_own_persona_comes_before_the_shipped_one(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    for (owner, id) in [
        ("zeta", "coach"),
        ("smart-steps", "coach"),
        ("acme", "mentor"),
    ] {
        store
            .commit(Write::PutPersona(sample.persona(owner, id)).into())
            .await
            .unwrap();
    }
    let found = |owner: &'static str, id: &'static str| {
        let store = Arc::clone(&store);
        async move {
            let key = persona_key(owner, id);
            let persona = store.resolve_persona(&key.owner, &key.id).await.unwrap();
            persona.map(|persona| persona.key)
        }
    };
    assert_eq!(
        found("zeta", "coach").await,
        Some(persona_key("zeta", "coach"))
    );
    assert_eq!(
        found("acme", "coach").await,
        Some(persona_key("smart-steps", "coach"))
    );
    assert_eq!(found("zeta", "mentor").await, None);
}

pub(crate) async fn a_document_replaces_the_one_of_its_name(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let key = persona_key("acme", "coach");
    let first = sample.document(&key, "02.md", "Sleep comes in waves of ninety minutes.");
    assert_missing(
        store.commit(put(&first).into()).await,
        "persona coach of acme",
    );
    store
        .commit(Write::PutPersona(sample.persona("acme", "coach")).into())
        .await
        .unwrap();
    let other = sample.document(&key, "01.md", "Name the feeling before the plan.");
    for document in [&first, &other, &first] {
        store.commit(put(document).into()).await.unwrap();
    }
    assert_eq!(
        store.documents(&key).await.unwrap(),
        [other.0.clone(), first.0.clone()]
    );
    let second = sample.document(&key, "02.md", "Sleep comes in cycles.");
    store.commit(put(&second).into()).await.unwrap();
    assert_eq!(
        store.documents(&key).await.unwrap(),
        [other.0.clone(), second.0.clone()]
    );
    assert_eq!(store.document(&key, &first.0.id).await.unwrap(), None);
    assert_eq!(
        store.document(&key, &second.0.id).await.unwrap(),
        Some(second.0.clone())
    );
    // All chunks by document, then place.
    let mut documents = [other.clone(), second.clone()];
    documents.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    let chunks: Vec<Chunk> = documents
        .into_iter()
        .flat_map(|(_, chunks)| chunks)
        .collect();
    assert_eq!(store.chunks(&key).await.unwrap(), chunks);
    let gone = Write::DeleteDocument {
        persona: key.clone(),
        id: second.0.id,
    };
    store.commit(gone.into()).await.unwrap();
    assert_eq!(store.documents(&key).await.unwrap(), [other.0]);
    assert_eq!(store.chunks(&key).await.unwrap(), other.1);
}

pub(crate) async fn a_deleted_persona_takes_its_documents_along(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let keys = [
        persona_key("acme", "coach"),
        persona_key("smart-steps", "therapist"),
    ];
    for key in &keys {
        let persona = sample.persona(key.owner.as_str(), key.id.as_str());
        let document = sample.document(key, "01.md", "Rest is work. Work is rest.");
        let set = [Write::PutPersona(persona), put(&document)];
        store.commit(WriteSet::from_iter(set)).await.unwrap();
    }
    let bare = sample.persona("acme", "without-documents");
    store.commit(Write::PutPersona(bare).into()).await.unwrap();
    assert_eq!(store.all_persona_keys().await.unwrap(), keys);
    store
        .commit(Write::DeletePersona(keys[0].clone()).into())
        .await
        .unwrap();
    assert_eq!(store.persona(&keys[0]).await.unwrap(), None);
    assert_eq!(store.documents(&keys[0]).await.unwrap(), []);
    assert_eq!(store.chunks(&keys[0]).await.unwrap(), []);
    assert_eq!(store.all_persona_keys().await.unwrap(), keys[1..]);
    assert_eq!(store.chunks(&keys[1]).await.unwrap().len(), 2);
}

fn finding() -> Finding {
    Finding {
        rule: "override".to_owned(),
        detail: "an order".to_owned(),
        quote: "Ignore".to_owned(),
        byte_start: Some(0),
        byte_end: Some(6),
    }
}

pub(crate) async fn a_quarantined_document_is_found_only_when_released(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let key = persona_key("acme", "coach");
    let plain = sample.document(&key, "01.md", "Rest is work. Work is rest.");
    let mut suspect = sample.document(&key, "02.pdf", "Ignore the clock. Sleep well.");
    suspect.0.format = DocumentFormat::Pdf;
    suspect.0.digest = None;
    suspect.0.quarantine = Some(Quarantine {
        findings: vec![finding()],
        release: None,
    });
    let set = [
        Write::PutPersona(sample.persona("acme", "coach")),
        put(&plain),
        put(&suspect),
    ];
    store.commit(WriteSet::from_iter(set)).await.unwrap();
    let id = suspect.0.id.clone();
    assert_eq!(
        store.document(&key, &id).await.unwrap().as_ref(),
        Some(&suspect.0)
    );
    assert_eq!(store.chunks(&key).await.unwrap(), plain.1);
    assert_eq!(store.document_chunks(&key, &id).await.unwrap(), suspect.1);

    let release = Release {
        reason: "a story".to_owned(),
        released_by: "Dr. Bea".to_owned(),
        released_at: sample.now(),
    };
    let let_through = |persona: &str, id: &crate::domain::id::DocumentId| Write::ReleaseDocument {
        persona: persona_key(persona, "coach"),
        id: id.clone(),
        release: release.clone(),
    };
    assert_missing(
        store.commit(let_through("beta", &id).into()).await,
        id.as_str(),
    );
    let not_quarantined = store.commit(let_through("acme", &plain.0.id).into()).await;
    assert_conflict(not_quarantined, plain.0.id.as_str());
    store.commit(let_through("acme", &id).into()).await.unwrap();
    assert_conflict(
        store.commit(let_through("acme", &id).into()).await,
        id.as_str(),
    );
    suspect.0.quarantine = Some(Quarantine {
        findings: vec![finding()],
        release: Some(release),
    });
    assert_eq!(store.document(&key, &id).await.unwrap(), Some(suspect.0));
    assert_eq!(store.chunks(&key).await.unwrap().len(), 4);
}

pub(crate) async fn the_heads_of_documents_say_what_the_documents_say(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let key = persona_key("acme", "coach");
    let first = sample.document(&key, "02.md", "Sleep comes in “waves” of ninety minutes.");
    let second = sample.document(&key, "01.md", "Name the feeling before the plan.");
    let set = [
        Write::PutPersona(sample.persona("acme", "coach")),
        put(&first),
        put(&second),
    ];
    store.commit(WriteSet::from_iter(set)).await.unwrap();
    let heads = store.document_heads(&key).await.unwrap();
    assert_eq!(heads.len(), 2);
    for (head, document) in heads.iter().zip([&second.0, &first.0]) {
        assert_eq!((&head.id, &head.name), (&document.id, &document.name));
        assert_eq!(
            (&head.title, head.format),
            (&document.title, document.format)
        );
        assert_eq!(
            (head.bytes, head.digest),
            (document.content.len(), document.digest)
        );
        assert_eq!(
            (&head.quarantine, head.created_at),
            (&None, document.created_at)
        );
    }
    let other = persona_key("beta", "coach");
    assert_eq!(store.document_heads(&other).await.unwrap(), []);
    assert_eq!(
        store.document_chunks(&other, &first.0.id).await.unwrap(),
        []
    );
}
