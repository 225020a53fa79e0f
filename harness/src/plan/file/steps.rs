//! Steps: requests and what is expected of their answers.

use serde_json_path::JsonPath;

use super::document::{Document, KeyPath};
use super::mirror::{CheckFile, StepFile};
use super::read::is_name;
use super::variables::is_variable_name;
use crate::plan::scenario::Order;
use crate::plan::step::{BodyCheck, Check, Expect, Method, Step, StepClass};
use crate::plan::template::STEP_VARIABLES;

/// Where steps stand, which decides what they may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Done once: `every` and `weight` mean nothing.
    Once,
    /// In an iteration.
    Iteration(Order),
}

/// Converts a list of steps; `names` are those that are taken already.
pub(super) fn convert(
    document: &mut Document<'_>,
    at: &KeyPath,
    files: &[StepFile],
    place: Place,
    names: &mut Vec<String>,
) -> Option<Vec<Step>> {
    let steps: Vec<Option<Step>> = files
        .iter()
        .enumerate()
        .map(|(index, file)| step(document, &at.index(index), file, place, names))
        .collect();
    steps.into_iter().collect()
}

fn step(
    document: &mut Document<'_>,
    at: &KeyPath,
    file: &StepFile,
    place: Place,
    names: &mut Vec<String>,
) -> Option<Step> {
    let mut is_good = is_name(document, &at.key("name"), &file.name);
    if names.contains(&file.name) {
        document.report(
            &at.key("name"),
            format!("there are two steps named `{}`", file.name),
            Some("another name: results are kept by the names of steps"),
        );
        is_good = false;
    }
    names.push(file.name.clone());
    if !file.path.starts_with('/') && !file.path.starts_with("{{") {
        document.report(
            &at.key("path"),
            format!("\"{}\" is not a path", file.path),
            Some("a path from the root, e.g. \"/api/things\"; the host comes from the run"),
        );
        is_good = false;
    }
    for name in file.headers.keys() {
        is_good &= is_header(document, &at.key("headers").key(name), name);
    }
    for (name, path) in &file.capture {
        let at = at.key("capture").key(name);
        is_good &= is_variable_name(document, &at, name);
        if STEP_VARIABLES.contains(&name.as_str()) {
            document.report(
                &at,
                format!("`{name}` is a variable that every template has already"),
                Some("another name"),
            );
            is_good = false;
        }
        is_good &= is_json_path(document, &at, path);
    }
    for (index, status) in file.status.iter().enumerate() {
        if !(100..600).contains(status) {
            document.report(
                &at.key("status").index(index),
                format!("{status} is not an HTTP status"),
                Some("100 to 599, e.g. status = [201]"),
            );
            is_good = false;
        }
    }
    is_good &= counts_fit(document, at, file, place);
    let checks: Vec<Option<BodyCheck>> = file
        .check
        .iter()
        .enumerate()
        .map(|(index, file)| check(document, &at.key("check").index(index), file))
        .collect();
    let checks: Option<Vec<BodyCheck>> = checks.into_iter().collect();
    let step = Step {
        name: file.name.clone(),
        endpoint: file
            .endpoint
            .clone()
            .unwrap_or_else(|| shape_of(&file.path)),
        method: file.method.unwrap_or(Method::Get),
        path: file.path.clone(),
        headers: file.headers.clone(),
        body: file.body.clone(),
        capture: file.capture.clone(),
        expect: Expect {
            status: file.status.clone(),
            body: checks?,
        },
        repeat: file.repeat.unwrap_or(1),
        weight: file.weight.unwrap_or(1),
        every: file.every.unwrap_or(1),
        class: file.class.unwrap_or(StepClass::Simple),
    };
    is_good.then_some(step)
}

/// Keys that would be read and mean nothing are refused, since someone relies on them.
fn counts_fit(document: &mut Document<'_>, at: &KeyPath, file: &StepFile, place: Place) -> bool {
    let is_weighted = place == Place::Iteration(Order::Weighted);
    let mut is_good = true;
    if file.weight.is_some() && !is_weighted {
        document.report(
            &at.key("weight"),
            "a weight has no effect here: these steps are done in turn",
            Some("remove it, or set order = \"weighted\" for the scenario"),
        );
        is_good = false;
    }
    if file.every.is_some() && place != Place::Iteration(Order::Sequence) {
        document.report(
            &at.key("every"),
            "`every` has no effect here: it counts the iterations of a sequence",
            Some("remove it"),
        );
        is_good = false;
    }
    is_good
}

fn check(document: &mut Document<'_>, at: &KeyPath, file: &CheckFile) -> Option<BodyCheck> {
    let is_good = is_json_path(document, &at.key("path"), &file.path);
    let check = match (file.exists, &file.equals, file.min_length) {
        (Some(wanted), None, None) => Check::Exists(wanted),
        (None, Some(value), None) => Check::Equals(value.clone()),
        (None, None, Some(length)) => Check::MinLength(length),
        _ => {
            document.report(
                at,
                "a check needs exactly one of `exists`, `equals` and `min_length`",
                Some("e.g. { path = \"$.id\", exists = true }"),
            );
            return None;
        }
    };
    is_good.then(|| BodyCheck {
        path: file.path.clone(),
        check,
    })
}

fn is_json_path(document: &mut Document<'_>, at: &KeyPath, path: &str) -> bool {
    match JsonPath::parse(path) {
        Ok(_) => true,
        Err(error) => {
            document.report(
                at,
                format!(
                    "\"{path}\" is not a JSONPath: {} (at character {})",
                    error.message(),
                    error.position() + 1
                ),
                Some("e.g. \"$.message.id\" (RFC 9535)"),
            );
            false
        }
    }
}

fn is_header(document: &mut Document<'_>, at: &KeyPath, name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !name.is_empty() && name.chars().all(allowed) {
        return true;
    }
    document.report(
        at,
        format!("\"{name}\" is not the name of a header"),
        Some("e.g. Authorization"),
    );
    false
}

/// The path without its query, with `{id}` for `{{ id }}`.
fn shape_of(path: &str) -> String {
    let path = path.split('?').next().unwrap_or(path);
    path.replace("{{ ", "{")
        .replace(" }}", "}")
        .replace("{{", "{")
        .replace("}}", "}")
}
