//! Reading a topic of one partition from its beginning, for ever: one thread reads, and all others use what it has read.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::client_config;

/// The timeout for finding the end of the topic, and then for reading up to it.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// The consumer of one topic.
pub(crate) struct Follower {
    pub(crate) consumer: BaseConsumer,
    pub(crate) topic: String,
}

impl Follower {
    /// Connects in the background. librdkafka requires a group, but it is never joined: the partition is assigned
    /// manually.
    pub(crate) fn open(brokers: &str, topic: &str, group: &str) -> Result<Arc<Self>, KafkaError> {
        let consumer: BaseConsumer = client_config(brokers)
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("fetch.wait.max.ms", "100")
            .create()?;
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(topic, 0, Offset::Beginning)?;
        consumer.assign(&assignment)?;
        Ok(Arc::new(Self {
            consumer,
            topic: topic.to_owned(),
        }))
    }

    /// Reads on a thread of its own, called `what`, until all others have dropped this. `None` if there can be no thread.
    pub(crate) fn read(
        self: &Arc<Self>,
        what: &'static str,
        take: impl Fn(&BorrowedMessage<'_>) + Send + 'static,
    ) -> Option<()> {
        let weak = Arc::downgrade(self);
        let read = move || {
            while let Some(follower) = weak.upgrade() {
                match follower.consumer.poll(Duration::from_millis(100)) {
                    None => {}
                    Some(Ok(message)) => take(&message),
                    Some(Err(error)) => tracing::warn!(%error, "cannot read {what}; trying again"),
                }
            }
        };
        let thread = thread::Builder::new().name(what.to_owned());
        thread.spawn(read).ok().map(drop)
    }

    /// Waits until everything that was in the topic at the time of the call has been read; `None` if reading stopped.
    pub(crate) async fn read_to_end<T>(
        self: &Arc<Self>,
        mut read: watch::Receiver<T>,
        next_offset: impl Fn(&T) -> i64,
    ) -> Option<Result<(), KafkaError>> {
        let this = self.clone();
        let end = match tokio::task::spawn_blocking(move || this.end()).await.ok()? {
            Ok(end) => end,
            Err(error) => return Some(Err(error)),
        };
        let read_so_far = read.wait_for(|read| next_offset(read) >= end);
        match timeout(TIMEOUT, read_so_far).await {
            Ok(read) => read.ok().map(|_| Ok(())),
            Err(_elapsed) => {
                let late = RDKafkaErrorCode::OperationTimedOut;
                Some(Err(KafkaError::MetadataFetch(late)))
            }
        }
    }

    /// Where the topic ends; where it begins if all has expired.
    fn end(&self) -> Result<i64, KafkaError> {
        let (first, end) = self.consumer.fetch_watermarks(&self.topic, 0, TIMEOUT)?;
        Ok(if first == end { 0 } else { end })
    }
}
