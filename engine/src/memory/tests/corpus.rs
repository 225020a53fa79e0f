//! The shipped documents and the client utterances of the scenarios.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde::Deserialize;

use super::shelf::Shelf;
use crate::config::memory::MemoryConfig;
use crate::domain::id::TenantId;
use crate::domain::persona::PersonaKey;
use crate::memory::Memories;
use crate::memory::embed::{Embedder, StaticTable};

pub(super) const PERSONAS: [&str; 4] = [
    "behavioural_analyst",
    "cbt_specialist",
    "facilitator",
    "therapist",
];

/// A message of `scenarios/data/utterances.jsonl`.
#[derive(Deserialize)]
pub(super) struct Utterance {
    pub(super) topic: String,
    pub(super) persona: String,
    pub(super) text: String,
}

pub(super) fn utterances() -> Vec<Utterance> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("../scenarios/data/utterances.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub(super) fn shipped(persona: &str) -> PersonaKey {
    PersonaKey {
        owner: TenantId::shipped(),
        id: persona.parse().unwrap(),
    }
}

/// The name and content of each document of a shipped persona.
pub(super) fn files(persona: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("personas")
        .join(persona);
    let mut files: Vec<(String, String)> = std::fs::read_dir(root.join("documents"))
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

pub(super) fn embedder() -> Arc<dyn Embedder> {
    static TABLE: OnceLock<Arc<StaticTable>> = OnceLock::new();
    Arc::clone(TABLE.get_or_init(|| Arc::new(StaticTable::shipped().unwrap()))) as _
}

pub(super) async fn memories(shelf: &Arc<Shelf>, config: &MemoryConfig) -> Memories {
    Memories::open(Arc::clone(shelf) as _, embedder(), config)
        .await
        .unwrap()
}

/// Memories with the four shipped personas.
pub(super) async fn shipped_memories(config: &MemoryConfig) -> (Arc<Shelf>, Memories) {
    let shelf = Arc::new(Shelf::default());
    let memories = memories(&shelf, config).await;
    for persona in PERSONAS {
        for (name, content) in files(persona) {
            let prepared =
                memories.prepare_document(&shipped(persona), &name, content, Timestamp::UNIX_EPOCH);
            let (document, chunks) = prepared.unwrap();
            memories.publish_document(&document, &chunks);
            shelf.put_document(document, chunks);
        }
    }
    (shelf, memories)
}
