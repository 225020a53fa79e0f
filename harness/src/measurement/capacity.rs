//! `capacity.json`: the search for the largest load that still meets the targets, trial by trial.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::archive::{ArchiveError, read_versioned, write_atomically};

/// The format that this version of the program writes.
pub const FORMAT: u32 = 1;

/// The file's name in a search's folder.
pub const FILE: &str = "capacity.json";

/// What the folder of a search is called, before its stamp.
pub const FOLDER: &str = "capacity_";

/// One search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityRecord {
    /// Version of this layout.
    pub format: u32,
    /// `YYYYMMDD_HHMMSS`, UTC.
    pub stamp: String,
    /// When it began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// The machine, by its fingerprint.
    pub fingerprint: String,
    /// The system under test, by its name.
    pub sut: String,
    /// What the system said of its version.
    pub version: Option<serde_json::Value>,
    /// The scenario.
    pub scenario: String,
    /// The profile whose values were taken, but for the users.
    pub profile: String,
    /// The most users that would be tried.
    pub most: u32,
    /// How finely the limit is told, in percent.
    pub resolution_percent: f64,
    /// How often the limit had to be carried again.
    pub confirmations: u32,
    /// In order of time.
    pub trials: Vec<Trial>,
    /// The largest number of users that was carried each time; none if not even the smallest was, or
    /// while the search goes on.
    pub largest: Option<u32>,
    /// Why the search ended before it could tell a limit.
    pub broken_off: Option<String>,
}

/// One run with so many users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The users.
    pub users: u32,
    /// What came out.
    pub outcome: TrialOutcome,
    /// Which targets were missed, or why nothing can be said.
    pub reasons: Vec<String>,
    /// Completed requests a minute.
    pub per_minute: f64,
    /// The run's folder, relative to the search's.
    pub folder: String,
}

/// Whether a load was carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrialOutcome {
    /// No target was missed.
    Carried,
    /// At least one was.
    Missed,
    /// The run supports no statement.
    Void,
}

impl CapacityRecord {
    /// Writes `capacity.json` into the search's folder, as a whole or not at all.
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

    /// Reads a saved search.
    ///
    /// # Errors
    /// When there is none, it is cut off, of an unknown format, or not a search.
    pub fn load(path: &Path) -> Result<Self, ArchiveError> {
        read_versioned(path.join(FILE), FORMAT)
    }

    /// The latest search below `out` that found a limit of this system on this machine.
    #[must_use]
    pub fn latest(out: &Path, sut: &str, fingerprint: &str) -> Option<Self> {
        let entries = std::fs::read_dir(out).ok()?;
        entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let is_search = entry.file_name().to_string_lossy().starts_with(FOLDER);
                is_search.then(|| Self::load(&entry.path()).ok()).flatten()
            })
            .filter(|search| {
                search.largest.is_some() && search.sut == sut && search.fingerprint == fingerprint
            })
            .max_by(|a, b| a.stamp.cmp(&b.stamp))
    }

    /// Completed requests a minute at the largest load, the fewest of its trials.
    #[must_use]
    pub fn per_minute(&self) -> Option<f64> {
        let largest = self.largest?;
        let carried = self.trials.iter().filter(|trial| trial.users == largest);
        carried.map(|trial| trial.per_minute).min_by(f64::total_cmp)
    }
}
