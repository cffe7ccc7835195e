//! Appends records to the ballot box, and reports when every in-sync replica has them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message, Timestamp};
use rdkafka::metadata::MetadataPartition;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use rdkafka::statistics::Statistics;
use tokio::sync::{oneshot, watch};

use crate::client_config;
use crate::partitioner::partition;
use crate::record::Record;
use crate::topics::Topics;

/// How long a broker may take to return the topic's metadata.
const BROKER_TIMEOUT: Duration = Duration::from_secs(2);

/// Appends to the log. Cheap to clone.
#[derive(Clone)]
pub struct BallotBox {
    producer: ThreadedProducer<Deliveries>,
    topic: Arc<str>,
    state: watch::Receiver<ProducerState>,
}

/// How to append.
#[derive(Clone, Debug)]
pub struct BallotBoxOptions {
    /// Give up on an acknowledgement after this long.
    pub timeout: Duration,
    /// Wait this long for more records to share a batch.
    pub linger: Duration,
    /// Maximum number of records in flight; one more is [`AppendError::Full`].
    pub in_flight: usize,
}

impl Default for BallotBoxOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(4),
            linger: Duration::from_millis(5),
            in_flight: 20_000,
        }
    }
}

/// Where and when the log received a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Partition of the topic.
    pub partition: i32,
    /// Offset in the partition.
    pub offset: i64,
    /// Kafka's append time, milliseconds since 1970: the only clock that decides about a vote.
    pub time_ms: i64,
}

/// Why a record is not known to be in the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Too many records are on their way: nothing was sent, try again later.
    #[error("too many records wait for Kafka")]
    Full,
    /// No acknowledgement in time: the record may have been written or not.
    #[error("Kafka did not acknowledge: {0}")]
    Unknown(KafkaError),
    /// The topic does not stamp records with its append time, so nothing can tell whether a vote was in time.
    #[error("the topic lacks message.timestamp.type=LogAppendTime")]
    NoAppendTime,
}

/// The Kafka producer can never work again, for this reason.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the Kafka producer broke: {0}")]
pub struct ProducerBroken(String);

#[derive(Clone, Debug, PartialEq, Eq)]
enum ProducerState {
    Starting,
    Ready,
    Broken(String),
}

impl BallotBox {
    /// An idempotent producer that waits for all in-sync replicas. Connects in the background:
    /// see [`BallotBox::ready`].
    ///
    /// # Errors
    /// If the client cannot be created.
    pub fn open(brokers: &str, topics: &Topics, options: &BallotBoxOptions) -> KafkaResult<Self> {
        let (sender, state) = watch::channel(ProducerState::Starting);
        let producer = client_config(brokers)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // As in Java clients, so that every producer puts a ballot into the same partition.
            .set("partitioner", "murmur2_random")
            .set(
                "message.timeout.ms",
                options.timeout.as_millis().to_string(),
            )
            .set("linger.ms", options.linger.as_millis().to_string())
            .set(
                "queue.buffering.max.messages",
                options.in_flight.to_string(),
            )
            .set("statistics.interval.ms", "250")
            .create_with_context(Deliveries { state: sender })?;
        Ok(Self {
            producer,
            topic: topics.votes.as_str().into(),
            state,
        })
    }

