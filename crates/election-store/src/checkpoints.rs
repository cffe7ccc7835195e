//! Checkpoints of the count: where a partition stands, with its tallies and rejected ballots.
//!
//! All of it is absolute ("partition p, as of offset n, is this") and stays true, so it can be
//! written twice, late, or by an instance that has lost the partition: a write for a lower offset
//! changes nothing.

use deadpool_postgres::ClientWrapper;
use tally::{PartitionTally, RejectedBallot};
use tokio_postgres::Client;

use crate::row::KeyedRow;
use crate::{StoreError, rejected, tallies};

/// What is written about one partition in one transaction.
#[derive(Debug)]
pub struct Checkpoint<'a> {
    /// The partition of the ballot box.
    pub partition: i32,
    /// The offset of the first record that is not counted yet.
    pub next_offset: i64,
    /// Its whole count, as bytes.
    pub state: &'a [u8],
    /// Its tallies, one an election.
    pub tallies: &'a [PartitionTally],
    /// Ballots rejected since the last checkpoint.
    pub rejected: &'a [RejectedBallot],
}

/// The count of a partition, as bytes, as of its newest checkpoint.
///
/// # Errors
/// Where PostgreSQL does not answer, or the row is unreadable.
pub async fn state(client: &Client, partition: i32) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT state FROM checkpoints WHERE partition = $1";
    let row = client.query_opt(sql, &[&partition]).await?;
    row.map(|row| {
        let row = KeyedRow {
            row: &row,
            table: "checkpoints",
            key: format!("partition {partition}"),
        };
        row.get("state")
    })
    .transpose()
}

/// Writes a checkpoint, unless a newer one is there; false where it is.
///
/// # Errors
/// Where PostgreSQL did not take it: nothing is written then, and it can be written again.
pub async fn save(
    client: &mut ClientWrapper,
    checkpoint: &Checkpoint<'_>,
) -> Result<bool, StoreError> {
    let transaction = client.transaction().await?;
    let sql = "INSERT INTO checkpoints (partition, next_offset, state) VALUES ($1, $2, $3)
               ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset,
                   state = excluded.state, saved_at = now()
               WHERE checkpoints.next_offset < excluded.next_offset";
    let Checkpoint {
        partition,
        next_offset,
        state,
        ..
    } = checkpoint;
    let moved = transaction
        .execute(sql, &[partition, next_offset, state])
        .await?;
    if moved == 0 {
        // The same one may have been written by an attempt whose answer was lost.
        let sql = "SELECT next_offset FROM checkpoints WHERE partition = $1";
        let stored = transaction.query_one(sql, &[partition]).await?;
        return Ok(stored.try_get::<_, i64>(0)? == *next_offset);
    }
    for tally in checkpoint.tallies {
        tallies::save(&transaction, tally).await?;
    }
    rejected::save(&transaction, *partition, checkpoint.rejected).await?;
    transaction.commit().await?;
    Ok(true)
}
