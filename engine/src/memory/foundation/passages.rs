//! Cuts the blocks of a text into passages: whole sentences of one section, as byte ranges of the
//! content. Sentences are found by the Unicode rules. No text is changed: a passage is the bytes
//! between its first and last sentence.

use std::ops::Range;

use super::extract::Block;
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

struct Sentence {
    range: Range<usize>,
    words: usize,
    opens_block: bool,
}

/// The passages of `blocks`, which are in order and apart.
pub(super) fn cut(content: &str, blocks: &[Block], length: Length) -> Vec<Passage> {
    let mut passages = Vec::new();
    for section in blocks.chunk_by(|a, b| a.part == b.part && a.section == b.section) {
        let sentences = section
            .iter()
            .flat_map(|block| sentences(content, block.range.clone(), length.max))
            .collect();
        let name = section.first().and_then(|block| block.section.as_ref());
        passages.extend(gather(sentences, length).into_iter().map(|range| Passage {
            section: name.cloned(),
            range,
        }));
    }
    passages
}

fn sentences(content: &str, block: Range<usize>, max: usize) -> Vec<Sentence> {
    let mut found = Vec::new();
    for range in text::sentences_in(content, block) {
        for range in cut_long(content, range, max) {
            let words = text::word_count(&content[range.clone()]);
            found.push(Sentence {
                range,
                words,
                opens_block: found.is_empty(),
            });
        }
    }
    found
}

fn gather(sentences: Vec<Sentence>, Length { min, max }: Length) -> Vec<Range<usize>> {
    let mut runs: Vec<(Range<usize>, usize)> = Vec::new();
    for sentence in sentences {
        match runs.last_mut() {
            Some((range, words))
                if *words + sentence.words <= max && !(sentence.opens_block && *words >= min) =>
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
    runs.into_iter()
        .filter(|(_, words)| *words > 0)
        .map(|(range, _)| range)
        .collect()
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
    use crate::domain::document::DocumentFormat;
    use crate::memory::foundation::extract::{Text, extract};

    const SHORT: Length = Length { min: 4, max: 8 };

    fn markdown(content: &str) -> Text {
        extract(
            "a.md",
            DocumentFormat::Markdown,
            content.as_bytes(),
            1 << 20,
        )
        .unwrap()
    }

    fn cut(content: &str, length: Length) -> Vec<(Option<String>, &str)> {
        let passages = super::cut(content, &markdown(content).blocks, length);
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
        assert_eq!(markdown(content).title.as_deref(), Some("Title"));
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
            for passage in super::cut(&content, &markdown(&content).blocks, SHORT) {
                prop_assert!(passage.range.start >= at && passage.range.end > passage.range.start);
                let body = content.get(passage.range.clone());
                prop_assert!(body.is_some_and(|b| b.trim() == b));
                at = passage.range.end;
            }
        }
    }
}
