//! Definitions of elections, and the ballot box that they share.

use std::collections::BTreeSet;

use ballot_records::{ElectionDefinition, ElectionId};
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Row};

use crate::StoreError;
use crate::row::KeyedRow;

/// The number of partitions of a ballot box, once the first election has fixed it.
///
/// # Errors
/// If PostgreSQL does not answer.
pub async fn pinned_partitions(
    client: &Client,
    votes_topic: &str,
) -> Result<Option<i32>, StoreError> {
    let sql = "SELECT partitions FROM ballot_boxes WHERE topic = $1";
    let row = client.query_opt(sql, &[&votes_topic]).await?;
    row.map(|row| {
        let row = KeyedRow {
            row: &row,
            table: "ballot_boxes",
            key: votes_topic,
        };
        row.get("partitions")
    })
    .transpose()
}

/// The numbers of all elections.
///
/// # Errors
/// If PostgreSQL does not answer.
pub async fn numbers(client: &Client) -> Result<BTreeSet<ElectionId>, StoreError> {
    let rows = client.query("SELECT id FROM elections", &[]).await?;
    rows.iter().map(id).collect()
}

/// All definitions, in the order of their numbers: an unreadable one does not hide the others.
///
/// # Errors
/// If PostgreSQL does not answer.
pub async fn all(
    client: &Client,
) -> Result<Vec<Result<ElectionDefinition, StoreError>>, StoreError> {
    let sql = "SELECT id, definition FROM elections ORDER BY id";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(definition).collect())
}

/// The definitions of the elections without a final result, one by one: an unreadable one does not hide
/// the others.
///
/// # Errors
/// If PostgreSQL does not answer.
pub async fn unfinished(
    client: &Client,
) -> Result<Vec<Result<ElectionDefinition, StoreError>>, StoreError> {
    let sql = "SELECT id, definition FROM elections
               WHERE NOT EXISTS (SELECT FROM final_results WHERE election = id) ORDER BY id";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(definition).collect())
}

/// The definition of one election.
///
/// # Errors
/// If PostgreSQL does not answer, or the definition is unreadable.
pub async fn find(
    client: &Client,
    id: ElectionId,
) -> Result<Option<ElectionDefinition>, StoreError> {
    let sql = "SELECT id, definition FROM elections WHERE id::bigint = $1";
    let row = client.query_opt(sql, &[&i64::from(id)]).await?;
    row.as_ref().map(definition).transpose()
}

fn id(row: &Row) -> Result<ElectionId, StoreError> {
    let row = KeyedRow {
        row,
        table: "elections",
        key: "any",
    };
    row.get_as::<i32, _>("id")
}

fn definition(row: &Row) -> Result<ElectionDefinition, StoreError> {
    let row = KeyedRow {
        key: format!("id {}", id(row)?),
        row,
        table: "elections",
    };
    let Json(definition) = row.get("definition")?;
    Ok(definition)
}
