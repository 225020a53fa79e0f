//! The conformance suite on files, and what only SQLite can show.

mod auditing;
mod erasing;
mod files;
mod writing;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use super::SqliteStore;
use crate::config::database::DatabaseConfig;
use crate::store::{Store, conformance};

conformance::conformance_suite!(empty_store);

async fn empty_store() -> (Arc<dyn Store>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("test.db")).await;
    (Arc::new(store), folder)
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(&DatabaseConfig::at(path)).await.unwrap()
}

/// Scrubs the log at the first chance.
async fn open_scrubbing(path: &Path) -> SqliteStore {
    let config = DatabaseConfig::at(path);
    SqliteStore::open_with(&config, Duration::ZERO, |options| options)
        .await
        .unwrap()
}

/// A connection past the store, as another program has it.
async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(path)
        .connect()
        .await
        .unwrap()
}

async fn disconnect(connection: SqliteConnection) {
    connection.close().await.unwrap();
}

/// The error with all its sources, as a log shows it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
