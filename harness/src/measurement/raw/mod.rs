//! The raw data files of a run, named after its stamp: what appendix B of the report lists, for
//! people with tools of their own.
//!
//! All but two kinds are derived from the record and can be written again at any time. The interval
//! logs are written while a scenario goes on, because their histograms are not kept; the load
//! generator's own statistics are written when it hands them over, and nothing is judged by them.

mod generator;
mod interval_log;
mod load_results;
mod memory_profile;
mod percentiles;

use std::path::{Path, PathBuf};

pub use generator::{GeneratorRow, append_generator_rows};
pub use interval_log::{Interval, IntervalLog, read_interval_log};

use super::archive::{ArchiveError, RunRecord};

/// The folder of the histogram files within a run's folder.
pub const HISTOGRAMS: &str = "histograms";

/// Writes the files that are derived from the record, and returns their paths.
///
/// # Errors
/// When one cannot be written, or a histogram of the record cannot be read.
pub fn write(folder: &Path, run: &RunRecord) -> Result<Vec<PathBuf>, ArchiveError> {
    let put = |(name, text): (String, String)| {
        let path = folder.join(name);
        write_text(&path, &text)?;
        Ok(path)
    };
    derive(run)?.into_iter().map(put).collect()
}

/// The files that are derived from the record: name within the run's folder, and content.
///
/// # Errors
/// When a histogram of the record cannot be read.
pub fn derive(run: &RunRecord) -> Result<Vec<(String, String)>, ArchiveError> {
    let mut files = Vec::new();
    let stamp = &run.stamp;
    if !run.scenarios.is_empty() {
        let text = load_results::json(run)?;
        files.push((format!("loadtest_results_{stamp}.json"), text));
    }
    for scenario in &run.scenarios {
        for step in &scenario.steps {
            let name = histogram_file(&scenario.name, &step.step, "hgrm");
            let text = percentiles::table(&step.response)?;
            files.push((format!("{HISTOGRAMS}/{name}"), text));
        }
    }
    if let Some(memory) = &run.memory {
        let text = memory_profile::text(memory);
        files.push((format!("memory_profile_{stamp}.txt"), text));
    }
    if let Some(bench) = &run.bench {
        files.push((format!("benchmark_{stamp}.json"), to_json(bench)?));
    }
    Ok(files)
}

/// `<scenario>.<step>.<ending>`, with nothing in it that a file name must not have.
#[must_use]
pub fn histogram_file(scenario: &str, step: &str, ending: &str) -> String {
    let safe = |name: &str| -> String {
        let keep = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        name.chars()
            .map(|c| if keep(c) { c } else { '_' })
            .collect()
    };
    format!("{}.{}.{ending}", safe(scenario), safe(step))
}

fn write_text(path: &Path, text: &str) -> Result<(), ArchiveError> {
    let written = match path.parent() {
        Some(folder) => std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text)),
        None => std::fs::write(path, text),
    };
    written.map_err(|source| ArchiveError::Write {
        path: path.to_path_buf(),
        source,
    })
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<String, ArchiveError> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| ArchiveError::Derive {
        part: "JSON".to_owned(),
        message: error.to_string(),
    })?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::measurement::sample;

    #[test]
    fn every_file_that_the_record_has_data_for_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), &sample::run()).unwrap();
        let names: Vec<String> = files
            .iter()
            .map(|file| {
                file.strip_prefix(folder.path())
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect();
        assert_eq!(
            names,
            [
                "loadtest_results_20250511_094532.json",
                "histograms/single_user.send.hgrm",
                "memory_profile_20250511_094532.txt",
                "benchmark_20250511_094532.json",
            ]
        );
        assert!(files.iter().all(|file| file.metadata().unwrap().len() > 0));
    }

    #[test]
    fn names_become_file_names() {
        assert_eq!(histogram_file("a b", "x/../y", "hlog"), "a_b.x____y.hlog");
    }

    #[test]
    fn an_interval_log_is_readable_by_the_public_format() {
        let folder = tempfile::tempdir().unwrap();
        let at = "2025-05-11T09:45:32Z".parse().unwrap();
        let steps = ["send".to_owned(), "list".to_owned()];
        let mut log = IntervalLog::create(folder.path(), "load", &steps, at).unwrap();
        let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).unwrap();
        histogram.record(1_500).unwrap();
        log.write(0, 4, &histogram).unwrap();
        log.write(0, 5, &histogram).unwrap();
        let files = log.finish().unwrap();
        assert_eq!(files.len(), 2);
        let text = std::fs::read(&files[0]).unwrap();
        let starts: Vec<u64> = IntervalLogIterator::new(&text)
            .filter_map(|entry| match entry.unwrap() {
                LogEntry::Interval(interval) => Some(interval.start_timestamp().as_secs()),
                _ => None,
            })
            .collect();
        assert_eq!(starts, [4, 5]);
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("#[BaseTime: 1746956732.000"), "{text}");
    }

    #[test]
    fn generator_rows_are_appended_below_one_header() {
        let folder = tempfile::tempdir().unwrap();
        let row = GeneratorRow {
            scenario: "load".to_owned(),
            phase: "measured".to_owned(),
            method: "GET".to_owned(),
            name: "with, comma".to_owned(),
            requests: 10,
            failures: 1,
            min: 900,
            mean: 1_000.6,
            p50: 990,
            p95: 1_200,
            p99: 1_300,
            max: 1_400,
        };
        append_generator_rows(folder.path(), "20250511_094532", std::slice::from_ref(&row))
            .unwrap();
        let path = append_generator_rows(folder.path(), "20250511_094532", &[row]).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("Scenario,Phase,Method,Name,"));
        assert_eq!(
            lines[2],
            "load,measured,GET,\"with, comma\",10,1,0.900,1.001,0.990,1.200,1.300,1.400"
        );
    }
}
