//! Publishing elections, so that everybody hears of them: PostgreSQL first, then the topic `elections`.

use std::time::Duration;

use ballot_log::{ElectionDefinition, ElectionsError, Topics, elections};
use deadpool_postgres::Pool;
use service_kit::settings::KafkaOptions;

use crate::definitions;

/// How long Kafka may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells the topic `elections` what PostgreSQL has. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    brokers: String,
    topics: Topics,
}

impl Publisher {
    /// For this Kafka.
    pub fn new(options: &KafkaOptions) -> Self {
        Self {
            brokers: options.kafka_brokers.clone(),
            topics: Topics::with_prefix(&options.topic_prefix),
        }
    }

    /// The names of the topics.
    pub fn topics(&self) -> &Topics {
        &self.topics
    }

    /// Publishes one definition, and returns when every in-sync replica has it.
    ///
    /// # Errors
    /// Where Kafka does not take it: it is stored all the same, and published by [`Publisher::republish`].
    pub async fn publish(&self, definition: &ElectionDefinition) -> Result<(), ElectionsError> {
        let definitions = std::slice::from_ref(definition);
        elections::publish(&self.brokers, &self.topics, definitions, PATIENCE).await
    }

    /// Publishes what PostgreSQL has; returns how many elections that is. Readers keep the first definition
    /// of an election, so nothing changes where they have it.
    ///
    /// # Errors
    /// Where a server cannot be reached.
    pub async fn republish(&self, pool: &Pool) -> anyhow::Result<usize> {
        let client = definitions::connection(pool).await?;
        let definitions = definitions::all(&client).await?;
        elections::publish(&self.brokers, &self.topics, &definitions, PATIENCE).await?;
        Ok(definitions.len())
    }

    /// The number of partitions of the ballot box: what the first election has fixed, before that what the
    /// topic has.
    ///
    /// # Errors
    /// Where a server cannot be reached, or the topic does not exist.
    pub async fn partitions(&self, client: &tokio_postgres::Client) -> anyhow::Result<i32> {
        if let Some(pinned) = definitions::pinned_partitions(client, &self.topics.votes).await? {
            return Ok(pinned);
        }
        let (brokers, topics) = (self.brokers.clone(), self.topics.clone());
        let asked = move || topics.vote_partitions(&brokers, PATIENCE);
        Ok(tokio::task::spawn_blocking(asked).await??)
    }
}
