//! Definitions of elections, and the ballot box that they share.

use std::collections::BTreeSet;

use ballot_records::{Cancellation, ElectionDefinition, ElectionId, Lots};
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Row, Transaction};

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

/// The definitions of the elections that are neither final nor cancelled, one by one: an unreadable one does not hide
/// the others.
///
/// # Errors
/// If PostgreSQL does not answer.
pub async fn unfinished(
    client: &Client,
) -> Result<Vec<Result<ElectionDefinition, StoreError>>, StoreError> {
    let sql = "SELECT id, definition FROM elections
               WHERE NOT definition ? 'cancelled' AND NOT EXISTS (SELECT FROM final_results WHERE election = id)
               ORDER BY id";
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

/// The definition of one election, which nobody else changes before the transaction ends, and whose result does not become
/// final before.
///
/// # Errors
/// Where PostgreSQL does not answer, or the definition is unreadable.
pub async fn lock(
    transaction: &Transaction<'_>,
    id: ElectionId,
) -> Result<Option<ElectionDefinition>, StoreError> {
    let sql = "SELECT id, definition FROM elections WHERE id::bigint = $1 FOR UPDATE";
    let row = transaction.query_opt(sql, &[&i64::from(id)]).await?;
    row.as_ref().map(definition).transpose()
}

/// Whether an election has a final result.
///
/// # Errors
/// Where PostgreSQL does not answer.
pub async fn is_final(transaction: &Transaction<'_>, id: ElectionId) -> Result<bool, StoreError> {
    let sql = "SELECT FROM final_results WHERE election::bigint = $1";
    let row = transaction.query_opt(sql, &[&i64::from(id)]).await?;
    Ok(row.is_some())
}

/// Adds to a definition that the election is cancelled.
///
/// # Errors
/// Where PostgreSQL does not take it: it is cancelled already, or has a final result.
pub async fn cancel(
    transaction: &Transaction<'_>,
    id: ElectionId,
    cancellation: &Cancellation,
) -> Result<(), StoreError> {
    let sql = "UPDATE elections SET definition = jsonb_set(definition, '{cancelled}', $2) WHERE id::bigint = $1";
    transaction
        .execute(sql, &[&i64::from(id), &Json(cancellation)])
        .await?;
    Ok(())
}

/// Adds to a definition the lots that decided the election.
///
/// # Errors
/// Where PostgreSQL does not take it: others are there already, or the result is not final.
pub async fn add_lots(
    transaction: &Transaction<'_>,
    id: ElectionId,
    lots: &Lots,
) -> Result<(), StoreError> {
    let sql = "UPDATE elections SET definition = jsonb_set(definition, '{lots}', $2) WHERE id::bigint = $1";
    transaction
        .execute(sql, &[&i64::from(id), &Json(lots)])
        .await?;
    Ok(())
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
