//! From the texts of a step to compiled templates.

use std::io::Write;

use serde_json::Value;
use tera::{ErrorKind, Tera};

use super::expression::{dotted_path, is_literal};
use super::{Part, TemplateError};
use crate::plan::step::{Check, Step};

/// Templates with this suffix in their name get their values percent-encoded.
const PATH_SUFFIX: &str = ".path";

#[derive(Debug)]
pub(super) struct Parts {
    pub(super) path: Text,
    pub(super) headers: Vec<(String, Text)>,
    pub(super) body: Option<Node>,
    /// For each body check of the step, the expected value where it has one.
    pub(super) equals: Vec<Option<Node>>,
}

/// A text: as it stands, or the name of a template.
#[derive(Debug)]
pub(super) enum Text {
    Literal(String),
    Template(String),
}

/// A JSON value with templates in its texts. Texts carry their JSON pointer for messages.
#[derive(Debug)]
pub(super) enum Node {
    Literal(Value),
    /// The value at this dotted path, with its type.
    Value {
        segments: Vec<String>,
        pointer: String,
    },
    Text {
        text: Text,
        pointer: String,
    },
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

pub(super) struct Compiler<'a> {
    pub(super) tera: &'a mut Tera,
    pub(super) step: &'a str,
    pub(super) place: usize,
    pub(super) next: usize,
}

impl Compiler<'_> {
    pub(super) fn parts(&mut self, step: &Step) -> Result<Parts, TemplateError> {
        Ok(Parts {
            path: self.text(&step.path, PATH_SUFFIX, &Part::Path)?,
            headers: step
                .headers
                .iter()
                .map(|(name, value)| {
                    let text = self.text(value, "", &Part::Header(name.clone()))?;
                    Ok((name.clone(), text))
                })
                .collect::<Result<_, TemplateError>>()?,
            body: match &step.body {
                Some(body) => Some(self.node(body, "", &|pointer| Part::Body(pointer.to_owned()))?),
                None => None,
            },
            equals: step
                .expect
                .body
                .iter()
                .enumerate()
                .map(|(place, check)| match &check.check {
                    Check::Equals(value) => {
                        self.node(value, "", &|_| Part::Check(place + 1)).map(Some)
                    }
                    Check::Exists(_) | Check::MinLength(_) => Ok(None),
                })
                .collect::<Result<_, TemplateError>>()?,
        })
    }

    fn text(&mut self, text: &str, suffix: &str, part: &Part) -> Result<Text, TemplateError> {
        if is_literal(text) {
            return Ok(Text::Literal(text.to_owned()));
        }
        let name = format!("{}.{}{suffix}", self.place, self.next);
        self.next += 1;
        self.tera
            .add_raw_template(&name, text)
            .map_err(|error| TemplateError::Syntax {
                step: self.step.to_owned(),
                part: part.clone(),
                reason: reason(&error),
            })?;
        Ok(Text::Template(name))
    }

    fn node(
        &mut self,
        value: &Value,
        pointer: &str,
        part: &dyn Fn(&str) -> Part,
    ) -> Result<Node, TemplateError> {
        Ok(match value {
            Value::String(text) => match dotted_path(text) {
                Some(segments) => Node::Value {
                    segments,
                    pointer: pointer.to_owned(),
                },
                None => match self.text(text, "", &part(pointer))? {
                    Text::Literal(text) => Node::Literal(Value::String(text)),
                    text @ Text::Template(_) => Node::Text {
                        text,
                        pointer: pointer.to_owned(),
                    },
                },
            },
            Value::Array(list) => Node::List(
                list.iter()
                    .enumerate()
                    .map(|(place, item)| self.node(item, &format!("{pointer}/{place}"), part))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(fields) => Node::Object(
                fields
                    .iter()
                    .map(|(key, item)| {
                        Ok((
                            key.clone(),
                            self.node(item, &format!("{pointer}/{key}"), part)?,
                        ))
                    })
                    .collect::<Result<_, TemplateError>>()?,
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => Node::Literal(value.clone()),
        })
    }
}

pub(super) fn new_tera() -> Tera {
    let mut tera = Tera::new();
    tera.autoescape_on([PATH_SUFFIX]);
    tera.set_escape_fn(percent_encode);
    tera
}

/// Encodes everything but the unreserved characters of RFC 3986, so that a value can stand in a
/// path segment as well as in a query.
fn percent_encode(text: &str, out: &mut dyn Write) -> std::io::Result<()> {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.write_all(&[byte])?;
            }
            _ => write!(out, "%{byte:02X}")?,
        }
    }
    Ok(())
}

/// Tera's message in one line: its own report shows source and file, which the caller knows better.
pub(super) fn reason(error: &tera::Error) -> String {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            format!(
                "{} (at character {})",
                report.message(),
                report.span().start_col + 1
            )
        }
        other => {
            let text = other.to_string();
            let line = text.lines().next().unwrap_or_default();
            line.trim_start_matches("error: ").to_owned()
        }
    }
}
