//! What can go wrong with memories.

use crate::store::StoreError;

/// A memory cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The store that it is derived from failed.
    #[error("memories cannot be read from the store")]
    Store(#[from] StoreError),
}

impl MemoryError {
    /// Whether the same call may succeed later without a change by the caller.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) => error.may_pass(),
        }
    }
}

/// A document is not taken into a foundation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// The name is no file name.
    #[error(
        "{name:?} is no document name: use 1 to 128 characters without '/', '\\' or control characters"
    )]
    Name {
        /// What was given, cut to 80 characters.
        name: String,
    },
    /// There is no text in it.
    #[error("document {name}: the content is empty; give at least one sentence of Markdown text")]
    Empty {
        /// The document.
        name: String,
    },
    /// It has more bytes than are taken.
    #[error(
        "document {name}: {bytes} bytes, at most {max} are taken (memory.document_max_bytes); split it into several documents"
    )]
    TooLarge {
        /// The document.
        name: String,
        /// What it has.
        bytes: usize,
        /// What is allowed.
        max: usize,
    },
    /// There are headings or markup, but no sentence to quote.
    #[error("document {name}: no prose under any heading; add paragraphs or list items")]
    NoProse {
        /// The document.
        name: String,
    },
}
