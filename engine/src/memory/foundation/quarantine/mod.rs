//! Whether a document speaks to a machine instead of a reader: instructions to an assistant, markers
//! of chat roles, characters that nobody sees. Such a document is kept and withheld until a person
//! has looked at it.
//!
//! The rules want the form of an order, not its words: a text about ignored instructions, or a quoted
//! assistant in a story, passes. They refuse nothing and change nothing. A clever text will get past
//! any such rules; what is recalled is quoted as evidence and never obeyed in any case.

mod invisible;
mod normal;
mod orders;
mod roles;

use std::ops::Range;

use crate::domain::document::Finding;

/// How much of the place is quoted.
const QUOTED_CHARS: usize = 200;
/// A document with more findings is bad enough.
const MOST: usize = 50;

/// What one rule found.
struct Mark {
    rule: &'static str,
    detail: String,
    range: Range<usize>,
}

/// Everything in a text that is no business of a reader's, in the order of the text. `hidden` is what
/// the file holds beside it and keeps from its reader.
pub(super) fn inspect(content: &str, hidden: &str) -> Vec<Finding> {
    let mut marks = invisible::find(content);
    marks.extend(roles::find(content));
    marks.extend(orders::find(content));
    marks.sort_by_key(|mark| (mark.range.start, mark.range.end));
    let mut findings: Vec<Finding> = marks
        .into_iter()
        .map(|mark| Finding {
            rule: mark.rule.to_owned(),
            quote: quoted(content, &mark.range),
            detail: mark.detail,
            byte_start: Some(mark.range.start),
            byte_end: Some(mark.range.end),
        })
        .collect();
    let concealed = orders::find(hidden).into_iter().chain(roles::find(hidden));
    findings.extend(concealed.map(|mark| Finding {
        rule: mark.rule.to_owned(),
        quote: quoted(hidden, &mark.range),
        detail: format!(
            "{}, in a part that the page hides from its reader",
            mark.detail
        ),
        byte_start: None,
        byte_end: None,
    }));
    findings.truncate(MOST);
    findings
}

/// The words, with what cannot be seen written out.
fn quoted(text: &str, range: &Range<usize>) -> String {
    let mut quote = String::new();
    for letter in text
        .get(range.clone())
        .unwrap_or_default()
        .chars()
        .take(QUOTED_CHARS)
    {
        if letter.is_whitespace() {
            quote.push(' ');
        } else if invisible::is_invisible(letter) || letter.is_control() {
            quote.extend(letter.escape_unicode());
        } else {
            quote.push(letter);
        }
    }
    quote
}

#[cfg(test)]
mod tests;
