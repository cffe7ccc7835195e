//! Checkpoints of the count: how far a partition is counted, with its tallies and rejected ballots.
//!
//! All of it is absolute ("partition p, as of offset n, is this") and stays true, so it can be written twice,
//! late, or by an instance that has lost the partition: a write for a lower offset changes nothing.

use std::collections::BTreeMap;

use ballot_records::ElectionId;
use deadpool_postgres::ClientWrapper;
use deadpool_postgres::Transaction;
use tally::{FileTally, PartitionTally, RejectedBallot};
use tokio_postgres::{Client, IsolationLevel};

use crate::rejected::Freed;
use crate::row::KeyedRow;
use crate::{StoreError, batches, rejected, tallies};

/// What is written about one partition in one transaction.
#[derive(Debug)]
pub struct Checkpoint<'a> {
    /// The partition of the ballot box.
    pub partition: i32,
    /// The offset of the first record that is not counted yet.
    pub next_offset: i64,
    /// The log that it was counted from: the cluster and the topic.
    pub log: &'a str,
    /// Its count as bytes, without the paper ballots seen.
    pub state: &'a [u8],
    /// The paper ballots that were seen since the checkpoint at `from_offset`, by election, as bytes.
    pub sightings: &'a [(ElectionId, &'a [u8])],
    /// The offset of this instance's last checkpoint.
    pub from_offset: i64,
    /// Closed elections: the paper ballots seen for them are no longer needed.
    pub closed: &'a [i64],
    /// Its tallies, one per election.
    pub tallies: &'a [PartitionTally],
    /// Ballots rejected since the last checkpoint.
    pub rejected: &'a [RejectedBallot],
    /// Ballots whose rejections do not hold any more.
    pub freed: &'a [Freed],
    /// What became of the lines of files, where more is known than at the last checkpoint of this instance.
    pub files: &'a [FileTally],
}

/// A checkpoint as it was stored, all in bytes.
#[derive(Debug)]
pub struct StoredCheckpoint {
    /// The log that it was counted from.
    pub log: Option<String>,
    /// The count without the paper ballots seen.
    pub state: Vec<u8>,
    /// The paper ballots seen, by election, in the order of the log.
    pub sightings: Vec<(ElectionId, Vec<u8>)>,
}

/// The newest checkpoint of a partition.
///
/// # Errors
/// If PostgreSQL does not answer, or a row is unreadable.
pub async fn newest(
    client: &mut ClientWrapper,
    partition: i32,
) -> Result<Option<StoredCheckpoint>, StoreError> {
    // Another instance may write between the two reads.
    let snapshot = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead);
    let transaction = snapshot.read_only(true).start().await?;
    let sql = "SELECT log, state FROM checkpoints WHERE partition = $1";
    let Some(row) = transaction.query_opt(sql, &[&partition]).await? else {
        return Ok(None);
    };
    let key = || format!("partition {partition}");
    let checkpoint = KeyedRow {
        row: &row,
        table: "checkpoints",
        key: key(),
    };
    let (log, state) = (checkpoint.get("log")?, checkpoint.get("state")?);
    let sql = "SELECT election, sightings FROM paper_sightings WHERE partition = $1
               ORDER BY election, to_offset, from_offset DESC";
    let rows = transaction.query(sql, &[&partition]).await?;
    let sightings = rows.iter().map(|row| {
        let row = KeyedRow {
            row,
            table: "paper_sightings",
            key: key(),
        };
        Ok((row.get_as::<i64, _>("election")?, row.get("sightings")?))
    });
    let sightings = sightings.collect::<Result<_, StoreError>>()?;
    Ok(Some(StoredCheckpoint {
        log,
        state,
        sightings,
    }))
}

/// The offset of the newest checkpoint of each partition.
///
/// # Errors
/// If PostgreSQL does not answer, or a row is unreadable.
pub async fn offsets(client: &Client) -> Result<BTreeMap<i32, i64>, StoreError> {
    let sql = "SELECT partition, next_offset FROM checkpoints";
    let rows = client.query(sql, &[]).await?;
    let offset = |row| {
        let row = KeyedRow {
            row,
            table: "checkpoints",
            key: "a partition",
        };
        Ok((row.get("partition")?, row.get("next_offset")?))
    };
    rows.iter().map(offset).collect()
}

/// Writes a checkpoint, unless there is a newer one; then returns false.
///
/// # Errors
/// If PostgreSQL did not take it: nothing is written then, and it can be written again.
pub async fn save(
    client: &mut ClientWrapper,
    checkpoint: &Checkpoint<'_>,
) -> Result<bool, StoreError> {
    let transaction = client.transaction().await?;
    let sql = "INSERT INTO checkpoints (partition, next_offset, log, state) VALUES ($1, $2, $3, $4)
               ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset,
                   log = excluded.log, state = excluded.state, saved_at = now()
               WHERE checkpoints.next_offset < excluded.next_offset";
    let Checkpoint {
        partition,
        next_offset,
        log,
        state,
        ..
    } = checkpoint;
    let moved = transaction
        .execute(sql, &[partition, next_offset, log, state])
        .await?;
    // Also needed if there is a newer one: this instance's next checkpoint adds only what comes after this one.
    save_sightings(&transaction, checkpoint).await?;
    if moved == 0 {
        // An attempt whose answer was lost may already have written the same checkpoint.
        let sql = "SELECT next_offset FROM checkpoints WHERE partition = $1";
        let stored = transaction.query_one(sql, &[partition]).await?;
        let is_same = stored.try_get::<_, i64>(0)? == *next_offset;
        transaction.commit().await?;
        return Ok(is_same);
    }
    for tally in checkpoint.tallies {
        tallies::save(&transaction, tally).await?;
    }
    rejected::save(&transaction, *partition, checkpoint.rejected).await?;
    rejected::free(&transaction, *partition, checkpoint.freed).await?;
    batches::save_lines(&transaction, *partition, checkpoint.files).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn save_sightings(
    transaction: &Transaction<'_>,
    checkpoint: &Checkpoint<'_>,
) -> Result<(), StoreError> {
    let Checkpoint {
        partition,
        next_offset,
        from_offset,
        ..
    } = checkpoint;
    let sql = "INSERT INTO paper_sightings (partition, election, from_offset, to_offset, sightings)
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    for (election, bytes) in checkpoint.sightings {
        let election = i64::from(*election);
        transaction
            .execute(
                sql,
                &[partition, &election, from_offset, next_offset, bytes],
            )
            .await?;
    }
    if !checkpoint.closed.is_empty() {
        let sql = "DELETE FROM paper_sightings WHERE partition = $1 AND election = ANY($2)";
        transaction
            .execute(sql, &[partition, &checkpoint.closed])
            .await?;
    }
    Ok(())
}
