//! The topic `aggregated_votes`: each partition's totals, for anyone downstream.

use ballot_log::{Election, Publication, Topics, client_config};
use rdkafka::error::KafkaResult;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, ThreadedProducer};
use serde::Serialize;

use crate::count::{PartitionTally, Rejected};

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
            // Tallies are few: keep them until Kafka takes them.
            .set("message.timeout.ms", "0")
            .create()?;
        Ok(Self {
            producer,
            topic: topics.aggregated_votes.clone(),
        })
    }

    /// Hands a tally to the producer; false where its queue is full and it must be offered again.
    pub(super) fn offer(&self, tally: &PartitionTally, election: &Election) -> bool {
        let visible = tally.tally.closed || election.definition().results == Publication::Live;
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
}
