//! Cuts Markdown into passages: whole sentences of one section, as byte ranges of the content.
//!
//! Headings, list markers and other markup are found by a Markdown parser, sentences by the Unicode
//! rules. No text is changed: a passage is the bytes between its first and last sentence.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::domain::text;

/// A passage before it belongs to a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    /// The heading that it stands under, if there is one.
    pub(super) section: Option<String>,
    /// Its bytes in the content.
    pub(super) range: Range<usize>,
}

/// How long passages are, in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    pub(super) min: usize,
    pub(super) max: usize,
}

/// What a parser saw: the first heading and the passages in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) title: Option<String>,
    pub(super) passages: Vec<Passage>,
}

struct Sentence {
    range: Range<usize>,
    words: usize,
    opens_block: bool,
}

/// Reads `content` and cuts it.
pub(super) fn outline(content: &str, length: Length) -> Outline {
    let mut reader = Reader {
        content,
        length,
        ..Reader::default()
    };
    for (event, range) in Parser::new_ext(content, Options::ENABLE_TABLES).into_offset_iter() {
        reader.read(&event, range);
    }
    reader.close_section();
    Outline {
        title: reader.title,
        passages: reader.passages,
    }
}

#[derive(Default)]
struct Reader<'a> {
    content: &'a str,
    length: Length,
    title: Option<String>,
    heading: Option<String>,
    section: Option<String>,
    /// The inline text that is being read.
    block: Option<Range<usize>>,
    sentences: Vec<Sentence>,
    passages: Vec<Passage>,
}

impl Default for Length {
    fn default() -> Self {
        Self { min: 60, max: 140 }
    }
}

impl Reader<'_> {
    fn read(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                self.close_block();
                self.heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                let heading = self.heading.take().unwrap_or_default().trim().to_owned();
                if !heading.is_empty() {
                    self.close_section();
                    self.title.get_or_insert_with(|| heading.clone());
                    self.section = Some(heading);
                }
            }
            Event::Text(words) | Event::Code(words) if self.heading.is_some() => {
                if let Some(heading) = &mut self.heading {
                    heading.push_str(words);
                }
            }
            Event::SoftBreak | Event::HardBreak if self.heading.is_some() => {
                if let Some(heading) = &mut self.heading {
                    heading.push(' ');
                }
            }
            _ if self.heading.is_some() => {}
            event if is_inline(event) => {
                self.block = Some(match self.block.take() {
                    Some(block) => block.start..block.end.max(range.end),
                    None => range,
                });
            }
            _ => self.close_block(),
        }
    }

    fn close_block(&mut self) {
        let Some(block) = self.block.take() else {
            return;
        };
        let mut opens_block = true;
        for range in text::sentences_in(self.content, block) {
            for range in cut_long(self.content, range, self.length.max) {
                let words = text::word_count(&self.content[range.clone()]);
                self.sentences.push(Sentence {
                    range,
                    words,
                    opens_block,
                });
                opens_block = false;
            }
        }
    }

    fn close_section(&mut self) {
        self.close_block();
        let Length { min, max } = self.length;
        let mut runs: Vec<(Range<usize>, usize)> = Vec::new();
        for sentence in std::mem::take(&mut self.sentences) {
            match runs.last_mut() {
                Some((range, words))
                    if *words + sentence.words <= max
                        && !(sentence.opens_block && *words >= min) =>
                {
                    range.end = sentence.range.end;
                    *words += sentence.words;
                }
                _ => runs.push((sentence.range, sentence.words)),
            }
        }
        // A short rest is worth more with its neighbour than on its own.
        if let [.., (before, before_words), (last, last_words)] = runs.as_mut_slice()
            && *last_words < min / 2
            && *before_words + *last_words <= max
        {
            before.end = last.end;
            runs.pop();
        }
        // A passage without a word (a rule, an image) is nothing to quote.
        let runs = runs.into_iter().filter(|(_, words)| *words > 0);
        let section = self.section.clone();
        self.passages.extend(runs.map(|(range, _)| Passage {
            section: section.clone(),
            range,
        }));
    }
}

fn is_inline(event: &Event<'_>) -> bool {
    match event {
        Event::Text(_)
        | Event::Code(_)
        | Event::InlineHtml(_)
        | Event::SoftBreak
        | Event::HardBreak => true,
        Event::Start(tag) => matches!(
            tag,
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
        ),
        Event::End(tag) => matches!(
            tag,
            TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough
                | TagEnd::Link
                | TagEnd::Image
        ),
        _ => false,
    }
}

/// Parts of at most `max` words, cut at white space; the range itself if it is short enough.
fn cut_long(content: &str, range: Range<usize>, max: usize) -> Vec<Range<usize>> {
    let body = &content[range.clone()];
    if text::word_count(body) <= max {
        return vec![range];
    }
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut words = max;
    for piece in body.split_whitespace() {
        let start = range.start + (piece.as_ptr() as usize - body.as_ptr() as usize);
        let end = start + piece.len();
        let count = text::word_count(piece).max(1);
        match parts.last_mut() {
            Some(part) if words + count <= max => {
                part.end = end;
                words += count;
            }
            _ => {
                parts.push(start..end);
                words = count;
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHORT: Length = Length { min: 4, max: 8 };

    fn cut(content: &str, length: Length) -> Vec<(Option<String>, &str)> {
        let passages = outline(content, length).passages;
        passages
            .into_iter()
            .map(|p| (p.section, &content[p.range]))
            .collect()
    }

    #[test]
    fn sections_part_passages_and_sentences_stay_whole() {
        let content = "# Title\n\nOne two three four. Five six\nseven eight. Nine ten eleven.\n\n## Next *part*\n\n- **bold** item one\n- item two here\n\n> a quote stands here too\n";
        let section = |s: &str| Some(s.to_owned());
        assert_eq!(
            cut(content, SHORT),
            [
                (
                    section("Title"),
                    "One two three four. Five six\nseven eight."
                ),
                (section("Title"), "Nine ten eleven."),
                (section("Next part"), "**bold** item one\n- item two here"),
                (section("Next part"), "a quote stands here too"),
            ]
        );
        assert_eq!(outline(content, SHORT).title.as_deref(), Some("Title"));
    }

    #[test]
    fn text_without_a_heading_has_no_section_and_rules_are_no_passages() {
        assert_eq!(
            cut("Only one line.\n\n---\n", SHORT),
            [(None, "Only one line.")]
        );
        assert!(cut("# Heading\n\n***\n", SHORT).is_empty());
        assert!(cut("", SHORT).is_empty());
    }

    #[test]
    fn an_endless_sentence_is_cut_at_white_space() {
        let content = "word ".repeat(20);
        let lengths: Vec<usize> = cut(&content, SHORT)
            .iter()
            .map(|(_, t)| t.split_whitespace().count())
            .collect();
        assert_eq!(lengths, [8, 8, 4]);
    }

    proptest! {
        #[test]
        fn passages_are_ordered_disjoint_ranges_of_any_content(content in "[a-zA-Zé#*>`|\\-. \n\\[\\]()!_0-9]{0,200}") {
            let mut at = 0;
            for passage in outline(&content, SHORT).passages {
                prop_assert!(passage.range.start >= at && passage.range.end > passage.range.start);
                let body = content.get(passage.range.clone());
                prop_assert!(body.is_some_and(|b| b.trim() == b));
                at = passage.range.end;
            }
        }
    }
}
