//! One persona's passages and their index.

use std::collections::{HashMap, HashSet};

use crate::config::memory::MemoryConfig;
use crate::domain::embedding::Embedding;
use crate::domain::id::{ChunkId, DocumentId};
use crate::domain::memory::{Recalled, RecalledItem};
use crate::domain::persona::{Chunk, Document};
use crate::domain::text;
use crate::memory::embed::Embedder;
use crate::memory::search::{Kept, Query, Searchable};

/// A document with all that is computed from it, so that a lock is held only to put it in.
#[derive(Debug)]
pub(in crate::memory) struct Prepared {
    id: DocumentId,
    name: String,
    passages: Vec<(Chunk, Option<Entry>)>,
}

/// What an index holds of a passage.
type Entry = ([Vec<String>; 3], Embedding);

impl Prepared {
    /// Computes what the index needs for the passages that are not `known` to it.
    pub(in crate::memory) fn new(
        document: &Document,
        chunks: &[Chunk],
        known: &HashSet<ChunkId>,
        embedder: &dyn Embedder,
    ) -> Self {
        let entry = |chunk: &Chunk| {
            let fields = [
                text::terms(&chunk.text),
                text::terms(&chunk.section),
                text::terms(&chunk.title),
            ];
            let vector = embedder.embed(&format!("{}. {}", chunk.section, chunk.text));
            (fields, vector)
        };
        let passages = chunks
            .iter()
            .map(|chunk| {
                let new = !known.contains(&chunk.id);
                (chunk.clone(), new.then(|| entry(chunk)))
            })
            .collect();
        Self {
            id: document.id.clone(),
            name: document.name.clone(),
            passages,
        }
    }
}

/// The foundation of one persona.
#[derive(Debug)]
pub(in crate::memory) struct Foundation {
    /// By file name, since a document replaces the one of its name.
    documents: HashMap<String, (DocumentId, Vec<ChunkId>)>,
    chunks: HashMap<ChunkId, Chunk>,
    index: Searchable<ChunkId, 3>,
    /// Whether the index differs from what was last kept.
    unsaved: bool,
    /// Whether what was last kept has a passage that is gone.
    lost: bool,
}

/// What words count in text, section and title.
fn weights(config: &MemoryConfig) -> [f64; 3] {
    [1.0, config.section_weight, config.title_weight]
}

impl Foundation {
    pub(in crate::memory) fn new(config: &MemoryConfig, dimensions: usize) -> Self {
        let weights = weights(config);
        Self {
            unsaved: false,
            lost: false,
            documents: HashMap::new(),
            chunks: HashMap::new(),
            index: Searchable::new(config, weights, config.relevant_from, dimensions),
        }
    }

    /// The passages of `chunks` that the index holds already: a changed document brings most of
    /// them again.
    pub(in crate::memory) fn known(&self, chunks: &[Chunk]) -> HashSet<ChunkId> {
        let ids = chunks.iter().map(|chunk| &chunk.id);
        ids.filter(|id| self.index.contains(id)).cloned().collect()
    }

    /// Puts the document in the place of the one of its name. What both have stays as it is in the
    /// index. False, and nothing is changed, if a passage that was known has gone since.
    pub(in crate::memory) fn publish(&mut self, document: &Prepared) -> bool {
        let gone = |(chunk, entry): &(Chunk, Option<Entry>)| {
            entry.is_none() && !self.index.contains(&chunk.id)
        };
        if document.passages.iter().any(gone) {
            return false;
        }
        let ids: Vec<ChunkId> = document
            .passages
            .iter()
            .map(|(chunk, _)| chunk.id.clone())
            .collect();
        let kept: HashSet<&ChunkId> = ids.iter().collect();
        let older = self
            .documents
            .remove(&document.name)
            .map(|(_, chunks)| chunks);
        for chunk in older.into_iter().flatten().filter(|id| !kept.contains(id)) {
            self.lose(&chunk);
        }
        for (chunk, entry) in &document.passages {
            if let Some((fields, vector)) = entry {
                self.index.insert(chunk.id.clone(), fields, vector);
                self.unsaved = true;
            }
            self.chunks.insert(chunk.id.clone(), chunk.clone());
        }
        self.documents
            .insert(document.name.clone(), (document.id.clone(), ids));
        true
    }

