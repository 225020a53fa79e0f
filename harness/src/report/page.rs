//! The dated report as one page that needs nothing else: the Markdown document turned into HTML with
//! its charts inside, and the seconds of each scenario to look into.
//!
//! The page says nothing that the Markdown document does not say.

mod explorer;

use std::collections::BTreeSet;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use serde::Serialize;

use super::ReportError;
use super::chart::Picture;
use super::context::Source;
use crate::verdict::outcome::Overall;

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/explore.js");

/// What the template of the page sees.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Page {
    title: String,
    overall: String,
    /// Class of the verdict: `good`, `warn` or `bad`.
    tone: &'static str,
    contents: Vec<Heading>,
    /// HTML.
    body: String,
    /// JSON for the explorer; empty without measurements.
    data: String,
    style: &'static str,
    script: &'static str,
}

/// An entry of the contents.
#[derive(Debug, Clone, Serialize)]
struct Heading {
    id: String,
    text: String,
}

impl Page {
    /// The page of a report whose Markdown is given.
    ///
    /// # Errors
    /// If the measurements have no form in JSON.
    pub(super) fn new(source: Source<'_>, markdown: &str) -> Result<Self, ReportError> {
        let overall = source.assessment.overall;
        let (contents, body) = body(markdown, source.pictures);
        Ok(Self {
            title: format!("Performance Test Report - {}", source.record.stamp),
            overall: overall.text().to_owned(),
            tone: match overall {
                Overall::Passed => "good",
                Overall::PassedWithRecommendations => "warn",
                Overall::Failed | Overall::Invalid => "bad",
            },
            contents,
            body,
            data: explorer::data(source)?,
            style: STYLE,
            script: SCRIPT,
        })
    }
}

/// The headings of the second level, and the document as HTML.
fn body(markdown: &str, pictures: &[Picture]) -> (Vec<Heading>, String) {
    let mut ids = BTreeSet::new();
    let mut contents = Vec::new();
    let mut out = Vec::new();
    let mut events = Parser::new_ext(markdown, Options::ENABLE_TABLES).peekable();
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let inner = until(&mut events, TagEnd::Heading(level));
                let text = plain(&inner);
                let id = unique(&mut ids, &text);
                out.push(Event::Start(Tag::Heading {
                    level,
                    id: Some(CowStr::from(id.clone())),
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
                out.extend(inner.into_iter().map(harmless));
                out.push(Event::End(TagEnd::Heading(level)));
                if level == HeadingLevel::H2 {
                    contents.push(Heading { id, text });
                }
            }
            Event::Start(Tag::Paragraph) => {
                let inner = until(&mut events, TagEnd::Paragraph);
                if let Some(figure) = figure(&inner, pictures) {
                    out.push(Event::Html(figure.into()));
                } else {
                    out.push(Event::Start(Tag::Paragraph));
                    out.extend(inner.into_iter().map(harmless));
                    out.push(Event::End(TagEnd::Paragraph));
                }
            }
            Event::Start(Tag::Table(alignment)) => {
                let frame =
                    "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">";
                out.push(Event::Html(frame.into()));
                out.push(Event::Start(Tag::Table(alignment)));
            }
            Event::End(TagEnd::Table) => {
                out.push(Event::End(TagEnd::Table));
                out.push(Event::Html("</div>\n".into()));
            }
            other => out.push(harmless(other)),
        }
    }
    let mut text = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut text, out.into_iter());
    // What heads a column says so to those who cannot see the table.
    (contents, text.replace("<th>", "<th scope=\"col\">"))
}

/// The events up to an end that is taken too.
fn until<'a>(events: &mut impl Iterator<Item = Event<'a>>, end: TagEnd) -> Vec<Event<'a>> {
    events
        .take_while(|event| !matches!(event, Event::End(found) if *found == end))
        .collect()
}

/// Names and messages of services stand in the document; none of them may become markup.
fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    }
}

fn plain(events: &[Event<'_>]) -> String {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                Some(&**text)
            }
            _ => None,
        })
        .collect()
}

fn unique(taken: &mut BTreeSet<String>, text: &str) -> String {
    let mut id: String = text
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    while !taken.insert(id.clone()) {
        id.push_str("-2");
    }
    id
}

/// A paragraph that is nothing but one of the charts, as the chart itself.
fn figure(events: &[Event<'_>], pictures: &[Picture]) -> Option<String> {
    let Some(Event::Start(Tag::Image { dest_url, .. })) = events.first() else {
        return None;
    };
    if !matches!(events.last(), Some(Event::End(TagEnd::Image))) {
        return None;
    }
    let picture = pictures
        .iter()
        .find(|picture| picture.chart.file == **dest_url)?;
    Some(format!(
        "<figure class=\"chart\" tabindex=\"0\">\n{}\n<figcaption>{}</figcaption>\n</figure>\n",
        picture.svg.trim_end(),
        escape(&picture.chart.alt),
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Chart;

    fn html_of(markdown: &str) -> String {
        body(markdown, &[]).1
    }

    #[test]
    fn markup_from_outside_stays_text() {
        let text =
            html_of("a <script>alert(1)</script>\n\n<b>x</b>\n\n| <i>h</i> |\n|---|\n| c |\n");
        for tag in ["<script", "<b>", "<i>"] {
            assert!(!text.contains(tag), "{text}");
        }
        assert!(
            text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
            "{text}"
        );
    }

    #[test]
    fn headings_have_ids_of_their_own() {
        let (contents, text) = body("## CPU Usage\n\n### CPU Usage\n\n## Next: `Steps`\n", &[]);
        let found: Vec<_> = contents.iter().map(|h| (&*h.id, &*h.text)).collect();
        assert_eq!(
            found,
            [("cpu-usage", "CPU Usage"), ("next-steps", "Next: Steps")]
        );
        assert!(text.contains("<h3 id=\"cpu-usage-2\">"), "{text}");
    }

    #[test]
    fn a_chart_is_put_in_where_its_picture_is_named() {
        let picture = Picture {
            chart: Chart {
                file: "charts/a.svg".to_owned(),
                title: "A".to_owned(),
                alt: "a < b".to_owned(),
            },
            svg: "<svg></svg>\n".to_owned(),
        };
        let (_, text) = body("![a < b](charts/a.svg)\n", &[picture]);
        assert!(
            text.contains("<svg></svg>\n<figcaption>a &lt; b</figcaption>"),
            "{text}"
        );
        assert!(!text.contains("<img"), "{text}");
    }
}
