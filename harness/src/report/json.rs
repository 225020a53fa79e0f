//! `run.json`: the measurements with the assessment beside them, one document.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ReportError;
use crate::measurement::archive::RunRecord;
use crate::verdict::Assessment;

/// A run as it is saved: its record, and what was judged about it once it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunDocument {
    /// The measurements.
    #[serde(flatten)]
    pub record: RunRecord,
    /// The verdicts; none while the run goes on.
    pub assessment: Option<Assessment>,
}

impl RunDocument {
    /// A judged run.
    #[must_use]
    pub fn new(record: RunRecord, assessment: Assessment) -> Self {
        Self {
            record,
            assessment: Some(assessment),
        }
    }
}

/// Writes a document beside its place first and then moves it there, so that no reader ever sees
/// half of it.
///
/// # Errors
/// If the folder cannot be written to.
pub fn write(path: &Path, document: &RunDocument) -> Result<(), ReportError> {
    let error = |source| ReportError::Write {
        path: path.to_owned(),
        source,
    };
    let mut text = serde_json::to_string_pretty(document).map_err(|source| ReportError::Json {
        name: path.display().to_string(),
        source,
    })?;
    text.push('\n');
    let part = path.with_extension("json.part");
    std::fs::write(&part, text).map_err(error)?;
    std::fs::rename(&part, path).map_err(error)
}
