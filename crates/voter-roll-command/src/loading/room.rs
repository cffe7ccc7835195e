//! Whether elections have room for a roll that has grown.

use tokio_postgres::{Client, Transaction};

use super::records;
use crate::error::RollError;

/// The numbers of the elections that use the roll: these, or all that were loaded and not purged.
pub(crate) async fn in_use(database: &Client, elections: &[u32]) -> Result<Vec<u32>, RollError> {
    let records = records::open(database, elections).await?;
    Ok(records.iter().map(|record| record.election).collect())
}

/// Refuses a roll that one of these elections, or of all that were loaded and not purged, has no room for: that could not be
/// loaded again when Redis has lost it.
pub(crate) async fn check_room(
    transaction: &Transaction<'_>,
    elections: &[u32],
) -> Result<(), RollError> {
    let rows = "SELECT coalesce(max(row_number), -1) + 1 FROM dim_voters";
    let voters: i64 = transaction.query_one(rows, &[]).await?.try_get(0)?;
    for record in records::open(transaction, elections).await? {
        if voters > i64::from(record.capacity) {
            return Err(RollError::NoRoom {
                election: record.election,
                capacity: record.capacity,
                voters,
            });
        }
    }
    Ok(())
}
