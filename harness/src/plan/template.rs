//! The templates of a step, compiled once and filled in for each request.
//!
//! Texts are tera templates. Two things go beyond tera: values put into a path are percent-encoded
//! (`| safe` leaves them as they are), and a text of a body that is nothing but one `{{ a.b[0].c }}`
//! stands for the JSON value itself, so numbers and lists keep their type. An undefined variable is
//! an error, never an empty text. Nothing here sends a request or reads a file.

mod compile;
mod expression;
mod fill;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use tera::{Context, Tera};

use self::compile::{Compiler, Parts, new_tera, reason};
pub use self::expression::dotted_paths;
pub(super) use self::expression::follow;
use self::expression::is_literal;
use self::fill::Filler;

use super::scenario::Scenario;
use super::step::{Method, Step};

/// What every step's template knows besides captured values and feeds: the user's number from 1, its
/// iteration from 1, and a text that is different in each run. In the memory profile `user` is the
/// worker and `iteration` the operation's number. The secret is not among them: it belongs into the
/// headers of the system under test, which are sent with each request.
pub const STEP_VARIABLES: [&str; 3] = ["user", "iteration", "run"];

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

#[cfg(test)]
mod tests;
