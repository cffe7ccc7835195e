//! What the count leaves in PostgreSQL: checkpoints, tallies, rejected ballots.
//!
//! All of it is absolute ("partition p, as of offset n, is this") and true for ever, so it can be
//! written twice, late, or by an instance that has lost the partition: a write for a lower offset
//! changes nothing.

use std::collections::BTreeMap;

use anyhow::Context;
use ballot_log::{Ballot, ElectionId};
use deadpool_postgres::{Pool, Transaction};
use jiff::Timestamp;
use tally::{PartitionTally, Tally};
use tokio_postgres::types::Json;

use crate::count::{PartitionCount, RejectedBallot};

#[allow(missing_docs, unreachable_pub)]
mod schema {
    refinery::embed_migrations!("../sql/election_process");
}

/// The migrations of the database `election_process`.
pub fn migrations() -> refinery::Runner {
    schema::migrations::runner()
}

/// What is written about one partition in one transaction.
#[derive(Debug)]
pub struct Checkpoint {
    /// The partition of the ballot box.
    pub partition: i32,
    /// Its whole count.
    pub count: PartitionCount,
    /// Ballots rejected since the last checkpoint.
    pub rejected: Vec<RejectedBallot>,
}

/// The database `election_process`, as far as the count is concerned.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
}

impl Store {
    /// Uses this pool.
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The number of partitions that the ballot box had when its first election was defined.
    ///
    /// # Errors
    /// Where PostgreSQL cannot be asked.
    pub async fn pinned_partitions(&self, votes_topic: &str) -> anyhow::Result<Option<i32>> {
        let client = self.pool.get().await?;
        let query = "SELECT partitions FROM ballot_boxes WHERE topic = $1";
        let row = client.query_opt(query, &[&votes_topic]).await?;
        Ok(row.map(|row| row.get(0)))
    }

    /// The count of a partition as of its newest checkpoint; without one, of an empty partition.
    ///
    /// # Errors
    /// Where PostgreSQL cannot be asked, or the checkpoint is damaged.
    pub async fn load(&self, partition: i32) -> anyhow::Result<PartitionCount> {
        let client = self.pool.get().await?;
        let query = "SELECT state FROM checkpoints WHERE partition = $1";
        match client.query_opt(query, &[&partition]).await? {
            None => Ok(PartitionCount::default()),
            Some(row) => {
                PartitionCount::decode(row.get(0)).with_context(|| format!("partition {partition}"))
            }
        }
    }

    /// The stored tallies of an election, by partition.
    ///
    /// # Errors
    /// Where PostgreSQL cannot be asked, or a tally is of an older form.
    pub async fn tallies(&self, election: u32) -> anyhow::Result<Vec<PartitionTally>> {
        let client = self.pool.get().await?;
        let query = "SELECT tally FROM partition_tallies WHERE election = $1 ORDER BY partition";
        let rows = client.query(query, &[&i64::from(election)]).await?;
        rows.iter()
            .map(|row| Ok(row.try_get::<_, Json<PartitionTally>>(0)?.0))
            .collect::<anyhow::Result<_>>()
            .with_context(|| {
                format!(
                    "the table partition_tallies holds unreadable tallies of election {election}: remove all rows of \
                     their partitions from it and from the table checkpoints, and they are counted again from the log"
                )
            })
    }

    /// The stored tallies of an election in all partitions. One that has none must be empty up to where its
    /// count stands.
    ///
    /// # Errors
    /// Where PostgreSQL cannot be asked, or what it holds is damaged or of an older form.
    pub async fn tallies_of_all(
        &self,
        election: u32,
        partitions: i32,
    ) -> anyhow::Result<Vec<PartitionTally>> {
        let mut stored = self.tallies(election).await?;
        for partition in 0..partitions {
            if stored.iter().all(|tally| tally.partition != partition) {
                stored.push(PartitionTally {
                    election,
                    partition,
                    offset: self.load(partition).await?.next_offset(),
                    tally: Tally::default(),
                });
            }
        }
        stored.sort_by_key(|tally| tally.partition);
        Ok(stored)
    }

