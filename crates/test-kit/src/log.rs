//! Separate topics for a test, and their content.

use ballot_log::topics::brokers_within;
use ballot_log::{Topics, client_config};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Message as _, OwnedMessage};
use rdkafka::{Offset, TopicPartitionList};
use service_kit::settings::KafkaOptions;

use crate::TIMEOUT;

/// The topics of a test, on a Kafka that others use too.
pub struct Log {
    /// Where Kafka is, and the prefix of the topic names.
    pub kafka: KafkaOptions,
    /// Their names.
    pub topics: Topics,
    /// How many partitions the ballot box has.
    pub partitions: i32,
}

impl Log {
    /// Creates the topics with this prefix, which must be unique. Every broker has a copy of each.
    pub async fn create(brokers: &str, name: &str, partitions: i32) -> Self {
        let topic_prefix = format!("{name}.");
        let topics = Topics::with_prefix(&topic_prefix);
        let replication = brokers_within(brokers, TIMEOUT).await.unwrap();
        topics
            .create(brokers, partitions, replication)
            .await
            .unwrap();
        Self {
            kafka: KafkaOptions {
                kafka_brokers: brokers.to_owned(),
                topic_prefix,
            },
            topics,
            partitions,
        }
    }

    /// The records of the ballot box, partition by partition in the order of offsets.
    pub fn votes(&self) -> Vec<OwnedMessage> {
        self.read(&self.topics.votes, self.partitions)
    }

    /// The records of a topic, partition by partition in the order of offsets.
    pub fn read(&self, topic: &str, partitions: i32) -> Vec<OwnedMessage> {
        read(&self.kafka.kafka_brokers, topic, partitions)
    }
}

/// The records of a topic, partition by partition in the order of offsets.
pub fn read(brokers: &str, topic: &str, partitions: i32) -> Vec<OwnedMessage> {
    let consumer: BaseConsumer = client_config(brokers)
        .set("group.id", "test")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap();
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_range(topic, 0, partitions - 1);
    assignment.set_all_offsets(Offset::Beginning).unwrap();
    consumer.assign(&assignment).unwrap();
    let (mut messages, mut ends) = (Vec::new(), 0);
    while ends < partitions {
        match consumer.poll(TIMEOUT).expect("Kafka answers") {
            Ok(message) => messages.push(message.detach()),
            Err(KafkaError::PartitionEOF(_)) => ends += 1,
            // librdkafka asks again; a topic that stays silent ends the loop.
            Err(error) => eprintln!("{error}"),
        }
    }
    // Within a partition they arrived in order, and a stable sort keeps that order.
    messages.sort_by_key(OwnedMessage::partition);
    messages
}
