//! Which partitions this instance owns, and their counts. Kafka's group gives and takes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::ensure;
use ballot_log::Elections;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::keeper::Keeper;
use super::partition::CountedPartition;
use super::takeover::{Beginning, Kept, PARTITIONS, Takeover};
use crate::publish::PendingTallies;

/// The partitions owned and their counts, as Kafka's rebalance callback and the counting thread share
/// them. Both run on one thread, so the lock is never contended.
pub(super) struct Ownership {
    partitions: Mutex<Partitions>,
    topic: String,
    runtime: Handle,
    takeover: Takeover,
    keeper: Keeper,
    pending: Arc<PendingTallies>,
    /// How many partitions the ballot box has; it never changes.
    fixed_partitions: i32,
    elections: Elections,
    failure: watch::Sender<Option<Arc<anyhow::Error>>>,
}

#[derive(Default)]
pub(super) struct Partitions {
    pub(super) counted: BTreeMap<i32, CountedPartition>,
    /// Assigned, but not counted yet: nothing is fetched from them, and the group does not wait.
    arriving: BTreeMap<i32, JoinHandle<anyhow::Result<Beginning>>>,
    /// Released before PostgreSQL had stored their count.
    kept: BTreeMap<i32, CountedPartition>,
}

impl Ownership {
    pub(super) fn new(
        topic: String,
        runtime: Handle,
        takeover: Takeover,
        keeper: Keeper,
        pending: Arc<PendingTallies>,
        (fixed_partitions, elections): (i32, Elections),
        failure: watch::Sender<Option<Arc<anyhow::Error>>>,
    ) -> Self {
        Self {
            partitions: Mutex::default(),
            topic,
            runtime,
            takeover,
            keeper,
            pending,
            fixed_partitions,
            elections,
            failure,
        }
    }

    pub(super) fn partitions(&self) -> MutexGuard<'_, Partitions> {
        self.partitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the current state and releases all partitions. Anything that cannot be stored in time is kept: it is
    /// stored later, and counting continues from it if the partition comes back first.
    pub(super) fn release_all(&self) {
        let mut partitions = self.partitions();
        for (_, arriving) in std::mem::take(&mut partitions.arriving) {
            arriving.abort();
        }
        self.takeover.readiness.ready(PARTITIONS);
        let mut released = std::mem::take(&mut partitions.counted);
        let checkpoints = released
            .iter_mut()
            .filter_map(|(partition, counted)| counted.checkpoint(*partition))
            .collect();
        for partition in released.keys() {
            self.pending.release(*partition);
        }
        if !self
            .runtime
            .block_on(self.keeper.save_and_wait(checkpoints))
        {
            partitions.kept.append(&mut released);
        }
    }

    /// Starts to take partitions over. A partition beyond the fixed number belongs to no election, as long as all
    /// definitions say how many there were.
    fn assign(&self, assigned: &TopicPartitionList) -> anyhow::Result<()> {
        let (topic, fixed) = (&self.topic, self.fixed_partitions);
        let mut partitions = self.partitions();
        for element in assigned.elements() {
            let partition = element.partition();
            if partition >= fixed {
                ensure!(
                    are_ignored(&self.elections),
                    "the topic {topic} got more partitions than its {fixed} while votes were counted: a ballot could be \
                     counted twice. Restore the topic with {fixed} partitions"
                );
                tracing::warn!(
                    topic,
                    partition,
                    fixed,
                    "a partition was added to the topic; it is not counted"
                );
                continue;
            }
            let kept = partitions.kept.get(&partition).map(|kept| Kept {
                next_offset: kept.count.next_offset(),
                last: kept.count.last(),
            });
            let begin = self.takeover.clone().begin(partition, kept);
            let arriving = self.runtime.spawn(begin);
            partitions.arriving.insert(partition, arriving);
        }
        Ok(())
    }

    /// Takes all partitions over once more, from what was counted here: Kafka no longer knows where that ends, which may
    /// be a broker that is starting, or another log.
    pub(super) fn take_over_again(&self, consumer: &BaseConsumer<Self>) -> anyhow::Result<()> {
        let mut partitions = self.partitions();
        let mut counted = std::mem::take(&mut partitions.counted);
        for (partition, counted) in &counted {
            let kept = Kept {
                next_offset: counted.count.next_offset(),
                last: counted.count.last(),
            };
            let begin = self.takeover.clone().begin(*partition, Some(kept));
            let arriving = self.runtime.spawn(begin);
            partitions.arriving.insert(*partition, arriving);
        }
        partitions.kept.append(&mut counted);
        Ok(consumer.assign(&TopicPartitionList::new())?)
    }

    /// Continues counting the partitions that have been taken over by now.
    ///
    /// # Errors
    /// If one cannot be taken over.
    pub(super) fn take_in(&self, consumer: &BaseConsumer<Self>) -> anyhow::Result<()> {
        let mut partitions = self.partitions();
        let here: Vec<i32> = partitions
            .arriving
            .iter()
            .filter(|(_, arriving)| arriving.is_finished())
            .map(|(partition, _)| *partition)
            .collect();
        if here.is_empty() {
            return Ok(());
        }
        for partition in here {
            let Some(arriving) = partitions.arriving.remove(&partition) else {
                continue;
            };
            let kept = partitions.kept.remove(&partition);
            let counted = match (self.runtime.block_on(arriving)??, kept) {
                (Beginning::Stored(count), _) => CountedPartition::new(*count),
                (Beginning::Kept, Some(kept)) => kept.again(),
                (Beginning::Kept, None) => {
                    anyhow::bail!("the count of partition {partition} was not kept")
                }
            };
            tracing::info!(
                partition,
                offset = counted.count.next_offset(),
                "partition taken over"
            );
            self.keeper.take_over(partition, &counted.count);
            partitions.counted.insert(partition, counted);
        }
        if partitions.arriving.is_empty() {
            self.takeover.readiness.ready(PARTITIONS);
        }
        // The start offsets must be in the list that is assigned: a seek afterwards would race.
        let mut starts = TopicPartitionList::new();
        for (partition, counted) in &partitions.counted {
            let offset = Offset::Offset(counted.count.next_offset());
            starts.add_partition_offset(&self.topic, *partition, offset)?;
        }
        Ok(consumer.assign(&starts)?)
    }

    fn rebalanced(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &TopicPartitionList,
    ) -> anyhow::Result<()> {
        let count = partitions.count();
        if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            tracing::info!(partitions = count, "partitions assigned");
            self.assign(partitions)?;
            return Ok(consumer.assign(&TopicPartitionList::new())?);
        }
        tracing::info!(partitions = count, "partitions revoked");
        self.release_all();
        Ok(consumer.unassign()?)
    }
}

/// Whether producers leave partitions alone that were added to the ballot box.
pub(crate) fn are_ignored(elections: &Elections) -> bool {
    let elections = elections.all();
    let mut definitions = elections.values().map(|election| election.definition());
    definitions.all(|definition| definition.partitions.is_some())
}

impl ClientContext for Ownership {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "Kafka consumer");
    }
}

impl ConsumerContext for Ownership {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if let Err(error) = self.rebalanced(consumer, event, partitions) {
            self.failure.send_replace(Some(Arc::new(error)));
        }
    }
}
