//! How many voters are registered: turnout keeps its denominator when a roll has been purged.

use std::collections::BTreeMap;

use ballot_records::ElectionId;
use tokio_postgres::{Client, Row};

use crate::StoreError;
use crate::row::KeyedRow;

/// How many voters are on the roll of each election whose roll was ever loaded.
///
/// # Errors
/// If PostgreSQL does not answer, or a row is unreadable.
pub async fn all(client: &Client) -> Result<BTreeMap<ElectionId, u64>, StoreError> {
    let sql = "SELECT election, registered FROM rolls";
    let rows = client.query(sql, &[]).await?;
    let both = |row| {
        let row = keyed(row);
        Ok((row.get_as::<i64, _>("election")?, registered(row.row)?))
    };
    rows.iter().map(both).collect()
}

/// How many voters are on the roll of an election, if it was ever loaded.
///
/// # Errors
/// If PostgreSQL does not answer, or the row is unreadable.
pub async fn find(client: &Client, election: ElectionId) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT election, registered FROM rolls WHERE election = $1";
    let row = client.query_opt(sql, &[&i64::from(election)]).await?;
    row.as_ref().map(registered).transpose()
}

/// Stores how many voters are on a roll.
///
/// # Errors
/// If PostgreSQL did not take it.
pub async fn save(
    client: &Client,
    election: ElectionId,
    registered: u64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO rolls (election, registered) VALUES ($1, $2::text::bigint)
               ON CONFLICT (election) DO UPDATE SET registered = excluded.registered";
    client
        .execute(sql, &[&i64::from(election), &registered.to_string()])
        .await?;
    Ok(())
}

fn registered(row: &Row) -> Result<u64, StoreError> {
    keyed(row).get_as::<i64, _>("registered")
}

fn keyed(row: &Row) -> KeyedRow<'_, String> {
    let election = row.try_get::<_, i64>("election");
    KeyedRow {
        row,
        table: "rolls",
        key: election.map_or_else(|_| "any".to_owned(), |id| format!("election {id}")),
    }
}
