//! Shows what was measured and judged; measures nothing, judges nothing.
//!
//! [`write_report`] fills the folder of a run from its record alone, so that a report can be written
//! again at any time from `run.json`.

pub mod annotations;
pub mod chart;
pub mod checksums;
pub mod comparison;
pub mod console;
mod context;
mod filters;
pub mod json;
mod judgement;
pub mod junit;
mod number;
mod phrase;
mod render;
pub mod summary;

#[cfg(test)]
mod sample_assessment;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use thiserror::Error;

use self::chart::ChartError;
use self::context::Source;
use self::context::form::Form;
use self::context::full::Report;
use self::render::Templates;
use crate::findings;
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
    /// A template of one's own could not be read.
    #[error("cannot read {path}: {source}; give a folder with readable *.md templates")]
    ReadTemplate {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A template is wrong.
    #[error("the template {name} is wrong: {message}")]
    Template {
        /// Its name.
        name: String,
        /// What is wrong, and where.
        message: String,
    },
    /// A chart could not be drawn.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The checksums could not be written.
    #[error("cannot write the checksums of {dir}: {source}")]
    Checksums {
        /// The run's folder.
        dir: PathBuf,
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
    /// All files it wrote, in the order of writing.
    pub files: Vec<PathBuf>,
}

/// Writes the report of a run into its folder: both documents, charts, `run.json` with verdicts and
/// findings, `junit.xml`, `summary.md` and last `SHA256SUMS` of all that is there. `history` holds
/// earlier runs of any kind; those that cannot be compared are left out.
///
/// # Errors
/// If a file cannot be written.
pub fn write_report(
    dir: &Path,
    record: &RunRecord,
    assessment: &Assessment,
    history: &[RunRecord],
) -> Result<Written, ReportError> {
    write_report_with(dir, record, assessment, history, None)
}

/// The path of the dated report of a run.
#[must_use]
pub fn main_document(dir: &Path, record: &RunRecord) -> PathBuf {
    dir.join(format!("performance_report_{}.md", record.stamp))
}

/// As [`write_report`], with templates of one's own: a file of the same name in `templates` takes
/// the place of the built-in one.
///
/// # Errors
/// If a template is wrong or a file cannot be read or written.
pub fn write_report_with(
    dir: &Path,
    record: &RunRecord,
    assessment: &Assessment,
    history: &[RunRecord],
    templates: Option<&Path>,
) -> Result<Written, ReportError> {
    let templates = Templates::new(templates)?;
    let findings = findings::find(record, assessment, history);
    let mut files = Vec::new();
    let charts = chart::draw(record, dir)?;
    files.extend(charts.iter().map(|chart| dir.join(&chart.file)));
    let run = dir.join("run.json");
    json::write(&run, &json::RunDocument::new(record, assessment, &findings))?;
    files.push(run);
    let source = Source {
        record,
        assessment,
        findings: &findings,
        charts: &charts,
        dir,
    };
    let report = main_document(dir, record);
    let form = dir.join(format!("performance_test_{}.md", record.stamp));
    for (path, text) in [
        (
            report.clone(),
            templates.render(render::REPORT, &Report::new(source))?,
        ),
        (form, templates.render(render::FORM, &Form::new(source))?),
        (dir.join("junit.xml"), junit::render(record, assessment)),
        (dir.join("summary.md"), summary::render(record, assessment)),
    ] {
        std::fs::write(&path, text).map_err(|source| ReportError::Write {
            path: path.clone(),
            source,
        })?;
        files.push(path);
    }
    checksums::write(dir).map_err(|source| ReportError::Checksums {
        dir: dir.to_owned(),
        source,
    })?;
    files.push(dir.join(checksums::FILE));
    Ok(Written { report, files })
}