    /// The id of the document of this name.
    pub(in crate::memory) fn named(&self, name: &str) -> Option<DocumentId> {
        self.documents.get(name).map(|(id, _)| id.clone())
    }

    pub(in crate::memory) fn document_ids(&self) -> impl Iterator<Item = &DocumentId> {
        self.documents.values().map(|(id, _)| id)
    }

    pub(in crate::memory) fn withdraw(&mut self, id: &DocumentId) {
        let withdrawn = self.documents.extract_if(|_, (document, _)| document == id);
        let chunks: Vec<ChunkId> = withdrawn.flat_map(|(_, (_, chunks))| chunks).collect();
        for chunk in chunks {
            self.lose(&chunk);
        }
    }

    fn lose(&mut self, chunk: &ChunkId) {
        self.index.remove(chunk);
        self.chunks.remove(chunk);
        (self.unsaved, self.lost) = (true, true);
    }

    /// Takes over an index that was kept, before any document is published: their passages are known
    /// then. False, and nothing changes, if it contradicts itself.
    pub(in crate::memory) fn adopt(
        &mut self,
        config: &MemoryConfig,
        dimensions: usize,
        kept: Kept<ChunkId>,
    ) -> bool {
        self.index
            .restore(config, weights(config), dimensions, kept)
    }

    /// Removes from an adopted index what no published document has.
    pub(in crate::memory) fn disown_strangers(&mut self) {
        for id in self.index.keys() {
            if !self.chunks.contains_key(&id) {
                self.lose(&id);
            }
        }
    }

    /// The index as data.
    pub(in crate::memory) fn kept(&self) -> Kept<ChunkId> {
        self.index.kept()
    }

    /// Whether the index has changed since it was kept or adopted; asking says that it is kept now.
    pub(in crate::memory) fn take_unsaved(&mut self) -> bool {
        std::mem::take(&mut self.unsaved)
    }

    /// Whether a passage went since this was asked last.
    pub(in crate::memory) fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    /// The relevant passages, best first, at most `k`. `goals` move passages near them up.
    pub(in crate::memory) fn retrieve(
        &self,
        query: &Query,
        goals: Option<&Embedding>,
        k: usize,
    ) -> Vec<Recalled> {
        let hits = self
            .index
            .search(query, goals, |_| [Vec::new(), Vec::new()])
            .into_iter()
            .take(k);
        hits.filter_map(|hit| {
            let chunk = self.chunks.get(&hit.key)?;
            let item = RecalledItem::Foundation {
                document_id: chunk.document.clone(),
                chunk_id: chunk.id.clone(),
                title: chunk.title.clone(),
                section: chunk.section.clone(),
                byte_start: chunk.byte_start,
                byte_end: chunk.byte_end,
                text: chunk.text.clone(),
            };
            Some(Recalled {
                item,
                score: hit.score,
                reasons: hit.reasons,
            })
        })
        .collect()
    }

    pub(in crate::memory) fn vector(&self, chunk: &ChunkId) -> Option<Vec<f32>> {
        self.index.vector(chunk)
    }

    /// The passages that the index holds too: only these are found.
    pub(in crate::memory) fn indexed(&self) -> Vec<Chunk> {
        let held = self.chunks.values();
        held.filter(|chunk| self.index.contains(&chunk.id))
            .cloned()
            .collect()
    }

    pub(in crate::memory) fn documents(&self) -> usize {
        self.documents.len()
    }

    pub(in crate::memory) fn chunks(&self) -> usize {
        self.index.len()
    }

    pub(in crate::memory) fn vector_kind(&self) -> &'static str {
        self.index.vector_kind()
    }
}
