//! The approximate indexes on real vectors: the passages that ship with the program, asked with what
//! clients say.

use jiff::Timestamp;

use super::corpus::{PERSONAS, embedder, files, shipped, shipped_memories, utterances};
use crate::config::memory::MemoryConfig;
use crate::domain::embedding::Embedding;
use crate::memory::index::{HnswParams, VectorHit, VectorIndex, VectorSetting};

/// Every passage of every persona under a number.
async fn passages() -> Vec<Embedding> {
    let (_, memories) = shipped_memories(&MemoryConfig::for_tests()).await;
    let mut vectors = Vec::new();
    for persona in PERSONAS {
        for (name, content) in files(persona) {
            let prepared =
                memories.prepare_document(&shipped(persona), &name, content, Timestamp::UNIX_EPOCH);
            let (_, chunks) = prepared.unwrap();
            vectors.extend(chunks.iter().map(|chunk| embedder().embed(&chunk.text)));
        }
    }
    vectors
}

#[tokio::test]
async fn both_approximate_indexes_find_the_neighbours_of_real_vectors() {
    let mut vectors = passages().await;
    // What clients say as well makes the set large enough for the first stage to be used.
    let asked: Vec<Embedding> = utterances()
        .iter()
        .map(|utterance| embedder().embed(&utterance.text))
        .collect();
    let (queries, more) = asked.split_at(60);
    vectors.extend_from_slice(more);
    let filled = |setting| {
        let mut index = VectorIndex::new(256, setting);
        for (key, vector) in vectors.iter().enumerate() {
            index.insert(key, vector);
        }
        index
    };
    let params = HnswParams {
        links: 16,
        ef_construction: 200,
        ef_search: 192,
    };
    let exact = filled(VectorSetting::Exact);
    for (setting, bound) in [(VectorSetting::Auto, 98), (VectorSetting::Hnsw(params), 95)] {
        let index = filled(setting);
        let (mut found, mut wanted) = (0, 0);
        for query in queries {
            let keys = |hits: Vec<VectorHit<usize>>| hits.into_iter().map(|hit| hit.key);
            let want: Vec<usize> = keys(exact.search(query, 10)).collect();
            found += keys(index.search(query, 10))
                .filter(|k| want.contains(k))
                .count();
            wanted += want.len();
        }
        assert!(
            found * 100 >= wanted * bound,
            "{setting:?}: {found} of {wanted}"
        );
    }
}
