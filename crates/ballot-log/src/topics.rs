//! The topics and their creation.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::client_config;

/// The timeout of one request to Kafka.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause after the first attempt to reach Kafka; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Maximum pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// 40 days; tokens are valid for 30.
const ENDED_SESSIONS_MS: &str = "3456000000";

/// The names of the topics of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// The ballot box: append-only, never deleted, keyed by ballot.
    pub votes: String,
    /// Definitions, keyed by election; one partition, compacted.
    pub elections: String,
    /// Totals of each partition of `votes`, keyed `<election>/<partition>`; compacted.
    pub aggregated_votes: String,
    /// What officials did at ballot stations ([`crate::Act`]), for the audit log; keyed by the official; one
    /// partition, so that the acts are in one order, and never deleted.
    pub acts: String,
    /// Sessions of officials and administrators that have ended ([`crate::ended_sessions`]), keyed by session; one
    /// partition. A record is kept for longer than any token is valid.
    pub ended_sessions: String,
}

/// A topic could not be created or inspected.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// Kafka did not answer, or refused.
    #[error("cannot reach Kafka or it refused: {0}")]
    Kafka(#[from] KafkaError),
    /// Kafka refused to create a topic.
    #[error("cannot create the topic {topic}: {code}")]
    Create {
        /// Its name.
        topic: String,
        /// Kafka's reason.
        code: RDKafkaErrorCode,
    },
    /// Kafka refused to delete a topic.
    #[error("cannot delete the topic {topic}: {code}")]
    Delete {
        /// Its name.
        topic: String,
        /// Kafka's reason.
        code: RDKafkaErrorCode,
    },
    /// The topic exists with other settings.
    #[error(
        "the topic {topic} has {partitions} partitions, and they can no longer be changed: ask for {partitions}"
    )]
    Partitions {
        /// Its name.
        topic: String,
        /// How many it has.
        partitions: i32,
    },
    /// There is no such topic.
    #[error("the topic {0} does not exist: create the topics with `election-admin topics`")]
    Missing(String),
}

impl Topics {
    /// `votes`, `elections`, `aggregated_votes`, `acts`, `ended_sessions`, each behind `prefix`.
    pub fn with_prefix(prefix: &str) -> Self {
        Self {
            votes: format!("{prefix}votes"),
            elections: format!("{prefix}elections"),
            aggregated_votes: format!("{prefix}aggregated_votes"),
            acts: format!("{prefix}acts"),
            ended_sessions: format!("{prefix}ended_sessions"),
        }
    }

    /// Creates the topics that do not exist and leaves the others as they are.
    ///
    /// # Errors
    /// If Kafka cannot be reached or refuses, or if the ballot box exists with a different number of partitions.
    pub async fn create(
        &self,
        brokers: &str,
        partitions: i32,
        replication: i32,
    ) -> Result<(), TopicError> {
        let admin: AdminClient<DefaultClientContext> = client_config(brokers).create()?;
        let topics = [
            new_topic(&self.votes, partitions, replication)
                .set("cleanup.policy", "delete")
                .set("unclean.leader.election.enable", "false")
                .set("retention.ms", "-1")
                .set("retention.bytes", "-1")
                .set("message.timestamp.type", "LogAppendTime"),
            new_topic(&self.elections, 1, replication).set("cleanup.policy", "compact"),
            new_topic(&self.aggregated_votes, partitions, replication)
                .set("cleanup.policy", "compact"),
            new_topic(&self.ended_sessions, 1, replication)
                .set("retention.ms", ENDED_SESSIONS_MS)
                .set("retention.bytes", "-1")
                .set("message.timestamp.type", "LogAppendTime"),
            new_topic(&self.acts, 1, replication)
                .set("retention.ms", "-1")
                .set("retention.bytes", "-1")
                .set("message.timestamp.type", "LogAppendTime"),
        ];
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
        let mut was_there = false;
        for created in admin.create_topics(&topics, &options).await? {
            match created {
                Err((topic, RDKafkaErrorCode::TopicAlreadyExists)) => {
                    was_there |= topic == self.votes;
                }
                Err((topic, code)) => return Err(TopicError::Create { topic, code }),
                Ok(_) => {}
            }
        }
        if was_there {
            self.check_partitions(brokers, partitions).await?;
        }
        Ok(())
    }

