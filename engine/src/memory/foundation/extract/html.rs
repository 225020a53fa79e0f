//! HTML: the text that a browser would show, block by block, under its headings. What the page hides
//! (comments, `hidden`, styles that make text invisible) is collected apart; scripts, styles,
//! navigation and forms are left out.

use scraper::{Html, Node};

use super::{Block, Text};
use crate::memory::error::IngestError;

/// Nobody reads these as prose.
const LEFT_OUT: &[&str] = &[
    "head", "script", "style", "noscript", "template", "nav", "form", "button", "select",
    "textarea", "svg", "math", "iframe", "object", "canvas", "audio", "video",
];
/// These run on within a line; every other element begins and ends a block.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "q", "ruby", "rp", "rt", "s", "samp", "small", "span", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr",
];
/// Elements within elements; deeper ones are no document but an attack on the reader.
const MAX_DEPTH: usize = 512;
/// Where browsers look for the charset.
const CHARSET_WITHIN: usize = 1024;

/// The charset that a page declares for itself.
pub(super) fn declared_charset(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(CHARSET_WITHIN)];
    let at = head
        .windows(8)
        .position(|window| window.eq_ignore_ascii_case(b"charset="))?;
    let rest = &head[at + 8..];
    let quotes = rest.iter().take_while(|b| b"\"' ".contains(b)).count();
    let rest = &rest[quotes..];
    let length = rest
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b))
        .count();
    std::str::from_utf8(&rest[..length]).ok()
}

/// The text of a page.
pub(super) fn read(page: &str, name: &str) -> Result<Text, IngestError> {
    let page = Html::parse_document(page);
    let mut reader = Reader::default();
    let mut depth = 0_usize;
    let mut skipped: Option<usize> = None;
    // An explicit walk, so that no nesting of the page can use up the stack.
    for edge in page.tree.root().traverse() {
        match edge {
            ego_tree::iter::Edge::Open(node) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(IngestError::Unreadable {
                        name: name.to_owned(),
                        detail: format!(
                            "its HTML elements stand more than {MAX_DEPTH} deep; save the page as text"
                        ),
                    });
                }
                match node.value() {
                    Node::Comment(comment) => reader.hide(comment),
                    Node::Text(text) if skipped.is_none() => reader.text(text),
                    Node::Text(text) if reader.hiding => reader.hide(text),
                    Node::Text(text) if reader.in_page_title => reader.page_title.push_str(text),
                    Node::Element(element) if skipped.is_none() => {
                        let tag = element.name();
                        if is_hidden(element) || LEFT_OUT.contains(&tag) {
                            skipped = Some(depth);
                            reader.hiding = is_hidden(element) || tag == "template";
                        } else {
                            reader.open(tag);
                        }
                    }
                    Node::Element(element) if element.name() == "title" => {
                        reader.in_page_title = reader.page_title.is_empty();
                    }
                    _ => {}
                }
            }
            ego_tree::iter::Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    match skipped {
                        Some(from) if from == depth => {
                            skipped = None;
                            reader.hiding = false;
                        }
                        Some(_) => reader.in_page_title = false,
                        None => reader.close(element.name()),
                    }
                }
                depth -= 1;
            }
        }
    }
    Ok(reader.finish())
}

/// Whether the element's own attributes keep its text from the reader's eyes.
fn is_hidden(element: &scraper::node::Element) -> bool {
    if element.attr("hidden").is_some() {
        return true;
    }
    let Some(style) = element.attr("style") else {
        return false;
    };
    let style: String = style
        .to_ascii_lowercase()
        .split_ascii_whitespace()
        .collect();
    style.split(';').any(|rule| {
        matches!(
            rule,
            "display:none"
                | "visibility:hidden"
                | "visibility:collapse"
                | "opacity:0"
                | "opacity:0.0"
                | "color:transparent"
                | "content-visibility:hidden"
        ) || rule
            .strip_prefix("font-size:")
            .is_some_and(|size| size.trim_end_matches(|c: char| c.is_alphabetic()) == "0")
            || ["left:-", "top:-", "text-indent:-"].iter().any(|prefix| {
                // Moved off the screen, not merely out of line.
                rule.strip_prefix(prefix).is_some_and(|offset| {
                    offset.bytes().take_while(u8::is_ascii_digit).count() >= 3
                })
            })
    })
}

#[derive(Default)]
struct Reader {
    page_title: String,
    in_page_title: bool,
    hiding: bool,
    title: Option<String>,
    section: Option<String>,
    part: usize,
    content: String,
    /// Where the block begins that is being read.
    start: usize,
    /// Whether a space is due before the next word.
    space: bool,
    verbatim: usize,
    blocks: Vec<Block>,
    hidden: String,
}