    /// Waits until the producer has its id, so that the first vote need not, and checks that the topic can be
    /// written. If one of several brokers hangs, or a partition has no leader, that is not an error: the others
    /// continue.
    ///
    /// # Errors
    /// If no broker answers within 6 s, the topic does not exist, none of its partitions has a leader, or the
    /// producer broke. Until it has an id, it waits.
    pub async fn ready(&self) -> Result<(), KafkaError> {
        let mut state = self.state.clone();
        // Fails only without a sender, which lives as long as the producer that `self` holds.
        let started = state
            .wait_for(|state| *state != ProducerState::Starting)
            .await;
        started.map(drop).map_err(|_| KafkaError::Canceled)?;
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.check_topic())
            .await
            .map_err(|_| KafkaError::Canceled)?
    }

    /// Waits until the producer can never work again. Its process should end then.
    ///
    /// # Errors
    /// Always, when it returns: the reason.
    pub async fn until_broken(self) -> Result<Infallible, ProducerBroken> {
        let mut state = self.state.clone();
        loop {
            let now = state.borrow_and_update().clone();
            if let ProducerState::Broken(reason) = now {
                return Err(ProducerBroken(reason));
            }
            if state.changed().await.is_err() {
                // The sender exists as long as the producer that `self` holds.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Appends a ballot and waits until the log has it. `partitions` comes from the election's definition, or else
    /// is the topic's number of partitions.
    ///
    /// # Errors
    /// [`AppendError::Full`]: certainly not written; [`AppendError::Unknown`]: written or not.
    pub async fn append(
        &self,
        record: &Record,
        partitions: Option<i32>,
    ) -> Result<Appended, AppendError> {
        let key = record.key();
        let partition = partitions.map(|partitions| partition(key.as_bytes(), partitions));
        self.send(&key, record, partition).await
    }

    /// Appends a closing marker to one partition and waits until the log has it.
    ///
    /// # Errors
    /// As [`BallotBox::append`].
    pub async fn append_to(
        &self,
        partition: i32,
        record: &Record,
    ) -> Result<Appended, AppendError> {
        self.send(&record.key(), record, Some(partition)).await
    }

    async fn send(
        &self,
        key: &str,
        record: &Record,
        partition: Option<i32>,
    ) -> Result<Appended, AppendError> {
        let (acknowledge, acknowledged) = oneshot::channel();
        let payload = record.encode();
        let mut message = BaseRecord::with_opaque_to(&self.topic, Box::new(acknowledge))
            .key(key)
            .payload(&payload);
        message.partition = partition;
        self.producer
            .send(message)
            .map_err(|(error, _)| match error {
                KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => AppendError::Full,
                error => AppendError::Unknown(error),
            })?;
        acknowledged
            .await
            .unwrap_or(Err(AppendError::Unknown(KafkaError::Canceled)))
    }

    fn check_topic(&self) -> Result<(), KafkaError> {
        let client = self.producer.client();
        let fetch = || client.fetch_metadata(Some(&self.topic), BROKER_TIMEOUT);
        // Each attempt may ask another broker.
        let metadata = fetch().or_else(|_| fetch()).or_else(|_| fetch())?;
        let error = metadata.topics().iter().find_map(|topic| {
            let partitions = topic.partitions();
            let has_a_leader = partitions.iter().any(|partition| partition.leader() >= 0);
            let first_error = || partitions.iter().find_map(MetadataPartition::error);
            topic
                .error()
                .or_else(|| if has_a_leader { None } else { first_error() })
        });
        error.map_or(Ok(()), |code| Err(KafkaError::MetadataFetch(code.into())))
    }
}

/// Receives reports from librdkafka's thread.
struct Deliveries {
    state: watch::Sender<ProducerState>,
}

impl ClientContext for Deliveries {
    fn stats_raw(&self, statistics: &[u8]) {
        if *self.state.borrow() != ProducerState::Starting {
            return;
        }
        let Ok(statistics) = serde_json::from_slice::<Statistics>(statistics) else {
            return;
        };
        if statistics
            .eos
            .is_some_and(|eos| eos.idemp_state == "Assigned")
        {
            self.state.send_replace(ProducerState::Ready);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if matches!(error, KafkaError::Global(RDKafkaErrorCode::Fatal)) {
            tracing::error!(reason, "the Kafka producer is broken for good");
            self.state
                .send_replace(ProducerState::Broken(reason.to_owned()));
            return;
        }
        tracing::warn!(%error, reason, "Kafka producer");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<oneshot::Sender<Result<Appended, AppendError>>>;

    fn delivery(&self, delivered: &DeliveryResult<'_>, acknowledge: Self::DeliveryOpaque) {
        let answer = match delivered {
            Ok(message) => match message.timestamp() {
                Timestamp::LogAppendTime(time_ms) => Ok(Appended {
                    partition: message.partition(),
                    offset: message.offset(),
                    time_ms,
                }),
                _ => Err(AppendError::NoAppendTime),
            },
            Err((error, _)) => Err(AppendError::Unknown(error.clone())),
        };
        // The caller may have gone; the record is in the log anyway.
        let _gone = acknowledge.send(answer);
    }
}
