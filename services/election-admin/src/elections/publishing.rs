//! Publishes elections to all services: PostgreSQL first, then the topic `elections`.

use std::time::Duration;

use anyhow::bail;
use ballot_log::{ElectionDefinition, Elections, ElectionsError, Topics, elections};
use deadpool_postgres::Pool;
use election_store::StoreError;
use service_kit::settings::KafkaOptions;
use tokio_postgres::Client;

use crate::elections::definitions;

/// How long Kafka may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Copies elections from PostgreSQL to the topic `elections`. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    brokers: String,
    topics: Topics,
    /// What is already in the topic.
    elections: Elections,
}

/// The result of publishing everything again.
#[derive(Debug)]
pub struct Republished {
    /// How many elections were published.
    pub elections: usize,
    /// Elections that could not be read, and were not published: a newer version wrote them.
    pub unreadable: Vec<StoreError>,
}

impl Publisher {
    /// A publisher for this Kafka, which need not be reachable yet.
    ///
    /// # Errors
    /// If the client cannot be created.
    pub fn open(options: &KafkaOptions) -> Result<Self, ElectionsError> {
        let brokers = options.kafka_brokers.clone();
        let topics = Topics::with_prefix(&options.topic_prefix);
        let elections = Elections::follow(&brokers, &topics)?;
        Ok(Self {
            brokers,
            topics,
            elections,
        })
    }

    /// The names of the topics.
    pub fn topics(&self) -> &Topics {
        &self.topics
    }

    /// What is already in the topic.
    pub fn elections(&self) -> &Elections {
        &self.elections
    }

    /// Publishes one definition, and returns when every in-sync replica has it.
    ///
    /// # Errors
    /// If Kafka does not take it: it is stored anyway, and published by [`Publisher::republish`].
    pub async fn publish(&self, definition: &ElectionDefinition) -> Result<(), ElectionsError> {
        let definitions = std::slice::from_ref(definition);
        elections::publish(&self.brokers, &self.topics, definitions, PATIENCE).await
    }

    /// Publishes all elections in PostgreSQL. Readers keep the first definition of an election, so nothing
    /// changes if they already have it.
    ///
    /// # Errors
    /// If a server cannot be reached.
    pub async fn republish(&self, pool: &Pool) -> anyhow::Result<Republished> {
        let client = definitions::connection(pool).await?;
        let stored = election_store::elections::all(&client).await?;
        let (mut definitions, mut unreadable) = (Vec::new(), Vec::new());
        for definition in stored {
            match definition {
                Ok(definition) => definitions.push(definition),
                Err(error) => unreadable.push(error),
            }
        }
        elections::publish(&self.brokers, &self.topics, &definitions, PATIENCE).await?;
        Ok(Republished {
            elections: definitions.len(),
            unreadable,
        })
    }

    /// The number of partitions of the ballot box: as fixed by the first election, or before that the number of
    /// the topic.
    ///
    /// # Errors
    /// If a server cannot be reached, or the topic does not exist; or if this database has forgotten an
    /// election that Kafka knows.
    pub async fn partitions(&self, pool: &Pool) -> anyhow::Result<i32> {
        self.elections.read_to_end().await?;
        let pinned = {
            let client = definitions::connection(pool).await?;
            self.check_history(&client).await?;
            election_store::elections::pinned_partitions(&client, &self.topics.votes).await?
        };
        match pinned {
            Some(pinned) => Ok(pinned),
            None => Ok(self
                .topics
                .vote_partitions_within(&self.brokers, PATIENCE)
                .await?),
        }
    }

    /// A number must never be used twice: readers would keep the first definition, and the votes of both
    /// elections would be mixed in the log. So a database that has forgotten an election must not define
    /// another one.
    async fn check_history(&self, client: &Client) -> anyhow::Result<()> {
        let stored = election_store::elections::numbers(client).await?;
        let (published, unreadable) = (self.elections.all(), self.elections.unreadable());
        let mut published = published.keys().chain(unreadable.keys());
        if let Some(forgotten) = published.find(|id| !stored.contains(id)) {
            bail!(
                "Kafka knows election {forgotten}, but this database does not: it is another installation's, or an \
                 old copy. Restore the database, or start with an empty Kafka"
            );
        }
        Ok(())
    }
}
