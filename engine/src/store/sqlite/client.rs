//! Everything of one client at once.

use sqlx::query;
use sqlx::sqlite::SqliteConnection;

use super::error::Failure;
use crate::domain::id::{ClientId, TenantId};
use crate::store::StoreError;

/// Insights go first, so that none is left whose evidence goes with the sessions. Messages, folds,
/// experiences, flags, evidence and kept answers go with the sessions by their foreign keys.
const TABLES: [&str; 4] = ["insights", "sessions", "instrument_entries", "jobs"];

pub(super) async fn delete(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    client: &ClientId,
) -> Result<(), Failure> {
    let mut gone = 0;
    for table in TABLES {
        let statement = format!("DELETE FROM {table} WHERE tenant = ? AND client = ?");
        let outcome = query(sqlx::AssertSqlSafe(statement))
            .bind(tenant.as_str())
            .bind(client.as_str())
            .execute(&mut *db)
            .await?;
        gone += outcome.rows_affected();
    }
    if gone == 0 {
        let what = format!("client {client}");
        return Err(StoreError::Missing { what }.into());
    }
    Ok(())
}
