//! The four layers behind one door.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;

use super::context::{Context, ContextRequest, join};
use super::embed::Embedder;
use super::error::{IngestError, MemoryError};
use super::experience::{self, Entry, Scope, Scopes};
use super::foundation::{self, Foundation, Limits, Source, Taken};
use super::search::{Kept, Query};
use super::snapshot::Snapshots;
use super::{metacognition, synthesis};
use crate::config::memory::MemoryConfig;
use crate::domain::embedding::Embedding;
use crate::domain::id::{
    ChunkId, ClientId, DocumentId, ExperienceId, MessageId, SessionId, TenantId,
};
use crate::domain::insight::Insight;
use crate::domain::memory::{Experience, MemoryScope, Recalled, RecalledItem};
use crate::domain::page::PageSize;
use crate::domain::persona::{Chunk, Document, PersonaKey};
use crate::domain::text;
use crate::domain::timing::{Phase, Phases};
use crate::store::{PageRequest, Store};

/// While a scope is read, other work gets a turn after so many experiences.
const READ_BATCH: usize = 64;

/// How much is indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryStats {
    /// One line per persona with documents, ordered by key.
    pub personas: Vec<PersonaStats>,
    /// Scopes whose experiences are in memory.
    pub scopes: usize,
    /// Experiences in memory.
    pub experiences: usize,
}

/// One persona's foundation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonaStats {
    /// Whose.
    pub persona: PersonaKey,
    /// Documents.
    pub documents: usize,
    /// Passages.
    pub chunks: usize,
    /// `exact`, `staged` or `hnsw`.
    pub vector_index: &'static str,
}

/// A remembered turn as the ranker sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenTurn {
    /// The message.
    pub message: MessageId,
    /// Whether it would be recalled at all.
    pub relevant: bool,
    /// What recency and importance add to the weighted sum.
    pub prior: f64,
    /// The features; [`Memories::ranker_weights`] names them.
    pub features: Vec<f64>,
}

type Foundations = HashMap<PersonaKey, Foundation>;

/// Everything that is remembered. Locks are held to look up and to put in, never while embedding
/// and never across an await.
pub struct Memories {
    store: Arc<dyn Store>,
    embedder: Arc<dyn Embedder>,
    config: MemoryConfig,
    foundations: RwLock<Foundations>,
    scopes: Scopes,
    snapshots: Snapshots,
}

