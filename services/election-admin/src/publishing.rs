//! Defining elections, so that everybody hears of them: PostgreSQL first, then the topic `elections`.

use std::time::Duration;

use anyhow::Context;
use ballot_log::{ElectionDefinition, Topics, elections};
use jiff::{SignedDuration, Timestamp};
use service_kit::postgres;

use crate::definitions::{self, Definitions};
use crate::options::{CreateOptions, InstallationOptions};
use crate::scenario::Scenario;

/// How long Kafka may take.
const KAFKA_PATIENCE: Duration = Duration::from_secs(15);

/// Where elections are defined.
pub struct Installation {
    definitions: Definitions,
    brokers: String,
    topics: Topics,
}

impl Installation {
    /// Migrates the database.
    ///
    /// # Errors
    /// Where PostgreSQL cannot be reached.
    pub async fn open(options: &InstallationOptions) -> anyhow::Result<Self> {
        postgres::migrate(&options.postgres.database_url, definitions::migrations()).await?;
        Ok(Self {
            definitions: Definitions::new(postgres::pool(&options.postgres)?),
            brokers: options.kafka.kafka_brokers.clone(),
            topics: Topics::with_prefix(&options.kafka.topic_prefix),
        })
    }

    /// Defines an election. When this returns it is stored and published; a crash in between is mended by
    /// [`Installation::republish`].
    ///
    /// # Errors
    /// Where the scenario makes no sense, the time is taken, or a server cannot be reached.
    pub async fn create(&self, options: &CreateOptions) -> anyhow::Result<ElectionDefinition> {
        let scenario = Scenario::read(&options.scenario)?;
        let partitions = self
            .topics
            .vote_partitions_within(&self.brokers, KAFKA_PATIENCE)
            .await?;
        let now = to_the_millisecond(Timestamp::now())?;
        let start = options.start.unwrap_or(now);
        let end = match options.end {
            Some(end) => end,
            None => start.checked_add(SignedDuration::from_hours(options.hours))?,
        };
        let define = |id| scenario.election(id, now, start, end);
        let definition = self
            .definitions
            .add(&self.topics.votes, partitions, define)
            .await?;
        self.publish(std::slice::from_ref(&definition)).await?;
        Ok(definition)
    }

    /// Publishes what PostgreSQL has. Readers keep the first definition of an election, so nothing changes
    /// where they have it.
    ///
    /// # Errors
    /// Where a server cannot be reached.
    pub async fn republish(&self) -> anyhow::Result<usize> {
        let definitions = self.definitions.all().await?;
        self.publish(&definitions).await?;
        Ok(definitions.len())
    }

    async fn publish(&self, definitions: &[ElectionDefinition]) -> anyhow::Result<()> {
        elections::publish(&self.brokers, &self.topics, definitions, KAFKA_PATIENCE)
            .await
            .context(
                "the election is stored, but Kafka did not take it: run `election-admin republish`",
            )
    }
}

/// PostgreSQL and Kafka are both happy with milliseconds, and people can read them.
fn to_the_millisecond(moment: Timestamp) -> anyhow::Result<Timestamp> {
    Ok(Timestamp::from_millisecond(moment.as_millisecond())?)
}
