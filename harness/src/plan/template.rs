//! The templates of a step, compiled once and filled in for each request.
//!
//! Texts are tera templates. Two things go beyond tera: values put into a path are percent-encoded
//! (`| safe` leaves them as they are), and a text of a body that is nothing but one `{{ a.b[0].c }}`
//! stands for the JSON value itself, so numbers and lists keep their type. An undefined variable is
//! an error, never an empty text. Nothing here sends a request or reads a file.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::sync::Arc;

use serde_json::{Map, Value};
use tera::{Context, ErrorKind, Tera};

use super::scenario::Scenario;
use super::step::{Check, Method, Step};

/// Templates with this suffix in their name get their values percent-encoded.
const PATH_SUFFIX: &str = ".path";

/// What every step's template knows besides captured values and feeds: the user's number from 0, its
/// iteration from 1 (0 in set-up; in tear-down the last one), the run's stamp, and the secret.
/// In the memory profile `user` is the worker and `iteration` the operation's number from 1.
pub const STEP_VARIABLES: [&str; 4] = ["user", "iteration", "run", "secret"];

/// What the texts of the system under test know.
pub const SUT_VARIABLES: [&str; 4] = ["port", "dir", "secret", "root"];

/// What the command of the micro-benchmarks knows.
pub const BENCH_VARIABLES: [&str; 3] = ["root", "out", "seconds"];

/// A template that cannot be compiled, or cannot be filled in with the variables of a user.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not a template.
    #[error("step `{step}`, {part}: {reason}")]
    Syntax {
        /// The step.
        step: String,
        /// The part of it.
        part: Part,
        /// What is wrong.
        reason: String,
    },
    /// A template that the variables do not fit.
    #[error("step `{step}`, {part}: {reason}")]
    Render {
        /// The step.
        step: String,
        /// The part of it.
        part: Part,
        /// What is wrong.
        reason: String,
    },
    /// A `{{ a.b }}` that leads nowhere.
    #[error("step `{step}`, {part}: there is no value `{expression}`")]
    Undefined {
        /// The step.
        step: String,
        /// The part of it.
        part: Part,
        /// The dotted path.
        expression: String,
    },
}

/// The part of a step that a template stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The path.
    Path,
    /// A header field.
    Header(String),
    /// A text in the body, by JSON pointer (empty: the body itself).
    Body(String),
    /// The expected value of a body check, by its place in the list from 1.
    Check(usize),
    /// A text outside of a scenario's steps, e.g. a word of a command.
    Text,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("path"),
            Self::Header(name) => write!(f, "header `{name}`"),
            Self::Body(pointer) if pointer.is_empty() => f.write_str("body"),
            Self::Body(pointer) => write!(f, "body at `{pointer}`"),
            Self::Check(place) => write!(f, "body check {place}"),
            Self::Text => f.write_str("text"),
        }
    }
}

/// The steps of a scenario, ready to be filled in; in the order of the plan.
#[derive(Debug, Clone)]
pub struct CompiledScenario {
    /// Of `setup`.
    pub setup: Vec<CompiledStep>,
    /// Of an iteration.
    pub steps: Vec<CompiledStep>,
    /// Of `teardown`.
    pub teardown: Vec<CompiledStep>,
}

impl CompiledScenario {
    /// Compiles all steps of a scenario.
    ///
    /// # Errors
    /// The first template that is none.
    pub fn compile(scenario: &Scenario) -> Result<Self, TemplateError> {
        Ok(Self {
            setup: compile_steps(&scenario.setup)?,
            steps: compile_steps(&scenario.steps)?,
            teardown: compile_steps(&scenario.teardown)?,
        })
    }
}

/// A step whose templates are compiled. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CompiledStep {
    name: Arc<str>,
    method: Method,
    tera: Arc<Tera>,
    parts: Arc<Parts>,
}

#[derive(Debug)]
struct Parts {
    path: Text,
    headers: Vec<(String, Text)>,
    body: Option<Node>,
    /// For each body check of the step, the expected value where it has one.
    equals: Vec<Option<Node>>,
}