    /// How many voters are on the roll of each election whose roll was ever seen.
    ///
    /// # Errors
    /// Where PostgreSQL cannot be asked.
    pub async fn registered(&self) -> anyhow::Result<BTreeMap<ElectionId, u64>> {
        let client = self.pool.get().await?;
        let rows = client
            .query("SELECT election, registered FROM rolls", &[])
            .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    row.get::<_, i64>(0).try_into()?,
                    row.get::<_, i64>(1).try_into()?,
                ))
            })
            .collect()
    }

    /// Writes down how many voters are on a roll.
    ///
    /// # Errors
    /// Where PostgreSQL did not take it.
    pub async fn save_registered(
        &self,
        election: ElectionId,
        registered: u64,
    ) -> anyhow::Result<()> {
        let client = self.pool.get().await?;
        let upsert = "INSERT INTO rolls (election, registered) VALUES ($1, $2)
                      ON CONFLICT (election) DO UPDATE SET registered = excluded.registered";
        let registered = i64::try_from(registered)?;
        client
            .execute(upsert, &[&i64::from(election), &registered])
            .await?;
        Ok(())
    }

    /// Writes a checkpoint, unless a newer one is there.
    ///
    /// # Errors
    /// Where PostgreSQL did not take it: nothing is written then, and it can be written again.
    pub async fn save(&self, checkpoint: &Checkpoint) -> anyhow::Result<()> {
        let count = &checkpoint.count;
        let state = count.encode()?;
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let moved = transaction
            .execute(
                "INSERT INTO checkpoints (partition, next_offset, state) VALUES ($1, $2, $3)
                 ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset,
                     state = excluded.state, saved_at = now()
                 WHERE checkpoints.next_offset < excluded.next_offset",
                &[&checkpoint.partition, &count.next_offset(), &state],
            )
            .await?;
        if moved == 0 {
            return Ok(());
        }
        for election in count.elections() {
            let tally = PartitionTally {
                election,
                partition: checkpoint.partition,
                offset: count.next_offset(),
                tally: count.tally(election),
            };
            save_tally(&transaction, &tally).await?;
        }
        save_rejected(&transaction, checkpoint.partition, &checkpoint.rejected).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn save_tally(transaction: &Transaction<'_>, tally: &PartitionTally) -> anyhow::Result<()> {
    transaction
        .execute(
            "INSERT INTO partition_tallies (election, partition, as_of_offset, tally) VALUES ($1, $2, $3, $4)
             ON CONFLICT (election, partition) DO UPDATE SET as_of_offset = excluded.as_of_offset,
                 tally = excluded.tally
             WHERE partition_tallies.as_of_offset < excluded.as_of_offset",
            &[&i64::from(tally.election), &tally.partition, &tally.offset, &Json(tally)],
        )
        .await?;
    Ok(())
}

/// One statement for all of them: there may be many when somebody floods the log.
async fn save_rejected(
    transaction: &Transaction<'_>,
    partition: i32,
    rejected: &[RejectedBallot],
) -> anyhow::Result<()> {
    const ROWS_A_STATEMENT: usize = 10_000;
    let statement = transaction
        .prepare_cached(
            "INSERT INTO rejected_ballots (partition, log_offset, election, ballot_guid, poll_number,
                 official_jmbg, reason, appended_at)
             SELECT $1, log_offset, election, guid, number::numeric, jmbg, reason, appended_at
             FROM unnest($2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                 $8::timestamptz[]) AS row (log_offset, election, guid, number, jmbg, reason, appended_at)
             ON CONFLICT DO NOTHING",
        )
        .await?;
    for rows in rejected.chunks(ROWS_A_STATEMENT) {
        let column = Columns::of(rows)?;
        transaction
            .execute(
                &statement,
                &[
                    &partition,
                    &column.offset,
                    &column.election,
                    &column.ballot_guid,
                    &column.poll_number,
                    &column.official_jmbg,
                    &column.reason,
                    &column.appended_at,
                ],
            )
            .await?;
    }
    Ok(())
}

/// Rejected ballots, turned into columns. A voter's ballot shows no serial here: officials see that
/// one was rejected, and why.
#[derive(Default)]
struct Columns {
    offset: Vec<i64>,
    election: Vec<Option<i64>>,
    ballot_guid: Vec<Option<uuid::Uuid>>,
    poll_number: Vec<Option<String>>,
    official_jmbg: Vec<Option<String>>,
    reason: Vec<&'static str>,
    appended_at: Vec<Timestamp>,
}

impl Columns {
    fn of(rows: &[RejectedBallot]) -> anyhow::Result<Self> {
        let mut columns = Self::default();
        for row in rows {
            let paper = row.ballot.as_ref().and_then(|ballot| match ballot.ballot {
                Ballot::Serial(_) => None,
                Ballot::Paper(guid, line) => Some((guid, line)),
            });
            columns.offset.push(row.offset);
            columns
                .election
                .push(row.ballot.as_ref().map(|ballot| i64::from(ballot.election)));
            columns.ballot_guid.push(paper.map(|(guid, _)| guid));
            columns
                .poll_number
                .push(row.ballot.as_ref().map(|ballot| ballot.choice.to_string()));
            columns
                .official_jmbg
                .push(paper.map(|(_, line)| format!("{:013}", line.official)));
            columns.reason.push(row.reason.text());
            columns
                .appended_at
                .push(Timestamp::from_millisecond(row.time_ms)?);
        }
        Ok(columns)
    }
}
