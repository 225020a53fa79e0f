//! `run.json`: one run with all its measurements.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::bench::BenchRecord;
use super::calibration::Calibration;
use super::capacity::CapacityRecord;
use super::environment::{Environment, SutRecord, ToolRecord};
use super::histogram::HistogramError;
use super::load::ScenarioRecord;
use super::memory::MemoryRecord;
use crate::plan::hash::hash_of_json;
use crate::plan::shard::Shard;
use crate::plan::suite::Suite;

/// The format that this version of the program writes.
pub const FORMAT: u32 = 1;

/// The file's name in a run's folder.
pub const FILE: &str = "run.json";

/// One run. Saved after every scenario, so that an interrupted run keeps what it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// Version of this layout.
    pub format: u32,
    /// `YYYYMMDD_HHMMSS`, UTC: the name of the run's folder and files.
    pub stamp: String,
    /// When the run began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// When it ended; none while it goes on or if it was cut off.
    #[schemars(with = "Option<String>")]
    pub finished_at: Option<Timestamp>,
    /// Seed of all randomness in the plan.
    pub seed: u64,
    /// The arguments of the command.
    pub command: Vec<String>,
    /// The program that measured.
    pub tool: ToolRecord,
    /// The machine.
    pub environment: Environment,
    /// The plan as resolved.
    pub suite: Suite,
    /// SHA-256 of the resolved plan.
    pub plan_hash: String,
    /// What was measured on; none if it never got ready.
    pub sut: Option<SutRecord>,
    /// The scenarios that were begun, in order.
    pub scenarios: Vec<ScenarioRecord>,
    /// The memory profile, if taken.
    pub memory: Option<MemoryRecord>,
    /// The micro-benchmarks, if run.
    pub bench: Option<BenchRecord>,
    /// The instrument's own error on this machine, if it was ever measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<Calibration>,
    /// How the run ended.
    pub end: RunEnd,
    /// Which share of the users it had; none for a whole run. A share alone is never judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
    /// The search for the limit of this system on this machine that was the latest when it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityRecord>,
    /// From how many shards it was merged, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_from: Option<u32>,
}

/// A run of a share of the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShardRecord {
    /// Which share.
    pub part: Shard,
    /// When the measured phase of all shards was to begin.
    #[schemars(with = "String")]
    pub start_at: Timestamp,
}

/// How a run or a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunEnd {
    /// Still going on, or cut off without a chance to say so.
    Unfinished,
    /// All that was planned was done.
    Complete,
    /// The user stopped it (Ctrl-C, SIGTERM).
    Interrupted,
    /// It could not go on; what was measured until then is kept.
    Failed {
        /// What happened, in one sentence.
        reason: String,
    },
}

/// Why a run could not be saved or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file could not be written.
    #[error("cannot save {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be derived from the record.
    #[error("cannot write the {part}: {message}")]
    Derive {
        /// What was to be written.
        part: String,
        /// What went wrong.
        message: String,
    },
    /// A histogram of the record could not be read.
    #[error(transparent)]
    Histogram(#[from] HistogramError),
    /// There is none.
    #[error("there is no run at {path}; give the folder of a run, e.g. reports/20250511_094532")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It cannot be read from the disk.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The end is missing.
    #[error(
        "{path} is cut off at line {line}: the run was killed while saving, or the copy is incomplete"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Where the text ends.
        line: usize,
    },
    /// Written by another version of the program.
    #[error(
        "{path} has format {found} and this program reads format {expected}; use the version of steps-perf that wrote it"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u64,
        /// What this program reads.
        expected: u32,
    },
    /// The plan in it is not the one that was run.
    #[error(
        "{path} was changed: its plan has the digest {found} and plan_hash says {stated}; restore the file, or measure again"
    )]
    PlanChanged {
        /// The file.
        path: PathBuf,
        /// Of the plan in the file.
        found: String,
        /// Beside it.
        stated: String,
    },
    /// Not the content of a run.
    #[error("{path} is not a saved run: {key}: {message}")]
    Content {
        /// The file.
        path: PathBuf,
        /// Where in it.
        key: String,
        /// What is wrong.
        message: String,
    },
}

