//! Offsets without a record: told apart from records that were deleted.

use std::time::{Duration, Instant};

use anyhow::ensure;
use ballot_log::Topics;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use tokio::runtime::Handle;

/// The timeout for finding where a partition begins.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer about the topic's settings stays valid.
const POLICY_HOLDS: Duration = Duration::from_secs(10);

/// Explains gaps. The end of a transaction takes an offset that no consumer ever sees, and so do the records of an
/// aborted one: other programs may write such records, and every replay has the same gap.
pub(crate) struct Gaps {
    pub(crate) brokers: String,
    pub(crate) topics: Topics,
    pub(crate) runtime: Handle,
    policy_known: Option<Instant>,
}

impl Gaps {
    pub(crate) fn new(brokers: &str, topics: &Topics, runtime: Handle) -> Self {
        Self {
            brokers: brokers.to_owned(),
            topics: topics.clone(),
            runtime,
            policy_known: None,
        }
    }

    /// Blocks; `from..to` are the offsets without a record.
    ///
    /// # Errors
    /// If records were deleted or may have been, or if Kafka does not answer.
    pub(crate) fn explain<C: ConsumerContext>(
        &mut self,
        consumer: &BaseConsumer<C>,
        partition: i32,
        (from, to): (i64, i64),
    ) -> anyhow::Result<()> {
        let topic = &self.topics.votes;
        let missing = || format!("offsets {from} to {} of partition {partition}", to - 1);
        let (first, _end) = consumer.fetch_watermarks(topic, partition, KAFKA_TIMEOUT)?;
        ensure!(
            first <= from,
            "{} are missing from the log: records were deleted from the topic {topic}, which must keep them for ever \
             (retention.ms=-1)",
            missing()
        );
        if self
            .policy_known
            .is_none_or(|known| known.elapsed() > POLICY_HOLDS)
        {
            let policy = self
                .runtime
                .block_on(self.topics.votes_cleanup_policy(&self.brokers))?;
            ensure!(
                policy == "delete",
                "{} are missing from the log: the topic {topic} has cleanup.policy={policy}, which removes all but the \
                 last record of a ballot. Restore the topic, and set cleanup.policy=delete",
                missing()
            );
            self.policy_known = Some(Instant::now());
            tracing::warn!(
                partition,
                from,
                to,
                "offsets without a record: a transactional producer writes to the topic, and none of Urna's does"
            );
        }
        Ok(())
    }
}
