//! What the count stores in PostgreSQL: its own view of `election-store`.

use std::collections::BTreeMap;

use anyhow::Context;
use ballot_log::ElectionId;
use deadpool_postgres::{Object, Pool};
use election_store::{checkpoints, elections, rejected, rolls};
use tally::{FileTally, PartitionTally, RejectedBallot, Tally};

use crate::count::{FreedBallots, LastRecord, PartitionCount, Sightings};

/// What is written about one partition in one transaction: what has changed since the last time.
#[derive(Debug)]
pub struct Checkpoint {
    /// The partition of the ballot box.
    pub partition: i32,
    /// The position of this instance's last checkpoint.
    pub base: Base,
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
    /// Ballots that withdrawals since the last checkpoint have freed.
    pub freed: Vec<FreedBallots>,
    /// What became of the lines of files, where more is known than at the last checkpoint.
    pub files: Vec<FileTally>,
}

/// The position of a checkpoint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Base {
    /// Its next offset.
    pub offset: i64,
    /// Its last record.
    pub last: Option<LastRecord>,
}

/// The newest checkpoint of a partition; without one, an empty count.
#[derive(Debug, Default)]
pub struct StoredCount {
    /// The log that it was counted from, by cluster and topic.
    pub log: Option<String>,
    /// The count.
    pub count: PartitionCount,
}

impl Checkpoint {
    /// A checkpoint of this count, whose last checkpoint was at `base`.
    pub fn of(
        partition: i32,
        count: &mut PartitionCount,
        base: Base,
        rejected: Vec<RejectedBallot>,
        freed: Vec<FreedBallots>,
    ) -> Self {
        Self {
            partition,
            base,
            next_offset: count.next_offset(),
            sightings: count.take_sightings(),
            state: count.encode(),
            files: count.take_files(),
            tallies: tallies(partition, count),
            rejected,
            freed,
        }
    }
}

/// The tallies of a partition, one for each election that its records named.
pub fn tallies(partition: i32, count: &PartitionCount) -> Vec<PartitionTally> {
    let of_election = |election| tally(partition, count, election);
    count.elections().map(of_election).collect()
}

/// The tally of an election in a partition.
pub fn tally(partition: i32, count: &PartitionCount, election: ElectionId) -> PartitionTally {
    PartitionTally {
        election,
        partition,
        offset: count.next_offset(),
        tally: count.tally(election),
        log: count.closed_log(election),
    }
}

/// The part of the database `election_process` that the count uses.
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
    /// If PostgreSQL does not answer.
    pub async fn pinned_partitions(&self, votes_topic: &str) -> anyhow::Result<Option<i32>> {
        Ok(elections::pinned_partitions(&*self.client().await?, votes_topic).await?)
    }

    /// The count of a partition as of its newest checkpoint; without one, of an empty partition.
    ///
    /// # Errors
    /// If PostgreSQL does not answer, or the checkpoint is damaged.
    pub async fn load(&self, partition: i32) -> anyhow::Result<StoredCount> {
        let Some(stored) = checkpoints::newest(&mut *self.client().await?, partition).await? else {
            return Ok(StoredCount::default());
        };
        let sightings = stored.sightings.iter();
        let sightings = sightings.map(|(election, bytes)| (*election, bytes.as_slice()));
        let count = PartitionCount::decode(&stored.state, sightings)
            .with_context(|| format!("partition {partition}"))?;
        Ok(StoredCount {
            log: stored.log,
            count,
        })
    }

    /// The stored tallies of an election, by partition.
    ///
    /// # Errors
    /// If PostgreSQL does not answer, or a tally is damaged or of an older form.
    pub async fn tallies(&self, election: ElectionId) -> anyhow::Result<Vec<PartitionTally>> {
        Ok(election_store::tallies::of_election(&*self.client().await?, election).await?)
    }

    /// The stored tallies of an election in all partitions. A partition without a tally must be empty up to the
    /// offset of its count.
    ///
    /// # Errors
    /// If PostgreSQL does not answer, or what it holds is damaged or of an older form.
    pub async fn tallies_of_all(
        &self,
        election: ElectionId,
        partitions: i32,
    ) -> anyhow::Result<Vec<PartitionTally>> {
        // Read before the tallies, as votes may be coming in: a partition that then has no tally is empty up to here.
        let offsets = checkpoints::offsets(&*self.client().await?).await?;
        let mut stored = self.tallies(election).await?;
        for partition in 0..partitions {
            if stored.iter().all(|tally| tally.partition != partition) {
                stored.push(PartitionTally {
                    election,
                    partition,
                    offset: offsets.get(&partition).copied().unwrap_or_default(),
                    tally: Tally::default(),
                    log: None,
                });
            }
        }
        stored.sort_by_key(|tally| tally.partition);
        Ok(stored)
    }

    /// How many voters are on the roll of each election whose roll was ever loaded.
    ///
    /// # Errors
    /// If PostgreSQL does not answer.
    pub async fn registered(&self) -> anyhow::Result<BTreeMap<ElectionId, u64>> {
        Ok(rolls::all(&*self.client().await?).await?)
    }

    /// Stores how many voters are on a roll.
    ///
    /// # Errors
    /// If PostgreSQL did not take it.
    pub async fn save_registered(
        &self,
        election: ElectionId,
        registered: u64,
    ) -> anyhow::Result<()> {
        Ok(rolls::save(&*self.client().await?, election, registered).await?)
    }

    /// Writes a checkpoint of this log, unless there is a newer one; then returns false.
    ///
    /// # Errors
    /// If PostgreSQL did not take it: nothing is written then, and it can be written again.
    pub async fn save(&self, checkpoint: &Checkpoint, log: &str) -> anyhow::Result<bool> {
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
        let freed = checkpoint.freed.iter().map(|freed| rejected::Freed {
            election: freed.election,
            before_offset: freed.offset,
            guids: freed.invalid.iter().copied().collect(),
        });
        let freed: Vec<rejected::Freed> = freed.collect();
        let written = checkpoints::Checkpoint {
            partition: checkpoint.partition,
            next_offset: checkpoint.next_offset,
            log,
            state: &checkpoint.state,
            sightings: &sightings,
            from_offset: checkpoint.base.offset,
            closed: &closed,
            tallies: &checkpoint.tallies,
            rejected: &checkpoint.rejected,
            freed: &freed,
            files: &checkpoint.files,
        };
        Ok(checkpoints::save(&mut *self.client().await?, &written).await?)
    }
}
