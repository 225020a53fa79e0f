//! Which variables a template may use: those that are there when it is filled in.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Document, KeyPath};
use super::mirror::StepFile;
use crate::plan::error::offered;
use crate::plan::scenario::{Feed, Order};
use crate::plan::template::{self, STEP_VARIABLES};

/// What is known at some place of a scenario.
pub(super) struct Scope<'f> {
    feeds: &'f [Feed],
    /// Captured so far, with the step's `every`.
    captured: BTreeMap<String, u32>,
    /// Captured anywhere, with the step's name; for better messages.
    anywhere: BTreeMap<String, String>,
}

impl<'f> Scope<'f> {
    pub(super) fn new<'s>(
        feeds: &'f [Feed],
        all_steps: impl Iterator<Item = &'s StepFile>,
    ) -> Self {
        let anywhere = all_steps
            .flat_map(|step| {
                step.capture
                    .keys()
                    .map(|name| (name.clone(), step.name.clone()))
            })
            .collect();
        Self {
            feeds,
            captured: BTreeMap::new(),
            anywhere,
        }
    }

    /// Checks steps that are done one after the other; what they capture is known afterwards.
    pub(super) fn sequence(
        &mut self,
        document: &mut Document<'_>,
        at: &KeyPath,
        steps: &[StepFile],
    ) {
        for (place, step) in steps.iter().enumerate() {
            let every = step.every.unwrap_or(1).max(1);
            self.step(document, &at.index(place), step, every);
            self.captured
                .extend(step.capture.keys().map(|name| (name.clone(), every)));
        }
    }

    /// Checks steps of which one is picked at random: none can rely on another.
    pub(super) fn picked(&self, document: &mut Document<'_>, at: &KeyPath, steps: &[StepFile]) {
        for (place, step) in steps.iter().enumerate() {
            self.step(document, &at.index(place), step, 1);
        }
    }

    /// Checks the steps of an iteration.
    pub(super) fn iteration(
        &mut self,
        document: &mut Document<'_>,
        at: &KeyPath,
        steps: &[StepFile],
        order: Order,
    ) {
        match order {
            Order::Sequence => self.sequence(document, at, steps),
            Order::Weighted => self.picked(document, at, steps),
        }
        // After the last iteration a step with `every` has been done as well as the others.
        self.captured.values_mut().for_each(|every| *every = 1);
    }

    fn step(&self, document: &mut Document<'_>, at: &KeyPath, step: &StepFile, every: u32) {
        self.text(document, &at.key("path"), &step.path, every);
        for (name, value) in &step.headers {
            self.text(document, &at.key("headers").key(name), value, every);
        }
        if let Some(body) = &step.body {
            self.value(document, &at.key("body"), body, every);
        }
        for (place, check) in step.check.iter().enumerate() {
            if let Some(value) = &check.equals {
                self.value(
                    document,
                    &at.key("check").index(place).key("equals"),
                    value,
                    every,
                );
            }
        }
    }

    fn value(&self, document: &mut Document<'_>, at: &KeyPath, value: &Value, every: u32) {
        match value {
            Value::String(text) => self.text(document, at, text, every),
            Value::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    self.value(document, &at.index(place), item, every);
                }
            }
            Value::Object(fields) => {
                for (key, item) in fields {
                    self.value(document, &at.key(key), item, every);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&self, document: &mut Document<'_>, at: &KeyPath, text: &str, every: u32) {
        let names = match template::variables(text) {
            Ok(names) => names,
            Err(reason) => {
                document.report(
                    at,
                    format!("this is not a template: {reason}"),
                    Some(SYNTAX_HINT),
                );
                return;
            }
        };
        for name in &names {
            if STEP_VARIABLES.contains(&name.as_str())
                || self.feeds.iter().any(|feed| &feed.name == name)
            {
                continue;
            }
            match (self.captured.get(name), self.anywhere.get(name)) {
                (Some(set_every), _) if every.is_multiple_of(*set_every) => {}
                (Some(set_every), Some(step)) => document.report(
                    at,
                    format!("`{name}` is captured by the step `{step}` only in every {set_every}th iteration"),
                    Some(&format!("every = {set_every} here too, or capture it elsewhere")),
                ),
                (_, Some(step)) => document.report(
                    at,
                    format!("`{name}` is not set yet here: the step `{step}` captures it"),
                    Some(&format!("do `{step}` before, e.g. in `setup`")),
                ),
                (_, None) => {
                    let known = self.known();
                    document.report(at, format!("there is no variable `{name}`"), Some(&offered(name, &known)));
                }
            }
        }
        self.fields(document, at, text);
    }

    /// Fields of feeds that some row does not have.
    fn fields(&self, document: &mut Document<'_>, at: &KeyPath, text: &str) {
        for segments in template::dotted_paths(text) {
            let Some((name, fields)) = segments.split_first() else {
                continue;
            };
            let Some(feed) = self.feeds.iter().find(|feed| &feed.name == name) else {
                continue;
            };
            let lacking = feed
                .rows
                .iter()
                .find(|row| template::follow(row, fields).is_none());
            if let Some(row) = lacking {
                let known: Vec<&str> = row
                    .as_object()
                    .into_iter()
                    .flat_map(|row| row.keys().map(String::as_str))
                    .collect();
                let first = fields.first().map_or("", String::as_str);
                document.report(
                    at,
                    format!("not every row of {} has `{}`", feed.file, fields.join(".")),
                    Some(&offered(first, &known)),
                );
            }
        }
    }

    fn known(&self) -> Vec<&str> {
        let captured = self.captured.keys().map(String::as_str);
        let feeds = self.feeds.iter().map(|feed| feed.name.as_str());
        captured.chain(feeds).chain(STEP_VARIABLES).collect()
    }
}

const SYNTAX_HINT: &str = "e.g. \"/things/{{ thing_id }}\"; tera's template language";

/// Checks a text that knows nothing but the given variables.
pub(super) fn check_text(document: &mut Document<'_>, at: &KeyPath, text: &str, known: &[&str]) {
    match template::variables(text) {
        Ok(names) => {
            for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
                document.report(
                    at,
                    format!("there is no variable `{name}` here"),
                    Some(&offered(name, known)),
                );
            }
        }
        Err(reason) => {
            document.report(
                at,
                format!("this is not a template: {reason}"),
                Some(SYNTAX_HINT),
            );
        }
    }
}

/// Whether templates can use this name; notes if not.
pub(super) fn is_variable_name(document: &mut Document<'_>, at: &KeyPath, name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return true;
    }
    document.report(
        at,
        format!("\"{name}\" cannot be the name of a variable"),
        Some("letters, digits and `_`, not beginning with a digit"),
    );
    false
}
