//! Defining elections in PostgreSQL, and listing them. Tables that other services also read are in `election-store`.

use anyhow::Context;
use ballot_log::{Cancellation, ElectionDefinition, ElectionId};
use deadpool_postgres::{Object, Pool};
use jiff::Timestamp;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Row, Transaction};

use crate::elections::moment::Moment;
use crate::elections::participants::{self, ParticipantId};

/// A connection from the pool.
///
/// # Errors
/// If PostgreSQL cannot be reached.
pub async fn connection(pool: &Pool) -> anyhow::Result<Object> {
    pool.get()
        .await
        .context("cannot reach PostgreSQL at DATABASE_URL")
}

/// An election that is not stored yet.
#[derive(Debug)]
pub struct NewElection<'a> {
    /// Its definition.
    pub definition: &'a ElectionDefinition,
    /// Its start, as given.
    pub start: &'a Moment,
    /// Its end, as given.
    pub end: &'a Moment,
    /// The participants, in the order of the ballot.
    pub participants: &'a [ParticipantId],
}

/// Why an election was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another election is open at some moment of its time.
    #[error("another election is open at that time: only one can be open at a moment")]
    Overlap,
    /// PostgreSQL does not answer, or refuses.
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    /// There are more elections than numbers.
    #[error("there is no number left for another election")]
    NoNumberLeft,
}

/// Locks the definition of elections until the transaction ends, so that numbers have no gaps and the second of
/// two overlapping elections sees the first; returns the next number.
///
/// # Errors
/// If PostgreSQL cannot be reached.
pub async fn next_number(transaction: &Transaction<'_>) -> Result<ElectionId, StoreError> {
    transaction
        .execute("LOCK TABLE elections IN EXCLUSIVE MODE", &[])
        .await?;
    let next = "SELECT coalesce(max(id), 0) + 1 FROM elections";
    let id: i32 = transaction.query_one(next, &[]).await?.try_get(0)?;
    ElectionId::try_from(id).map_err(|_| StoreError::NoNumberLeft)
}

/// Whether an election is open at some moment of [start, end).
///
/// # Errors
/// If PostgreSQL cannot be reached.
pub async fn is_taken(
    transaction: &Transaction<'_>,
    start: Timestamp,
    end: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT FROM elections
               WHERE tstzrange(starts, ends, '[)') && tstzrange($1, $2, '[)') AND NOT definition ? 'cancelled')";
    let row = transaction.query_one(sql, &[&start, &end]).await?;
    Ok(row.try_get(0)?)
}

/// Stores an election; the first one fixes the number of partitions of the ballot box.
///
/// # Errors
/// [`StoreError::Overlap`], or PostgreSQL's.
pub async fn insert(
    transaction: &Transaction<'_>,
    (votes_topic, partitions): (&str, i32),
    election: NewElection<'_>,
) -> Result<(), StoreError> {
    let definition = election.definition;
    let id = i32::try_from(definition.id).map_err(|_| StoreError::NoNumberLeft)?;
    let inserted = transaction
        .execute(
            "INSERT INTO elections (id, definition, starts, ends, given_start, given_end)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &id,
                &Json(definition),
                &definition.start,
                &definition.end,
                &election.start.written(),
                &election.end.written(),
            ],
        )
        .await;
    match inserted {
        Err(error) if error.code() == Some(&SqlState::EXCLUSION_VIOLATION) => {
            return Err(StoreError::Overlap);
        }
        inserted => inserted?,
    };
    participants::stand(transaction, id, election.participants).await?;
    let pin = "INSERT INTO ballot_boxes (topic, partitions) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    transaction
        .execute(pin, &[&votes_topic, &partitions])
        .await?;
    Ok(())
}

/// An election as administrators list it.
#[derive(Debug)]
pub struct Listed {
    /// Its number.
    pub id: i32,
    /// What the pages call it.
    pub title: String,
    /// Its start, as given.
    pub start: String,
    /// Its end, as given.
    pub end: String,
    /// True where persons stand.
    pub individual: bool,
    /// The participants, in the order of the ballot.
    pub participants: Vec<(ParticipantId, String)>,
    /// Where it was cancelled.
    pub cancelled: Option<Cancellation>,
}

/// All elections with their participants, oldest first.
///
/// # Errors
/// If PostgreSQL cannot be reached, or a row cannot be read; the message names it.
pub async fn list(client: &Client) -> anyhow::Result<Vec<Listed>> {
    let sql = "SELECT elections.id, definition ->> 'title' AS title, given_start, given_end,
                   (definition ->> 'individual')::boolean AS individual,
                   definition -> 'cancelled' AS cancelled,
                   array_agg(participants.id ORDER BY poll_number) AS participants,
                   array_agg(participants.name ORDER BY poll_number) AS names
               FROM elections
               JOIN candidacies ON candidacies.election = elections.id
               JOIN participants ON participants.id = candidacies.participant
               GROUP BY elections.id ORDER BY elections.id";
    client.query(sql, &[]).await?.iter().map(listed).collect()
}

fn listed(row: &Row) -> anyhow::Result<Listed> {
    let id = row.try_get("id")?;
    let read = || {
        let ids: Vec<ParticipantId> = row.try_get("participants")?;
        let names: Vec<String> = row.try_get("names")?;
        Ok(Listed {
            id,
            title: row.try_get("title")?,
            start: row.try_get("given_start")?,
            end: row.try_get("given_end")?,
            individual: row.try_get("individual")?,
            participants: ids.into_iter().zip(names).collect(),
            cancelled: row
                .try_get::<_, Option<Json<Cancellation>>>("cancelled")?
                .map(|Json(cancelled)| cancelled),
        })
    };
    read().map_err(|error: tokio_postgres::Error| {
        anyhow::Error::from(error).context(format!("election {id} of elections cannot be read"))
    })
}
