//! The `database` section: where the data is kept and how durable a write is.

use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The `database` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// The SQLite file. It and its folders are made when they are missing; SQLite keeps two more
    /// files beside it, with `-wal` and `-shm` after the name.
    pub path: PathBuf,
    /// How many connections serve reads at the same time. Each costs a thread and about 2 MB of
    /// page cache.
    pub readers: NonZeroU32,
    /// When a write counts as stored.
    pub synchronous: Synchronous,
    /// How long the writer waits for further writes before it commits what has arrived, in
    /// microseconds. With 0 it takes what has gathered while the last commit was under way, which
    /// suits nearly everybody. The timer works in steps of a millisecond.
    pub group_window_micros: u64,
    /// How long to wait for another process that holds the file, in milliseconds.
    pub busy_timeout_ms: u32,
}

/// When a write counts as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Synchronous {
    /// When the disk has confirmed it: survives a power cut.
    Full,
    /// When the operating system has it: survives a crash of this program, and a power cut loses at
    /// most the last commits. The file stays whole either way.
    Normal,
}

#[cfg(test)]
impl DatabaseConfig {
    /// Settings for a test's own file.
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: NonZeroU32::MIN.saturating_add(1),
            synchronous: Synchronous::Full,
            group_window_micros: 0,
            busy_timeout_ms: 5_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_section_and_refuses_unknown_keys_and_no_readers() {
        let section = "path = \"data/smart-steps.db\"\nreaders = 2\nsynchronous = \"full\"\n\
                       group_window_micros = 0\nbusy_timeout_ms = 5000\n";
        let config: DatabaseConfig = toml::from_str(section).unwrap();
        assert_eq!(config, DatabaseConfig::at("data/smart-steps.db"));
        assert!(toml::from_str::<DatabaseConfig>(&format!("{section}pool = 3\n")).is_err());
        let none = section.replace("readers = 2", "readers = 0");
        assert!(toml::from_str::<DatabaseConfig>(&none).is_err());
    }
}
