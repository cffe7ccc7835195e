//! Definitions in PostgreSQL.

use anyhow::{Context, bail};
use ballot_log::{ElectionDefinition, ElectionId};
use deadpool_postgres::Pool;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Json;

#[allow(missing_docs, unreachable_pub)]
mod schema {
    refinery::embed_migrations!("../../sql/election_process");
}

/// The migrations of the database `election_process`.
pub fn migrations() -> refinery::Runner {
    schema::migrations::runner()
}

/// The definitions that PostgreSQL has.
#[derive(Clone)]
pub struct Definitions {
    pool: Pool,
}

impl Definitions {
    /// Uses this pool.
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Stores a new election under the next number, and with the first one fixes the number of partitions
    /// of the ballot box. `define` makes the definition when the number is known.
    ///
    /// # Errors
    /// Where the definition makes no sense, or its time overlaps another's.
    pub async fn add(
        &self,
        votes_topic: &str,
        partitions: i32,
        define: impl FnOnce(ElectionId) -> ElectionDefinition,
    ) -> anyhow::Result<ElectionDefinition> {
        let mut client = self
            .pool
            .get()
            .await
            .context("cannot reach PostgreSQL at DATABASE_URL")?;
        let transaction = client.transaction().await?;
        // One at a time, so that numbers have no gaps.
        transaction
            .execute("LOCK TABLE elections IN EXCLUSIVE MODE", &[])
            .await?;
        let next = "SELECT coalesce(max(id), 0) + 1 FROM elections";
        let id: i32 = transaction.query_one(next, &[]).await?.get(0);
        let definition = define(ElectionId::try_from(id)?);
        definition.check()?;
        let inserted = transaction
            .execute(
                "INSERT INTO elections (id, definition, starts, ends) VALUES ($1, $2, $3, $4)",
                &[&id, &Json(&definition), &definition.start, &definition.end],
            )
            .await;
        match inserted {
            Err(error) if error.code() == Some(&SqlState::EXCLUSION_VIOLATION) => {
                bail!("another election is open at that time: only one can be open at a moment")
            }
            inserted => inserted?,
        };
        let pin =
            "INSERT INTO ballot_boxes (topic, partitions) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        transaction
            .execute(pin, &[&votes_topic, &partitions])
            .await?;
        transaction.commit().await?;
        Ok(definition)
    }

    /// All elections, oldest first.
    ///
    /// # Errors
    /// Where PostgreSQL cannot be asked.
    pub async fn all(&self) -> anyhow::Result<Vec<ElectionDefinition>> {
        let client = self
            .pool
            .get()
            .await
            .context("cannot reach PostgreSQL at DATABASE_URL")?;
        let rows = client
            .query("SELECT definition FROM elections ORDER BY id", &[])
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| row.get::<_, Json<ElectionDefinition>>(0).0)
            .collect())
    }
}