    async fn check_partitions(&self, brokers: &str, partitions: i32) -> Result<(), TopicError> {
        let (topics, brokers) = (self.clone(), brokers.to_owned());
        let there = ask_within(KAFKA_TIMEOUT, move || {
            // A topic just created by another process may not be known to every broker yet.
            match topics.vote_partitions(&brokers, KAFKA_TIMEOUT) {
                Err(TopicError::Missing(_)) => {
                    Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition).into())
                }
                answer => answer,
            }
        })
        .await?;
        if there != partitions {
            return Err(TopicError::Partitions {
                topic: self.votes.clone(),
                partitions: there,
            });
        }
        Ok(())
    }

    /// Deletes the existing topics and everything in them.
    ///
    /// # Errors
    /// If Kafka cannot be reached or refuses.
    pub async fn delete(&self, brokers: &str) -> Result<(), TopicError> {
        let admin: AdminClient<DefaultClientContext> = client_config(brokers).create()?;
        let Self {
            votes,
            elections,
            aggregated_votes,
            acts,
            ended_sessions,
        } = self;
        let topics = [votes, elections, aggregated_votes, acts, ended_sessions].map(String::as_str);
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
        for deleted in admin.delete_topics(&topics, &options).await? {
            match deleted {
                Ok(_) | Err((_, RDKafkaErrorCode::UnknownTopicOrPartition)) => {}
                Err((topic, code)) => return Err(TopicError::Delete { topic, code }),
            }
        }
        Ok(())
    }

    /// What Kafka does with old records of the ballot box: its setting `cleanup.policy`.
    ///
    /// # Errors
    /// If Kafka cannot be reached or refuses.
    pub async fn votes_cleanup_policy(&self, brokers: &str) -> Result<String, TopicError> {
        let admin: AdminClient<DefaultClientContext> = client_config(brokers).create()?;
        let votes = [ResourceSpecifier::Topic(&self.votes)];
        let options = AdminOptions::new().request_timeout(Some(KAFKA_TIMEOUT));
        let described = admin.describe_configs(&votes, &options).await?;
        let missing = || TopicError::Missing(self.votes.clone());
        let config = described.into_iter().next().ok_or_else(missing)?;
        let config = config.map_err(KafkaError::AdminOp)?;
        let policy = config.get("cleanup.policy");
        policy
            .and_then(|policy| policy.value.clone())
            .ok_or_else(missing)
    }

    /// How many partitions the ballot box has. Kafka may be starting: retries until `timeout`.
    ///
    /// # Errors
    /// If the topic does not exist, or Kafka cannot be reached all that time.
    pub async fn vote_partitions_within(
        &self,
        brokers: &str,
        timeout: Duration,
    ) -> Result<i32, TopicError> {
        let (topics, brokers) = (self.clone(), brokers.to_owned());
        ask_within(timeout, move || {
            topics.vote_partitions(&brokers, KAFKA_TIMEOUT)
        })
        .await
    }

    /// How many partitions the ballot box has. Blocks for at most `timeout`.
    ///
    /// # Errors
    /// If the topic does not exist or Kafka cannot be reached.
    pub fn vote_partitions(&self, brokers: &str, timeout: Duration) -> Result<i32, TopicError> {
        let client: BaseConsumer = client_config(brokers).create()?;
        let metadata = client.fetch_metadata(Some(&self.votes), timeout)?;
        let partitions = metadata
            .topics()
            .first()
            .map_or(0, |topic| topic.partitions().len());
        match i32::try_from(partitions) {
            Ok(0) | Err(_) => Err(TopicError::Missing(self.votes.clone())),
            Ok(partitions) => Ok(partitions),
        }
    }
}

/// How many brokers there are. Kafka may be starting: retries until `timeout`.
///
/// # Errors
/// If it cannot be reached all that time.
pub async fn brokers_within(brokers: &str, timeout: Duration) -> Result<i32, TopicError> {
    let brokers = brokers.to_owned();
    ask_within(timeout, move || {
        let client: BaseConsumer = client_config(&brokers).create()?;
        let metadata = client.fetch_metadata(None, KAFKA_TIMEOUT)?;
        #[expect(
            clippy::expect_used,
            reason = "Kafka numbers its brokers by 32-bit integers"
        )]
        Ok(i32::try_from(metadata.brokers().len()).expect("fewer than 2^31 brokers"))
    })
    .await
}

/// Retries with growing pauses while Kafka is unreachable.
async fn ask_within(
    timeout: Duration,
    ask: impl Fn() -> Result<i32, TopicError> + Clone + Send + 'static,
) -> Result<i32, TopicError> {
    let deadline = Instant::now() + timeout;
    let mut pause = FIRST_PAUSE;
    loop {
        let asked = spawn_blocking(ask.clone()).await;
        match asked.unwrap_or(Err(TopicError::Kafka(KafkaError::Canceled))) {
            Err(TopicError::Kafka(error)) if Instant::now() < deadline => {
                tracing::warn!(%error, "waiting for Kafka");
            }
            answer => return answer,
        }
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

fn new_topic(name: &str, partitions: i32, replication: i32) -> NewTopic<'_> {
    // A vote counts as accepted when every in-sync replica has it; of three replicas, two must be in sync.
    let in_sync = if replication >= 3 { "2" } else { "1" };
    NewTopic::new(name, partitions, TopicReplication::Fixed(replication))
        .set("min.insync.replicas", in_sync)
}
