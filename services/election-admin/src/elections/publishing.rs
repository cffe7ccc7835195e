//! Publishing elections, so that everybody hears of them: PostgreSQL first, then the topic `elections`.

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

/// Tells the topic `elections` what PostgreSQL has. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    brokers: String,
    topics: Topics,
    /// What the topic holds already.
    elections: Elections,
}

/// What came of publishing everything again.
#[derive(Debug)]
pub struct Republished {
    /// How many elections were published.
    pub elections: usize,
    /// What could not be read, and was not published: a newer version has written it.
    pub unreadable: Vec<StoreError>,
}

impl Publisher {
    /// For this Kafka, which need not be there yet.
    ///
    /// # Errors
    /// Where the client cannot be created.
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

    /// What the topic holds already.
    pub fn elections(&self) -> &Elections {
        &self.elections
    }

    /// Publishes one definition, and returns when every in-sync replica has it.
    ///
    /// # Errors
    /// Where Kafka does not take it: it is stored all the same, and published by [`Publisher::republish`].
    pub async fn publish(&self, definition: &ElectionDefinition) -> Result<(), ElectionsError> {
        let definitions = std::slice::from_ref(definition);
        elections::publish(&self.brokers, &self.topics, definitions, PATIENCE).await
    }

    /// Publishes what PostgreSQL has. Readers keep the first definition of an election, so nothing changes where
    /// they have it.
    ///
    /// # Errors
    /// Where a server cannot be reached.
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

    /// The number of partitions of the ballot box: what the first election has fixed, before that what the
    /// topic has.
    ///
    /// # Errors
    /// Where a server cannot be reached, or the topic does not exist; and where this database has forgotten an
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

    /// A number must never be given twice: readers would keep the first definition, and the votes of both
    /// elections would lie in the log as one. So a database that has forgotten an election defines no other.
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
