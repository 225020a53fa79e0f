//! `run.json` of a judged run: the measurements with verdicts and findings beside them. Whoever reads
//! it for a new report takes the measurements alone; the rest is for other programs.

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

/// The document as it is saved.
///
/// # Errors
/// If a value has no form in JSON.
pub(super) fn text(document: &RunDocument<'_>) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(document).map_err(|source| ReportError::Json {
        name: "run.json".to_owned(),
        source,
    })?;
    text.push('\n');
    Ok(text)
}
