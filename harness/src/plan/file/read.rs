//! From a file's text to its mirror struct, and the small conversions that every part needs.

use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::document::{Document, KeyPath, one_line};
use super::{quantity, shape};
use crate::plan::error::PlanError;
use crate::units::Micros;

/// The schema of a file format.
pub(super) fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Reads the text of a file.
pub(super) fn text_of(file: &Path) -> Result<String, PlanError> {
    std::fs::read_to_string(file).map_err(|source| PlanError::Unreadable {
        file: file.to_owned(),
        source,
    })
}

/// The mirror struct, if the file has its shape; else the problems are in the document.
pub(super) fn mirror<T: DeserializeOwned + JsonSchema>(document: &mut Document<'_>) -> Option<T> {
    if !document.is_clean() {
        return None;
    }
    shape::check(document, &schema_of::<T>());
    if !document.is_clean() {
        return None;
    }
    match toml::from_str(document.text) {
        Ok(mirror) => Some(mirror),
        Err(error) => {
            let byte = error.span().unwrap_or(0..0).start;
            document.report_at(byte, &KeyPath::root(), one_line(error.message()), None);
            None
        }
    }
}

/// Notes the error of a conversion at its key.
pub(super) fn noted<T>(
    document: &mut Document<'_>,
    at: &KeyPath,
    read: Result<T, String>,
    hint: &str,
) -> Option<T> {
    read.map_err(|message| document.report(at, message, Some(hint)))
        .ok()
}

/// A span of time at a key.
pub(super) fn duration(document: &mut Document<'_>, at: &KeyPath, text: &str) -> Option<Micros> {
    noted(
        document,
        at,
        quantity::duration(text),
        quantity::DURATION_HINT,
    )
}

/// A tolerance in percent, at most the whole bound.
pub(super) fn tolerance(document: &mut Document<'_>, at: &KeyPath, text: &str) -> Option<f64> {
    let percent = noted(
        document,
        at,
        quantity::percent(text),
        quantity::PERCENT_HINT,
    )?;
    if percent <= 100.0 {
        return Some(percent);
    }
    document.report(
        at,
        format!("a tolerance of {percent} % lets everything pass"),
        Some("at most \"100 %\"; 20 % is usual"),
    );
    None
}

/// Whether a name can be used in file names and tables; notes if not.
pub(super) fn is_name(document: &mut Document<'_>, at: &KeyPath, name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(allowed) {
        return true;
    }
    document.report(
        at,
        format!("\"{name}\" is not a name"),
        Some("letters, digits, `_` and `-`, e.g. \"send_message\""),
    );
    false
}
