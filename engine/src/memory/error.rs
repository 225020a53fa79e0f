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
    /// Neither the caller nor the name says what it is.
    #[error(
        "document {name}: its name does not tell what it is; Markdown (.md), plain text (.txt), HTML (.html) and PDF (.pdf) are taken, or say its format"
    )]
    Format {
        /// The document.
        name: String,
    },
    /// The file cannot be read as what it is said to be.
    #[error("document {name}: {detail}")]
    Unreadable {
        /// The document.
        name: String,
        /// What is wrong with it and what to try.
        detail: String,
    },
    /// The file has more bytes than are taken.
    #[error(
        "document {name}: the file has {bytes} bytes, at most {max} are taken (memory.source_max_bytes); split it into several documents"
    )]
    SourceTooLarge {
        /// The document.
        name: String,
        /// What it has.
        bytes: usize,
        /// What is allowed.
        max: usize,
    },
    /// There is no text in it.
    #[error("document {name}: the content is empty; give at least one sentence of text")]
    Empty {
        /// The document.
        name: String,
    },
    /// Its text has more bytes than are taken.
    #[error(
        "document {name}: {bytes} bytes of text, at most {max} are taken (memory.document_max_bytes); split it into several documents"
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
