//! A report in Markdown. What somebody said is escaped, so that it is never taken for markup.

use std::fmt::Write as _;

use super::document::{Block, Document, Item, Quoted};

/// The document as text.
pub(super) fn render(document: &Document) -> String {
    let mut text = format!("# {}\n", escaped(&document.title));
    for block in &document.blocks {
        text.push('\n');
        match block {
            Block::Heading(level, words) => {
                let marks = "#".repeat(usize::from(*level) + 1);
                let _ = writeln!(text, "{marks} {}", escaped(words));
            }
            Block::Paragraph(words) => {
                let _ = writeln!(text, "{}", escaped(words));
            }
            Block::Notice(item) => {
                let _ = writeln!(text, "> **{}**", escaped(&item.text));
                if let Some(note) = &item.note {
                    let _ = writeln!(text, "> {}", escaped(note));
                }
                for quoted in &item.quotes {
                    let _ = writeln!(text, ">\n> {}", words(quoted));
                }
            }
            Block::Items(items) => {
                for item in items {
                    line(&mut text, item);
                }
            }
            Block::Quotes(quotes) => {
                for quoted in quotes {
                    let _ = writeln!(text, "- {}", words(quoted));
                }
            }
            Block::Table { head, rows } => {
                let _ = writeln!(text, "| {} |", head.join(" | "));
                let _ = writeln!(text, "|{}", " --- |".repeat(head.len()));
                for row in rows {
                    let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
                    let _ = writeln!(text, "| {} |", cells.join(" | "));
                }
            }
        }
    }
    text
}

fn line(text: &mut String, item: &Item) {
    let _ = writeln!(text, "- {}", escaped(&item.text));
    if let Some(note) = &item.note {
        let _ = writeln!(text, "  *{}*", escaped(note));
    }
    for quoted in &item.quotes {
        let _ = writeln!(text, "  - {}", words(quoted));
    }
}

fn words(quoted: &Quoted) -> String {
    format!("“{}” ({})", escaped(&quoted.words), escaped(&quoted.source))
}

/// One line on which nothing is markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() || c.is_control() {
            if !blank && !out.is_empty() {
                out.push(' ');
            }
            blank = true;
            continue;
        }
        blank = false;
        let next = text
            .get(at + c.len_utf8()..)
            .and_then(|rest| rest.chars().next());
        let alone = next.is_none_or(|next| !next.is_alphanumeric());
        let leads = at == 0 && alone && matches!(c, '-' | '+' | '=' | '~');
        if leads
            || matches!(
                c,
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&' | '!'
            )
        {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_said_is_markup() {
        assert_eq!(
            super::escaped("# a <b>|\n- [x](y) *z*"),
            "\\# a \\<b\\>\\| - \\[x\\](y) \\*z\\*"
        );
        assert_eq!(super::escaped("- one\r\n\ttwo"), "\\- one two");
    }
}
