//! Counting an election again from the first record, to compare with what is stored.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use ballot_log::{Elections, Topics, client_config};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Message, Timestamp};
use rdkafka::{Offset, TopicPartitionList};
use service_database::postgres;
use tally::{PartitionTally, Tally};

use crate::count::{LogRecord, PartitionCount};
use crate::options::RecountOptions;
use crate::store::Store;

/// How long to wait for the next record.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Between two log lines about progress.
const LOG_EVERY: Duration = Duration::from_secs(5);

/// How stored and recounted totals compare.
#[derive(Debug)]
pub struct Recount {
    /// The stored tallies, and the same as counted again.
    pub partitions: Vec<(PartitionTally, Tally)>,
}

impl Recount {
    /// Whether every partition came out the same.
    pub fn agrees(&self) -> bool {
        self.partitions
            .iter()
            .all(|(stored, again)| stored.tally == *again)
    }
}

/// Counts again exactly the records that the stored tallies stand on.
///
/// # Errors
/// Where a server cannot be reached, nothing is stored, or the log ends before the stored tallies do.
pub async fn recount(options: RecountOptions) -> anyhow::Result<Recount> {
    postgres::migrate(
        &options.postgres.database.url()?,
        election_store::migrations(),
    )
    .await?;
    let store = Store::new(postgres::pool(&options.postgres)?);
    let topics = Topics::with_prefix(&options.kafka.topic_prefix);
    let brokers = &options.kafka.kafka_brokers;
    let partitions = topics.vote_partitions_within(brokers, TIMEOUT).await?;
    let stored = store.tallies_of_all(options.election, partitions).await?;
    let elections = Elections::follow(&options.kafka.kafka_brokers, &topics)?;
    elections.read_to_end().await?;
    tokio::task::spawn_blocking(move || count_again(&options, &topics, &elections, stored)).await?
}

fn count_again(
    options: &RecountOptions,
    topics: &Topics,
    elections: &Elections,
    stored: Vec<PartitionTally>,
) -> anyhow::Result<Recount> {
    let consumer: BaseConsumer = client_config(&options.kafka.kafka_brokers)
        // A group is demanded by librdkafka, but never joined.
        .set("group.id", "urna-recount")
        .set("enable.auto.commit", "false")
        .set("fetch.queue.backoff.ms", "10")
        .create()?;
    let ends: BTreeMap<i32, i64> = stored
        .iter()
        .map(|tally| (tally.partition, tally.offset))
        .collect();
    let mut assignment = TopicPartitionList::new();
    for (partition, end) in &ends {
        let (first, log_end) = consumer.fetch_watermarks(&topics.votes, *partition, TIMEOUT)?;
        ensure!(
            first == 0 && log_end >= *end,
            "the log of partition {partition} holds offsets {first} to {log_end}, but the stored totals stand on 0 to {end}"
        );
        assignment.add_partition_offset(&topics.votes, *partition, Offset::Offset(0))?;
    }
    consumer.assign(&assignment)?;

    let known = elections.all();
    let mut counts: BTreeMap<i32, PartitionCount> = BTreeMap::new();
    let mut last_record = Instant::now();
    let mut logged = Instant::now();
    while ends
        .iter()
        .any(|(partition, end)| next_offset(&counts, *partition) < *end)
    {
        let message = match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => message,
            Some(Err(KafkaError::PartitionEOF(_))) | None if last_record.elapsed() < TIMEOUT => {
                continue;
            }
            Some(Err(error)) => return Err(error).context("Kafka ended the recount"),
            None => bail!("Kafka has been silent for {} s", TIMEOUT.as_secs()),
        };
        last_record = Instant::now();
        let Timestamp::LogAppendTime(time_ms) = message.timestamp() else {
            bail!(
                "the topic {} lacks message.timestamp.type=LogAppendTime",
                topics.votes
            );
        };
        let (partition, offset) = (message.partition(), message.offset());
        if ends.get(&partition).is_none_or(|end| offset >= *end) {
            continue;
        }
        let payload = message.payload().unwrap_or_default();
        let record = LogRecord {
            offset,
            time_ms,
            payload,
        };
        let count = counts.entry(partition).or_default();
        count.apply(record, |id| anyhow::Ok(known.get(&id).cloned()))?;
        if logged.elapsed() >= LOG_EVERY {
            logged = Instant::now();
            for count in counts.values_mut() {
                // Nobody stores them.
                drop(count.take_sightings());
            }
            let done: i64 = ends
                .keys()
                .map(|partition| next_offset(&counts, *partition))
                .sum();
            let all: i64 = ends.values().sum();
            tracing::info!(records = done, of = all, "recounting");
        }
    }
    let again = |partition| {
        counts
            .get(&partition)
            .map(|count| count.tally(options.election))
    };
    let partitions = stored
        .into_iter()
        .map(|tally| {
            let again = again(tally.partition).unwrap_or_default();
            (tally, again)
        })
        .collect();
    for (partition, end) in &ends {
        let records = counts.get(partition).map_or(0, PartitionCount::records);
        ensure!(
            u64::try_from(*end)? == records,
            "of {end} records of partition {partition} only {records} are in the log: some were deleted"
        );
    }
    Ok(Recount { partitions })
}

fn next_offset(counts: &BTreeMap<i32, PartitionCount>, partition: i32) -> i64 {
    counts
        .get(&partition)
        .map_or(0, PartitionCount::next_offset)
}
