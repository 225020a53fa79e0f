//! Proves a report: everything that follows from the saved measurements is made anew and compared
//! byte by byte, and what is raw is checked against the measurements and the checksums.
//!
//! A changed digit is found even by somebody who mended `SHA256SUMS` after changing it, as long as
//! the measurements and what was derived from them no longer agree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hdrhistogram::Histogram;
use serde::Deserialize;

use super::{Judged, ReportError, checksums, render_report};
use crate::findings::{self, trend::Trend};
use crate::measurement::archive::{ArchiveError, FILE, RunRecord};
use crate::measurement::load::{ScenarioRecord, StepRecord};
use crate::measurement::raw;
use crate::verdict;

/// Why a run could not be examined at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Its measurements cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Its report cannot be made anew.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The file, relative to the run's folder.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

/// What an examination came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// How many files were examined.
    pub files: usize,
    /// What does not agree; empty if the report is proven.
    pub mismatches: Vec<Mismatch>,
    /// What could not be checked, and why.
    pub notes: Vec<String>,
}

/// Examines a run's folder. `history` holds the runs beside it, `baseline` the run that its targets
/// "of baseline" were held against.
///
/// # Errors
/// If the measurements cannot be read or the report cannot be made anew.
pub fn examine(
    dir: &Path,
    history: &[RunRecord],
    baseline: Option<&RunRecord>,
) -> Result<Examination, VerifyError> {
    let record = RunRecord::load(dir)?;
    let mut mismatches = checksums::check(dir).map_err(|source| VerifyError::Read {
        path: dir.join(checksums::FILE),
        source,
    })?;
    let mut notes = Vec::new();
    let assessment = verdict::assess_beside(&record, baseline);
    let trend = trend(dir, &record, &assessment, history, &mut notes)?;
    let findings = findings::find_beside(&record, &assessment, trend);
    let judged = Judged {
        record: &record,
        assessment: &assessment,
        findings: &findings,
    };
    let mut expected = render_report(dir, judged)?;
    expected.extend(raw::derive(&record)?);
    for (name, text) in &expected {
        mismatches.extend(compare(dir, name, text)?);
    }
    for scenario in &record.scenarios {
        for step in &scenario.steps {
            mismatches.extend(log(dir, scenario, step));
        }
    }
    let files: BTreeSet<&str> = expected.iter().map(|(name, _)| &**name).collect();
    Ok(Examination {
        files: files.len(),
        mismatches: merged(mismatches),
        notes,
    })
}

/// The trend of the saved findings, checked against the runs beside this one where they are there.
fn trend(
    dir: &Path,
    record: &RunRecord,
    assessment: &verdict::Assessment,
    history: &[RunRecord],
    notes: &mut Vec<String>,
) -> Result<Trend, VerifyError> {
    #[derive(Deserialize)]
    struct Saved {
        findings: SavedFindings,
    }
    #[derive(Deserialize)]
    struct SavedFindings {
        trend: Trend,
    }
    let path = dir.join(FILE);
    let text = std::fs::read(&path).map_err(|source| VerifyError::Read {
        path: path.clone(),
        source,
    })?;
    let found = findings::trend::find(record, assessment, history);
    // A run without findings was never reported; the comparison of run.json says so.
    let Ok(Saved { findings }) = serde_json::from_slice::<Saved>(&text) else {
        return Ok(found);
    };
    let saved = findings.trend;
    if saved == found {
        return Ok(found);
    }
    let there: BTreeSet<&str> = history.iter().map(|run| &*run.stamp).collect();
    let missing: Vec<&str> = saved
        .earlier
        .iter()
        .map(|run| &*run.stamp)
        .filter(|stamp| !there.contains(stamp))
        .collect();
    if missing.is_empty() && found.earlier == saved.earlier {
        // The same runs and other figures: let the comparison name the difference.
        return Ok(found);
    }
    notes.push(if missing.is_empty() {
        "the trend was found beside other runs than those that are beside it now; it is taken as \
         saved"
            .to_owned()
    } else {
        format!(
            "the trend rests on runs that are not beside this one ({}); it is taken as saved",
            missing.join(", ")
        )
    });
    Ok(saved)
}

/// A file against what it must be, with the first line that differs.
fn compare(dir: &Path, name: &str, expected: &str) -> Result<Option<Mismatch>, VerifyError> {
    let path = dir.join(name);
    let found = match std::fs::read(&path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Some(mismatch(name, "it is missing".to_owned())));
        }
        Err(source) => return Err(VerifyError::Read { path, source }),
    };
    if found == expected.as_bytes() {
        return Ok(None);
    }
    let found = String::from_utf8_lossy(&found);
    let mut lines = found.lines().zip(expected.lines()).enumerate();
    let what = lines
        .find(|(_, (found, expected))| found != expected)
        .map_or_else(
            || {
                let (has, should) = (found.lines().count(), expected.lines().count());
                format!("it has {has} lines, and the measurements give {should}")
            },
            |(line, (found, expected))| {
                let (found, expected) = around_difference(found, expected);
                format!(
                    "line {} has `{found}`, and the measurements give `{expected}`",
                    line + 1
                )
            },
        );
    Ok(Some(mismatch(name, what)))
}

/// The parts of two lines around the place where they begin to differ.
fn around_difference(found: &str, expected: &str) -> (String, String) {
    const BEFORE: usize = 24;
    const LENGTH: usize = 72;
    let same = found
        .chars()
        .zip(expected.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let part = |line: &str| {
        line.chars()
            .skip(same.saturating_sub(BEFORE))
            .take(LENGTH)
            .collect()
    };
    (part(found), part(expected))
}

/// The interval log of a step against the step's histogram: the seconds add up to the whole.
fn log(dir: &Path, scenario: &ScenarioRecord, step: &StepRecord) -> Option<Mismatch> {
    let name = format!(
        "{}/{}",
        raw::HISTOGRAMS,
        raw::histogram_file(&scenario.name, &step.step, "hlog")
    );
    let intervals = match raw::read_interval_log(dir, &scenario.name, &step.step) {
        Ok(intervals) => intervals,
        Err(error) => return Some(mismatch(&name, error.to_string())),
    };
    let whole = match step.response.decode() {
        Ok(whole) => whole,
        Err(error) => return Some(mismatch(FILE, error.to_string())),
    };
    let mut sum = Histogram::<u64>::new_from(&whole);
    sum.auto(true);
    for interval in &intervals {
        if sum.add(&interval.times).is_err() {
            let what = "a second of it cannot be added to the others".to_owned();
            return Some(mismatch(&name, what));
        }
    }
    (sum != whole).then(|| {
        mismatch(
            &name,
            format!(
                "its seconds add up to {} response times that are not the {} in run.json",
                sum.len(),
                whole.len()
            ),
        )
    })
}

fn mismatch(file: &str, what: String) -> Mismatch {
    Mismatch {
        file: file.to_owned(),
        what,
    }
}

/// One line per file: what differs says more than that its digest does.
fn merged(mut all: Vec<Mismatch>) -> Vec<Mismatch> {
    // Digests were checked first, so that the last of a file says most.
    all.reverse();
    let mut seen = BTreeSet::new();
    all.retain(|mismatch| seen.insert(mismatch.file.clone()));
    all.sort_by(|a, b| a.file.cmp(&b.file));
    all
}
