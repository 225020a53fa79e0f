//! What goes wrong between this program and an SQLite file, and which of the store's terms fits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::store::StoreError;

/// A failure of SQLite or of the file, with what to try next. Travels as the source of a
/// [`StoreError`].
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SqliteError {
    #[error("the folder {} cannot be made; make it, or name another file in `database.path`", path.display())]
    Folder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the database {} cannot be made or opened; check its permissions, or name another file in `database.path`", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} is not an SQLite database; name another file in `database.path`", path.display())]
    NotADatabase { path: PathBuf },
    #[error("{} is the database of another program (application id {found}); name another file in `database.path`", path.display())]
    Foreign { path: PathBuf, found: i64 },
    #[error("the database {} is damaged; restore it from a backup", path.display())]
    Damaged {
        path: PathBuf,
        source: Arc<sqlx::Error>,
    },
    #[error("the database {} cannot be written; give this program write permission for the file and its folder", path.display())]
    ReadOnly {
        path: PathBuf,
        source: Arc<sqlx::Error>,
    },
    #[error("the disk of the database {} is full; make room, then try again", path.display())]
    Full {
        path: PathBuf,
        source: Arc<sqlx::Error>,
    },
    #[error("another process holds the database {} for longer than `database.busy_timeout_ms`; stop it, or try again", path.display())]
    Locked {
        path: PathBuf,
        source: Arc<sqlx::Error>,
    },
    #[error("no connection to the database {} became free in time; try again, or raise `database.readers`", path.display())]
    Crowded { path: PathBuf },
    #[error("the database {} is closed; the program is shutting down", path.display())]
    Closed { path: PathBuf },
    #[error("the database {} failed", path.display())]
    Other {
        path: PathBuf,
        source: Arc<sqlx::Error>,
    },
}

/// Why one query, or one write of a set, came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The request or the row is at fault; SQLite works.
    Refused(StoreError),
    /// SQLite said no.
    Database(sqlx::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Failure {
    /// In the store's terms.
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::Database(error) => in_store_terms(path, &Arc::new(error)),
        }
    }

    /// The refusal, if only the write set at hand is at fault; else the failure that concerns every
    /// set in the same transaction.
    pub(super) fn blame(self) -> Result<StoreError, sqlx::Error> {
        match self {
            Self::Refused(error) => Ok(error),
            Self::Database(error) => match primary_code(&error) {
                // A constraint that no caller expects to break, a value too big or of a wrong type.
                Some(CONSTRAINT | TOO_BIG | MISMATCH) => Ok(StoreError::Inconsistent {
                    what: "row",
                    detail: error.to_string(),
                }),
                _ => Err(error),
            },
        }
    }
}

// Primary result codes, https://www.sqlite.org/rescode.html
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READ_ONLY: i32 = 8;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const TOO_BIG: i32 = 18;
const CONSTRAINT: i32 = 19;
const MISMATCH: i32 = 20;
const NOT_A_DATABASE: i32 = 26;

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    // The driver gives the extended code, whose low byte is the primary one.
    Some(code.parse::<i32>().ok()? & 0xff)
}

/// A failure of the database at `path` in the store's terms.
pub(super) fn in_store_terms(path: &Path, error: &Arc<sqlx::Error>) -> StoreError {
    let (path, source) = (path.to_owned(), Arc::clone(error));
    let failure = match (&**error, primary_code(error)) {
        (sqlx::Error::PoolTimedOut, _) => SqliteError::Crowded { path },
        (sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed, _) => SqliteError::Closed { path },
        (_, Some(BUSY | LOCKED)) => SqliteError::Locked { path, source },
        (_, Some(READ_ONLY)) => SqliteError::ReadOnly { path, source },
        (_, Some(FULL)) => SqliteError::Full { path, source },
        (_, Some(NOT_A_DATABASE)) => return unusable(&SqliteError::NotADatabase { path }),
        (_, Some(CORRUPT)) => return unusable(&SqliteError::Damaged { path, source }),
        _ => SqliteError::Other { path, source },
    };
    StoreError::Unavailable(Box::new(failure))
}

/// A file that trying again does not mend.
pub(super) fn unusable(error: &SqliteError) -> StoreError {
    StoreError::Inconsistent {
        what: "database",
        detail: error.to_string(),
    }
}

/// A file or folder that the operating system refuses.
pub(super) fn unavailable(error: SqliteError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
