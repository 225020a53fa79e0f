//! `histograms/<scenario>.<step>.hlog`: one HDR histogram of response times per second, as the
//! public tools (HistogramLogProcessor, HdrHistogram plotters) read them. Values are microseconds.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{
    IntervalLogIterator, IntervalLogWriterBuilder, LogEntry,
};
use hdrhistogram::serialization::{Deserializer, V2DeflateSerializer};
use jiff::Timestamp;

use super::{HISTOGRAMS, histogram_file};
use crate::measurement::archive::ArchiveError;

/// The logs of one scenario, one per step.
#[derive(Debug)]
pub struct IntervalLog {
    files: Vec<(PathBuf, BufWriter<File>)>,
    serializer: SerializerBox,
}

/// The serializer of the library has no `Debug`.
struct SerializerBox(V2DeflateSerializer);

impl std::fmt::Debug for SerializerBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("V2DeflateSerializer")
    }
}

impl IntervalLog {
    /// Begins the logs of a scenario's steps.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn create(
        folder: &Path,
        scenario: &str,
        steps: &[String],
        started_at: Timestamp,
    ) -> Result<Self, ArchiveError> {
        let folder = folder.join(HISTOGRAMS);
        std::fs::create_dir_all(&folder).map_err(|source| ArchiveError::Write {
            path: folder.clone(),
            source,
        })?;
        let mut serializer = V2DeflateSerializer::new();
        let mut files = Vec::with_capacity(steps.len());
        for step in steps {
            let path = folder.join(histogram_file(scenario, step, "hlog"));
            let begun = File::create(&path).and_then(|file| {
                let mut file = BufWriter::new(file);
                IntervalLogWriterBuilder::new()
                    .add_comment("[Histogram log format version 1.3]")
                    .add_comment(&format!(
                        "response times of {scenario}, {step}, in microseconds"
                    ))
                    .with_start_time(SystemTime::from(started_at))
                    .with_base_time(SystemTime::from(started_at))
                    .begin_log_with(&mut file, &mut serializer)?;
                Ok(file)
            });
            match begun {
                Ok(file) => files.push((path, file)),
                Err(source) => return Err(ArchiveError::Write { path, source }),
            }
        }
        Ok(Self {
            files,
            serializer: SerializerBox(serializer),
        })
    }

    /// Adds the histogram of one step in one second.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(
        &mut self,
        step: usize,
        second: u32,
        histogram: &Histogram<u64>,
    ) -> Result<(), ArchiveError> {
        let Some((path, file)) = self.files.get_mut(step) else {
            return Ok(());
        };
        // A builder without header lines writes nothing by itself, so each entry may begin anew.
        IntervalLogWriterBuilder::new()
            .begin_log_with(file, &mut self.serializer.0)
            .map_err(|error| error.to_string())
            .and_then(|mut writer| {
                let start = Duration::from_secs(u64::from(second));
                writer
                    .write_histogram(histogram, start, Duration::from_secs(1), None)
                    .map_err(|error| error.to_string())
            })
            .map_err(|message| ArchiveError::Write {
                path: path.clone(),
                source: std::io::Error::other(message),
            })
    }

    /// Closes the files and returns their paths.
    ///
    /// # Errors
    /// When the last lines cannot be written.
    pub fn finish(self) -> Result<Vec<PathBuf>, ArchiveError> {
        let mut paths = Vec::with_capacity(self.files.len());
        for (path, mut file) in self.files {
            match file.flush() {
                Ok(()) => paths.push(path),
                Err(source) => return Err(ArchiveError::Write { path, source }),
            }
        }
        Ok(paths)
    }
}

/// One entry of a log that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// Seconds since the start of the measured phase.
    pub second: u64,
    /// Response times in microseconds.
    pub times: Histogram<u64>,
}

/// Reads the log of a step.
///
/// # Errors
/// When there is none, or it is not in the format of the HDR tools; the message names the line.
pub fn read_interval_log(
    folder: &Path,
    scenario: &str,
    step: &str,
) -> Result<Vec<Interval>, ArchiveError> {
    let path = folder
        .join(HISTOGRAMS)
        .join(histogram_file(scenario, step, "hlog"));
    let text = std::fs::read(&path).map_err(|source| ArchiveError::Read {
        path: path.clone(),
        source,
    })?;
    let mut deserializer = Deserializer::new();
    let mut intervals = Vec::new();
    for entry in IntervalLogIterator::new(&text) {
        let broken = |message: String| ArchiveError::Content {
            path: path.clone(),
            key: format!("interval {}", intervals.len() + 1),
            message,
        };
        let entry = entry.map_err(|error| broken(format!("{error:?}")))?;
        let LogEntry::Interval(interval) = entry else {
            continue;
        };
        let bytes = STANDARD
            .decode(interval.encoded_histogram())
            .map_err(|error| broken(error.to_string()))?;
        let times = deserializer
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| broken(error.to_string()))?;
        intervals.push(Interval {
            second: interval.start_timestamp().as_secs(),
            times,
        });
    }
    Ok(intervals)
}
