//! Writes officials' acts to the log, for the audit log of election-admin.

use std::time::Duration;

use anyhow::Context as _;
use ballot_log::{Act, Topics, client_config};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use tokio::runtime::Handle;

/// An act that nobody waits for is retried for this long: by then an outage of Kafka is over, or has been noticed.
const TRY_FOR: Duration = Duration::from_mins(5);

const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// Appends acts to the log. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Acts {
    producer: FutureProducer,
    topic: String,
    runtime: Handle,
    /// How long an answer waits for an act.
    wait_limit: Duration,
}

impl Acts {
    /// Connects in the background. Must be called within the runtime that outlives all requests.
    ///
    /// # Errors
    /// If the client cannot be created.
    pub(crate) fn open(
        brokers: &str,
        topics: &Topics,
        wait_limit: Duration,
    ) -> anyhow::Result<Self> {
        let producer = client_config(brokers)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", TRY_FOR.as_millis().to_string())
            .set("linger.ms", "0")
            .create()?;
        Ok(Self {
            producer,
            topic: topics.acts.clone(),
            runtime: Handle::current(),
            wait_limit,
        })
    }

    /// Waits until the producer knows the topic, so that the first act need not.
    ///
    /// # Errors
    /// If there is no such topic, or Kafka does not answer.
    pub(crate) async fn ready(&self) -> anyhow::Result<()> {
        let (producer, topic) = (self.producer.clone(), self.topic.clone());
        let fetch = move || {
            let metadata = producer
                .client()
                .fetch_metadata(Some(&topic), METADATA_TIMEOUT)?;
            let exists = metadata
                .topics()
                .iter()
                .any(|found| found.error().is_none() && !found.partitions().is_empty());
            anyhow::ensure!(
                exists,
                "the topic {topic} does not exist: create the topics with `election-admin topics`"
            );
            Ok(())
        };
        tokio::task::spawn_blocking(fetch).await?
    }

    /// Appends an act and waits until the log has it.
    ///
    /// # Errors
    /// If the log has not acknowledged it in time. Retries continue in the background.
    pub(crate) async fn append(&self, act: &Act) -> anyhow::Result<()> {
        let payload = act.encode();
        let record = FutureRecord::to(&self.topic)
            .key(&act.who)
            .payload(&payload);
        let delivery = self
            .producer
            .send_result(record)
            .map_err(|(error, _)| error)?;
        tokio::time::timeout(self.wait_limit, delivery)
            .await
            .context("Kafka did not acknowledge in time")??
            .map_err(|(error, _)| error)?;
        Ok(())
    }

    /// Appends an act without waiting; a failure is logged.
    pub(crate) fn note(&self, act: Act) {
        let acts = Self {
            wait_limit: TRY_FOR,
            ..self.clone()
        };
        self.runtime.spawn(async move {
            if let Err(error) = acts.append(&act).await {
                tracing::error!(
                    %error,
                    who = act.who,
                    what = act.what,
                    outcome = act.outcome,
                    "an act is missing from the audit log"
                );
            }
        });
    }

    /// Waits for a limited time until the log has all acts.
    pub(crate) async fn flush(&self) {
        let (producer, wait_limit) = (self.producer.clone(), self.wait_limit);
        let flushed = tokio::task::spawn_blocking(move || producer.flush(wait_limit)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("stopped before all acts were in the log");
        }
    }
}
