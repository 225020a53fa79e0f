//! Plain text: paragraphs parted by empty lines, and short lines that stand alone as headings.
//! The text stays as given.

use std::ops::Range;

use super::{Block, Text};
use crate::domain::text;

/// A line with more words is a sentence, not a heading.
const HEADING_WORDS: usize = 12;

/// The text with its blocks.
pub(super) fn read(content: String) -> Text {
    let mut title = None;
    let mut blocks = Vec::new();
    let (mut section, mut part) = (None, 0);
    for paragraph in paragraphs(&content, 0..content.len()) {
        if let Some(heading) = heading(&content[paragraph.clone()]) {
            title.get_or_insert_with(|| heading.to_owned());
            section = Some(heading.to_owned());
            part += 1;
        } else {
            blocks.push(Block {
                section: section.clone(),
                part,
                range: paragraph,
            });
        }
    }
    // A text of short lines alone is a list, not a sequence of headings.
    if blocks.is_empty() {
        blocks = paragraphs(&content, 0..content.len())
            .map(|range| Block {
                section: None,
                part: 0,
                range,
            })
            .collect();
        title = None;
    }
    Text {
        title,
        content,
        blocks,
        hidden: String::new(),
    }
}

/// Runs of lines without an empty one between them, trimmed.
pub(super) fn paragraphs(
    content: &str,
    within: Range<usize>,
) -> impl Iterator<Item = Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open: Option<Range<usize>> = None;
    let mut at = within.start;
    for line in content[within].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        if body.is_empty() {
            found.extend(open.take());
            continue;
        }
        let from = start + (line.len() - line.trim_start().len());
        let to = from + body.len();
        open = Some(open.map_or(from..to, |paragraph| paragraph.start..to));
    }
    found.extend(open);
    found.into_iter()
}

/// The words of a paragraph that is a heading: one short line, perhaps underlined, that does not
/// end as a sentence does.
pub(super) fn heading(paragraph: &str) -> Option<&str> {
    let mut lines = paragraph.lines().map(str::trim);
    let line = lines.next()?;
    let underlined = lines.next().is_some_and(|under| {
        under.len() >= 3 && (under.bytes().all(|b| b == b'=') || under.bytes().all(|b| b == b'-'))
    });
    if lines.next().is_some() || (!underlined && paragraph.lines().nth(1).is_some()) {
        return None;
    }
    let words = text::word_count(line);
    let begins = line
        .chars()
        .next()
        .is_some_and(|c| c.is_uppercase() || c.is_numeric() || c == '\u{a7}');
    let ends = line.ends_with(['.', '!', '?', ',', ';', ':', '"', '\u{201d}', '\u{2026}']);
    ((1..=HEADING_WORDS).contains(&words) && (underlined || (begins && !ends))).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(content: &str) -> Vec<(Option<String>, String)> {
        let text = read(content.to_owned());
        text.blocks
            .iter()
            .map(|b| (b.section.clone(), text.content[b.range.clone()].to_owned()))
            .collect()
    }

    #[test]
    fn short_lines_that_stand_alone_are_headings() {
        let content = "Sleep and rest\n==============\n\nSleep comes in waves.\r\nThey last long.\r\n\r\n2 Naps\n\nA nap is short. # not a heading\n- no list either\n";
        assert_eq!(
            sections(content),
            [
                (
                    Some("Sleep and rest".to_owned()),
                    "Sleep comes in waves.\r\nThey last long.".to_owned()
                ),
                (
                    Some("2 Naps".to_owned()),
                    "A nap is short. # not a heading\n- no list either".to_owned()
                ),
            ]
        );
        assert_eq!(
            read(content.to_owned()).title.as_deref(),
            Some("Sleep and rest")
        );
    }

    #[test]
    fn sentences_lists_and_greetings_are_no_headings() {
        for line in [
            "It rained.",
            "Dear Anna,",
            "a lower case line",
            "\u{201c}Yes\u{201d}",
        ] {
            assert_eq!(heading(line), None, "{line}");
        }
        assert_eq!(sections("Bread\n\nMilk\n").len(), 2);
        assert_eq!(read("Bread\n\nMilk\n".to_owned()).title, None);
    }
}
