//! A TOML file with the places of its keys, and the list of what is wrong in it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use crate::plan::error::Problem;

/// The way to a value in a file, e.g. `steps[0].body.content`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct KeyPath(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index(usize),
}

impl KeyPath {
    pub(super) fn root() -> Self {
        Self::default()
    }

    pub(super) fn key(&self, name: &str) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Key(name.to_owned()));
        path
    }

    pub(super) fn index(&self, place: usize) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Index(place));
        path
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(name) if place == 0 => f.write_str(name)?,
                Segment::Key(name) => write!(f, ".{name}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A file that is TOML, whatever it says.
pub(super) struct Document<'t> {
    pub(super) file: PathBuf,
    pub(super) text: &'t str,
    pub(super) root: Spanned<DeTable<'t>>,
    problems: Vec<Problem>,
}

impl<'t> Document<'t> {
    /// Parses the text; syntax errors become problems, all of them.
    pub(super) fn parse(file: &Path, text: &'t str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut document = Self {
            file: file.to_owned(),
            text,
            root,
            problems: Vec::new(),
        };
        for error in errors {
            let at = error.span().unwrap_or(0..0).start;
            document.push(
                at,
                String::new(),
                format!("this is not TOML: {}", one_line(error.message())),
                None,
            );
        }
        document
    }

    pub(super) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn problem_count(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems;
        problems.sort_by(|one, other| {
            (&one.file, one.line, one.column).cmp(&(&other.file, other.line, other.column))
        });
        problems.dedup();
        problems
    }

    /// Notes a problem with the value at `at`, or with the deepest table on the way that exists.
    pub(super) fn report(&mut self, at: &KeyPath, message: impl Into<String>, hint: Option<&str>) {
        let start = self.locate(at).start;
        self.push(
            start,
            at.to_string(),
            message.into(),
            hint.map(str::to_owned),
        );
    }

    /// Notes a problem at a byte of the text.
    pub(super) fn report_at(
        &mut self,
        byte: usize,
        at: &KeyPath,
        message: String,
        hint: Option<String>,
    ) {
        self.push(byte, at.to_string(), message, hint);
    }

    /// Notes a problem of another file that this one names.
    pub(super) fn report_elsewhere(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn push(&mut self, byte: usize, key: String, message: String, hint: Option<String>) {
        let (line, column) = line_and_column(self.text, byte);
        self.problems.push(Problem {
            file: self.file.clone(),
            line,
            column,
            key,
            message,
            hint,
        });
    }

    fn locate(&self, at: &KeyPath) -> Range<usize> {
        let mut segments = at.0.iter();
        let Some(Segment::Key(first)) = segments.next() else {
            return 0..0;
        };
        let Some(mut value) = self.root.get_ref().get(first.as_str()) else {
            return 0..0;
        };
        for segment in segments {
            let next = match segment {
                Segment::Key(name) => value.get_ref().get(name.as_str()),
                Segment::Index(place) => value.get_ref().get(*place),
            };
            match next {
                Some(next) => value = next,
                None => break,
            }
        }
        value.span()
    }
}

/// What kind of value this is, in words.
pub(super) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

pub(super) fn one_line(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}
