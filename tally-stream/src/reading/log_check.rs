//! Whether the log is still the one that was counted.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use ballot_log::client_config;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use tokio::task::spawn_blocking;

use super::log_record;
use crate::count::LastRecord;

/// The timeout of one request to Kafka.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest wait for a record, before the time is checked.
const POLL: Duration = Duration::from_millis(50);

/// Reads single records of the log again, to compare them with what was counted.
pub(crate) struct LogCheck {
    consumer: Mutex<BaseConsumer>,
    topic: String,
    log: String,
}

/// The log cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogCheckError {
    /// Kafka did not answer.
    #[error("Kafka does not answer: {0}")]
    Kafka(#[from] KafkaError),
    /// The log is shorter than what was counted, or a different one.
    #[error(
        "{0}. Restore the topic as it was counted. If the log as it is now is to be the ballot box, delete the partition \
         from the tables checkpoints and partition_tallies, and it is counted again from the beginning"
    )]
    NotTheLog(String),
}

impl LogCheck {
    /// Connects, and reads the id of the cluster.
    pub(crate) async fn open(brokers: &str, topic: &str) -> anyhow::Result<Arc<Self>> {
        let consumer: BaseConsumer = client_config(brokers)
            // librdkafka requires a group, but it is never joined: partitions are assigned manually.
            .set("group.id", "urna-log-check")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "error")
            .set("fetch.wait.max.ms", "10")
            // Fetches one record, without those that follow it.
            .set("fetch.message.max.bytes", "16384")
            .set("queued.min.messages", "1")
            .create()?;
        let (cluster, consumer) = spawn_blocking(move || {
            let cluster = consumer.client().fetch_cluster_id(KAFKA_TIMEOUT);
            (cluster, consumer)
        })
        .await?;
        let cluster = cluster.context("Kafka does not tell the id of its cluster")?;
        Ok(Arc::new(Self {
            consumer: Mutex::new(consumer),
            topic: topic.to_owned(),
            log: format!("{cluster}/{topic}"),
        }))
    }

    /// The log by its cluster and topic.
    pub(crate) fn log(&self) -> &str {
        &self.log
    }

    /// Compares the log that a checkpoint names with this one.
    pub(crate) fn compare(
        &self,
        partition: i32,
        counted: Option<&str>,
    ) -> Result<(), LogCheckError> {
        match counted {
            Some(counted) if counted != self.log => Err(LogCheckError::NotTheLog(format!(
                "the checkpoint of partition {partition} was counted from the log {counted} (cluster/topic), and {} is \
                 another one than was counted",
                self.log
            ))),
            _ => Ok(()),
        }
    }

    /// Fails unless the partition still has the records below `next_offset`, of which `last` is the last one.
    pub(crate) async fn check(
        self: &Arc<Self>,
        partition: i32,
        next_offset: i64,
        last: Option<LastRecord>,
    ) -> Result<(), LogCheckError> {
        let this = self.clone();
        let checked = spawn_blocking(move || this.check_blocking(partition, next_offset, last));
        checked.await.unwrap_or(Err(KafkaError::Canceled.into()))
    }

    fn check_blocking(
        &self,
        partition: i32,
        next_offset: i64,
        last: Option<LastRecord>,
    ) -> Result<(), LogCheckError> {
        let consumer = self.consumer.lock().unwrap_or_else(PoisonError::into_inner);
        let topic = &self.topic;
        let (first, end) = consumer.fetch_watermarks(topic, partition, KAFKA_TIMEOUT)?;
        if end < next_offset {
            return Err(LogCheckError::NotTheLog(format!(
                "partition {partition} of the topic {topic} ends at offset {end}, but was counted up to {next_offset}: \
                 its last records are lost, or the topic is another one than was counted"
            )));
        }
        if first > last.map_or(0, |last| last.offset) {
            return Err(LogCheckError::NotTheLog(format!(
                "partition {partition} of the topic {topic} begins at offset {first}: records were deleted from it, \
                 which must keep them for ever (retention.ms=-1)"
            )));
        }
        let Some(last) = last else {
            return Ok(());
        };
        if read(&consumer, topic, partition, last.offset)? == Some(last) {
            return Ok(());
        }
        Err(LogCheckError::NotTheLog(format!(
            "the record at offset {} of partition {partition} of the topic {topic} is not the one that was counted: the \
             topic lost records and got others in their place, or is another one than was counted",
            last.offset
        )))
    }
}

/// The identity of the record at an offset; `None` if it no longer exists.
fn read(
    consumer: &BaseConsumer,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<Option<LastRecord>, KafkaError> {
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, partition, Offset::Offset(offset))?;
    consumer.assign(&assignment)?;
    let deadline = Instant::now() + KAFKA_TIMEOUT;
    let read = loop {
        match consumer.poll(POLL) {
            Some(Ok(message)) => {
                let record = log_record(&message).map(|record| LastRecord::of(&record));
                break Ok(record);
            }
            Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))) => {
                break Ok(None);
            }
            Some(Err(_)) | None if Instant::now() < deadline => {}
            Some(Err(error)) => break Err(error),
            None => {
                let late = RDKafkaErrorCode::OperationTimedOut;
                break Err(KafkaError::MessageConsumption(late));
            }
        }
    };
    consumer.unassign()?;
    read
}
