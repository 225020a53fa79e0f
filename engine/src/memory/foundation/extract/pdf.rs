//! PDF: the text of each page in reading order, with running heads left out and hyphenated line ends
//! joined. A page ends a section, so that a passage has one page to be cited by.
//!
//! PDF is read by a library that may panic on files that break the format; a panic is contained and
//! becomes a refusal. A file that would unpack to far more than it holds is refused before.

use std::collections::HashMap;
use std::fmt::Write;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{ConvertToFmt, Document, PlainTextOutput, output_doc_page};

use super::plain::{heading, paragraphs};
use super::{Block, Text};
use crate::memory::error::IngestError;

/// All streams of a file unpack to at most so many times the largest text that is taken.
const UNPACKED: usize = 64;
/// A line that stands on so many pages at the edge is a running head.
const RUNNING: usize = 3;

/// The text of a file.
pub(super) fn read(name: &str, bytes: &[u8], max_text_bytes: usize) -> Result<Text, IngestError> {
    let unreadable = |detail: String| IngestError::Unreadable {
        name: name.to_owned(),
        detail,
    };
    if !bytes.starts_with(b"%PDF-") {
        return Err(unreadable("it does not begin as a PDF does".to_owned()));
    }
    if unpacks_beyond(bytes, max_text_bytes.saturating_mul(UNPACKED)) {
        return Err(unreadable(
            "its compressed parts unpack to far more than a document of its size holds; save it anew, or as text"
                .to_owned(),
        ));
    }
    let pages = catch_unwind(AssertUnwindSafe(|| pages(bytes, max_text_bytes)))
        .unwrap_or_else(|_| Err("its structure is broken; save it anew, or as text".to_owned()))
        .map_err(unreadable)?;
    if pages.iter().all(|page| page.trim().is_empty()) {
        return Err(unreadable(
            "no page of it has text; if it is a scan, run it through text recognition (OCR) first"
                .to_owned(),
        ));
    }
    Ok(joined(&pages))
}

/// Whether the deflated streams of the file hold more than `budget` bytes.
fn unpacks_beyond(bytes: &[u8], mut budget: usize) -> bool {
    const MARK: &[u8] = b"stream";
    let mut rest = bytes;
    while let Some(at) = rest.windows(MARK.len()).position(|window| window == MARK) {
        rest = &rest[at + MARK.len()..];
        let body = rest.strip_prefix(b"\r").unwrap_or(rest);
        let Some(body) = body.strip_prefix(b"\n") else {
            continue;
        };
        let count = unpacked(body, budget);
        if count > budget {
            return true;
        }
        budget -= count;
    }
    false
}

/// How many bytes a deflated stream unpacks to, as far as it can be read; no more than are asked for
/// are looked at.
fn unpacked(stream: &[u8], enough: usize) -> usize {
    let mut decoder = flate2::bufread::ZlibDecoder::new(stream);
    let mut buffer = [0; 16 * 1024];
    let mut count = 0;
    while count <= enough {
        // What is no deflated stream ends in an error and counts as far as it went.
        match decoder.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => count += read,
        }
    }
    count
}

/// Takes so many bytes and then fails, which ends the reading of a page.
struct Bounded<'a> {
    text: &'a mut String,
    left: usize,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.left = self.left.checked_sub(text.len()).ok_or(std::fmt::Error)?;
        self.text.push_str(text);
        Ok(())
    }
}

impl ConvertToFmt for Bounded<'_> {
    type Writer = Self;
    fn convert(self) -> Self {
        self
    }
}

fn pages(bytes: &[u8], max_text_bytes: usize) -> Result<Vec<String>, String> {
    let document = Document::load_mem(bytes)
        .map_err(|error| format!("it cannot be read as PDF ({error}); save it anew, or as text"))?;
    if document.is_encrypted() {
        return Err("it is encrypted; save it without a password".to_owned());
    }
    let mut left = max_text_bytes;
    let mut pages = Vec::new();
    for number in document.get_pages().into_keys() {
        let mut page = String::new();
        let read = {
            let text = &mut page;
            let mut output = PlainTextOutput::new(Bounded { text, left });
            output_doc_page(&document, &mut output, number)
        };
        if let Err(error) = read {
            return Err(if page.len() + 256 > left {
                format!(
                    "its text has more than {max_text_bytes} bytes (memory.document_max_bytes); split it into several documents"
                )
            } else {
                format!("page {number} cannot be read ({error}); save it anew, or as text")
            });
        }
        left = left.saturating_sub(page.len());
        pages.push(page);
    }
    Ok(pages)
}

/// One text of all pages.
fn joined(pages: &[String]) -> Text {
    let pages: Vec<Vec<&str>> = pages
        .iter()
        .map(|page| page.lines().map(str::trim).collect())
        .collect();
    let running = running_heads(&pages);
    let mut text = Text::default();
    let (mut above, mut part) = (None::<String>, 0);
    for (number, lines) in pages.iter().enumerate() {
        part += 1;
        let start = text.content.len();
        let shown = lines
            .iter()
            .filter(|line| !running.contains_key(&shape(line)));
        for line in shown {
            push_line(&mut text.content, start, line);
        }
        let found: Vec<_> = paragraphs(&text.content, start..text.content.len()).collect();
        for range in found {
            if let Some(words) = heading(&text.content[range.clone()]) {
                let words = words.to_owned();
                text.title.get_or_insert_with(|| words.clone());
                above = Some(words);
                part += 1;
                continue;
            }
            let page = number + 1;
            let section = match &above {
                Some(heading) => format!("{heading} (page {page})"),
                None => format!("Page {page}"),
            };
            text.blocks.push(Block {
                section: Some(section),
                part,
                range,
            });
        }
        text.content.truncate(text.content.trim_end().len());
        text.content.push_str("\n\n");
    }
    text.content.truncate(text.content.trim_end().len());
    text
}

