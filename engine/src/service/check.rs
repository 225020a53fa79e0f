//! Whether store and indexes agree: everything that is stored is well formed, what was derived from it
//! can be derived again to the same bytes, and the indexes hold what the store holds and nothing else.
//!
//! It reads and changes nothing. Each fault is one line that names the thing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::analysis::{self, SessionState};
use crate::domain::id::{ChunkId, ClientId, MessageId, SessionId, TenantId};
use crate::domain::insight::Evidence;
use crate::domain::memory::MemoryScope;
use crate::domain::page::{Page, PageSize};
use crate::domain::persona::{Chunk, Document, PersonaKey};
use crate::domain::session::{Session, SessionFilter};
use crate::domain::timing::Phases;
use crate::memory::Memories;
use crate::store::{PageRequest, Store};

use super::error::ServiceError;

const MESSAGES_AT_ONCE: u32 = 500;
/// So many passages of each persona are looked for by their own words.
const SOUGHT: usize = 100;
/// Among so many hits a passage must be when it is looked for by its own words.
const AMONG: usize = 50;

/// What was looked at and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Tenants.
    pub tenants: usize,
    /// Documents.
    pub documents: usize,
    /// Their passages, quarantined ones too.
    pub chunks: usize,
    /// Sessions.
    pub sessions: usize,
    /// Messages.
    pub messages: usize,
    /// Experiences.
    pub experiences: usize,
    /// Insights.
    pub insights: usize,
    /// Risk flags.
    pub risk_flags: usize,
    /// What is wrong, one line each; nothing when all is in order.
    pub faults: Vec<String>,
}

/// Looks at everything.
///
/// # Errors
/// When the store cannot be read.
pub async fn check(store: &dyn Store, memories: &Memories) -> Result<CheckReport, ServiceError> {
    let mut check = Check {
        store,
        memories,
        report: CheckReport::default(),
    };
    check.report.faults = store.defects().await?;
    check.foundations().await?;
    for tenant in store.tenants().await? {
        check.report.tenants += 1;
        check.tenant(&tenant.id).await?;
    }
    Ok(check.report)
}

struct Check<'a> {
    store: &'a dyn Store,
    memories: &'a Memories,
    report: CheckReport,
}

/// What a tenant's insights and flags are held against.
#[derive(Default)]
struct Said {
    contents: HashMap<MessageId, String>,
    sessions: BTreeMap<ClientId, BTreeSet<SessionId>>,
    scopes: BTreeSet<MemoryScope>,
    /// Sessions whose messages were edited or removed: their flags still tell what was said.
    edited: BTreeSet<SessionId>,
}

