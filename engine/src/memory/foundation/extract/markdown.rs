//! Markdown: headings, list markers and other markup are found by a parser; the text stays as given.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{Block, Text};

/// The text with its blocks.
pub(super) fn read(content: String) -> Text {
    let mut reader = Reader::default();
    for (event, range) in Parser::new_ext(&content, Options::ENABLE_TABLES).into_offset_iter() {
        reader.read(&event, range);
    }
    reader.close_block();
    let Reader { title, blocks, .. } = reader;
    Text {
        title,
        content,
        blocks,
        hidden: String::new(),
    }
}

#[derive(Default)]
struct Reader {
    title: Option<String>,
    heading: Option<String>,
    section: Option<String>,
    part: usize,
    /// The inline text that is being read.
    block: Option<Range<usize>>,
    blocks: Vec<Block>,
}

impl Reader {
    fn read(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                self.close_block();
                self.heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                let heading = self.heading.take().unwrap_or_default().trim().to_owned();
                if !heading.is_empty() {
                    self.close_block();
                    self.title.get_or_insert_with(|| heading.clone());
                    self.section = Some(heading);
                    self.part += 1;
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
        if let Some(range) = self.block.take() {
            self.blocks.push(Block {
                section: self.section.clone(),
                part: self.part,
                range,
            });
        }
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
