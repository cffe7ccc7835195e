//! Closing elections by themselves: a marker in every partition after the end, and the final result once
//! the count has passed them all.
//!
//! What is to be done is read off the database every time, so it makes no difference whether this program
//! was running at the end of an election, or how many of it are: a second marker changes nothing, and
//! everyone computes the same result.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ballot_log::{BallotBox, Election, ElectionDefinition, ElectionId, Record};
use deadpool_postgres::Pool;
use jiff::Timestamp;
use service_kit::health::Readiness;
use tokio::sync::Notify;
use tokio_postgres::Client;

use crate::result::PartitionTally;
use crate::{counted, definitions, finals};

/// How often the count is looked at while an election is being closed.
const WHILE_CLOSING: Duration = Duration::from_millis(100);
/// How often new elections are looked for, if nobody tells of them: another instance may define one.
const WHILE_IDLE: Duration = Duration::from_secs(1);
/// The part of the service that this looks after.
const POSTGRES: &str = "postgres";

/// Watches elections.
pub struct Closing {
    /// The database `election_process`.
    pub pool: Pool,
    /// Where the markers go.
    pub ballot_box: BallotBox,
    /// The name of the ballot box.
    pub votes_topic: String,
    /// Waited after an election's end: more than the clocks of brokers differ.
    pub grace: Duration,
    /// Told when an election has been defined.
    pub defined: Arc<Notify>,
    /// Told whether PostgreSQL answers.
    pub readiness: Readiness,
}

impl Closing {
    /// Closes elections until it is aborted.
    pub async fn run(self) {
        // Markers that the count will find. Forgotten with the process: they are written again then.
        let mut marked = BTreeSet::new();
        loop {
            let pause = match self.round(&mut marked).await {
                Ok(pause) => {
                    self.readiness.ready(POSTGRES);
                    pause
                }
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "cannot look after elections; trying again"
                    );
                    self.readiness.wait_for(POSTGRES, format!("{error:#}"));
                    WHILE_IDLE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.defined.notified() => {}
            }
        }
    }

    /// Does what is to be done now; returns for how long nothing will be.
    async fn round(&self, marked: &mut BTreeSet<(ElectionId, i32)>) -> anyhow::Result<Duration> {
        let client = definitions::connection(&self.pool).await?;
        let unfinished = definitions::unfinished(&client).await?;
        let partitions = definitions::pinned_partitions(&client, &self.votes_topic).await?;
        let mut pause = WHILE_IDLE;
        for definition in unfinished {
            let left = self.until_due(&definition);
            if !left.is_zero() {
                pause = pause.min(left);
                continue;
            }
            let id = definition.id;
            let closed = self
                .close(&client, definition, partitions.unwrap_or_default(), marked)
                .await;
            match closed {
                Ok(true) => marked.retain(|(election, _)| *election != id),
                Ok(false) => pause = pause.min(WHILE_CLOSING),
                // The others shall not suffer from it.
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

    /// Whether the result is final now.
    async fn close(
        &self,
        client: &Client,
        definition: ElectionDefinition,
        partitions: i32,
        marked: &mut BTreeSet<(ElectionId, i32)>,
    ) -> anyhow::Result<bool> {
        let tallies = counted::tallies(client, definition.id).await?;
        let all = usize::try_from(partitions)?;
        if finals::finalise(client, &definition, &tallies, all).await? {
            return Ok(true);
        }
        let election = Election::new(definition);
        for partition in 0..partitions {
            let place = (election.definition().id, partition);
            let is_done = is_closed(&tallies, partition) || marked.contains(&place);
            if !is_done && self.mark(&election, partition).await? {
                marked.insert(place);
            }
        }
        Ok(false)
    }

    /// Appends a closing marker; false where the log received it before the end, so that it closes nothing.
    async fn mark(&self, election: &Election, partition: i32) -> anyhow::Result<bool> {
        let id = election.definition().id;
        let marker = Record::Close { election: id };
        let appended = self.ballot_box.append_to(partition, &marker).await;
        let appended = appended.with_context(|| {
            format!("cannot append the closing marker to partition {partition}")
        })?;
        let (offset, time_ms) = (appended.offset, appended.time_ms);
        let obeyed = election.existed_at(time_ms) && election.has_ended_at(time_ms);
        if obeyed {
            tracing::info!(election = id, partition, offset, "closed the partition");
        } else {
            tracing::warn!(
                election = id,
                partition,
                offset,
                "the brokers' clocks are behind: the closing marker is written again"
            );
        }
        Ok(obeyed)
    }
}

fn is_closed(tallies: &[PartitionTally], partition: i32) -> bool {
    tallies
        .iter()
        .any(|stored| stored.partition == partition && stored.tally.closed)
}