/// A request of which nothing is left open.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedRequest {
    /// HTTP method.
    pub method: Method,
    /// Path with query, percent-encoded.
    pub path: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    pub body: Option<Value>,
    /// For each entry of `expect.body`, the value of its `equals`, if it has one.
    pub equals: Vec<Option<Value>>,
}

/// Compiles steps that share one set of templates.
///
/// # Errors
/// The first template that is none.
pub fn compile_steps(steps: &[Step]) -> Result<Vec<CompiledStep>, TemplateError> {
    let mut tera = new_tera();
    let mut parts = Vec::with_capacity(steps.len());
    for (place, step) in steps.iter().enumerate() {
        parts.push(
            Compiler {
                tera: &mut tera,
                step: &step.name,
                place,
                next: 0,
            }
            .parts(step)?,
        );
    }
    let tera = Arc::new(tera);
    Ok(steps
        .iter()
        .zip(parts)
        .map(|(step, parts)| CompiledStep {
            name: step.name.as_str().into(),
            method: step.method,
            tera: Arc::clone(&tera),
            parts: Arc::new(parts),
        })
        .collect())
}

/// Fills in one text that belongs to no step, e.g. a word of the start command.
///
/// # Errors
/// If the text is not a template or a variable is missing; `owner` names it in the message.
pub fn render_text(
    owner: &str,
    text: &str,
    vars: &Map<String, Value>,
) -> Result<String, TemplateError> {
    if is_literal(text) {
        return Ok(text.to_owned());
    }
    let failed = |error: &tera::Error| TemplateError::Render {
        step: owner.to_owned(),
        part: Part::Text,
        reason: reason(error),
    };
    let context = Context::from_serialize(vars).map_err(|error| failed(&error))?;
    Tera::one_off(text, &context, false).map_err(|error| failed(&error))
}

