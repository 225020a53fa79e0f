//! One persona's passages and their index.

use std::collections::HashMap;

use crate::config::memory::MemoryConfig;
use crate::domain::embedding::Embedding;
use crate::domain::id::{ChunkId, DocumentId};
use crate::domain::memory::{Recalled, RecalledItem};
use crate::domain::persona::{Chunk, Document};
use crate::domain::text;
use crate::memory::embed::Embedder;
use crate::memory::search::{Query, Searchable};

/// A document with all that is computed from it, so that a lock is held only to put it in.
#[derive(Debug)]
pub(in crate::memory) struct Prepared {
    id: DocumentId,
    name: String,
    passages: Vec<(Chunk, [Vec<String>; 3], Embedding)>,
}

impl Prepared {
    pub(in crate::memory) fn new(
        document: &Document,
        chunks: &[Chunk],
        embedder: &dyn Embedder,
    ) -> Self {
        let passages = chunks
            .iter()
            .map(|chunk| {
                let fields = [
                    text::terms(&chunk.text),
                    text::terms(&chunk.section),
                    text::terms(&chunk.title),
                ];
                let vector = embedder.embed(&format!("{}. {}", chunk.section, chunk.text));
                (chunk.clone(), fields, vector)
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
}

impl Foundation {
    pub(in crate::memory) fn new(config: &MemoryConfig, dimensions: usize) -> Self {
        let weights = [1.0, config.section_weight, config.title_weight];
        Self {
            documents: HashMap::new(),
            chunks: HashMap::new(),
            index: Searchable::new(config, weights, config.relevant_from, dimensions),
        }
    }

    pub(in crate::memory) fn publish(&mut self, document: Prepared) {
        if let Some((older, _)) = self.documents.get(&document.name) {
            let older = older.clone();
            self.withdraw(&older);
        }
        let ids = document
            .passages
            .iter()
            .map(|(chunk, ..)| chunk.id.clone())
            .collect();
        self.documents.insert(document.name, (document.id, ids));
        for (chunk, fields, vector) in document.passages {
            self.index.insert(chunk.id.clone(), &fields, &vector);
            self.chunks.insert(chunk.id.clone(), chunk);
        }
    }

    pub(in crate::memory) fn withdraw(&mut self, id: &DocumentId) {
        let withdrawn = self.documents.extract_if(|_, (document, _)| document == id);
        for chunk in withdrawn.flat_map(|(_, (_, chunks))| chunks) {
            self.index.remove(&chunk);
            self.chunks.remove(&chunk);
        }
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
