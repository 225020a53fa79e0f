//! Indexes on disk, so that a start does not compute again what the last run knew.
//!
//! A snapshot is one file per persona in a folder beside the database. It is derived data and never
//! trusted: magic bytes, format version, SHA-256, the way in which its content was made and the persona
//! are checked when it is read, and the caller compares the ids in it with those in the store. What
//! fails a check is logged and built anew. A persona's snapshot is removed as soon as a passage is
//! withdrawn, so that no word of a deleted document stays in it.
//!
//! It refuses to fail: without a snapshot everything works, only a start takes longer.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::persona::PersonaKey;

const MAGIC: &[u8; 8] = b"STEPSIDX";
/// Of the file's layout and of everything in it. A change of what the indexes keep raises it.
const FORMAT: u32 = 1;
const HEADER: usize = MAGIC.len() + 4 + 32;
const EXTENSION: &str = "index";

/// Why a snapshot is not used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// There is a file and it cannot be read or written.
    #[error("the snapshot {path:?} cannot be {done}; check the rights of its folder")]
    File {
        /// Which.
        path: PathBuf,
        /// `read`, `written` or `removed`.
        done: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a snapshot, or of another version of the program.
    #[error("the snapshot {0:?} has another format than this program writes")]
    Format(PathBuf),
    /// Its bytes are not those that were written.
    #[error("the snapshot {0:?} is damaged: its checksum does not fit")]
    Checksum(PathBuf),
    /// It was made with another embedder or another index setting, or is another persona's.
    #[error("the snapshot {0:?} was made with other settings or for another persona")]
    Origin(PathBuf),
    /// It cannot be put into bytes.
    #[error("the index cannot be put into bytes")]
    Encode(#[source] postcard::Error),
}

/// What stands before the index, so that a look at a little of the file tells whether it fits.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Origin {
    owner: String,
    persona: String,
    /// How the index was made: embedder, dimensions, kind.
    made_with: String,
}

/// Where snapshots are kept, if they are.
#[derive(Debug, Clone, Default)]
pub struct Snapshots {
    folder: Option<PathBuf>,
}

impl Snapshots {
    /// None are kept and none are used.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Kept in the folder beside `database` that has its name with `-indexes` after it.
    #[must_use]
    pub fn beside(database: &Path) -> Self {
        let mut name = database.file_name().unwrap_or_default().to_owned();
        name.push("-indexes");
        Self {
            folder: Some(database.with_file_name(name)),
        }
    }

    fn path(&self, persona: &PersonaKey) -> Option<PathBuf> {
        // Names hold no NUL, so different personas have different digests.
        let key = format!("{}\0{}", persona.owner, persona.id);
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let name = hex(&Sha256::digest(key)[..16]);
        Some(self.folder.as_ref()?.join(name).with_extension(EXTENSION))
    }