/// The variables that a text needs, by their first name.
///
/// # Errors
/// Why the text is not a template.
pub fn variables(text: &str) -> Result<BTreeSet<String>, String> {
    if is_literal(text) {
        return Ok(BTreeSet::new());
    }
    let mut tera = new_tera();
    tera.add_raw_template("text", text)
        .map_err(|error| reason(&error))?;
    let names = tera
        .get_template_variables("text")
        .map_err(|error| reason(&error))?;
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// Every `{{ a.b.c }}` of a text that is nothing but a dotted path, as its segments.
#[must_use]
pub fn dotted_paths(text: &str) -> Vec<Vec<String>> {
    text.split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .filter_map(|(inner, _)| segments_of(inner))
        .collect()
}

impl CompiledStep {
    /// The step's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Fills in all templates of the step.
    ///
    /// # Errors
    /// If a variable is missing or has a type that a template cannot use.
    pub fn render(&self, vars: &Map<String, Value>) -> Result<RenderedRequest, TemplateError> {
        let mut filler = Filler {
            step: self,
            vars,
            context: None,
        };
        Ok(RenderedRequest {
            method: self.method,
            path: filler.text(&self.parts.path, &Part::Path)?,
            headers: self
                .parts
                .headers
                .iter()
                .map(|(name, text)| {
                    let value = filler.text(text, &Part::Header(name.clone()))?;
                    Ok((name.clone(), value))
                })
                .collect::<Result<_, TemplateError>>()?,
            body: match &self.parts.body {
                Some(node) => Some(filler.node(node, &|pointer| Part::Body(pointer.to_owned()))?),
                None => None,
            },
            equals: self
                .parts
                .equals
                .iter()
                .enumerate()
                .map(|(place, node)| match node {
                    Some(node) => filler.node(node, &|_| Part::Check(place + 1)).map(Some),
                    None => Ok(None),
                })
                .collect::<Result<_, TemplateError>>()?,
        })
    }
}

/// A text: as it stands, or the name of a template.
#[derive(Debug)]
enum Text {
    Literal(String),
    Template(String),
}

/// A JSON value with templates in its texts. Texts carry their JSON pointer for messages.
#[derive(Debug)]
enum Node {
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

struct Compiler<'a> {
    tera: &'a mut Tera,
    step: &'a str,
    place: usize,
    next: usize,
}

impl Compiler<'_> {
    fn parts(&mut self, step: &Step) -> Result<Parts, TemplateError> {
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

struct Filler<'a> {
    step: &'a CompiledStep,
    vars: &'a Map<String, Value>,
    /// Made when the first real template needs it: requests without one pay nothing.
    context: Option<Context>,
}

impl Filler<'_> {
    fn text(&mut self, text: &Text, part: &Part) -> Result<String, TemplateError> {
        let name = match text {
            Text::Literal(text) => return Ok(text.clone()),
            Text::Template(name) => name,
        };
        let failed = |error: &tera::Error| TemplateError::Render {
            step: self.step.name.to_string(),
            part: part.clone(),
            reason: reason(error),
        };
        let context = match self.context.take() {
            Some(context) => context,
            None => Context::from_serialize(self.vars).map_err(|error| failed(&error))?,
        };
        let rendered = self
            .step
            .tera
            .render(name, &context)
            .map_err(|error| failed(&error));
        self.context = Some(context);
        rendered
    }

    fn node(&mut self, node: &Node, part: &dyn Fn(&str) -> Part) -> Result<Value, TemplateError> {
        Ok(match node {
            Node::Literal(value) => value.clone(),
            Node::Value { segments, pointer } => match lookup(self.vars, segments) {
                Some(value) => value.clone(),
                None => {
                    return Err(TemplateError::Undefined {
                        step: self.step.name.to_string(),
                        part: part(pointer),
                        expression: segments.join("."),
                    });
                }
            },
            Node::Text { text, pointer } => Value::String(self.text(text, &part(pointer))?),
            Node::List(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.node(item, part))
                    .collect::<Result<_, _>>()?,
            ),
            Node::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, item)| Ok((key.clone(), self.node(item, part)?)))
                    .collect::<Result<_, TemplateError>>()?,
            ),
        })
    }
}

fn new_tera() -> Tera {
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

fn is_literal(text: &str) -> bool {
    !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

/// The segments of `a.b[0].c` if the text is nothing but `{{ a.b[0].c }}`.
fn dotted_path(text: &str) -> Option<Vec<String>> {
    segments_of(text.trim().strip_prefix("{{")?.strip_suffix("}}")?)
}

fn segments_of(expression: &str) -> Option<Vec<String>> {
    let expression = expression.trim();
    if matches!(
        expression,
        "true" | "false" | "none" | "null" | "True" | "False" | "None"
    ) {
        return None;
    }
    let mut segments = Vec::new();
    for part in expression.split('.') {
        let (name, places) = part.split_at(part.find('[').unwrap_or(part.len()));
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return None;
        }
        segments.push(name.to_owned());
        if !places.is_empty() {
            for place in places.strip_prefix('[')?.strip_suffix(']')?.split("][") {
                place.parse::<usize>().ok()?;
                segments.push(place.to_owned());
            }
        }
    }
    Some(segments)
}

fn lookup<'a>(vars: &'a Map<String, Value>, segments: &[String]) -> Option<&'a Value> {
    let (first, rest) = segments.split_first()?;
    follow(vars.get(first)?, rest)
}

/// The value that the segments lead to from here.
pub(super) fn follow<'a>(value: &'a Value, segments: &[String]) -> Option<&'a Value> {
    segments
        .iter()
        .try_fold(value, |value, segment| match value {
            Value::Object(fields) => fields.get(segment),
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
            _ => None,
        })
}

/// Tera's message in one line: its own report shows source and file, which the caller knows better.
fn reason(error: &tera::Error) -> String {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            format!(
                "{} (at character {})",
                report.message(),
                report.span().start_col + 1
            )
        }
        other => other
            .to_string()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

#[cfg(test)]
mod tests;
