//! A file as it comes: its name, what it is said to be, and its bytes.

use crate::domain::document::DocumentFormat;
use crate::memory::error::IngestError;

/// A file that is to become a document.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file's name, e.g. `grief.md`.
    pub name: String,
    /// What it is, where the caller says so; else its name tells, else its first bytes.
    pub format: Option<DocumentFormat>,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl Source {
    /// Markdown text under a name.
    #[must_use]
    pub fn markdown(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            format: Some(DocumentFormat::Markdown),
            bytes: text.into().into_bytes(),
        }
    }

    /// What the file is.
    pub(super) fn format(&self) -> Result<DocumentFormat, IngestError> {
        let told = self
            .format
            .or_else(|| DocumentFormat::of_name(&self.name))
            .or_else(|| {
                self.bytes
                    .starts_with(b"%PDF-")
                    .then_some(DocumentFormat::Pdf)
            });
        told.ok_or_else(|| IngestError::Format {
            name: self.name.clone(),
        })
    }
}