    /// The index of `persona` that was kept, if it was made the same way.
    ///
    /// # Errors
    /// When there is a snapshot and it cannot be used.
    pub(super) fn load<T: DeserializeOwned>(
        &self,
        persona: &PersonaKey,
        made_with: &str,
    ) -> Result<Option<T>, SnapshotError> {
        let Some(path) = self.path(persona) else {
            return Ok(None);
        };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let done = "read";
                return Err(SnapshotError::File { path, done, source });
            }
        };
        let prefix = [&MAGIC[..], &FORMAT.to_le_bytes()].concat();
        let Some((header, body)) = bytes.split_at_checked(HEADER) else {
            return Err(SnapshotError::Format(path));
        };
        let Some(sum) = header.strip_prefix(&prefix[..]) else {
            return Err(SnapshotError::Format(path));
        };
        if Sha256::digest(body)[..] != *sum {
            return Err(SnapshotError::Checksum(path));
        }
        let wanted = origin(persona, made_with);
        match postcard::take_from_bytes::<Origin>(body) {
            Ok((origin, rest)) if origin == wanted => match postcard::from_bytes(rest) {
                Ok(index) => Ok(Some(index)),
                Err(_) => Err(SnapshotError::Format(path)),
            },
            Ok(_) => Err(SnapshotError::Origin(path)),
            Err(_) => Err(SnapshotError::Format(path)),
        }
    }

    /// Keeps the index of `persona`. The file appears as a whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn save<T: Serialize>(
        &self,
        persona: &PersonaKey,
        made_with: &str,
        index: &T,
    ) -> Result<(), SnapshotError> {
        let (Some(folder), Some(path)) = (&self.folder, self.path(persona)) else {
            return Ok(());
        };
        let origin = postcard::to_allocvec(&origin(persona, made_with));
        let body = postcard::to_extend(index, origin.map_err(SnapshotError::Encode)?);
        let body = body.map_err(SnapshotError::Encode)?;
        let partial = path.with_extension("partial");
        let written = || -> std::io::Result<()> {
            std::fs::create_dir_all(folder)?;
            let mut file = std::fs::File::create(&partial)?;
            file.write_all(MAGIC)?;
            file.write_all(&FORMAT.to_le_bytes())?;
            file.write_all(&Sha256::digest(&body))?;
            file.write_all(&body)?;
            drop(file);
            std::fs::rename(&partial, &path)
        };
        written().map_err(|source| SnapshotError::File {
            path: path.clone(),
            done: "written",
            source,
        })
    }

    /// Removes the snapshot of `persona`, if there is one.
    pub(super) fn discard(&self, persona: &PersonaKey) {
        if let Some(path) = self.path(persona) {
            remove(&path);
        }
    }

    /// Removes what belongs to none of `personas`.
    pub fn sweep(&self, personas: &[PersonaKey]) {
        let wanted: Vec<PathBuf> = personas.iter().filter_map(|p| self.path(p)).collect();
        let Some(entries) = self.folder.as_ref().and_then(|f| std::fs::read_dir(f).ok()) else {
            return;
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let ours = |e: &std::ffi::OsStr| e == EXTENSION || e == "partial";
            if path.extension().is_some_and(ours) && !wanted.contains(&path) {
                remove(&path);
            }
        }
    }
}

fn origin(persona: &PersonaKey, made_with: &str) -> Origin {
    Origin {
        owner: persona.owner.to_string(),
        persona: persona.id.to_string(),
        made_with: made_with.to_owned(),
    }
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::error!(?path, %error, "a snapshot that is out of date cannot be removed; remove it by hand");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn persona(id: &str) -> PersonaKey {
        PersonaKey {
            owner: "acme".parse().unwrap(),
            id: id.parse().unwrap(),
        }
    }

    #[test]
    fn a_snapshot_comes_back_only_to_whom_it_belongs_and_as_it_was_made() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::beside(&folder.path().join("a.db"));
        let value = vec![3u32, 1, 4];
        assert!(
            snapshots
                .load::<Vec<u32>>(&persona("guide"), "x")
                .unwrap()
                .is_none()
        );
        snapshots.save(&persona("guide"), "x", &value).unwrap();
        let loaded: Vec<u32> = snapshots.load(&persona("guide"), "x").unwrap().unwrap();
        assert_eq!(loaded, value);
        let other = snapshots.load::<Vec<u32>>(&persona("guide"), "y");
        assert!(matches!(other, Err(SnapshotError::Origin(_))));
        let [from, to] = ["guide", "other"].map(|id| snapshots.path(&persona(id)).unwrap());
        std::fs::copy(from, to).unwrap();
        let other = snapshots.load::<Vec<u32>>(&persona("other"), "x");
        assert!(matches!(other, Err(SnapshotError::Origin(_))));
        snapshots.sweep(&[persona("guide")]);
        assert!(
            snapshots
                .load::<Vec<u32>>(&persona("other"), "x")
                .unwrap()
                .is_none()
        );
        snapshots.discard(&persona("guide"));
        assert!(
            snapshots
                .load::<Vec<u32>>(&persona("guide"), "x")
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::beside(&folder.path().join("a.db"));
        snapshots
            .save(&persona("guide"), "x", &vec![7u32; 20])
            .unwrap();
        let path = snapshots.path(&persona("guide")).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, damaged).unwrap();
            assert!(
                snapshots.load::<Vec<u32>>(&persona("guide"), "x").is_err(),
                "byte {at}"
            );
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(
                snapshots.load::<Vec<u32>>(&persona("guide"), "x").is_err(),
                "cut at {at}"
            );
        }
    }
}
