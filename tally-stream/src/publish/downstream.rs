//! The topic `aggregated_votes`: each partition's totals, for anyone downstream.

use std::time::Duration;

use ballot_log::{Topics, client_config};
use rdkafka::error::KafkaResult;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use serde::Serialize;
use tally::{PartitionTally, Rejected};
use tokio::task::spawn_blocking;

/// How long Kafka may take for the last totals.
const FLUSH_PATIENCE: Duration = Duration::from_secs(5);

/// Appends to `aggregated_votes`.
pub(super) struct Downstream {
    producer: ThreadedProducer<DefaultProducerContext>,
    topic: String,
}

/// A partition's totals; `votes` are `[district, poll number, votes]` and absent while they may not be
/// seen. Values of a key may arrive out of order after a change of hands: the highest offset holds.
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

impl Downstream {
    pub(super) fn open(brokers: &str, topics: &Topics) -> KafkaResult<Self> {
        let producer = client_config(brokers)
            .set("enable.idempotence", "true")
            .set("linger.ms", "20")
            // A total that could not be delivered soon is outdated: the next one takes its place.
            .set("message.timeout.ms", "10000")
            .create()?;
        Ok(Self {
            producer,
            topic: topics.aggregated_votes.clone(),
        })
    }

    /// Hands a tally to the producer, with its votes if they may be seen; false where the queue is full and
    /// it must be offered again.
    pub(super) fn offer(&self, tally: &PartitionTally, visible: bool) -> bool {
        let votes = tally.tally.votes.iter();
        let value = Value {
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
        };
        let Ok(payload) = serde_json::to_vec(&value) else {
            return true;
        };
        let key = format!("{}/{}", tally.election, tally.partition);
        let record = BaseRecord::to(&self.topic).key(&key).payload(&payload);
        self.producer.send(record).is_ok()
    }

    /// Waits until what was offered is delivered, but not for ever.
    pub(super) async fn finish(self) {
        let flushed = spawn_blocking(move || self.producer.flush(FLUSH_PATIENCE)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!(
                "Kafka did not take the last totals; the next instance sends them again"
            );
        }
    }
}
