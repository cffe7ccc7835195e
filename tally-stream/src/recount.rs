//! Counting an election again from the first record, to compare with what is stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use ballot_log::elections::ElectionMap;
use ballot_log::{Elections, Topics, client_config};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use service_database::postgres;
use tally::PartitionTally;
use tokio::runtime::Handle;

use crate::count::PartitionCount;
use crate::options::RecountOptions;
use crate::reading::{Gaps, is_passing, log_record};
use crate::store::{self, Store};

/// How long to wait for the next record.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The time between two log lines about progress.
const LOG_EVERY: Duration = Duration::from_secs(5);

/// How stored and recounted totals compare.
#[derive(Debug)]
pub struct Recount {
    /// The stored tallies, and the same as counted again.
    pub partitions: Vec<(PartitionTally, PartitionTally)>,
}

impl Recount {
    /// Whether every partition has the same totals, based on the same records.
    pub fn agrees(&self) -> bool {
        self.partitions
            .iter()
            .all(|(stored, again)| stored == again)
    }
}

/// Counts exactly the records again that the stored tallies are based on.
///
/// # Errors
/// If a server cannot be reached, nothing is stored, or the log ends before the stored tallies do.
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
    let pinned = store.pinned_partitions(&topics.votes).await?;
    let partitions = pinned.unwrap_or(partitions);
    let stored = store.tallies_of_all(options.election, partitions).await?;
    let elections = Elections::follow(brokers, &topics)?;
    elections.read_to_end().await?;
    if let Some(unreadable) = elections.unreadable().get(&options.election) {
        bail!("{unreadable}");
    }
    let gaps = Gaps::new(brokers, &topics, Handle::current());
    let ends = stored
        .iter()
        .map(|tally| (tally.partition, tally.offset))
        .collect();
    let consumer = read_from_the_beginning(brokers, &topics.votes, &ends)?;
    let mut again = Again {
        consumer,
        topic: topics.votes,
        gaps,
        elections: elections.all(),
        ends,
        counts: BTreeMap::new(),
    };
    tokio::task::spawn_blocking(move || {
        again.count()?;
        let compare = |stored: PartitionTally| {
            let count = again.counts.entry(stored.partition).or_default();
            let recounted = store::tally(stored.partition, count, options.election);
            (stored, recounted)
        };
        Ok(Recount {
            partitions: stored.into_iter().map(compare).collect(),
        })
    })
    .await?
}

fn read_from_the_beginning(
    brokers: &str,
    topic: &str,
    ends: &BTreeMap<i32, i64>,
) -> anyhow::Result<BaseConsumer> {
    let consumer: BaseConsumer = client_config(brokers)
        // librdkafka requires a group, but it is never joined.
        .set("group.id", "urna-recount")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .set("fetch.queue.backoff.ms", "10")
        .create()?;
    let mut assignment = TopicPartitionList::new();
    for (partition, end) in ends {
        let (first, log_end) = consumer.fetch_watermarks(topic, *partition, TIMEOUT)?;
        ensure!(
            first == 0 && log_end >= *end,
            "the log of partition {partition} holds offsets {first} to {log_end}, but the stored totals stand on 0 to {end}"
        );
        assignment.add_partition_offset(topic, *partition, Offset::Offset(0))?;
    }
    consumer.assign(&assignment)?;
    Ok(consumer)
}

/// A count that begins at the first record.
struct Again {
    consumer: BaseConsumer,
    topic: String,
    gaps: Gaps,
    elections: Arc<ElectionMap>,
    /// The offset up to which each partition is counted.
    ends: BTreeMap<i32, i64>,
    counts: BTreeMap<i32, PartitionCount>,
}

impl Again {
    fn count(&mut self) -> anyhow::Result<()> {
        let mut last_record = Instant::now();
        let mut logged = Instant::now();
        while self.is_unfinished() {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    last_record = Instant::now();
                    let topic = &self.topic;
                    let Some(record) = log_record(&message) else {
                        bail!("the topic {topic} lacks message.timestamp.type=LogAppendTime");
                    };
                    let partition = message.partition();
                    if self
                        .ends
                        .get(&partition)
                        .is_none_or(|end| record.offset >= *end)
                    {
                        continue;
                    }
                    let count = self.counts.entry(partition).or_default();
                    let next = count.next_offset();
                    if record.offset > next {
                        self.gaps
                            .explain(&self.consumer, partition, (next, record.offset))?;
                    }
                    let elections = &self.elections;
                    count.apply(record, |id| anyhow::Ok(elections.get(&id).cloned()))?;
                }
                // Kafka may be restarting.
                Some(Err(error)) if !is_passing(&error) => {
                    return Err(error).context("Kafka ended the recount");
                }
                Some(Err(_)) | None if last_record.elapsed() < TIMEOUT => {}
                Some(Err(_)) | None => bail!("Kafka has been silent for {} s", TIMEOUT.as_secs()),
            }
            if logged.elapsed() >= LOG_EVERY {
                logged = Instant::now();
                self.log_progress();
            }
        }
        Ok(())
    }

    fn is_unfinished(&self) -> bool {
        let mut ends = self.ends.iter();
        ends.any(|(partition, end)| self.next_offset(*partition) < *end)
    }

    fn next_offset(&self, partition: i32) -> i64 {
        let count = self.counts.get(&partition);
        count.map_or(0, PartitionCount::next_offset)
    }

    fn log_progress(&mut self) {
        for count in self.counts.values_mut() {
            // They are not stored.
            drop(count.take_sightings());
            drop(count.take_files());
        }
        let partitions = self.ends.keys();
        let records: i64 = partitions
            .map(|partition| self.next_offset(*partition))
            .sum();
        tracing::info!(records, of = self.ends.values().sum::<i64>(), "recounting");
    }
}
