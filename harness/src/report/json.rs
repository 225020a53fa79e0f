//! `run.json` of a judged run: the measurements with verdicts and findings beside them. Whoever reads
//! it for a new report takes the measurements alone; the rest is for other programs.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::ReportError;
use crate::findings::Findings;
use crate::measurement::archive::RunRecord;
use crate::verdict::Assessment;

/// A run with everything that follows from it.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct RunDocument<'a> {
    /// The measurements.
    #[serde(flatten)]
    record: &'a RunRecord,
    /// The verdicts.
    assessment: &'a Assessment,
    /// The findings.
    findings: &'a Findings,
}

impl<'a> RunDocument<'a> {
    /// A judged run.
    #[must_use]
    pub fn new(record: &'a RunRecord, assessment: &'a Assessment, findings: &'a Findings) -> Self {
        Self {
            record,
            assessment,
            findings,
        }
    }
}

/// Writes a document beside its place first and then moves it there, so that no reader ever sees
/// half of it.
///
/// # Errors
/// If the folder cannot be written to.
pub(super) fn write(path: &Path, document: &RunDocument<'_>) -> Result<(), ReportError> {
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