/// Adds a line; a word that was parted at the line's end becomes whole again.
fn push_line(content: &mut String, page: usize, line: &str) {
    let mut letters = content.chars().rev();
    let parted = content.len() > page
        && (letters.next(), letters.next()) == (Some('\n'), Some('-'))
        && letters.next().is_some_and(char::is_alphabetic)
        && line.chars().next().is_some_and(char::is_lowercase);
    if parted {
        content.truncate(content.len() - 2);
    }
    for letter in line.chars() {
        match letter {
            '\u{fb00}' => content.push_str("ff"),
            '\u{fb01}' => content.push_str("fi"),
            '\u{fb02}' => content.push_str("fl"),
            '\u{fb03}' => content.push_str("ffi"),
            '\u{fb04}' => content.push_str("ffl"),
            // A hyphen that only shows where a line was parted.
            '\u{ad}' => {}
            other => content.push(other),
        }
    }
    content.push('\n');
}

/// A line with its numbers made equal: `Page 3 of 9` and `Page 4 of 9` have one shape.
fn shape(line: &str) -> String {
    let mut shape = String::with_capacity(line.len());
    for letter in line.chars() {
        if !letter.is_ascii_digit() {
            shape.push(letter);
        } else if !shape.ends_with('0') {
            shape.push('0');
        }
    }
    shape
}

/// The shapes of lines that stand first or last on most pages.
fn running_heads(pages: &[Vec<&str>]) -> HashMap<String, usize> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for page in pages {
        let mut lines = page.iter().filter(|line| !line.is_empty());
        let mut edges: Vec<String> = [lines.next(), lines.next_back()]
            .into_iter()
            .flatten()
            .map(|line| shape(line))
            .collect();
        edges.dedup();
        for edge in edges {
            *seen.entry(edge).or_default() += 1;
        }
    }
    seen.retain(|_, count| *count >= RUNNING && *count * 2 > pages.len());
    seen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::memory::foundation::extract::sample;

    #[test]
    fn pages_become_sections_and_running_heads_go() {
        let pages: Vec<Vec<String>> = (1..=3)
            .map(|n| {
                vec![
                    "Handbook of sleep".to_owned(),
                    format!("Sleep comes in waves on night {n}. It is use-"),
                    "ful to rest.".to_owned(),
                    format!("Page {n} of 3"),
                ]
            })
            .collect();
        let file = sample::pdf(&pages);
        let text = read("a.pdf", &file, 1 << 20).unwrap();
        let blocks: Vec<_> = text
            .blocks
            .iter()
            .map(|b| {
                (
                    b.section.as_deref().unwrap(),
                    &text.content[b.range.clone()],
                )
            })
            .collect();
        assert_eq!(blocks.len(), 3, "{blocks:?}");
        assert_eq!(
            blocks[1],
            (
                "Page 2",
                "Sleep comes in waves on night 2. It is useful to rest."
            )
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_reason() {
        let refused = |bytes: &[u8]| read("a.pdf", bytes, 1 << 20).unwrap_err().to_string();
        assert!(refused(b"hello").contains("does not begin as a PDF"));
        assert!(refused(b"%PDF-1.4\nrubbish").contains("cannot be read as PDF"));
        let empty = sample::pdf(&[vec![]]);
        assert!(refused(&empty).contains("OCR"), "{}", refused(&empty));
        let long = sample::pdf(&vec![vec!["word ".repeat(60)]; 20]);
        let error = read("a.pdf", &long, 1_000).unwrap_err().to_string();
        assert!(error.contains("memory.document_max_bytes"), "{error}");
    }

    #[test]
    fn a_file_that_unpacks_without_end_is_refused_before_it_is_read() {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packed, &vec![b' '; 1 << 20]).unwrap();
        let packed = packed.finish().unwrap();
        let mut file = b"%PDF-1.5\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\r\n".to_vec();
        file.extend(&packed);
        assert!(unpacks_beyond(&file, 1 << 19));
        assert!(!unpacks_beyond(&file, 1 << 20));
        let error = read("a.pdf", &file, 1_000).unwrap_err().to_string();
        assert!(error.contains("unpack"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_broken_file_never_ends_the_program(at in 0usize..900, with in any::<u8>(), cut in 0usize..900) {
            let mut file = sample::pdf(&[vec!["Sleep comes in waves.".to_owned()]]);
            let length = file.len();
            file[at % length] = with;
            file.truncate(length - cut % length);
            // Either outcome is right; that there is one is what matters.
            let outcome = read("a.pdf", &file, 1 << 16);
            prop_assert!(outcome.is_ok() || outcome.is_err_and(|e| e.to_string().contains("a.pdf")));
        }
    }
}
