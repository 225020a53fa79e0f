//! Files that are missing, foreign, newer, or not to be opened.

use sqlx::query;

use super::{chain, connect, disconnect, open};
use crate::config::database::DatabaseConfig;
use crate::store::conformance::sample::{Sample, tenant_id};
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError};

#[cfg(unix)]
#[tokio::test]
async fn missing_folders_and_files_are_made_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/test.db");
    let store = open(&path).await;
    Sample::new(1).with_tenant(&store, "acme").await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("a/b")), 0o700);
    let mut files: Vec<_> = std::fs::read_dir(folder.path().join("a/b"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in &files {
        assert_eq!(mode(file), 0o600, "{file:?}");
    }
    assert_eq!(store.path(), path);
    store.close().await;
    assert!(
        path.exists() && !files[2].exists(),
        "the log goes when the last writer goes"
    );
}

async fn refusal(path: &std::path::Path) -> StoreError {
    SqliteStore::open(&DatabaseConfig::at(path))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "These are notes and no database.\n".repeat(200);
    std::fs::write(&path, &text).unwrap();
    let error = refusal(&path).await;
    assert!(!error.may_pass());
    let said = chain(&error);
    assert!(
        said.contains("notes.txt is not an SQLite database"),
        "{said}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn the_database_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (name, setup) in [
        ("marked.db", "PRAGMA application_id = 7"),
        ("unmarked.db", "CREATE TABLE a (x); CREATE TABLE b (x)"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, "").unwrap();
        let mut db = connect(&path).await;
        sqlx::raw_sql(setup).execute(&mut db).await.unwrap();
        disconnect(db).await;
        let said = chain(&refusal(&path).await);
        assert!(
            said.contains(&format!("{name} is the database of another program")),
            "{said}"
        );
        let mut db = connect(&path).await;
        let tables: i64 =
            sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'sessions'")
                .fetch_one(&mut db)
                .await
                .unwrap();
        assert_eq!(tables, 0);
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    open(&path).await.close().await;
    let mut db = connect(&path).await;
    query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    )
    .execute(&mut db)
    .await
    .unwrap();
    disconnect(db).await;
    let error = refusal(&path).await;
    assert!(matches!(error, StoreError::Migration(_)), "{error:?}");
    assert!(chain(&error).contains("9999"), "{}", chain(&error));
}

#[tokio::test]
async fn a_folder_or_a_file_in_the_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = chain(&refusal(folder.path()).await);
    assert!(
        said.contains(&folder.path().display().to_string()),
        "{said}"
    );
    assert!(said.contains("cannot be made or opened"), "{said}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let said = chain(&refusal(&file.join("test.db")).await);
    assert!(said.contains("file cannot be made"), "{said}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_names_its_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = open(&path).await;
    let session = Sample::new(1).with_session(&store, "acme", "anna").await;
    let mut db = connect(&path).await;
    query("UPDATE sessions SET state = 'lost'")
        .execute(&mut db)
        .await
        .unwrap();
    disconnect(db).await;
    let error = store
        .session(&tenant_id("acme"), &session.id)
        .await
        .unwrap_err();
    let said = error.to_string();
    assert!(
        said.starts_with("a stored session cannot be read: column state: "),
        "{said}"
    );
}
