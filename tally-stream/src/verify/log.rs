//! The log once more: each partition from its first record, by a consumer that does nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use ballot_log::{ElectionDefinition, client_config};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Message, Timestamp};
use rdkafka::{Offset, TopicPartitionList};
use tally::PartitionTally;

use super::naive::NaiveCount;

/// How long to wait for the next record.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait for a record behind what seems to be the end: a new leader may not know yet how far it goes.
const END_TIMEOUT: Duration = Duration::from_secs(2);
/// Between two log lines about progress.
const LOG_EVERY: Duration = Duration::from_secs(5);

/// The offsets at which each partition is compared with something.
pub(super) type Places = BTreeMap<i32, BTreeSet<i64>>;

/// What the log says at each of these places. Behind its end it says what it said there.
pub(super) type Said = BTreeMap<(i32, i64), PartitionTally>;

/// Reads the log up to the last of these places. Blocks.
///
/// # Errors
/// Where Kafka does not hand the log out, or not from its first record on.
pub(super) fn read(
    brokers: &str,
    topic: &str,
    definition: &ElectionDefinition,
    places: &Places,
) -> anyhow::Result<Said> {
    let mut said = Said::new();
    for (partition, offsets) in places {
        let mut reader = PartitionReader::open(brokers, topic, *partition)?;
        let mut count = NaiveCount::new(definition.clone());
        for offset in offsets {
            reader.read_below(*offset, &mut count)?;
            said.insert((*partition, *offset), count.tally(*partition));
        }
    }
    Ok(said)
}

struct PartitionReader<'a> {
    consumer: BaseConsumer,
    topic: &'a str,
    partition: i32,
    /// A record that is not to be counted yet.
    next: Option<(i64, i64, Vec<u8>)>,
    ended: bool,
    logged: Instant,
}

impl<'a> PartitionReader<'a> {
    fn open(brokers: &str, topic: &'a str, partition: i32) -> anyhow::Result<Self> {
        let consumer: BaseConsumer = client_config(brokers)
            // A group is demanded by librdkafka, but never joined.
            .set("group.id", "urna-verify")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "error")
            .create()?;
        let (first, _end) = consumer
            .fetch_watermarks(topic, partition, TIMEOUT)
            .with_context(|| {
                format!("cannot look at partition {partition} of the topic {topic}")
            })?;
        ensure!(
            first == 0,
            "partition {partition} of the topic {topic} begins at offset {first}: the records before it were deleted, and \
             without them nothing can be counted again. Restore the topic from its first record on (retention.ms=-1)"
        );
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(topic, partition, Offset::Offset(0))?;
        consumer.assign(&assignment)?;
        Ok(Self {
            consumer,
            topic,
            partition,
            next: None,
            ended: false,
            logged: Instant::now(),
        })
    }

    /// Counts all records below this offset, or to the end of the log.
    fn read_below(&mut self, offset: i64, count: &mut NaiveCount) -> anyhow::Result<()> {
        while count.next_offset() < offset {
            let Some(record) = self.next()? else {
                return Ok(());
            };
            if record.0 >= offset {
                self.next = Some(record);
                return Ok(());
            }
            let (at, time_ms, payload) = record;
            count.add(at, time_ms, &payload);
            if self.logged.elapsed() >= LOG_EVERY {
                self.logged = Instant::now();
                let partition = self.partition;
                tracing::info!(partition, records = at + 1, of = offset, "reading the log");
            }
        }
        Ok(())
    }

    /// The next record; none at the end of the log.
    fn next(&mut self) -> anyhow::Result<Option<(i64, i64, Vec<u8>)>> {
        if self.ended || self.next.is_some() {
            return Ok(self.next.take());
        }
        let (mut since, mut limit) = (Instant::now(), TIMEOUT);
        while since.elapsed() < limit {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    let Timestamp::LogAppendTime(time_ms) = message.timestamp() else {
                        let topic = self.topic;
                        bail!("the topic {topic} lacks message.timestamp.type=LogAppendTime");
                    };
                    let payload = message.payload().unwrap_or_default().to_vec();
                    return Ok(Some((message.offset(), time_ms, payload)));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    (since, limit) = (Instant::now(), END_TIMEOUT);
                }
                Some(Err(error)) if is_final(&error) => {
                    return Err(error).context("Kafka does not hand the log out");
                }
                // Kafka may be restarting.
                Some(Err(error)) => tracing::warn!(%error, "Kafka consumer; trying again"),
                None => {}
            }
        }
        ensure!(
            limit == END_TIMEOUT,
            "Kafka has been silent for {} s",
            TIMEOUT.as_secs()
        );
        self.ended = true;
        Ok(None)
    }
}

/// Whether waiting does not help.
fn is_final(error: &KafkaError) -> bool {
    use rdkafka::error::RDKafkaErrorCode::AutoOffsetReset;
    matches!(
        error,
        KafkaError::MessageConsumptionFatal(_) | KafkaError::MessageConsumption(AutoOffsetReset)
    )
}
