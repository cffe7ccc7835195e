//! Closing elections by themselves: a marker in every partition after the end, and the final result once
//! the count has passed them all. Where the definition asks for it, all of that waits for an administrator's word.
//!
//! The work to do is read from the database every time, so it makes no difference whether this program was
//! running at the end of an election, or how many instances run: a second marker changes nothing, and every
//! instance computes the same result.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use ballot_log::{BallotBox, Election, ElectionDefinition, ElectionId, Record};
use deadpool_postgres::{Object, Pool};
use election_store::{batches, elections, tallies};
use jiff::Timestamp;
use service_kit::health::Readiness;
use tally::PartitionTally;
use tokio::sync::Notify;

use crate::elections::{definitions, finalising};
use crate::results::final_results;
use crate::withdrawals;

/// Missing in readiness while elections cannot be closed.
const CLOSING: &str = "closing";
/// How often the count is checked while an election is being closed.
const WHILE_CLOSING: Duration = Duration::from_millis(100);
/// How often to look for new elections without a notification: another instance may define one.
const WHILE_IDLE: Duration = Duration::from_secs(1);
/// How long a query may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The markers written by this process. After a restart they are simply written again.
type Markers = BTreeMap<(ElectionId, i32), Marker>;

/// A closing marker in the log.
enum Marker {
    /// The count will find it, and close the partition.
    Obeyed,
    /// It arrived before the end by the brokers' clocks, which will reach the end at this time.
    TooEarly(Instant),
}

/// How far an election is that has ended.
enum Closed {
    /// The result is final.
    Finally,
    /// The count has not passed the markers.
    NotYet,
    /// An administrator has to let it.
    Waits,
}

/// Watches elections.
pub struct Closing {
    /// The database `election_process`.
    pub pool: Pool,
    /// The log that gets the markers.
    pub ballot_box: BallotBox,
    /// The name of the ballot box.
    pub votes_topic: String,
    /// How long to wait after an election's end: longer than the difference between the brokers' clocks.
    pub grace: Duration,
    /// Notified when an election has been defined.
    pub defined: Arc<Notify>,
    /// Reports whether PostgreSQL answers.
    pub readiness: Readiness,
}

impl Closing {
    /// Closes elections until it is aborted.
    pub async fn run(self) {
        let mut markers = Markers::new();
        loop {
            let pause = match self.round(&mut markers).await {
                Ok(pause) => {
                    self.readiness.ready(CLOSING);
                    pause
                }
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "cannot look after elections; trying again"
                    );
                    self.readiness.wait_for(CLOSING, format!("{error:#}"));
                    WHILE_IDLE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.defined.notified() => {}
            }
        }
    }

    /// Does the work that is due now; returns how long there will be nothing to do.
    async fn round(&self, markers: &mut Markers) -> anyhow::Result<Duration> {
        let client = definitions::connection(&self.pool).await?;
        // A server that hangs is treated like one that is down.
        let unfinished = tokio::time::timeout(PATIENCE, elections::unfinished(&client))
            .await
            .context("PostgreSQL does not answer")??;
        let partitions = elections::pinned_partitions(&client, &self.votes_topic).await?;
        let partitions = partitions.unwrap_or_default();
        drop(client);
        self.put_withdrawals_into_log().await?;
        let mut client = definitions::connection(&self.pool).await?;
        let mut pause = WHILE_IDLE;
        for definition in unfinished {
            let definition = match definition {
                Ok(definition) => definition,
                // The other elections are not affected.
                Err(error) => {
                    tracing::error!(%error, "cannot close an election");
                    continue;
                }
            };
            let left = self.until_due(&definition);
            if !left.is_zero() {
                pause = pause.min(left);
                continue;
            }
            let id = definition.id;
            let closed = self
                .close(&mut client, definition, partitions, markers)
                .await;
            match closed {
                Ok(Closed::Finally) => markers.retain(|(election, _), _| *election != id),
                Ok(Closed::NotYet) => pause = pause.min(WHILE_CLOSING),
                Ok(Closed::Waits) => {}
                // Nor here.
                Err(error) => {
                    tracing::error!(
                        election = id,
                        error = format!("{error:#}"),
                        "cannot close an election; trying again"
                    );
                }
            }
        }
        Ok(pause)
    }

    fn until_due(&self, definition: &ElectionDefinition) -> Duration {
        let end = definition.end.max(definition.created);
        let left = end.duration_since(Timestamp::now());
        // Negative once the end has passed.
        let grace = i128::try_from(self.grace.as_nanos()).unwrap_or(i128::MAX);
        let nanoseconds = left.as_nanos().saturating_add(grace).max(0);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    async fn put_withdrawals_into_log(&self) -> anyhow::Result<()> {
        withdrawals::put_into_log(&self.pool, &self.ballot_box, &self.votes_topic).await
    }

    /// Brings an election that has ended nearer to its final result.
    async fn close(
        &self,
        client: &mut Object,
        definition: ElectionDefinition,
        partitions: i32,
        markers: &mut Markers,
    ) -> anyhow::Result<Closed> {
        if finalising::has_to_wait(client, &definition).await? {
            return Ok(Closed::Waits);
        }
        let id = definition.id;
        if markers.keys().all(|(election, _)| *election != id) {
            // Whatever is withdrawn comes before the markers, in every partition.
            let transaction = client.transaction().await?;
            batches::begin_to_close(&transaction, id).await?;
            transaction.commit().await?;
            self.put_withdrawals_into_log().await?;
        }
        let tallies = tallies::of_election(client, id).await?;
        let all = usize::try_from(partitions)?;
        if final_results::finalise(client, &definition, &tallies, all).await? {
            return Ok(Closed::Finally);
        }
        let election = Election::new(definition);
        for partition in 0..partitions {
            let place = (election.definition().id, partition);
            let is_due = match markers.get(&place) {
                None => true,
                Some(Marker::Obeyed) => false,
                Some(Marker::TooEarly(again)) => Instant::now() >= *again,
            };
            if is_due && !is_closed(&tallies, partition) {
                markers.insert(place, self.mark(&election, partition).await?);
            }
        }
        Ok(Closed::NotYet)
    }

    /// Appends a closing marker. One that the log received before the end closes nothing.
    async fn mark(&self, election: &Election, partition: i32) -> anyhow::Result<Marker> {
        let definition = election.definition();
        let id = definition.id;
        let marker = Record::Close { election: id };
        let appended = self.ballot_box.append_to(partition, &marker).await;
        let appended = appended.with_context(|| {
            format!("cannot append the closing marker to partition {partition}")
        })?;
        let (offset, time_ms) = (appended.offset, appended.time_ms);
        if election.existed_at(time_ms) && election.has_ended_at(time_ms) {
            tracing::info!(election = id, partition, offset, "closed the partition");
            return Ok(Marker::Obeyed);
        }
        let closes = definition.end.max(definition.created).as_millisecond();
        let behind_ms = closes.saturating_sub(time_ms).max(1).unsigned_abs();
        tracing::warn!(
            election = id,
            partition,
            offset,
            behind_ms,
            "the brokers' clocks are behind: the closing marker is written again"
        );
        Ok(Marker::TooEarly(
            Instant::now() + Duration::from_millis(behind_ms),
        ))
    }
}

fn is_closed(tallies: &[PartitionTally], partition: i32) -> bool {
    tallies
        .iter()
        .any(|stored| stored.partition == partition && stored.tally.closed)
}
