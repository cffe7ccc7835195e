//! Reading rows without a panic.

use std::error::Error;
use std::fmt::Display;

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::StoreError;

/// A row of a table, with what names it in errors.
pub(crate) struct KeyedRow<'a, K> {
    pub(crate) row: &'a Row,
    pub(crate) table: &'static str,
    pub(crate) key: K,
}

impl<'a, K: Display> KeyedRow<'a, K> {
    /// The value of the column with this name in the query.
    pub(crate) fn get<T: FromSql<'a>>(&self, column: &'static str) -> Result<T, StoreError> {
        let value = self.row.try_get(column);
        value.map_err(|error| self.unreadable(column, root_cause(&error)))
    }

    /// The value of a column as another type, which may be narrower.
    pub(crate) fn get_as<S: FromSql<'a>, T: TryFrom<S>>(
        &self,
        column: &'static str,
    ) -> Result<T, StoreError>
    where
        T::Error: Display,
    {
        let value = T::try_from(self.get::<S>(column)?);
        value.map_err(|error| self.unreadable(column, error.to_string()))
    }

    pub(crate) fn unreadable(&self, column: &'static str, reason: String) -> StoreError {
        StoreError::Row {
            table: self.table,
            key: self.key.to_string(),
            column,
            reason,
        }
    }
}

/// tokio-postgres says where it failed; the cause is in the error's source.
pub(crate) fn root_cause(error: &(dyn Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), root_cause)
}
