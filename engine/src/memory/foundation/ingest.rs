//! Turns a file's text into a document and its passages, or says why not.

use jiff::Timestamp;

use super::passages::{Length, outline};
use crate::config::memory::MemoryConfig;
use crate::domain::id::{ChunkId, DocumentId};
use crate::domain::persona::{Chunk, Document, PersonaKey};
use crate::memory::error::IngestError;

const MAX_NAME_CHARS: usize = 128;

/// What is taken and how it is cut.
#[derive(Debug, Clone, Copy)]
pub(in crate::memory) struct Limits {
    max_bytes: usize,
    length: Length,
}

impl Limits {
    pub(in crate::memory) fn of(config: &MemoryConfig) -> Self {
        let length = Length {
            min: config.passage_min_words,
            max: config.passage_max_words,
        };
        Self {
            max_bytes: config.document_max_bytes,
            length,
        }
    }
}

/// The document and its passages. The same content under the same name gives the same ids.
pub(in crate::memory) fn prepare(
    limits: Limits,
    persona: &PersonaKey,
    name: &str,
    content: String,
    now: Timestamp,
) -> Result<(Document, Vec<Chunk>), IngestError> {
    let chars = name.chars().count();
    let bad = |c: char| c == '/' || c == '\\' || c.is_control();
    if chars == 0 || chars > MAX_NAME_CHARS || name.trim().is_empty() || name.contains(bad) {
        return Err(IngestError::Name {
            name: name.chars().take(80).collect(),
        });
    }
    let name = name.to_owned();
    if content.len() > limits.max_bytes {
        let (bytes, max) = (content.len(), limits.max_bytes);
        return Err(IngestError::TooLarge { name, bytes, max });
    }
    if content.trim().is_empty() {
        return Err(IngestError::Empty { name });
    }
    let outline = outline(&content, limits.length);
    if outline.passages.is_empty() {
        return Err(IngestError::NoProse { name });
    }
    let title = outline.title.unwrap_or_else(|| title_of(&name));
    // Ids and names hold no NUL, so the joined bytes are different for different documents.
    let identity = [persona.owner.as_str(), persona.id.as_str(), &name, &content].join("\0");
    let id = DocumentId::derived(identity.as_bytes());
    let chunks = outline
        .passages
        .into_iter()
        .map(|passage| {
            let place = format!("{id}\0{}\0{}", passage.range.start, passage.range.end);
            Chunk {
                id: ChunkId::derived(place.as_bytes()),
                document: id.clone(),
                title: title.clone(),
                section: passage.section.unwrap_or_else(|| title.clone()),
                byte_start: passage.range.start,
                byte_end: passage.range.end,
                text: content[passage.range].to_owned(),
            }
        })
        .collect();
    Ok((
        Document {
            id,
            persona: persona.clone(),
            name,
            title,
            content,
            created_at: now,
        },
        chunks,
    ))
}

/// `01_building_rapport.md` is called `Building rapport`.
fn title_of(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let words = stem.replace(['_', '-'], " ");
    let words = words
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ')
        .trim();
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(name: &str, content: &str) -> Result<(Document, Vec<Chunk>), IngestError> {
        let owner = "acme".to_owned().try_into().unwrap();
        let persona = PersonaKey {
            owner,
            id: "guide".to_owned().try_into().unwrap(),
        };
        let limits = Limits::of(&MemoryConfig {
            document_max_bytes: 400,
            ..MemoryConfig::for_tests()
        });
        prepare(
            limits,
            &persona,
            name,
            content.to_owned(),
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn passages_are_the_bytes_of_the_content_and_ids_repeat() {
        let content = "# Sleep\n\nRest is “good”.\n\n## Naps\n\nNaps are short.\n";
        let (document, chunks) = prepared("a.md", content).unwrap();
        assert_eq!(document.title, "Sleep");
        assert_eq!(
            chunks
                .iter()
                .map(|c| c.section.as_str())
                .collect::<Vec<_>>(),
            ["Sleep", "Naps"]
        );
        for chunk in &chunks {
            assert_eq!(
                &document.content[chunk.byte_start..chunk.byte_end],
                chunk.text
            );
            assert_eq!(chunk.document, document.id);
        }
        assert_eq!(
            prepared("a.md", content).unwrap(),
            (document.clone(), chunks)
        );
        assert_ne!(prepared("b.md", content).unwrap().0.id, document.id);
    }

    #[test]
    fn a_document_without_a_heading_is_called_after_its_file() {
        let (document, chunks) = prepared("03_first-steps.md", "Walk before you run.").unwrap();
        assert_eq!(document.title, "First steps");
        assert_eq!(chunks[0].section, "First steps");
        assert_eq!(prepared("12.md", "Text.").unwrap().0.title, "12.md");
    }

    #[test]
    fn says_why_a_document_is_not_taken() {
        assert!(matches!(
            prepared("a.md", " \n"),
            Err(IngestError::Empty { .. })
        ));
        assert!(matches!(
            prepared("a.md", "# Only a heading"),
            Err(IngestError::NoProse { .. })
        ));
        assert!(matches!(
            prepared("../a.md", "Text."),
            Err(IngestError::Name { .. })
        ));
        assert!(matches!(
            prepared(" ", "Text."),
            Err(IngestError::Name { .. })
        ));
        let error = prepared("a.md", &"long ".repeat(100)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "document a.md: 500 bytes, at most 400 are taken (memory.document_max_bytes); split it into several documents"
        );
    }
}
