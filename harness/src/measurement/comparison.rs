//! `compare.json`: two builds measured in turn. Saved after every run, so that an interrupted
//! comparison keeps what it has and can be judged again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::archive::{ArchiveError, RunEnd, read_versioned, write_atomically};
use super::environment::{Environment, ToolRecord};
use crate::metric::{Metric, Statistic};

/// The format that this version of the program writes.
pub const FORMAT: u32 = 1;

/// The file's name in a comparison's folder.
pub const FILE: &str = "compare.json";

/// Two builds, run in turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonRecord {
    /// Version of this layout.
    pub format: u32,
    /// `YYYYMMDD_HHMMSS`, UTC.
    pub stamp: String,
    /// When it began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// When it ended; none while it goes on or if it was cut off.
    #[schemars(with = "Option<String>")]
    pub finished_at: Option<Timestamp>,
    /// The arguments of the command.
    pub command: Vec<String>,
    /// The program that measured.
    pub tool: ToolRecord,
    /// The machine.
    pub environment: Environment,
    /// Digest of the plan that both builds were run with.
    pub plan_hash: String,
    /// Seed of the first pair; each pair has the next.
    pub seed: u64,
    /// What is compared.
    pub subject: Subject,
    /// By how many percent the head may be worse.
    pub threshold_percent: f64,
    /// The budget.
    pub max_pairs: u32,
    /// The build that is compared with.
    pub base: SideRecord,
    /// The build that is judged.
    pub head: SideRecord,
    /// The runs in their order: base, head, head, base, and again.
    pub runs: Vec<ComparedRun>,
    /// How it ended.
    pub end: RunEnd,
}

/// What is compared: one figure of one scenario, or of one benchmarked function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// A scenario under load.
    Scenario {
        /// Its name.
        name: String,
        /// The quantity.
        metric: Metric,
        /// Which figure of it.
        statistic: Option<Statistic>,
        /// Only these steps; empty means all.
        steps: Vec<String>,
    },
    /// A micro-benchmark.
    Bench {
        /// The function.
        function: String,
        /// Which figure of the time of a call.
        statistic: Statistic,
    },
}

/// One of the two builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SideRecord {
    /// As it was given: a revision, a program, an address.
    pub given: String,
    /// What it was found to be.
    pub source: Source,
}

/// Where a build comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// A revision, built in a worktree of its own.
    Revision {
        /// The commit.
        commit: String,
    },
    /// A checkout as it is.
    Checkout,
    /// A program.
    Binary {
        /// SHA-256 of the file.
        sha256: String,
    },
    /// A service that runs already.
    Url,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Side {
    Base,
    Head,
}

impl Side {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Head => "head",
        }
    }

    /// Whose turn the run with this number is, counted from 0: base, head, head, base, and again, so
    /// that a drift of the machine falls on both alike.
    #[must_use]
    pub fn of_turn(turn: usize) -> Self {
        match turn % 4 {
            0 | 3 => Self::Base,
            _ => Self::Head,
        }
    }
}

/// One process run of one build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparedRun {
    /// Which build.
    pub side: Side,
    /// When it began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// Its folder, relative to the comparison's.
    pub folder: String,
    /// Digest of the plan it was run with.
    pub plan_hash: String,
    /// What the system said of its version.
    pub version: Option<serde_json::Value>,
    /// Why it supports no statement; empty if it does.
    pub causes: Vec<String>,
    /// Samples behind the figure.
    pub n: u64,
    /// The compared figure, in the usual unit of its quantity; none if there is none.
    pub value: Option<f64>,
    /// Requests that ended.
    pub ended: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Further figures, for information: name to value.
    pub others: BTreeMap<String, f64>,
}

impl ComparisonRecord {
    /// Writes `compare.json` into the comparison's folder, as a whole or not at all.
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

    /// Reads a saved comparison: from its folder, or from the file itself.
    ///
    /// # Errors
    /// When there is none, it is cut off, of an unknown format, or not a comparison.
    pub fn load(path: &Path) -> Result<Self, ArchiveError> {
        let path = if path.is_dir() {
            path.join(FILE)
        } else {
            path.to_path_buf()
        };
        read_versioned(path, FORMAT)
    }

    /// The JSON schema of `compare.json`, as published in `schemas/compare.schema.json`.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

#[cfg(test)]
mod tests {
    use super::Side::{Base, Head};
    use super::*;

    /// `UPDATE_SCHEMAS=1 cargo test` writes the file anew.
    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/compare.schema.json");
        let text = format!(
            "{}\n",
            serde_json::to_string_pretty(&ComparisonRecord::schema()).unwrap()
        );
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == text,
            "schemas/compare.schema.json is not that of the types; run UPDATE_SCHEMAS=1 cargo test"
        );
    }

    #[test]
    fn each_build_begins_as_often_as_the_other() {
        let turns: Vec<Side> = (0..8).map(Side::of_turn).collect();
        assert_eq!(turns, [Base, Head, Head, Base, Base, Head, Head, Base]);
    }
}