impl RunRecord {
    /// Writes `run.json` into the run's folder: the whole file or, when anything fails, the one that
    /// was there before.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, folder: &Path) -> Result<PathBuf, ArchiveError> {
        let path = folder.join(FILE);
        match write_atomically(folder, &path, self) {
            Ok(()) => Ok(path),
            Err(source) => Err(ArchiveError::Write { path, source }),
        }
    }

    /// Reads a saved run: from its folder, or from the file itself.
    ///
    /// # Errors
    /// When there is none, it is cut off, of an unknown format, or not a run.
    pub fn load(path: &Path) -> Result<Self, ArchiveError> {
        let path = if path.is_dir() {
            path.join(FILE)
        } else {
            path.to_path_buf()
        };
        let mut json = read_json(&path, FORMAT)?;
        check_plan(&path, &json)?;
        // A judged run carries its verdicts and findings beside the record; they are computed anew.
        if let Some(object) = json.as_object_mut() {
            for derived in ["assessment", "findings"] {
                object.remove(derived);
            }
        }
        typed(path, &json)
    }

    /// The runs beside this one that began before it, oldest first. A folder that holds no run, or
    /// one that cannot be read any more, is no part of the history.
    #[must_use]
    pub fn earlier(dir: &Path, stamp: &str) -> Vec<Self> {
        let above = match dir.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        let mut runs = Self::all(above);
        runs.retain(|run| run.stamp.as_str() < stamp);
        runs
    }

    /// The runs in a folder, oldest first; what cannot be read as a run is none.
    #[must_use]
    pub fn all(folder: &Path) -> Vec<Self> {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut runs: Vec<Self> = entries
            .filter_map(|entry| Self::load(&entry.ok()?.path()).ok())
            .collect();
        runs.sort_by(|a, b| a.stamp.cmp(&b.stamp));
        runs
    }

    /// The JSON schema of `run.json`, as published in `schemas/run.schema.json`.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

pub(super) fn write_atomically<T: Serialize>(
    folder: &Path,
    path: &Path,
    value: &T,
) -> std::io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".run.")
        .suffix(".tmp")
        .tempfile_in(folder)?;
    {
        let mut buffer = std::io::BufWriter::new(file.as_file_mut());
        serde_json::to_writer_pretty(&mut buffer, value)?;
        buffer.write_all(b"\n")?;
        buffer.flush()?;
    }
    file.as_file().sync_all()?;
    set_ordinary_mode(file.path())?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename is on disk only when its folder is.
    std::fs::File::open(folder)?.sync_all()
}

/// Temporary files are private; a saved run is as readable as any other file.
fn set_ordinary_mode(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

/// Reads a file of this format into its type.
pub(super) fn read_versioned<T: DeserializeOwned>(
    path: PathBuf,
    format: u32,
) -> Result<T, ArchiveError> {
    let json = read_json(&path, format)?;
    typed(path, &json)
}

fn typed<T: DeserializeOwned>(path: PathBuf, json: &serde_json::Value) -> Result<T, ArchiveError> {
    serde_path_to_error::deserialize(json).map_err(|error| ArchiveError::Content {
        path,
        key: error.path().to_string(),
        message: error.into_inner().to_string(),
    })
}

/// A plan that was changed after the run would be judged by bounds that nobody declared.
fn check_plan(path: &Path, json: &serde_json::Value) -> Result<(), ArchiveError> {
    let found = hash_of_json(&json["suite"]);
    // A text of another type is named with its key when the record is read.
    match json["plan_hash"].as_str() {
        Some(stated) if stated != found => Err(ArchiveError::PlanChanged {
            path: path.to_path_buf(),
            found,
            stated: stated.to_owned(),
        }),
        _ => Ok(()),
    }
}

fn read_json(path: &Path, format: u32) -> Result<serde_json::Value, ArchiveError> {
    #[derive(Deserialize)]
    struct Probe {
        format: u64,
    }
    let path = path.to_path_buf();
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ArchiveError::Missing { path });
        }
        Err(source) => return Err(ArchiveError::Read { path, source }),
    };
    let probe: Probe = match serde_json::from_slice(&text) {
        Ok(probe) => probe,
        Err(error) if error.is_eof() => {
            return Err(ArchiveError::Truncated {
                path,
                line: error.line(),
            });
        }
        Err(error) => {
            let key = format!("line {}", error.line());
            return Err(ArchiveError::Content {
                path,
                key,
                message: error.to_string(),
            });
        }
    };
    if probe.format != u64::from(format) {
        return Err(ArchiveError::Format {
            path,
            found: probe.format,
            expected: format,
        });
    }
    serde_json::from_slice(&text).map_err(|error| ArchiveError::Content {
        path,
        key: format!("line {}", error.line()),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
