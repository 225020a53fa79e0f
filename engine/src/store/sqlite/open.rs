//! Opening the file: folders, permissions, pragmas, schema.

use std::fs::{DirBuilder, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqlitePool, query_scalar};

use super::error::{SqliteError, in_store_terms, unavailable, unusable};
use crate::config::database::{DatabaseConfig, Synchronous};
use crate::store::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// What the first migration writes into the file's header.
const APPLICATION_ID: i64 = 1_399_673_716;

/// How long a read waits for a free connection. Reads take milliseconds: who waits longer is better
/// told so than kept.
const READER_WAIT: Duration = Duration::from_secs(5);

/// The file's place, in full: SQLite must not take a relative name for a URI or for `:memory:`.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    std::path::absolute(path).map_err(|source| {
        unavailable(SqliteError::File {
            path: path.to_owned(),
            source,
        })
    })
}

/// Makes the folders and the file where they are missing, readable by this user alone. SQLite gives
/// the files beside it the same permissions.
pub(super) fn prepare_file(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|source| {
            unavailable(SqliteError::Folder {
                path: folder.to_owned(),
                source,
            })
        })?;
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_file() => Ok(()),
        Err(source) => Err(unavailable(SqliteError::File {
            path: path.to_owned(),
            source,
        })),
    }
}

/// What holds for every connection.
fn connection(config: &DatabaseConfig, path: &Path) -> SqliteConnectOptions {
    let busy_timeout = u64::from(config.busy_timeout_ms).min(u64::from(i32::MAX.unsigned_abs()));
    SqliteConnectOptions::new()
        .filename(path)
        // References between tables are what removes a session or a persona as a whole.
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(busy_timeout))
        // About 2 MiB of pages a connection; the operating system caches the file anyway.
        .pragma("cache_size", "-2048")
        // The phases of a request show where its time went; a log line a statement would double it.
        .disable_statement_logging()
}

/// How the one connection that writes is set up.
pub(super) fn writer(config: &DatabaseConfig, path: &Path) -> SqliteConnectOptions {
    let synchronous = match config.synchronous {
        Synchronous::Full => SqliteSynchronous::Full,
        Synchronous::Normal => SqliteSynchronous::Normal,
    };
    connection(config, path)
        // Readers and the writer do not wait for each other, and a commit is one append and one sync.
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode only FULL syncs at each commit.
        .synchronous(synchronous)
        // What is deleted is overwritten, not only unlinked: people's words must be erasable.
        .pragma("secure_delete", "ON")
        // A log that one big write made long does not keep its size.
        .pragma("journal_size_limit", "16777216")
}

/// Connects the writer and brings the schema up to date.
pub(super) async fn connect_writer(
    options: &SqliteConnectOptions,
    path: &Path,
) -> Result<SqliteConnection, StoreError> {
    let failed = |error: sqlx::Error| in_store_terms(path, &Arc::new(error));
    let mut db = options.connect().await.map_err(failed)?;
    let found: i64 = query_scalar("PRAGMA application_id")
        .fetch_one(&mut db)
        .await
        .map_err(failed)?;
    let tables: i64 = query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
        .fetch_one(&mut db)
        .await
        .map_err(failed)?;
    // A file whose first migration was cut short has only the table of migrations.
    if found != APPLICATION_ID && (found != 0 || tables > 1) {
        return Err(unusable(&SqliteError::Foreign {
            path: path.to_owned(),
            found,
        }));
    }
    MIGRATIONS.run(&mut db).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error) => failed(error),
        error => StoreError::Migration(Box::new(error)),
    })?;
    Ok(db)
}

/// Connections that cannot write, opened as they are needed and then kept: opening one costs more
/// than a read.
pub(super) async fn connect_readers(
    config: &DatabaseConfig,
    path: &Path,
) -> Result<SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(config.readers.get())
        .acquire_timeout(READER_WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        // A connection to a file does not go stale, and the test is a round trip to its thread.
        .test_before_acquire(false)
        .connect_with(connection(config, path).read_only(true))
        .await
        .map_err(|error| in_store_terms(path, &Arc::new(error)))
}
