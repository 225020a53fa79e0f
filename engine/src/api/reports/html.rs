//! A report in HTML: one file without scripts and without anything loaded from elsewhere, fit to be
//! printed. Every text goes through the template's escaping.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::document::{Block, Document, Item, Quoted};

const STYLE: &str = "
body { font: 11pt/1.5 Georgia, serif; color: #1a1a1a; max-width: 46em; margin: 2em auto; padding: 0 1em; }
h1, h2, h3 { font-family: system-ui, sans-serif; line-height: 1.25; break-after: avoid; }
h1 { font-size: 1.6em; } h2 { font-size: 1.25em; margin-top: 2em; border-bottom: 1px solid #bbb; }
h3 { font-size: 1.05em; margin-top: 1.4em; }
table { border-collapse: collapse; width: 100%; margin: 1em 0; font-size: 0.95em; }
th, td { text-align: left; padding: 0.3em 0.6em; border-bottom: 1px solid #ddd; vertical-align: top; }
tr, li, .notice { break-inside: avoid; }
.notice { border-left: 4px solid #a40000; padding: 0.4em 1em; margin: 1em 0; background: #fbf1f1; }
.note { color: #555; font-size: 0.9em; }
q { font-style: italic; } .source { color: #555; font-size: 0.9em; }
li { margin: 0.5em 0; }
@media print { body { margin: 0; max-width: none; } .notice { background: none; } }
@page { margin: 2cm; }
";

/// The document as a page.
pub(super) fn render(document: &Document) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (document.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (document.title) }
                @for block in &document.blocks { (shown(block)) }
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

fn shown(block: &Block) -> Markup {
    html! {
        "\n"
        @match block {
            Block::Heading(1, words) => h2 { (words) },
            Block::Heading(_, words) => h3 { (words) },
            Block::Paragraph(words) => p { (words) },
            Block::Notice(item) => div.notice {
                strong { (item.text) }
                (below(item))
            },
            Block::Items(items) => ul {
                @for item in items {
                    "\n" li { (item.text) (below(item)) }
                }
            },
            Block::Quotes(quotes) => (list(quotes)),
            Block::Table { head, rows } => table {
                thead { tr { @for cell in head { th scope="col" { (cell) } } } }
                tbody {
                    @for row in rows {
                        "\n" tr { @for cell in row { td { (cell) } } }
                    }
                }
            },
        }
    }
}

fn below(item: &Item) -> Markup {
    html! {
        @if let Some(note) = &item.note { br; span.note { (note) } }
        @if !item.quotes.is_empty() { (list(&item.quotes)) }
    }
}

fn list(quotes: &[Quoted]) -> Markup {
    html! {
        ul {
            @for quoted in quotes {
                "\n" li { q { (quoted.words) } " " span.source { "(" (quoted.source) ")" } }
            }
        }
    }
}
