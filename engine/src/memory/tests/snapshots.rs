//! A start from snapshots: nothing is computed twice, and nothing is believed that does not fit.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::corpus::{embedder, shipped, shipped_memories};
use super::shelf::Shelf;
use crate::config::memory::{MemoryConfig, VectorChoice};
use crate::domain::embedding::Embedding;
use crate::domain::memory::Recalled;
use crate::domain::timing::Phases;
use crate::memory::embed::Embedder;
use crate::memory::{Memories, Snapshots};

/// Counts what it embeds.
struct Counting {
    inner: Arc<dyn Embedder>,
    embedded: AtomicUsize,
}

impl Embedder for Counting {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn dimensions(&self) -> usize {
        self.inner.dimensions()
    }
    fn embed(&self, text: &str) -> Embedding {
        self.embedded.fetch_add(1, Ordering::Relaxed);
        self.inner.embed(text)
    }
}

fn config() -> MemoryConfig {
    MemoryConfig {
        snapshot_from: 1,
        ..MemoryConfig::for_tests()
    }
}

/// A start, and how many texts were embedded for it.
async fn start(shelf: &Arc<Shelf>, folder: &Path, config: &MemoryConfig) -> (Memories, usize) {
    let counting = Arc::new(Counting {
        inner: embedder(),
        embedded: AtomicUsize::new(0),
    });
    let snapshots = Snapshots::beside(&folder.join("test.db"));
    let opened = Memories::open_with(
        Arc::clone(shelf) as _,
        Arc::clone(&counting) as _,
        config,
        snapshots,
    );
    let memories = opened.await.unwrap();
    let embedded = counting.embedded.load(Ordering::Relaxed);
    (memories, embedded)
}

fn asked(memories: &Memories) -> Vec<Recalled> {
    let query = "I can't sleep, I lie awake for hours";
    let persona = shipped("cbt_specialist");
    memories.retrieve_relevant_context(&persona, query, 5, &Phases::default())
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder.join("test.db-indexes"));
    let mut files: Vec<_> = entries
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    files.sort();
    files
}

#[tokio::test]
async fn the_second_start_embeds_nothing_and_answers_alike() {
    for vector_index in [VectorChoice::Auto, VectorChoice::Exact, VectorChoice::Hnsw] {
        let config = MemoryConfig {
            vector_index,
            ..config()
        };
        let folder = tempfile::tempdir().unwrap();
        let (shelf, filled) = shipped_memories(&config).await;
        let (first, embedded) = start(&shelf, folder.path(), &config).await;
        assert!(embedded > 100, "{embedded}");
        assert_eq!(files(folder.path()).len(), 4);
        let (second, embedded) = start(&shelf, folder.path(), &config).await;
        assert_eq!(embedded, 0, "{vector_index:?}");
        assert_eq!(asked(&first), asked(&filled));
        assert_eq!(asked(&second), asked(&filled));
        assert_eq!(second.stats(), filled.stats());
    }
}

#[tokio::test]
async fn a_damaged_snapshot_or_one_made_otherwise_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, filled) = shipped_memories(&config()).await;
    let (_, all) = start(&shelf, folder.path(), &config()).await;
    for file in files(folder.path()) {
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        std::fs::write(&file, bytes).unwrap();
    }
    let (memories, embedded) = start(&shelf, folder.path(), &config()).await;
    assert_eq!(embedded, all);
    assert_eq!(asked(&memories), asked(&filled));
    let otherwise = MemoryConfig {
        vector_index: VectorChoice::Exact,
        ..config()
    };
    let (_, embedded) = start(&shelf, folder.path(), &otherwise).await;
    assert_eq!(embedded, all);
}

#[tokio::test]
async fn a_stale_snapshot_costs_only_the_difference_and_brings_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, _) = shipped_memories(&config()).await;
    start(&shelf, folder.path(), &config()).await;
    let persona = shipped("cbt_specialist");

    let (document, chunks) = shelf.take_document(&persona, "Sleep and insomnia");
    let (without, embedded) = start(&shelf, folder.path(), &config()).await;
    assert_eq!(embedded, 0);
    let titles = |memories: &Memories| -> Vec<String> {
        let hits = asked(memories).into_iter();
        hits.filter_map(|hit| match hit.item {
            crate::domain::memory::RecalledItem::Foundation { title, .. } => Some(title),
            _ => None,
        })
        .collect()
    };
    assert!(!titles(&without).contains(&document.title));

    let count = chunks.len();
    shelf.put_document(document.clone(), chunks);
    let (with, embedded) = start(&shelf, folder.path(), &config()).await;
    assert_eq!(embedded, count);
    assert_eq!(titles(&with)[0], document.title);
}

#[tokio::test]
async fn deleting_a_document_takes_the_snapshot_with_its_words_away() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, _) = shipped_memories(&config()).await;
    let (memories, _) = start(&shelf, folder.path(), &config()).await;
    let persona = shipped("cbt_specialist");
    let (document, _) = shelf.take_document(&persona, "Sleep and insomnia");
    memories.withdraw_document(&persona, &document.id);
    assert_eq!(files(folder.path()).len(), 3);
    memories.save();
    assert_eq!(files(folder.path()).len(), 4);
    memories.withdraw_persona(&persona);
    assert_eq!(files(folder.path()).len(), 3);
}
