//! What the count leaves in PostgreSQL: its own view of `election-store`.

use std::collections::BTreeMap;

use anyhow::Context;
use ballot_log::ElectionId;
use deadpool_postgres::{Object, Pool};
use election_store::{checkpoints, elections, rolls};
use tally::{PartitionTally, RejectedBallot, Tally};

use crate::count::{PartitionCount, Sightings};

/// What is written about one partition in one transaction: what has changed since the last time.
#[derive(Debug)]
pub struct Checkpoint {
    /// The partition of the ballot box.
    pub partition: i32,
    /// Where the last checkpoint of this instance stood.
    pub from_offset: i64,
    /// The offset of the first record that is not counted yet.
    pub next_offset: i64,
    /// The count without the paper ballots seen, as bytes.
    pub state: Vec<u8>,
    /// Paper ballots seen since the last checkpoint.
    pub sightings: Vec<Sightings>,
    /// The tallies of all elections.
    pub tallies: Vec<PartitionTally>,
    /// Ballots rejected since the last checkpoint.
    pub rejected: Vec<RejectedBallot>,
}

impl Checkpoint {
    /// Of this count, whose last checkpoint stood at `from_offset`.
    pub fn of(
        partition: i32,
        count: &mut PartitionCount,
        from_offset: i64,
        rejected: Vec<RejectedBallot>,
    ) -> Self {
        Self {
            partition,
            from_offset,
            next_offset: count.next_offset(),
            sightings: count.take_sightings(),
            state: count.encode(),
            tallies: tallies(partition, count),
            rejected,
        }
    }
}

/// The tallies of a partition, one for each election that its records named.
pub fn tallies(partition: i32, count: &PartitionCount) -> Vec<PartitionTally> {
    let tally = |election| PartitionTally {
        election,
        partition,
        offset: count.next_offset(),
        tally: count.tally(election),
    };
    count.elections().map(tally).collect()
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

    async fn client(&self) -> anyhow::Result<Object> {
        let client = self.pool.get().await;
        client.context("cannot reach PostgreSQL at DATABASE_URL")
    }

    /// The number of partitions that the ballot box had when its first election was defined.
    ///
    /// # Errors
    /// Where PostgreSQL does not answer.
    pub async fn pinned_partitions(&self, votes_topic: &str) -> anyhow::Result<Option<i32>> {
        Ok(elections::pinned_partitions(&*self.client().await?, votes_topic).await?)
    }

    /// The count of a partition as of its newest checkpoint; without one, of an empty partition.
    ///
    /// # Errors
    /// Where PostgreSQL does not answer, or the checkpoint is damaged.
    pub async fn load(&self, partition: i32) -> anyhow::Result<PartitionCount> {
        let Some(stored) = checkpoints::newest(&mut *self.client().await?, partition).await? else {
            return Ok(PartitionCount::default());
        };
        let sightings = stored.sightings.iter();
        let sightings = sightings.map(|(election, bytes)| (*election, bytes.as_slice()));
        PartitionCount::decode(&stored.state, sightings)
            .with_context(|| format!("partition {partition}"))
    }

    /// The stored tallies of an election, by partition.
    ///
    /// # Errors
    /// Where PostgreSQL does not answer, or a tally is damaged or of an older form.
    pub async fn tallies(&self, election: ElectionId) -> anyhow::Result<Vec<PartitionTally>> {
        Ok(election_store::tallies::of_election(&*self.client().await?, election).await?)
    }

    /// The stored tallies of an election in all partitions. One that has none must be empty up to where its
    /// count stands.
    ///
    /// # Errors
    /// Where PostgreSQL does not answer, or what it holds is damaged or of an older form.
    pub async fn tallies_of_all(
        &self,
        election: ElectionId,
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

    /// How many voters are on the roll of each election whose roll was ever loaded.
    ///
    /// # Errors
    /// Where PostgreSQL does not answer.
    pub async fn registered(&self) -> anyhow::Result<BTreeMap<ElectionId, u64>> {
        Ok(rolls::all(&*self.client().await?).await?)
    }

    /// Stores how many voters are on a roll.
    ///
    /// # Errors
    /// Where PostgreSQL did not take it.
    pub async fn save_registered(
        &self,
        election: ElectionId,
        registered: u64,
    ) -> anyhow::Result<()> {
        Ok(rolls::save(&*self.client().await?, election, registered).await?)
    }

    /// Writes a checkpoint, unless a newer one is there; false where it is.
    ///
    /// # Errors
    /// Where PostgreSQL did not take it: nothing is written then, and it can be written again.
    pub async fn save(&self, checkpoint: &Checkpoint) -> anyhow::Result<bool> {
        let sightings: Vec<(ElectionId, &[u8])> = checkpoint
            .sightings
            .iter()
            .map(|seen| (seen.election, seen.bytes.as_slice()))
            .collect();
        let closed: Vec<i64> = checkpoint
            .tallies
            .iter()
            .filter(|tally| tally.tally.closed)
            .map(|tally| tally.election.into())
            .collect();
        let written = checkpoints::Checkpoint {
            partition: checkpoint.partition,
            next_offset: checkpoint.next_offset,
            state: &checkpoint.state,
            sightings: &sightings,
            from_offset: checkpoint.from_offset,
            closed: &closed,
            tallies: &checkpoint.tallies,
            rejected: &checkpoint.rejected,
        };
        Ok(checkpoints::save(&mut *self.client().await?, &written).await?)
    }
}
