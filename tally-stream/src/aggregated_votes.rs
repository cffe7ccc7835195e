//! The topic `aggregated_votes`: each partition's totals, for anyone downstream, as of its checkpoints.
//!
//! A partition's totals are sent when a checkpoint of it has been written, and when an instance takes it over,
//! because its last owner may have died in between.

use std::collections::BTreeMap;
use std::time::Duration;

use ballot_log::{ElectionId, Elections, Publication, Topics, client_config};
use rdkafka::error::KafkaResult;
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde::Serialize;
use tally::{PartitionTally, Rejected, Tally, Totals};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::store::Store;

/// The pause between two attempts to reach Kafka or PostgreSQL.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Sends totals to `aggregated_votes`.
pub struct AggregatedVotes {
    producer: FutureProducer,
    topic: String,
    elections: Elections,
    store: Store,
    partitions: usize,
    /// The last totals sent for each election and partition: most elections do not change between two checkpoints.
    sent: BTreeMap<(ElectionId, i32), Tally>,
    offered: mpsc::UnboundedReceiver<Vec<PartitionTally>>,
}

/// Passes totals to [`AggregatedVotes`]. Cheap to clone.
#[derive(Clone)]
pub struct Offers(mpsc::UnboundedSender<Vec<PartitionTally>>);

impl Offers {
    /// Passes on the totals of a partition that are stored in PostgreSQL.
    pub fn offer(&self, tallies: Vec<PartitionTally>) {
        // Fails only when the task has ended, and the process with it.
        let _ended = self.0.send(tallies);
    }
}

/// A partition's totals; `votes` are `[district, poll number, votes]` and absent while they are withheld.
/// Values of a key may arrive out of order after a change of owner: the highest offset is valid.
#[derive(Serialize)]
struct Value<'a> {
    election: u32,
    partition: i32,
    offset: i64,
    closed: bool,
    counted: u64,
    rejected: &'a Rejected,
    repeated: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    votes: Option<Vec<(u16, u32, u64)>>,
}

impl AggregatedVotes {
    /// Connects in the background. `partitions` is how many the ballot box has.
    ///
    /// # Errors
    /// If the client cannot be created.
    pub fn open(
        brokers: &str,
        topics: &Topics,
        elections: Elections,
        store: Store,
        partitions: usize,
    ) -> KafkaResult<(Self, Offers)> {
        let producer = client_config(brokers)
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            .set("message.timeout.ms", "5000")
            .create()?;
        let (offers, offered) = mpsc::unbounded_channel();
        let task = Self {
            producer,
            topic: topics.aggregated_votes.clone(),
            elections,
            store,
            partitions,
            sent: BTreeMap::new(),
            offered,
        };
        Ok((task, Offers(offers)))
    }

    /// Sends what is offered, until the last [`Offers`] is dropped.
    pub async fn run(mut self) {
        while let Some(tallies) = self.offered.recv().await {
            while let Err(error) = self.send(&tallies).await {
                let error = format!("{error:#}");
                if self.offered.is_closed() {
                    tracing::warn!(
                        error,
                        "the last totals were not sent; the next owner sends them"
                    );
                    return;
                }
                tracing::warn!(error, "cannot send totals; trying again");
                sleep(RETRY_AFTER).await;
            }
        }
    }

    async fn send(&mut self, tallies: &[PartitionTally]) -> anyhow::Result<()> {
        let values = self.with_visibility(tallies).await?;
        let mut under_way = Vec::new();
        for ((election, partition), (tally, visible)) in &values {
            let (key, payload) = (format!("{election}/{partition}"), encode(tally, *visible)?);
            let record = FutureRecord::to(&self.topic).key(&key).payload(&payload);
            let sent = self.producer.send_result(record);
            under_way.push(sent.map_err(|(error, _)| error)?);
        }
        for delivered in under_way {
            delivered.await?.map_err(|(error, _)| error)?;
        }
        let sent = values
            .into_iter()
            .map(|(key, (tally, _))| (key, tally.tally));
        self.sent.extend(sent);
        Ok(())
    }

    /// Those of the tallies that have changed, and whether their votes may be shown. Once the last partition of
    /// an election has been closed, the votes of all its partitions may be shown.
    async fn with_visibility(
        &self,
        tallies: &[PartitionTally],
    ) -> anyhow::Result<BTreeMap<(ElectionId, i32), (PartitionTally, bool)>> {
        let mut values = BTreeMap::new();
        for tally in tallies {
            let key = (tally.election, tally.partition);
            if self.sent.get(&key) == Some(&tally.tally) {
                continue;
            }
            // Its definition has not been read yet: the next checkpoint comes with it.
            let Some(election) = self.elections.get(tally.election) else {
                continue;
            };
            // Nobody waits for the numbers of an election that has no result.
            if election.definition().cancelled.is_some() {
                continue;
            }
            let live = election.definition().results == Publication::Live;
            values.insert(key, (tally.clone(), live));
            if live || !tally.tally.closed {
                continue;
            }
            let all = self.store.tallies(tally.election).await?;
            if Totals::of(&all, self.partitions).is_final {
                let visible =
                    |tally: PartitionTally| ((tally.election, tally.partition), (tally, true));
                values.extend(all.into_iter().map(visible));
            }
        }
        Ok(values)
    }
}

fn encode(tally: &PartitionTally, visible: bool) -> serde_json::Result<Vec<u8>> {
    let votes = tally.tally.votes.iter();
    serde_json::to_vec(&Value {
        election: tally.election,
        partition: tally.partition,
        offset: tally.offset,
        closed: tally.tally.closed,
        counted: tally.tally.counted(),
        rejected: &tally.tally.rejected,
        repeated: tally.tally.repeated,
        votes: visible.then(|| {
            votes
                .map(|((district, number), votes)| (*district, *number, *votes))
                .collect()
        }),
    })
}