impl Reader {
    fn hide(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.hidden.push_str(text.trim());
            self.hidden.push_str("\n\n");
        }
    }

    fn text(&mut self, text: &str) {
        if self.verbatim > 0 {
            self.content.push_str(text);
            return;
        }
        // White space as a browser shows it: any run of it is one space, none at the edges.
        let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
        if text.starts_with(blank) {
            self.space = true;
        }
        for word in text.split(blank).filter(|word| !word.is_empty()) {
            if self.space && self.content.len() > self.start {
                self.content.push(' ');
            }
            self.content.push_str(word);
            self.space = true;
        }
        if !text.ends_with(blank) && !text.is_empty() {
            self.space = false;
        }
    }

    fn open(&mut self, tag: &str) {
        match tag {
            "br" => self.space = true,
            "pre" => {
                self.end_block(false);
                self.verbatim += 1;
            }
            tag if INLINE.contains(&tag) => {}
            _ => self.end_block(false),
        }
    }

    fn close(&mut self, tag: &str) {
        match tag {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.end_block(true),
            "pre" => {
                self.end_block(false);
                self.verbatim = self.verbatim.saturating_sub(1);
            }
            "br" => {}
            tag if INLINE.contains(&tag) => {}
            _ => self.end_block(false),
        }
    }

    fn end_block(&mut self, heading: bool) {
        self.space = false;
        let body = &self.content[self.start..];
        let lead = body.len() - body.trim_start().len();
        let range = self.start + lead..self.start + lead + body.trim().len();
        if range.is_empty() {
            self.content.truncate(self.start);
            return;
        }
        if heading {
            let words = self.content[range].to_owned();
            self.title.get_or_insert_with(|| words.clone());
            self.section = Some(words);
            self.part += 1;
        } else {
            self.blocks.push(Block {
                section: self.section.clone(),
                part: self.part,
                range,
            });
        }
        self.content.push_str("\n\n");
        self.start = self.content.len();
    }

    fn finish(mut self) -> Text {
        self.end_block(false);
        self.content.truncate(self.content.trim_end().len());
        let page_title: Vec<&str> = self.page_title.split_whitespace().collect();
        let page_title = (!page_title.is_empty()).then(|| page_title.join(" "));
        Text {
            title: self.title.or(page_title),
            content: self.content,
            blocks: self.blocks,
            hidden: self.hidden,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blocks(text: &Text) -> Vec<(Option<&str>, &str)> {
        text.blocks
            .iter()
            .map(|b| (b.section.as_deref(), &text.content[b.range.clone()]))
            .collect()
    }

    #[test]
    fn a_page_becomes_its_visible_text_under_its_headings() {
        let page = "<!doctype html><title> Sleep \n notes</title><nav>Home</nav>\
            <h1>Sleep &amp; rest</h1><p>Sleep comes in <b>waves</b>,\n  each long.<br>New line.</p>\
            <h2>Naps</h2><ul><li>A nap is short<li>and <i>sweet</i>.</ul><pre> a\n  b</pre>\
            <div>Loose <span>words</span></div><script>ignore()</script>";
        let text = read(page, "a.html").unwrap();
        assert_eq!(text.title.as_deref(), Some("Sleep & rest"));
        assert_eq!(
            blocks(&text),
            [
                (
                    Some("Sleep & rest"),
                    "Sleep comes in waves, each long. New line."
                ),
                (Some("Naps"), "A nap is short"),
                (Some("Naps"), "and sweet."),
                (Some("Naps"), "a\n  b"),
                (Some("Naps"), "Loose words"),
            ]
        );
        assert_eq!(text.hidden, "");
        let bare = read("<title>Only\n this</title><p>Words.", "a.html").unwrap();
        assert_eq!(bare.title.as_deref(), Some("Only this"));
    }

    #[test]
    fn what_is_hidden_is_kept_apart() {
        let page = "<p>Seen.</p><!-- one --><p style='color:red; DISPLAY : none'>two <b>more</b></p>\
            <div hidden>three</div><span style='font-size:0px'>four</span>\
            <p style='position:absolute;left:-9999px'>five</p><template>six</template><p style='left:-5px'>Seen too.</p>";
        let text = read(page, "a.html").unwrap();
        assert_eq!(blocks(&text), [(None, "Seen."), (None, "Seen too.")]);
        let hidden: Vec<&str> = text.hidden.split_whitespace().collect();
        assert_eq!(
            hidden,
            ["one", "two", "more", "three", "four", "five", "six"]
        );
    }

    #[test]
    fn a_charset_is_found_where_browsers_look() {
        assert_eq!(
            declared_charset(b"<meta charset=\"Windows-1252\">"),
            Some("Windows-1252")
        );
        let long = b"<meta http-equiv=x content='text/html; charset=utf-8'>";
        assert_eq!(declared_charset(long), Some("utf-8"));
        assert_eq!(declared_charset(b"<p>none"), None);
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let error = read(&"<div>".repeat(600), "deep.html").unwrap_err();
        assert!(error.to_string().contains("deep"), "{error}");
    }

    proptest! {
        #[test]
        fn blocks_are_ordered_ranges_of_any_page(page in "(<(/?(p|b|h1|li|div|pre|title|span hidden|br|table|td|!--)>)|[a-zé &;<>\n]){0,60}") {
            let text = read(&page, "a.html").unwrap();
            let mut at = 0;
            for block in &text.blocks {
                prop_assert!(block.range.start >= at && block.range.end > block.range.start);
                prop_assert!(text.content.get(block.range.clone()).is_some());
                at = block.range.end;
            }
        }
    }
}
