//! The totals of each partition: "partition p, as of offset n, is this".

use ballot_records::ElectionId;
use tally::PartitionTally;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Transaction};

use crate::StoreError;
use crate::row::{KeyedRow, root_cause};

/// The tallies of an election, by partition; a partition without a record for the election has none.
///
/// # Errors
/// If PostgreSQL does not answer, or a tally is unreadable.
pub async fn of_election(
    client: &Client,
    election: ElectionId,
) -> Result<Vec<PartitionTally>, StoreError> {
    let sql =
        "SELECT partition, tally FROM partition_tallies WHERE election = $1 ORDER BY partition";
    let rows = client.query(sql, &[&i64::from(election)]).await?;
    rows.iter()
        .map(|row| {
            let keyed = KeyedRow {
                row,
                table: "partition_tallies",
                key: format!("election {election}"),
            };
            let partition = keyed.get("partition")?;
            let tally = row.try_get::<_, Json<PartitionTally>>("tally");
            tally
                .map(|Json(tally)| tally)
                .map_err(|error| StoreError::Tally {
                    election,
                    partition,
                    reason: root_cause(&error),
                })
        })
        .collect()
}

/// A tally as it is stored, whatever it says.
#[derive(Clone, Debug)]
pub struct StoredTally {
    /// The partition of the ballot box.
    pub partition: i32,
    /// Offset of the first record that is not in it, by its own column.
    pub as_of_offset: i64,
    /// The [`PartitionTally`] as JSON.
    pub json: serde_json::Value,
}

/// The tallies of an election as they are stored, by partition.
///
/// # Errors
/// Where PostgreSQL does not answer, or a row is unreadable.
pub async fn as_stored(
    client: &Client,
    election: ElectionId,
) -> Result<Vec<StoredTally>, StoreError> {
    let sql = "SELECT partition, as_of_offset, tally FROM partition_tallies WHERE election = $1 ORDER BY partition";
    let rows = client.query(sql, &[&i64::from(election)]).await?;
    let tally = |row| {
        let row = KeyedRow {
            row,
            table: "partition_tallies",
            key: format!("election {election}"),
        };
        Ok(StoredTally {
            partition: row.get("partition")?,
            as_of_offset: row.get("as_of_offset")?,
            json: row.get("tally")?,
        })
    };
    rows.iter().map(tally).collect()
}

/// Stores a tally, unless there is one with a higher offset.
pub(crate) async fn save(
    transaction: &Transaction<'_>,
    tally: &PartitionTally,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO partition_tallies (election, partition, as_of_offset, tally) VALUES ($1, $2, $3, $4)
               ON CONFLICT (election, partition) DO UPDATE SET as_of_offset = excluded.as_of_offset,
                   tally = excluded.tally
               WHERE partition_tallies.as_of_offset < excluded.as_of_offset";
    let election = i64::from(tally.election);
    transaction
        .execute(
            sql,
            &[&election, &tally.partition, &tally.offset, &Json(tally)],
        )
        .await?;
    Ok(())
}
