//! Which partitions this instance owns, and their counts. Kafka's group gives and takes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::keeper::Keeper;
use super::partition::CountedPartition;
use crate::count::{CheckpointError, PartitionCount};
use crate::publish::PendingTallies;
use crate::store::Store;

/// How long to retry PostgreSQL and the brokers while a partition is taken over.
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The timeout for finding where a log begins and ends.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two attempts.
const LOAD_RETRY_AFTER: Duration = Duration::from_millis(500);

/// The partitions owned and their counts, as Kafka's rebalance callback and the counting thread share
/// them. Both run on one thread, so the lock is never contended.
pub(super) struct Ownership {
    partitions: Mutex<BTreeMap<i32, CountedPartition>>,
    runtime: Handle,
    store: Store,
    keeper: Keeper,
    pending: Arc<PendingTallies>,
    /// How many partitions the ballot box has; it never changes.
    fixed_partitions: i32,
    failure: watch::Sender<Option<Arc<anyhow::Error>>>,
}

impl Ownership {
    pub(super) fn new(
        runtime: Handle,
        store: Store,
        keeper: Keeper,
        pending: Arc<PendingTallies>,
        fixed_partitions: i32,
        failure: watch::Sender<Option<Arc<anyhow::Error>>>,
    ) -> Self {
        Self {
            partitions: Mutex::default(),
            runtime,
            store,
            keeper,
            pending,
            fixed_partitions,
            failure,
        }
    }

    pub(super) fn partitions(&self) -> MutexGuard<'_, BTreeMap<i32, CountedPartition>> {
        self.partitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores where everything stands and lets it go. What cannot be stored in time is no loss: the next
    /// owner starts from an older checkpoint and counts the same again.
    pub(super) fn release_all(&self) {
        let released = std::mem::take(&mut *self.partitions());
        for partition in released.keys() {
            self.pending.release(*partition);
        }
        let checkpoints = released
            .into_iter()
            .filter_map(|(partition, mut counted)| counted.checkpoint(partition))
            .collect();
        self.runtime
            .block_on(self.keeper.save_and_wait(checkpoints));
    }

    /// The count of a partition as it was stored, and the first and the next offset of its log. A server
    /// may be restarting, so both are retried; an unreadable checkpoint is not.
    fn load(
        &self,
        consumer: &BaseConsumer<Self>,
        topic: &str,
        partition: i32,
    ) -> anyhow::Result<(PartitionCount, (i64, i64))> {
        let deadline = Instant::now() + LOAD_TIMEOUT;
        loop {
            let count = self.runtime.block_on(self.store.load(partition));
            let loaded = count.and_then(|count| {
                Ok((
                    count,
                    consumer.fetch_watermarks(topic, partition, KAFKA_TIMEOUT)?,
                ))
            });
            match loaded {
                Err(error) if !error.is::<CheckpointError>() && Instant::now() < deadline => {
                    let error = format!("{error:#}");
                    tracing::warn!(
                        partition,
                        error,
                        "cannot take over a partition; trying again"
                    );
                    std::thread::sleep(LOAD_RETRY_AFTER);
                }
                loaded_or_not => return loaded_or_not,
            }
        }
    }

    fn assign(
        &self,
        consumer: &BaseConsumer<Self>,
        assigned: &mut TopicPartitionList,
    ) -> anyhow::Result<()> {
        let mut starts = TopicPartitionList::new();
        for element in assigned.elements() {
            let (topic, partition) = (element.topic(), element.partition());
            ensure!(
                partition < self.fixed_partitions,
                "the topic {topic} got more partitions than its {} while votes were counted: a ballot could be \
                 counted twice. Restore the topic with {} partitions",
                self.fixed_partitions,
                self.fixed_partitions
            );
            let (count, (first, end)) = self.load(consumer, topic, partition)?;
            let start = count.next_offset();
            ensure!(
                start <= end,
                "partition {partition} ends at offset {end}, but its checkpoint stands at {start}: the topic {topic} \
                 is another one than was counted. Restore it, or empty the tables checkpoints and partition_tallies"
            );
            ensure!(
                first <= start,
                "the log of partition {partition} begins at offset {first}, but {start} is the next to be counted: \
                 records were deleted from the topic {topic}, which must keep them for ever (retention.ms=-1)"
            );
            starts.add_partition_offset(topic, partition, Offset::Offset(start))?;
            tracing::info!(partition, start, end, "partition assigned");
            self.keeper.take_over(partition, &count);
            self.partitions()
                .insert(partition, CountedPartition::new(count));
        }
        consumer.assign(&starts)?;
        Ok(())
    }

    fn rebalance_or_explain(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) -> anyhow::Result<()> {
        if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            return self
                .assign(consumer, partitions)
                .context("cannot take over partitions");
        }
        tracing::info!(partitions = partitions.count(), "partitions revoked");
        self.release_all();
        consumer.unassign()?;
        Ok(())
    }
}

impl ClientContext for Ownership {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "Kafka consumer");
    }
}

impl ConsumerContext for Ownership {
    /// The start offsets must be in the list that is assigned: a seek afterwards would race.
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if let Err(error) = self.rebalance_or_explain(consumer, event, partitions) {
            self.failure.send_replace(Some(Arc::new(error)));
        }
    }
}
