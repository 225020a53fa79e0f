//! The dotted paths of templates, `{{ row.list[0].field }}`, and the values they lead to.

use serde_json::{Map, Value};

/// Every `{{ a.b.c }}` of a text that is nothing but a dotted path, as its segments.
#[must_use]
pub fn dotted_paths(text: &str) -> Vec<Vec<String>> {
    text.split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .filter_map(|(inner, _)| segments_of(inner))
        .collect()
}

pub(super) fn is_literal(text: &str) -> bool {
    !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

/// The segments of `a.b[0].c` if the text is nothing but `{{ a.b[0].c }}`.
pub(super) fn dotted_path(text: &str) -> Option<Vec<String>> {
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

pub(super) fn lookup<'a>(vars: &'a Map<String, Value>, segments: &[String]) -> Option<&'a Value> {
    let (first, rest) = segments.split_first()?;
    follow(vars.get(first)?, rest)
}

/// The value that the segments lead to from here.
pub(in crate::plan) fn follow<'a>(value: &'a Value, segments: &[String]) -> Option<&'a Value> {
    segments
        .iter()
        .try_fold(value, |value, segment| match value {
            Value::Object(fields) => fields.get(segment),
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
            _ => None,
        })
}
