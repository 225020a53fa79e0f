//! Between rows and domain types. A column that does not hold what this program writes is an
//! inconsistency that names the column, never a default.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use sqlx::sqlite::{Sqlite, SqliteQueryResult, SqliteRow};
use sqlx::{Decode, Row, Type};

use super::error::Failure;
use crate::domain::page::{Page, PageSize};
use crate::domain::persona::PersonaKey;
use crate::store::StoreError;

/// The columns of one row.
pub(super) struct Columns<'r> {
    row: &'r SqliteRow,
    what: &'static str,
}

impl<'r> Columns<'r> {
    /// The columns of `row`, which stores a `what`.
    pub(super) fn of(what: &'static str, row: &'r SqliteRow) -> Self {
        Self { row, what }
    }

    fn unreadable(&self, column: &str, why: impl Display) -> StoreError {
        StoreError::Inconsistent {
            what: self.what,
            detail: format!("column {column}: {why}"),
        }
    }

    /// As SQLite gives it.
    pub(super) fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        self.row
            .try_get(column)
            .map_err(|why| self.unreadable(column, why))
    }

    /// An identifier.
    pub(super) fn id<T: FromStr<Err: Display>>(
        &self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let text: &str = self.get(column)?;
        text.parse().map_err(|why| self.unreadable(column, why))
    }

    /// An identifier, where there is one.
    pub(super) fn optional_id<T: FromStr<Err: Display>>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let text: Option<&str> = self.get(column)?;
        text.map(str::parse)
            .transpose()
            .map_err(|why| self.unreadable(column, why))
    }

    /// A persona's owner and name.
    pub(super) fn persona(
        &self,
        owner: &'static str,
        id: &'static str,
    ) -> Result<PersonaKey, StoreError> {
        Ok(PersonaKey {
            owner: self.id(owner)?,
            id: self.id(id)?,
        })
    }

    /// An instant.
    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        let micros: i64 = self.get(column)?;
        Timestamp::from_microsecond(micros).map_err(|why| self.unreadable(column, why))
    }

    /// An instant, where there is one.
    pub(super) fn optional_time(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let micros: Option<i64> = self.get(column)?;
        let time = micros.map(Timestamp::from_microsecond).transpose();
        time.map_err(|why| self.unreadable(column, why))
    }

    /// A whole number within the range of `T`.
    pub(super) fn integer<T: TryFrom<i64, Error: Display>>(
        &self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let number: i64 = self.get(column)?;
        T::try_from(number).map_err(|why| self.unreadable(column, why))
    }

    /// Bytes of a fixed length.
    pub(super) fn digest<const N: usize>(
        &self,
        column: &'static str,
    ) -> Result<[u8; N], StoreError> {
        let bytes: &[u8] = self.get(column)?;
        bytes.try_into().map_err(|why| self.unreadable(column, why))
    }

    /// Bytes of a fixed length, where there are any.
    pub(super) fn optional_digest<const N: usize>(
        &self,
        column: &'static str,
    ) -> Result<Option<[u8; N]>, StoreError> {
        let bytes: Option<&[u8]> = self.get(column)?;
        let digest = bytes.map(<[u8; N]>::try_from).transpose();
        digest.map_err(|why| self.unreadable(column, why))
    }

    /// One of the words of an enum.
    pub(super) fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        let text: &str = self.get(column)?;
        let word: StrDeserializer<'_, WordError> = text.into_deserializer();
        T::deserialize(word).map_err(|why| self.unreadable(column, why))
    }

    /// A value kept as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        let text: &str = self.get(column)?;
        serde_json::from_str(text).map_err(|why| self.unreadable(column, why))
    }

    /// A value kept as JSON, where there is one.
    pub(super) fn optional_json<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let text: Option<&str> = self.get(column)?;
        let value = text.map(serde_json::from_str).transpose();
        value.map_err(|why| self.unreadable(column, why))
    }
}

/// A value as JSON text.
pub(super) fn json<T: Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|why| StoreError::Inconsistent {
        what,
        detail: why.to_string(),
    })
}

/// A whole number as SQLite keeps it.
pub(super) fn integer<T: TryInto<i64, Error: Display>>(
    what: &'static str,
    value: T,
) -> Result<i64, StoreError> {
    value.try_into().map_err(|why| StoreError::Inconsistent {
        what,
        detail: why.to_string(),
    })
}

/// The outcome of an insert: `what` is a conflict when its key is taken, and `parent` is missing
/// when the row that it must belong to is not there.
pub(super) fn inserted(
    outcome: Result<SqliteQueryResult, sqlx::Error>,
    what: impl FnOnce() -> String,
    parent: impl FnOnce() -> String,
) -> Result<(), Failure> {
    match outcome {
        Ok(_) => Ok(()),
        Err(error) => Err(match error.as_database_error() {
            Some(broken) if broken.is_unique_violation() => {
                StoreError::Conflict { what: what() }.into()
            }
            Some(broken) if broken.is_foreign_key_violation() => {
                StoreError::Missing { what: parent() }.into()
            }
            _ => error.into(),
        }),
    }
}

/// The outcome of a removal: `what` is missing when no row went.
pub(super) fn removed(
    outcome: &SqliteQueryResult,
    what: impl FnOnce() -> String,
) -> Result<(), Failure> {
    if outcome.rows_affected() == 0 {
        return Err(StoreError::Missing { what: what() }.into());
    }
    Ok(())
}

/// How many rows to ask for: one more than the page holds shows whether another page follows.
pub(super) fn page_limit(size: PageSize) -> i64 {
    i64::from(size.get()) + 1
}

/// A page of rows that were read up to [`page_limit`].
pub(super) fn page<T>(
    rows: &[SqliteRow],
    size: PageSize,
    read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, StoreError> {
    let size = usize::from(size.get());
    let items: Vec<T> = rows.iter().take(size).map(read).collect::<Result<_, _>>()?;
    let next = if rows.len() > size {
        items.last().map(key)
    } else {
        None
    };
    Ok(Page { items, next })
}
