//! Sessions.

use std::sync::Arc;

use super::sample::{Sample, client_id, persona_key, tenant_id};
use super::{assert_conflict, assert_missing, first, following};
use crate::domain::id::SessionId;
use crate::domain::page::Page;
use crate::domain::session::{Session, SessionFilter, SessionState};
use crate::store::{PageRequest, Store, Write};

pub(crate) async fn a_session_comes_back_as_it_was(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let session = sample.session("acme", "anna");
    assert_missing(
        store
            .commit(Write::InsertSession(session.clone()).into())
            .await,
        "tenant acme",
    );
    sample.with_tenant(&*store, "acme").await;
    let mut bare = sample.session("acme", "anna");
    bare.title = None;
    bare.goals.clear();
    bare.metadata.clear();
    for session in [&session, &bare] {
        store
            .commit(Write::InsertSession(session.clone()).into())
            .await
            .unwrap();
        let found = store.session(&session.tenant, &session.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(session));
    }
    let again = store
        .commit(Write::InsertSession(session.clone()).into())
        .await;
    assert_conflict(again, session.id.as_str());
}

pub(crate) async fn a_session_is_updated_from_the_revision_before(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let update = |session: &Session| {
        let store = Arc::clone(&store);
        let write = Write::UpdateSession(session.clone());
        async move { store.commit(write.into()).await }
    };
    let absent = sample.session("acme", "anna");
    assert_missing(update(&absent).await, absent.id.as_str());
    let mut session = sample.with_session(&*store, "acme", "anna").await;
    let stored = session.clone();
    assert_conflict(update(&session).await, "revision 1");
    session.revision = 2;
    session.message_count = 2;
    session.updated_at = sample.now();
    update(&session).await.unwrap();
    assert_eq!(
        store.session(&session.tenant, &session.id).await.unwrap(),
        Some(session.clone())
    );
    assert_conflict(update(&session).await, "revision 2");
    session.revision = 3;
    session.state = SessionState::Completed;
    session.title = None;
    session.goals = vec![];
    update(&session).await.unwrap();
    assert_eq!(
        store.session(&session.tenant, &session.id).await.unwrap(),
        Some(session.clone())
    );
    for changed in [
        Session {
            revision: 4,
            client: client_id("ben"),
            ..session.clone()
        },
        Session {
            revision: 4,
            persona: persona_key("acme", "coach"),
            ..session.clone()
        },
        Session {
            revision: 5,
            ..session.clone()
        },
        stored,
    ] {
        assert_conflict(update(&changed).await, session.id.as_str());
    }
    assert_eq!(
        store.session(&session.tenant, &session.id).await.unwrap(),
        Some(session)
    );
}

fn ids(page: &Page<Session>) -> Vec<SessionId> {
    page.items
        .iter()
        .map(|session| session.id.clone())
        .collect()
}

pub(crate) async fn sessions_are_listed_by_filter(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let acme = sample.with_tenant(&*store, "acme").await;
    let mut made = vec![];
    for n in 0..12 {
        let mut session = sample.session("acme", if n % 2 == 0 { "anna" } else { "ben" });
        if n % 3 == 0 {
            session.persona = persona_key("acme", "coach");
        }
        if n % 4 == 0 {
            session.state = SessionState::Paused;
        }
        store
            .commit(Write::InsertSession(session.clone()).into())
            .await
            .unwrap();
        made.insert(0, session);
    }
    let clients = [None, Some(client_id("anna")), Some(client_id("nobody"))];
    let personas = [None, Some(persona_key("acme", "coach"))];
    let states = [
        None,
        Some(SessionState::Paused),
        Some(SessionState::Created),
    ];
    for client in &clients {
        for persona in &personas {
            for state in states {
                let filter = SessionFilter {
                    client: client.clone(),
                    persona: persona.clone(),
                    state,
                };
                let expected: Vec<SessionId> = made
                    .iter()
                    .filter(|s| client.as_ref().is_none_or(|c| s.client == *c))
                    .filter(|s| persona.as_ref().is_none_or(|p| s.persona == *p))
                    .filter(|s| state.is_none_or(|wanted| s.state == wanted))
                    .map(|s| s.id.clone())
                    .collect();
                let mut walked = vec![];
                let mut request = first(2);
                loop {
                    let page = store.sessions(&acme, &filter, &request).await.unwrap();
                    walked.extend(ids(&page));
                    if page.next.is_none() {
                        break;
                    }
                    request = following(&page, 2);
                }
                assert_eq!(walked, expected, "{filter:?}");
            }
        }
    }
}

pub(crate) async fn pages_of_sessions_are_stable_under_inserts(store: Arc<dyn Store>) {
    let sample = Sample::new(1);
    let mut made = vec![];
    for _ in 0..7 {
        made.insert(0, sample.with_session(&*store, "acme", "anna").await.id);
    }
    let (acme, all) = (tenant_id("acme"), SessionFilter::default());
    let one = store.sessions(&acme, &all, &first(3)).await.unwrap();
    let newer = sample.with_session(&*store, "acme", "anna").await;
    let two = store
        .sessions(&acme, &all, &following(&one, 3))
        .await
        .unwrap();
    // The item that the next page starts after may go too.
    let gone = Write::DeleteSession {
        tenant: acme.clone(),
        id: made[5].clone(),
    };
    store.commit(gone.into()).await.unwrap();
    let three = store
        .sessions(&acme, &all, &following(&two, 3))
        .await
        .unwrap();
    let walked = [ids(&one), ids(&two), ids(&three)].concat();
    assert_eq!((walked, three.next), (made.clone(), None));
    assert_eq!(
        ids(&store.sessions(&acme, &all, &first(1)).await.unwrap()),
        [newer.id]
    );
    // A page that ends with the last item has no next.
    let exact = store.sessions(&acme, &all, &first(7)).await.unwrap();
    assert_eq!((exact.items.len(), exact.next), (7, None));
    let between = PageRequest {
        after: Some("ses_".to_owned()),
        ..first(3)
    };
    assert_eq!(
        ids(&store.sessions(&acme, &all, &between).await.unwrap()),
        []
    );
}
