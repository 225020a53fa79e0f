//! SQLite's own look at its file: pages, indexes, references between tables.

use sqlx::{Row, SqlitePool, query};

use super::error::Failure;

/// What is wrong, one line each.
pub(super) async fn defects(db: &SqlitePool) -> Result<Vec<String>, Failure> {
    let mut defects = Vec::new();
    for row in query("PRAGMA integrity_check").fetch_all(db).await? {
        let line: String = row.try_get(0)?;
        if line != "ok" {
            defects.push(format!("integrity: {line}"));
        }
    }
    for row in query("PRAGMA foreign_key_check").fetch_all(db).await? {
        let (table, parent): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        defects.push(format!(
            "references: a row of {table} refers to a row of {parent} that is not there"
        ));
    }
    Ok(defects)
}
