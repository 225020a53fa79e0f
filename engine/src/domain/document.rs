//! What a document was, and whether it may be searched.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::DocumentId;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentFormat {
    /// Markdown (CommonMark with tables).
    Markdown,
    /// Plain text, paragraphs parted by empty lines.
    Text,
    /// HTML.
    Html,
    /// PDF with text in it.
    Pdf,
}

impl DocumentFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Markdown, Self::Text, Self::Html, Self::Pdf];

    /// The name used in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Html => "html",
            Self::Pdf => "pdf",
        }
    }

    /// The format that a file's name tells.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "txt" | "text" => Some(Self::Text),
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }

    /// The format that a media type names; its parameters do not matter.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "text/markdown" | "text/x-markdown" => Some(Self::Markdown),
            "text/plain" => Some(Self::Text),
            "text/html" | "application/xhtml+xml" => Some(Self::Html),
            "application/pdf" => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// Something in a document that speaks to a machine and not to a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which rule, e.g. `override`, `role_marker`, `hidden_characters`.
    pub rule: String,
    /// What was found and why it matters.
    pub detail: String,
    /// The words, with invisible characters written as `\u{…}`; cut to 200 characters.
    pub quote: String,
    /// First byte in the document's content; none for what is not part of it, as hidden HTML is.
    pub byte_start: Option<usize>,
    /// First byte after it.
    pub byte_end: Option<usize>,
}

/// How a person let a document through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Why it is harmless.
    pub reason: String,
    /// Who decided.
    pub released_by: String,
    /// When.
    pub released_at: Timestamp,
}

/// Why a document is kept from every search, until a person releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// What was found, in the order of the text.
    pub findings: Vec<Finding>,
    /// How it was released, if it was.
    pub release: Option<Release>,
}

impl Quarantine {
    /// Whether a person let the document through.
    #[must_use]
    pub fn is_released(&self) -> bool {
        self.release.is_some()
    }
}

/// A document without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHead {
    /// Its id.
    pub id: DocumentId,
    /// The file's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What the file was.
    pub format: DocumentFormat,
    /// Bytes of its text.
    pub bytes: usize,
    /// As in the document.
    pub digest: Option<[u8; 32]>,
    /// Why it is or was withheld from every search.
    pub quarantine: Option<Quarantine>,
    /// When it was stored.
    pub created_at: Timestamp,
}

impl DocumentHead {
    /// Whether its passages may be found.
    #[must_use]
    pub fn is_searchable(&self) -> bool {
        self.quarantine.as_ref().is_none_or(Quarantine::is_released)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_ending_and_by_media_type() {
        assert_eq!(
            DocumentFormat::of_name("a.b.PDF"),
            Some(DocumentFormat::Pdf)
        );
        assert_eq!(DocumentFormat::of_name("grief"), None);
        assert_eq!(DocumentFormat::of_name("a.docx"), None);
        let html = DocumentFormat::of_media_type("Text/HTML; charset=utf-8");
        assert_eq!(html, Some(DocumentFormat::Html));
        assert_eq!(DocumentFormat::of_media_type("application/json"), None);
    }

    #[test]
    fn the_names_are_those_of_json() {
        for format in DocumentFormat::ALL {
            let json = serde_json::to_string(&format).unwrap();
            assert_eq!(json, format!("\"{}\"", format.as_str()));
        }
    }
}
