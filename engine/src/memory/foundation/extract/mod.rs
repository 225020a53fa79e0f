//! Files to text: a title, the text that is stored and quoted, and the blocks of it that may be cut
//! into passages.
//!
//! Nothing is guessed into a text that a reader of the file would not see. What HTML hides from the
//! reader is left out and handed on apart, to be looked at for instructions. A file that cannot be
//! read is refused with its reason; a reader that panics is contained.

mod html;
mod markdown;
mod pdf;
mod plain;
#[cfg(test)]
pub(crate) mod sample;

use std::ops::Range;

use crate::domain::document::DocumentFormat;
use crate::memory::error::IngestError;

/// A run of text under one heading: a paragraph, a list item, a table cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The heading that it stands under, if there is one.
    pub(super) section: Option<String>,
    /// Counts sections, so that two of the same heading are told apart.
    pub(super) part: usize,
    /// Its bytes in the content.
    pub(super) range: Range<usize>,
}

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text {
    /// The title that the file gives itself.
    pub(super) title: Option<String>,
    /// What is stored.
    pub(super) content: String,
    /// In order and apart from each other.
    pub(super) blocks: Vec<Block>,
    /// What the file holds and hides from its reader.
    pub(super) hidden: String,
}

/// Reads a file.
pub(super) fn extract(
    name: &str,
    format: DocumentFormat,
    bytes: &[u8],
    max_text_bytes: usize,
) -> Result<Text, IngestError> {
    let text = match format {
        DocumentFormat::Markdown => markdown::read(decoded(name, bytes, None)?),
        DocumentFormat::Text => plain::read(decoded(name, bytes, None)?),
        DocumentFormat::Html => {
            html::read(&decoded(name, bytes, html::declared_charset(bytes))?, name)?
        }
        DocumentFormat::Pdf => pdf::read(name, bytes, max_text_bytes)?,
    };
    if text.content.len() > max_text_bytes {
        let (name, bytes, max) = (name.to_owned(), text.content.len(), max_text_bytes);
        return Err(IngestError::TooLarge { name, bytes, max });
    }
    Ok(text)
}

/// The characters of a text file: by its byte order mark, as UTF-8, or in the charset it declares.
fn decoded(name: &str, bytes: &[u8], declared: Option<&str>) -> Result<String, IngestError> {
    let refused = |detail: &str| IngestError::Unreadable {
        name: name.to_owned(),
        detail: detail.to_owned(),
    };
    let text = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, mark)) => encoding
            .decode_without_bom_handling_and_without_replacement(&bytes[mark..])
            .map(std::borrow::Cow::into_owned),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            Err(_) => declared
                .and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()))
                .and_then(|encoding| {
                    encoding.decode_without_bom_handling_and_without_replacement(bytes)
                })
                .map(std::borrow::Cow::into_owned),
        },
    };
    let text = text.ok_or_else(|| {
        refused("it is not UTF-8 text; save it as UTF-8, or convert it with iconv")
    })?;
    if text.contains('\0') {
        return Err(refused(
            "it holds NUL characters, as no text file does; is it a file of another kind?",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_the_encoding_that_it_says_and_never_guessed() {
        assert_eq!(decoded("a", b"caf\xc3\xa9", None).unwrap(), "café");
        assert_eq!(
            decoded("a", b"\xef\xbb\xbfcaf\xc3\xa9", None).unwrap(),
            "café"
        );
        assert_eq!(decoded("a", b"\xff\xfec\0a\0", None).unwrap(), "ca");
        assert_eq!(
            decoded("a", b"caf\xe9", Some("iso-8859-1")).unwrap(),
            "café"
        );
        let error = decoded("a.txt", b"caf\xe9", None).unwrap_err().to_string();
        assert!(
            error.starts_with("document a.txt: it is not UTF-8"),
            "{error}"
        );
        assert!(decoded("a", b"a\0b", None).is_err());
    }
}
