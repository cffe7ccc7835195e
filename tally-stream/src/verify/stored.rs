//! What PostgreSQL holds of an election, at one moment.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use ballot_log::{ElectionDefinition, ElectionId};
use election_store::final_results::{self, FinalResult};
use election_store::tallies::{self, StoredTally};
use election_store::{checkpoints, elections};
use service_database::postgres;
use service_database::settings::PostgresOptions;

/// Everything that is read there.
pub(super) struct Stored {
    /// How many partitions are counted.
    pub(super) partitions: i32,
    pub(super) definition: Option<ElectionDefinition>,
    /// Where the count of each partition stands.
    pub(super) checkpoints: BTreeMap<i32, i64>,
    pub(super) tallies: BTreeMap<i32, StoredTally>,
    pub(super) final_result: Option<FinalResult>,
}

impl Stored {
    /// `partitions` is how many the topic has; only those are counted that it had when its first election was defined.
    ///
    /// # Errors
    /// Where PostgreSQL does not answer, holds something unreadable, or nothing.
    pub(super) async fn read(
        options: &PostgresOptions,
        votes_topic: &str,
        partitions: i32,
        election: ElectionId,
    ) -> anyhow::Result<Self> {
        let client = postgres::pool(options)?.get().await;
        let client = client.context("cannot reach PostgreSQL at DATABASE_URL")?;
        // The connection goes when this has been read, and the transaction with it.
        client
            .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let checkpoints = checkpoints::offsets(&client).await.context(
            "cannot read the checkpoints: does DATABASE_URL name the database election_process?",
        )?;
        ensure!(
            !checkpoints.is_empty(),
            "PostgreSQL holds no count: tally-stream has not stored a checkpoint. Start `tally-stream run`, or wait until it \
             has counted a record"
        );
        let pinned = elections::pinned_partitions(&client, votes_topic).await?;
        let tallies = tallies::as_stored(&client, election).await?;
        Ok(Self {
            partitions: pinned.unwrap_or(partitions),
            definition: elections::find(&client, election).await?,
            checkpoints,
            tallies: tallies
                .into_iter()
                .map(|tally| (tally.partition, tally))
                .collect(),
            final_result: final_results::find(&client, election).await?,
        })
    }

    /// The offset that is stored for the tally of a partition: without one, where its count stands.
    pub(super) fn offset(&self, partition: i32) -> i64 {
        let checkpoint = self.checkpoints.get(&partition).copied();
        let tally = self.tallies.get(&partition);
        tally.map_or(checkpoint.unwrap_or_default(), |tally| tally.as_of_offset)
    }
}
