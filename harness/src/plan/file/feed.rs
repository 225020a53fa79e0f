//! Data files: JSONL rows, checked and repeated for each entry of a list field.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::document::{Document, KeyPath};
use super::mirror::FeedFile;
use super::variables::is_variable_name;
use crate::plan::error::{Problem, offered};
use crate::plan::hash::hexadecimal;
use crate::plan::scenario::{Advance, Feed};
use crate::plan::template::STEP_VARIABLES;

/// Reads the data files of a scenario; `folder` is that of the scenario file.
pub(super) fn convert(
    document: &mut Document<'_>,
    files: &[FeedFile],
    folder: &Path,
) -> Option<Vec<Feed>> {
    let mut feeds: Vec<Option<Feed>> = Vec::with_capacity(files.len());
    for (place, file) in files.iter().enumerate() {
        let at = KeyPath::root().key("data").index(place);
        let name_at = at.key("name");
        let mut is_good = is_variable_name(document, &name_at, &file.name);
        if STEP_VARIABLES.contains(&file.name.as_str()) {
            document.report(
                &name_at,
                format!(
                    "`{}` is a variable that every template has already",
                    file.name
                ),
                Some("another name"),
            );
            is_good = false;
        }
        if files[..place].iter().any(|other| other.name == file.name) {
            document.report(
                &name_at,
                format!("there are two feeds named `{}`", file.name),
                Some("another name"),
            );
            is_good = false;
        }
        let feed = read(document, &at, file, folder);
        feeds.push(feed.filter(|_| is_good));
    }
    feeds.into_iter().collect()
}

fn read(document: &mut Document<'_>, at: &KeyPath, file: &FeedFile, folder: &Path) -> Option<Feed> {
    let path = folder.join(&file.file);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            document.report(
                &at.key("file"),
                format!("cannot read {}: {error}", path.display()),
                Some("a path relative to this file"),
            );
            return None;
        }
    };
    let mut rows = Vec::new();
    let mut starts = Vec::new();
    let mut is_good = true;
    let elsewhere = |line: usize, message: String, hint: Option<String>| Problem {
        file: path.clone(),
        line,
        column: 1,
        key: String::new(),
        message,
        hint,
    };
    for (place, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let row: Value = match serde_json::from_slice(line) {
            Ok(row) => row,
            Err(error) => {
                document.report_elsewhere(elsewhere(
                    place + 1,
                    format!("this line is not JSON: {error}"),
                    Some("one JSON value a line".to_owned()),
                ));
                is_good = false;
                continue;
            }
        };
        starts.push(rows.len());
        match &file.explode {
            None => rows.push(row),
            Some(field) => match exploded(&row, field) {
                Ok(more) => rows.extend(more),
                Err((message, hint)) => {
                    document.report_elsewhere(elsewhere(place + 1, message, Some(hint)));
                    is_good = false;
                }
            },
        }
    }
    if rows.is_empty() && is_good {
        document.report(
            &at.key("file"),
            format!("{} has no rows", path.display()),
            Some("at least one line with a JSON value"),
        );
        is_good = false;
    }
    is_good.then(|| Feed {
        name: file.name.clone(),
        file: file.file.clone(),
        sha256: hexadecimal(&Sha256::digest(&bytes)),
        advance: file.advance.unwrap_or(Advance::Iteration),
        explode: file.explode.clone(),
        rows: Arc::new(rows),
        starts: Arc::new(starts),
    })
}

/// The row once for each entry of the list field.
fn exploded(row: &Value, field: &str) -> Result<Vec<Value>, (String, String)> {
    let fields = row.as_object().ok_or_else(|| {
        (
            format!("this row has no fields, so no list `{field}`"),
            "an object a line".to_owned(),
        )
    })?;
    let list = match fields.get(field) {
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(Value::Array(_)) => {
            return Err((
                format!("the list `{field}` is empty"),
                "at least one entry".to_owned(),
            ));
        }
        Some(_) => {
            return Err((
                format!("`explode` needs a list, and `{field}` is none"),
                "a list, or a feed without `explode`".to_owned(),
            ));
        }
        None => {
            let known: Vec<&str> = fields.keys().map(String::as_str).collect();
            return Err((
                format!("this row has no field `{field}`"),
                offered(field, &known),
            ));
        }
    };
    Ok(list
        .iter()
        .map(|entry| {
            let mut fields = fields.clone();
            fields.insert(field.to_owned(), entry.clone());
            Value::Object(fields)
        })
        .collect())
}
