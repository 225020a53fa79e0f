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
pub mod index;
pub mod json;
mod judgement;
pub mod junit;
mod number;
mod page;
mod phrase;
mod render;
pub mod summary;
pub mod trends;
pub mod verify;

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
use self::page::Page;
use self::render::Templates;
use crate::findings::{self, Findings};
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

/// A judged run with all that was found in it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The measurements.
    pub record: &'a RunRecord,
    /// The verdicts.
    pub assessment: &'a Assessment,
    /// What follows from them.
    pub findings: &'a Findings,
}

/// Writes the report of a run into its folder: the documents, charts, `run.json` with verdicts and
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
    let findings = findings::find(record, assessment, history);
    let judged = Judged {
        record,
        assessment,
        findings: &findings,
    };
    let mut files = Vec::new();
    for (name, text) in render_report(dir, judged)? {
        let path = dir.join(name);
        replace(&path, &text).map_err(|source| ReportError::Write {
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
    Ok(Written {
        report: main_document(dir, record),
        files,
    })
}

/// The path of the dated report of a run.
#[must_use]
pub fn main_document(dir: &Path, record: &RunRecord) -> PathBuf {
    dir.join(format!("performance_report_{}.md", record.stamp))
}

/// Everything that [`write_report`] writes but the checksums: name within the run's folder, and
/// content. The folder is read for the interval logs and to see which raw files are there. The same
/// run gives the same bytes.
///
/// # Errors
/// If a chart cannot be drawn or a template is wrong.
pub fn render_report(dir: &Path, judged: Judged<'_>) -> Result<Vec<(String, String)>, ReportError> {
    let Judged {
        record,
        assessment,
        findings,
    } = judged;
    let templates = Templates::new()?;
    let pictures = chart::draw(chart::Material {
        record,
        trend: &findings.trend,
        dir,
    })?;
    let source = Source {
        record,
        assessment,
        findings,
        pictures: &pictures,
        dir,
    };
    let stamp = &record.stamp;
    let report = templates.render(render::REPORT, &Report::new(source))?;
    let page = templates.render(render::PAGE, &Page::new(source, &report)?)?;
    let form = templates.render(render::FORM, &Form::new(source))?;
    let run = json::text(&json::RunDocument::new(record, assessment, findings))?;
    let mut files: Vec<(String, String)> = pictures
        .into_iter()
        .map(|picture| (picture.chart.file, picture.svg))
        .collect();
    files.extend([
        ("run.json".to_owned(), run),
        (format!("performance_report_{stamp}.md"), report),
        (format!("performance_report_{stamp}.html"), page),
        (format!("performance_test_{stamp}.md"), form),
        ("junit.xml".to_owned(), junit::render(record, assessment)),
        ("summary.md".to_owned(), summary::render(record, assessment)),
    ]);
    Ok(files)
}

/// Writes beside the file's place first and then moves it there, so that no reader ever sees half of
/// it and a full disk leaves what was there.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    std::fs::write(&part, text)
        .and_then(|()| std::fs::rename(&part, path))
        .inspect_err(|_| drop(std::fs::remove_file(&part)))
}