impl Check<'_> {
    fn fault(&mut self, fault: String) {
        self.report.faults.push(fault);
    }

    async fn foundations(&mut self) -> Result<(), ServiceError> {
        let personas = self.store.all_persona_keys().await?;
        for key in &personas {
            self.foundation(key).await?;
        }
        for stats in self.memories.stats().personas {
            if !personas.contains(&stats.persona) {
                let PersonaKey { owner, id } = &stats.persona;
                self.fault(format!(
                    "persona {id} of {owner}: the index has documents, the store has none"
                ));
            }
        }
        Ok(())
    }

    async fn foundation(&mut self, key: &PersonaKey) -> Result<(), ServiceError> {
        let named = format!("persona {} of {}", key.id, key.owner);
        if self.store.persona(key).await?.is_none() {
            self.fault(format!("{named}: there are documents and no persona"));
        }
        let mut expected: BTreeMap<ChunkId, Chunk> = BTreeMap::new();
        for document in self.store.documents(key).await? {
            self.report.documents += 1;
            let chunks = self.store.document_chunks(key, &document.id).await?;
            self.report.chunks += chunks.len();
            if chunks.is_empty() {
                self.fault(format!("{named}: document {} has no passages", document.id));
            }
            for chunk in &chunks {
                self.passage(&document, chunk);
            }
            if document.is_searchable() {
                let count = expected.len() + chunks.len();
                expected.extend(chunks.into_iter().map(|chunk| (chunk.id.clone(), chunk)));
                if expected.len() < count {
                    self.fault(format!(
                        "{named}: document {} has a passage under an id that is taken",
                        document.id
                    ));
                }
            }
        }
        let found: BTreeMap<ChunkId, Chunk> = self
            .memories
            .indexed_chunks(key)
            .into_iter()
            .map(|chunk| (chunk.id.clone(), chunk))
            .collect();
        for (id, chunk) in &expected {
            match found.get(id) {
                None => self.fault(format!("{named}: passage {id} is stored and not indexed")),
                Some(indexed) if indexed != chunk => {
                    self.fault(format!(
                        "{named}: passage {id} is indexed as it is not stored"
                    ));
                }
                Some(_) => {}
            }
        }
        for id in found.keys().filter(|id| !expected.contains_key(*id)) {
            self.fault(format!("{named}: passage {id} is indexed and not stored"));
        }
        self.seek(&named, key, &expected);
        Ok(())
    }

    fn passage(&mut self, document: &Document, chunk: &Chunk) {
        let place = chunk.byte_start..chunk.byte_end;
        if document.content.get(place) != Some(chunk.text.as_str()) {
            self.fault(format!(
                "document {}: passage {} is not the bytes {} to {} of the text",
                document.id, chunk.id, chunk.byte_start, chunk.byte_end
            ));
        }
    }

    /// Looks for passages, evenly spread, by their own words: an index can hold a key and not find it.
    fn seek(&mut self, named: &str, key: &PersonaKey, expected: &BTreeMap<ChunkId, Chunk>) {
        let phases = Phases::default();
        let step = (expected.len() / SOUGHT).max(1);
        for chunk in expected.values().step_by(step) {
            let words = format!("{}. {}", chunk.section, chunk.text);
            let hits = self
                .memories
                .retrieve_relevant_context(key, &words, AMONG, &phases);
            let same = |text: &str| text == chunk.text;
            if !hits.iter().any(|hit| same(hit.item.text())) {
                self.fault(format!(
                    "{named}: passage {} is not found by its own words",
                    chunk.id
                ));
            }
        }
    }

    async fn tenant(&mut self, tenant: &TenantId) -> Result<(), ServiceError> {
        let mut said = Said::default();
        let (store, filter) = (self.store, SessionFilter::default());
        let mut request = whole_page();
        loop {
            let page = store.sessions(tenant, &filter, &request).await?;
            for session in &page.items {
                self.session(tenant, session, &mut said).await?;
            }
            if !advance(&mut request, page) {
                break;
            }
        }
        for scope in std::mem::take(&mut said.scopes) {
            self.scope(&scope, &said).await?;
        }
        let mut request = whole_page();
        loop {
            let page = store.insights(tenant, None, &request).await?;
            for insight in &page.items {
                self.report.insights += 1;
                for evidence in &insight.evidence {
                    let wrong = match evidence {
                        Evidence::Message {
                            message_id,
                            byte_start,
                            byte_end,
                            quote,
                            ..
                        } => {
                            let text = said.contents.get(message_id);
                            text.and_then(|text| text.get(*byte_start..*byte_end))
                                != Some(quote.as_str())
                        }
                        // A document may have been replaced since; lineage says so to whoever asks.
                        Evidence::Document { .. } => false,
                    };
                    if wrong {
                        self.fault(format!(
                            "insight {} of {tenant}: a quote is not in the message that it names",
                            insight.id
                        ));
                    }
                }
            }
            if !advance(&mut request, page) {
                break;
            }
        }
        let mut request = whole_page();
        loop {
            let page = store.risk_flags(tenant, false, &request).await?;
            for flag in &page.items {
                self.report.risk_flags += 1;
                let finding = &flag.finding;
                let quoted = said
                    .contents
                    .get(&flag.message)
                    .and_then(|text| text.get(finding.byte_start..finding.byte_end));
                let was_said = said.edited.contains(&flag.session);
                if !was_said && quoted != Some(finding.quote.as_str()) {
                    self.fault(format!(
                        "risk flag {} of {tenant}: the words are not in the message that it names",
                        flag.id
                    ));
                }
            }
            if !advance(&mut request, page) {
                return Ok(());
            }
        }
    }

    async fn session(
        &mut self,
        tenant: &TenantId,
        session: &Session,
        said: &mut Said,
    ) -> Result<(), ServiceError> {
        self.report.sessions += 1;
        let named = format!("session {} of {tenant}", session.id);
        let mut state = SessionState::new();
        let (mut from, mut count) = (0, 0_u32);
        loop {
            let messages = self
                .store
                .messages(tenant, &session.id, from, MESSAGES_AT_ONCE)
                .await?;
            let Some(last) = messages.last() else { break };
            from = last.seq.saturating_add(1);
            for message in messages {
                state.step(&message);
                count += 1;
                self.report.messages += 1;
                said.contents.insert(message.id, message.content);
            }
        }
        if count != session.message_count {
            let counted = session.message_count;
            self.fault(format!(
                "{named}: it counts {counted} messages and has {count}"
            ));
        }
        self.fold(tenant, session, &state, &named).await?;
        if session.edits > 0 {
            said.edited.insert(session.id.clone());
        }
        said.sessions
            .entry(session.client.clone())
            .or_default()
            .insert(session.id.clone());
        said.scopes.insert(MemoryScope {
            tenant: tenant.clone(),
            client: session.client.clone(),
            persona: session.persona.clone(),
        });
        Ok(())
    }

    async fn fold(
        &mut self,
        tenant: &TenantId,
        session: &Session,
        state: &SessionState,
        named: &str,
    ) -> Result<(), ServiceError> {
        let Some(stored) = self.store.fold(tenant, &session.id).await? else {
            if session.message_count > 0 {
                self.fault(format!("{named}: its messages are not folded"));
            }
            return Ok(());
        };
        // What another version folded is folded anew when it is asked for.
        if stored.version != analysis::VERSION {
            return Ok(());
        }
        let bytes = state
            .to_bytes()
            .map_err(|error| ServiceError::internal("writing an analysis down", error))?;
        if stored.seq != state.messages() || stored.state != bytes {
            self.fault(format!(
                "{named}: its messages fold to another analysis than the stored one"
            ));
        }
        Ok(())
    }

    async fn scope(&mut self, scope: &MemoryScope, said: &Said) -> Result<(), ServiceError> {
        let named = format!(
            "memory of persona {} of client {} of {}",
            scope.persona.id, scope.client, scope.tenant
        );
        let stored = self.store.experiences(scope).await?;
        let mut expected = BTreeSet::new();
        for experience in stored {
            self.report.experiences += 1;
            let session_is_there = said
                .sessions
                .get(&scope.client)
                .is_some_and(|sessions| sessions.contains(&experience.session));
            if !session_is_there {
                self.fault(format!(
                    "{named}: experience {} is of no session",
                    experience.id
                ));
            }
            if said.contents.get(&experience.message) != Some(&experience.text) {
                self.fault(format!(
                    "{named}: experience {} does not have its message's words",
                    experience.id
                ));
            }
            expected.insert(experience.id);
        }
        let found = self.memories.indexed_experiences(scope).await?;
        let found: BTreeSet<_> = found.into_iter().collect();
        for id in expected.difference(&found) {
            self.fault(format!(
                "{named}: experience {id} is stored and not indexed"
            ));
        }
        for id in found.difference(&expected) {
            self.fault(format!(
                "{named}: experience {id} is indexed and not stored"
            ));
        }
        Ok(())
    }
}

fn whole_page() -> PageRequest {
    PageRequest {
        after: None,
        size: PageSize::LARGEST,
    }
}

/// Moves on to the page after `page`; whether there is one.
fn advance<T>(request: &mut PageRequest, page: Page<T>) -> bool {
    request.after = page.next;
    request.after.is_some()
}