impl std::fmt::Debug for Memories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memories")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl Memories {
    /// Builds every persona's foundation from the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(
        store: Arc<dyn Store>,
        embedder: Arc<dyn Embedder>,
        config: &MemoryConfig,
    ) -> Result<Self, MemoryError> {
        Self::open_with(store, embedder, config, Snapshots::none()).await
    }

    /// The same with what `snapshots` have of the indexes; what they lack or have too much is made
    /// good.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open_with(
        store: Arc<dyn Store>,
        embedder: Arc<dyn Embedder>,
        config: &MemoryConfig,
        snapshots: Snapshots,
    ) -> Result<Self, MemoryError> {
        let memories = Self {
            scopes: Scopes::new(config.scopes_in_memory),
            foundations: RwLock::default(),
            config: config.clone(),
            store,
            embedder,
            snapshots,
        };
        let personas = memories.store.all_persona_keys().await?;
        memories.snapshots.sweep(&personas);
        for persona in personas {
            memories.adopt(&persona);
            let documents = memories.store.documents(&persona).await?;
            let mut chunks: HashMap<DocumentId, Vec<Chunk>> = HashMap::new();
            for chunk in memories.store.chunks(&persona).await? {
                chunks
                    .entry(chunk.document.clone())
                    .or_default()
                    .push(chunk);
            }
            for document in documents.iter().filter(|d| d.is_searchable()) {
                let chunks = chunks.remove(&document.id).unwrap_or_default();
                memories.publish_document(document, &chunks);
            }
            if let Some(foundation) = memories.foundations_mut().get_mut(&persona) {
                foundation.disown_strangers();
                if foundation.take_lost() {
                    memories.snapshots.discard(&persona);
                }
            }
        }
        memories.save();
        Ok(memories)
    }

    /// How indexes are made: one that was made in another way is no use.
    fn made_with(&self) -> String {
        format!(
            "{} {} {:?}",
            self.embedder.name(),
            self.embedder.dimensions(),
            self.config.vector_index
        )
    }

    /// Begins a persona's foundation with the index that was kept, if it can be used.
    fn adopt(&self, persona: &PersonaKey) {
        let kept: Kept<ChunkId> = match self.snapshots.load(persona, &self.made_with()) {
            Ok(Some(kept)) => kept,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "a persona's index is built anew");
                return;
            }
        };
        let dimensions = self.embedder.dimensions();
        let mut foundation = Foundation::new(&self.config, dimensions);
        if foundation.adopt(&self.config, dimensions, kept) {
            self.foundations_mut().insert(persona.clone(), foundation);
        } else {
            let (owner, persona) = (&persona.owner, &persona.id);
            tracing::warn!(%owner, %persona, "a persona's kept index contradicts itself and is built anew");
        }
    }

    /// Keeps the index of every persona that is large enough and has changed.
    pub fn save(&self) {
        let personas: Vec<PersonaKey> = self.foundations().keys().cloned().collect();
        for persona in personas {
            let unsaved = |foundation: &mut Foundation| {
                foundation.chunks() >= self.config.snapshot_from && foundation.take_unsaved()
            };
            if !self
                .foundations_mut()
                .get_mut(&persona)
                .is_some_and(unsaved)
            {
                continue;
            }
            // The lock is held until the file stands: a passage that is withdrawn meanwhile would not
            // find the file that has it.
            let foundations = self.foundations();
            if let Some(foundation) = foundations.get(&persona)
                && let Err(error) =
                    self.snapshots
                        .save(&persona, &self.made_with(), &foundation.kept())
            {
                tracing::warn!(%error, "the next start takes longer");
            }
        }
    }

    /// Cuts a Markdown document into passages. Nothing is remembered yet: commit both, then call
    /// [`Self::publish_document`].
    ///
    /// # Errors
    /// [`IngestError`] says why the document is not taken.
    pub fn prepare_document(
        &self,
        persona: &PersonaKey,
        name: &str,
        content: String,
        now: Timestamp,
    ) -> Result<(Document, Vec<Chunk>), IngestError> {
        let taken = self.prepare(persona, &Source::markdown(name, content), now)?;
        Ok((taken.document, taken.chunks))
    }

    /// Reads a file of any format, looks at what it says, and cuts it into passages. Nothing is
    /// remembered yet. It may take long for a large file: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`IngestError`] says why the file is not taken.
    pub fn prepare(
        &self,
        persona: &PersonaKey,
        source: &Source,
        now: Timestamp,
    ) -> Result<Taken, IngestError> {
        foundation::prepare(Limits::of(&self.config), persona, source, now)
    }

    /// The digest that a document of this file would have.
    ///
    /// # Errors
    /// When it cannot be told what the file is.
    pub fn digest(&self, source: &Source) -> Result<[u8; 32], IngestError> {
        foundation::digest(Limits::of(&self.config), source)
    }

    /// Makes a committed document known. It replaces the persona's document of the same name; what
    /// both say is not embedded again. A quarantined document only takes the older one away.
    pub fn publish_document(&self, document: &Document, chunks: &[Chunk]) {
        if !document.is_searchable() {
            let older = self
                .foundations()
                .get(&document.persona)
                .and_then(|foundation| foundation.named(&document.name));
            if let Some(older) = older {
                self.withdraw_document(&document.persona, &older);
            }
            return;
        }
        let dimensions = self.embedder.dimensions();
        let mut known = self
            .foundations()
            .get(&document.persona)
            .map_or_else(HashSet::new, |foundation| foundation.known(chunks));
        loop {
            let prepared = foundation::Prepared::new(document, chunks, &known, &*self.embedder);
            let mut foundations = self.foundations_mut();
            let foundation = foundations
                .entry(document.persona.clone())
                .or_insert_with(|| Foundation::new(&self.config, dimensions));
            let published = foundation.publish(&prepared);
            if foundation.take_lost() {
                self.snapshots.discard(&document.persona);
            }
            if published {
                return;
            }
            // A passage went meanwhile; nothing is taken for known the second time.
            known.clear();
        }
    }

    /// Forgets a document that was deleted.
    pub fn withdraw_document(&self, persona: &PersonaKey, id: &DocumentId) {
        let mut foundations = self.foundations_mut();
        if let Some(foundation) = foundations.get_mut(persona) {
            foundation.withdraw(id);
            if foundation.take_lost() {
                self.snapshots.discard(persona);
            }
            if foundation.documents() == 0 {
                foundations.remove(persona);
            }
        }
    }

    /// Forgets the documents of a persona that was deleted.
    pub fn withdraw_persona(&self, persona: &PersonaKey) {
        self.foundations_mut().remove(persona);
        self.snapshots.discard(persona);
    }

    /// Takes in what was stored or removed since these memories were opened. Nothing may be changed in
    /// the store's documents meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn catch_up(&self) -> Result<(), MemoryError> {
        let personas = self.store.all_persona_keys().await?;
        self.foundations_mut()
            .retain(|persona, _| personas.contains(persona));
        for persona in personas {
            let heads = self.store.document_heads(&persona).await?;
            let stale = self.foundations().get(&persona).map_or_else(Vec::new, |f| {
                let stored = |id: &DocumentId| heads.iter().any(|head| head.id == *id);
                f.document_ids().filter(|id| !stored(id)).cloned().collect()
            });
            for head in heads.iter().filter(|head| head.is_searchable()) {
                let known = self
                    .foundations()
                    .get(&persona)
                    .is_some_and(|f| f.named(&head.name).as_ref() == Some(&head.id));
                if known {
                    continue;
                }
                let chunks = self.store.document_chunks(&persona, &head.id).await?;
                if let Some(document) = self.store.document(&persona, &head.id).await? {
                    self.publish_document(&document, &chunks);
                }
            }
            for id in &stale {
                self.withdraw_document(&persona, id);
            }
        }
        Ok(())
    }

    /// Forgets everything, without a word to the store.
    pub fn clear(&self) {
        self.foundations_mut().clear();
        self.scopes.clear();
    }

    /// The name of the model that makes the vectors.
    #[must_use]
    pub fn embedder(&self) -> &str {
        self.embedder.name()
    }

    /// The passages of `persona` that are relevant to `query`, best first, at most `k`; none when
    /// nothing is relevant.
    pub fn retrieve_relevant_context(
        &self,
        persona: &PersonaKey,
        query: &str,
        k: usize,
        phases: &Phases,
    ) -> Vec<Recalled> {
        let query = self.query(query, phases);
        phases.time(Phase::Foundation, || {
            let foundations = self.foundations();
            foundations
                .get(persona)
                .map_or_else(Vec::new, |f| f.retrieve(&query, None, k))
        })
    }

    /// What the persona remembers of the client that is relevant to `query`, best first, at most `k`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn retrieve_relevant_experiences(
        &self,
        scope: &MemoryScope,
        query: &str,
        k: usize,
        now: Timestamp,
        phases: &Phases,
    ) -> Result<Vec<Recalled>, MemoryError> {
        let query = self.query(query, phases);
        let entry = phases
            .time_async(Phase::Experience, self.enter(scope))
            .await?;
        let question = self.question(&entry, &query, phases);
        Ok(phases.time(Phase::Experience, || {
            read(&entry).retrieve(&question, k, now)
        }))
    }

    /// Every turn that the persona remembers of the client with what the ranker sees in it in the
    /// light of `query`: what weights are fitted with.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn ranker_view(
        &self,
        scope: &MemoryScope,
        query: &str,
        now: Timestamp,
        phases: &Phases,
    ) -> Result<Vec<SeenTurn>, MemoryError> {
        let query = self.query(query, phases);
        let entry = self.enter(scope).await?;
        let question = self.question(&entry, &query, phases);
        let seen = |turn: experience::Ranked| SeenTurn {
            message: turn.message,
            relevant: turn.relevant,
            prior: turn.prior,
            features: turn.row.to_vec(),
        };
        let rows = read(&entry).rows(&question, now);
        Ok(rows.into_iter().map(seen).collect())
    }

    /// The names of the ranker's features with their weights, in the order of
    /// [`SeenTurn::features`].
    #[must_use]
    pub fn ranker_weights() -> Vec<(&'static str, f64)> {
        experience::feature_weights()
    }

    /// Makes a committed experience known.
    ///
    /// # Errors
    /// None today; a memory kept elsewhere may fail.
    pub async fn record_interaction(
        &self,
        experience: &Experience,
        phases: &Phases,
    ) -> Result<(), MemoryError> {
        if let Some(entry) = self.scopes.learning(experience) {
            let prepared = phases.time(Phase::Embed, || {
                experience::Prepared::new(experience.clone(), &*self.embedder)
            });
            phases.time(Phase::Experience, || {
                let mut scope = entry.scope.write().unwrap_or_else(PoisonError::into_inner);
                // The session may have been forgotten since; whoever forgets marks it first.
                if self.scopes.learning(experience).is_some() {
                    scope.record(prepared);
                }
            });
        }
        Ok(())
    }

    /// Forgets a session that was deleted.
    pub fn forget_session(&self, tenant: &TenantId, client: &ClientId, session: &SessionId) {
        self.scopes.forget_session(tenant, client, session);
    }

    /// Forgets an experience whose message was changed or removed.
    pub fn forget_experience(&self, experience: &Experience) {
        if let Some(entry) = self.scopes.present(&experience.scope) {
            let mut scope = entry.scope.write().unwrap_or_else(PoisonError::into_inner);
            scope.forget_experience(&experience.id);
        }
    }

    /// Forgets a client whose data was deleted.
    pub fn forget_client(&self, tenant: &TenantId, client: &ClientId) {
        self.scopes.forget_client(tenant, client);
    }

    /// Forgets a tenant that was removed: its personas' documents and its clients.
    pub fn forget_tenant(&self, tenant: &TenantId) {
        let personas: Vec<PersonaKey> = self.foundations().keys().cloned().collect();
        for persona in personas.iter().filter(|key| key.owner == *tenant) {
            self.withdraw_persona(persona);
        }
        self.scopes.forget_tenant(tenant);
    }

    /// What a reply to the client's words may rest on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn context(
        &self,
        request: &ContextRequest<'_>,
        phases: &Phases,
    ) -> Result<Context, MemoryError> {
        let query = self.query(request.query, phases);
        let goals = phases.time(Phase::Embed, || match request.goals {
            [] => None,
            goals => Some(self.embedder.embed(&goals.join("\n"))),
        });
        let entry = phases
            .time_async(Phase::Experience, self.enter(request.scope))
            .await?;
        let insights = phases
            .time_async(Phase::Synthesis, self.insights(request.scope))
            .await?;

        let question = self.question(&entry, &query, phases);
        // Twice as many as wanted, so that passing over near copies leaves enough.
        let wide = request.k.saturating_mul(2);
        let mut candidates = phases.time(Phase::Foundation, || {
            self.passages(&request.scope.persona, &query, goals.as_ref(), wide)
        });
        phases.time(Phase::Experience, || {
            let scope = read(&entry);
            candidates.extend(
                scope
                    .retrieve(&question, wide, request.now)
                    .into_iter()
                    .map(|r| {
                        let vector = match &r.item {
                            RecalledItem::Experience { experience_id, .. } => {
                                scope.vector(experience_id).map(<[f32]>::to_vec)
                            }
                            _ => None,
                        };
                        (r, vector)
                    }),
            );
        });
        Ok(phases.time(Phase::Synthesis, || {
            let persona = &request.scope.persona;
            let from = self.config.remembered_from;
            let insights = synthesis::recall(&insights, persona, &query, &*self.embedder, from);
            candidates.extend(
                insights
                    .into_iter()
                    .map(|(r, vector)| (r, Some(vector.as_slice().to_vec()))),
            );
            join(candidates, request, self.config.diversity, query.embedding)
        }))
    }

    /// Which of the persona's `expertise` the request fell in that gave `context`; none if it is
    /// about none of them.
    #[must_use]
    pub fn knowledge_domain<'e>(
        &self,
        expertise: &'e [String],
        context: &Context,
        phases: &Phases,
    ) -> Option<&'e str> {
        phases.time(Phase::Synthesis, || {
            metacognition::nearest(expertise, &context.query, &context.items, &*self.embedder)
        })
    }

    /// The passages that a search can bring up, for a check against the store.
    #[must_use]
    pub fn indexed_chunks(&self, persona: &PersonaKey) -> Vec<Chunk> {
        let foundations = self.foundations();
        let indexed = foundations.get(persona).map(Foundation::indexed);
        indexed.unwrap_or_default()
    }

    /// The experiences that a search can bring up, for a check against the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn indexed_experiences(
        &self,
        scope: &MemoryScope,
    ) -> Result<Vec<ExperienceId>, MemoryError> {
        let entry = self.enter(scope).await?;
        let indexed = read(&entry).indexed();
        Ok(indexed)
    }

    /// How much is indexed.
    #[must_use]
    pub fn stats(&self) -> MemoryStats {
        let foundations = self.foundations();
        let line = |(persona, foundation): (&PersonaKey, &Foundation)| PersonaStats {
            persona: persona.clone(),
            documents: foundation.documents(),
            chunks: foundation.chunks(),
            vector_index: foundation.vector_kind(),
        };
        let mut personas: Vec<PersonaStats> = foundations.iter().map(line).collect();
        drop(foundations);
        personas.sort_by(|a, b| a.persona.cmp(&b.persona));
        let (scopes, experiences) = self.scopes.count();
        MemoryStats {
            personas,
            scopes,
            experiences,
        }
    }

    fn query(&self, text: &str, phases: &Phases) -> Query {
        phases.time(Phase::Embed, || Query {
            text: text.to_owned(),
            terms: text::terms(text),
            embedding: self.embedder.embed(text),
        })
    }

    /// The query as a question to one scope. Embeds without a lock.
    fn question(&self, entry: &Entry, query: &Query, phases: &Phases) -> experience::Question {
        let mut question = read(entry).question(query);
        phases.time(Phase::Embed, || question.embed(&*self.embedder));
        question
    }

    fn passages(
        &self,
        persona: &PersonaKey,
        query: &Query,
        goals: Option<&Embedding>,
        k: usize,
    ) -> Vec<(Recalled, Option<Vec<f32>>)> {
        let foundations = self.foundations();
        let Some(foundation) = foundations.get(persona) else {
            return Vec::new();
        };
        let with_vector = |recalled: Recalled| {
            let vector = match &recalled.item {
                RecalledItem::Foundation { chunk_id, .. } => foundation.vector(chunk_id),
                _ => None,
            };
            (recalled, vector)
        };
        foundation
            .retrieve(query, goals, k)
            .into_iter()
            .map(with_vector)
            .collect()
    }

    async fn insights(&self, scope: &MemoryScope) -> Result<Vec<Insight>, MemoryError> {
        let size = self.config.insights_considered.min(PageSize::MAX);
        let Some(size) = PageSize::new(size) else {
            return Ok(Vec::new());
        };
        let page = PageRequest { after: None, size };
        Ok(self
            .store
            .insights(&scope.tenant, Some(&scope.client), &page)
            .await?
            .items)
    }

    /// The scope's entry, read from the store if it was not in memory.
    async fn enter(&self, scope: &MemoryScope) -> Result<Arc<Entry>, MemoryError> {
        let make = || Scope::new(&self.config, self.embedder.dimensions());
        let entry = self.scopes.enter(scope, make);
        let read_store = || async {
            let mut prepared = Vec::new();
            for (at, experience) in self.store.experiences(scope).await?.into_iter().enumerate() {
                prepared.push(experience::Prepared::new(experience, &*self.embedder));
                if at % READ_BATCH == READ_BATCH - 1 {
                    tokio::task::yield_now().await;
                }
            }
            entry
                .scope
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .complete(prepared);
            Ok::<(), MemoryError>(())
        };
        entry.read.get_or_try_init(read_store).await?;
        Ok(entry)
    }

    fn foundations(&self) -> RwLockReadGuard<'_, Foundations> {
        self.foundations
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn foundations_mut(&self) -> RwLockWriteGuard<'_, Foundations> {
        self.foundations
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(entry: &Entry) -> RwLockReadGuard<'_, Scope> {
    entry.scope.read().unwrap_or_else(PoisonError::into_inner)
}
