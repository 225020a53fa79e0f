//! The load generator's own statistics, kept as it gave them and published as no result: its clock
//! stops at the response headers and its buckets are coarser than ours.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::measurement::archive::ArchiveError;

/// One row of it; times in microseconds, to the response headers.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratorRow {
    /// The scenario.
    pub scenario: String,
    /// `warm-up` or `measured`.
    pub phase: String,
    /// HTTP method.
    pub method: String,
    /// The request's name, i.e. the step.
    pub name: String,
    /// Requests.
    pub requests: u64,
    /// Of these, failed in its view (not 2xx).
    pub failures: u64,
    /// Fastest.
    pub min: u64,
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: u64,
    /// 95th percentile.
    pub p95: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Slowest.
    pub max: u64,
}

const HEADER: &str = "Scenario,Phase,Method,Name,Requests,Failures,\
Min (ms),Average (ms),50% (ms),95% (ms),99% (ms),Max (ms)\n";

/// Appends rows to `goose_<stamp>_stats.csv`, which is begun with a header when it is new.
///
/// # Errors
/// When the file cannot be written.
pub fn append_generator_rows(
    folder: &Path,
    stamp: &str,
    rows: &[GeneratorRow],
) -> Result<PathBuf, ArchiveError> {
    let path = folder.join(format!("goose_{stamp}_stats.csv"));
    let mut text = if path.exists() {
        String::new()
    } else {
        HEADER.to_owned()
    };
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{:.3},{:.3},{:.3},{:.3},{:.3},{:.3}",
            cell(&row.scenario),
            cell(&row.phase),
            cell(&row.method),
            cell(&row.name),
            row.requests,
            row.failures,
            millis(row.min as f64),
            millis(row.mean),
            millis(row.p50 as f64),
            millis(row.p95 as f64),
            millis(row.p99 as f64),
            millis(row.max as f64),
        );
    }
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(path),
        Err(source) => Err(ArchiveError::Write { path, source }),
    }
}

fn millis(micros: f64) -> f64 {
    micros / 1_000.0
}

/// A CSV cell by RFC 4180.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
