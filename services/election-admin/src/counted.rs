//! What tally-stream leaves in PostgreSQL: tallies, and ballots that were not counted.

use ballot_log::ElectionId;
use deadpool_postgres::Object;
use futures_util::stream::{self, Stream, TryStreamExt as _};
use jiff::Timestamp;
use serde::Serialize;
use tally::{PartitionTally, Reason};
use tokio_postgres::types::{Json, ToSql};
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;

/// The tallies of an election, by partition; partitions without a record that names it have none.
///
/// # Errors
/// Where PostgreSQL cannot be asked.
pub async fn tallies(
    client: &Client,
    election: ElectionId,
) -> Result<Vec<PartitionTally>, tokio_postgres::Error> {
    let sql = "SELECT tally FROM partition_tallies WHERE election = $1 ORDER BY partition";
    let rows = client.query(sql, &[&i64::from(election)]).await?;
    rows.into_iter()
        .map(|row| Ok(row.try_get::<_, Json<PartitionTally>>(0)?.0))
        .collect()
}

/// How many voters are on the roll of an election, if it was ever loaded.
///
/// # Errors
/// Where PostgreSQL cannot be asked.
pub async fn registered(
    client: &Client,
    election: ElectionId,
) -> Result<Option<i64>, tokio_postgres::Error> {
    let sql = "SELECT registered FROM rolls WHERE election = $1";
    let row = client.query_opt(sql, &[&i64::from(election)]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// A paper ballot that was not counted, as the interface of old shows it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvalidVote {
    /// Who brought it.
    pub election_official_jmbg: String,
    /// Which ballot it is.
    pub ballot_guid: String,
    /// What it says.
    pub poll_number: u64,
    /// Why it was not counted.
    pub reason: String,
}

/// The paper ballots of an election that came second or named nobody, in the order in which they came, as they
/// are read. Nobody else has the connection meanwhile.
///
/// # Errors
/// Where PostgreSQL cannot be asked.
pub async fn invalid_votes(
    client: Object,
    election: ElectionId,
) -> Result<impl Stream<Item = anyhow::Result<InvalidVote>>, tokio_postgres::Error> {
    let sql =
        "SELECT official_jmbg, ballot_guid::text, poll_number::text, reason FROM rejected_ballots
               WHERE election = $1 AND ballot_guid IS NOT NULL AND reason IN ($2, $3)
               ORDER BY appended_at, partition, log_offset";
    let (duplicate, invalid) = (Reason::Duplicate.text(), Reason::InvalidPollNumber.text());
    let parameters: [&(dyn ToSql + Sync); 3] = [&i64::from(election), &duplicate, &invalid];
    let rows = Box::pin(client.query_raw(sql, parameters).await?);
    let read = stream::try_unfold((client, rows), async |(client, mut rows)| {
        let row = rows.try_next().await?;
        Ok(row.map(|row| (invalid_vote(&row), (client, rows))))
    });
    Ok(read)
}

fn invalid_vote(row: &Row) -> InvalidVote {
    InvalidVote {
        election_official_jmbg: row.get::<_, Option<_>>(0).unwrap_or_default(),
        ballot_guid: row.get(1),
        poll_number: poll_number(row, 2).unwrap_or_default(),
        reason: row.get(3),
    }
}

/// Poll numbers are written by programs that know them as 64-bit numbers.
fn poll_number(row: &Row, column: usize) -> Option<u64> {
    row.get::<_, Option<&str>>(column)?.parse().ok()
}

/// A record that was not counted. Of a voter's ballot nothing shows but that there was one, and why: its
/// time and its choice together with what else somebody has seen might tell whose it was.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectedBallot {
    /// Where it lies in the log.
    pub partition: i32,
    /// Where it lies in its partition.
    pub offset: i64,
    /// Why it was not counted.
    pub reason: String,
    /// Which ballot it is, of paper.
    pub ballot_guid: Option<String>,
    /// What it says, of paper.
    pub poll_number: Option<u64>,
    /// Who brought it, of paper.
    pub official_jmbg: Option<String>,
    /// When the log received it, of paper.
    #[schema(value_type = Option<String>)]
    pub appended_at: Option<Timestamp>,
}

/// The records of an election that were not counted, at most `limit` of those behind a place in the log.
///
/// # Errors
/// Where PostgreSQL cannot be asked.
pub async fn rejected(
    client: &Client,
    election: ElectionId,
    (partition, offset): (i32, i64),
    limit: i64,
) -> Result<Vec<RejectedBallot>, tokio_postgres::Error> {
    let sql = "SELECT partition, log_offset, reason, ballot_guid::text, poll_number::text, official_jmbg, appended_at
               FROM rejected_ballots WHERE election = $1 AND (partition, log_offset) > ($2, $3)
               ORDER BY partition, log_offset LIMIT $4";
    let parameters: [&(dyn ToSql + Sync); 4] = [&i64::from(election), &partition, &offset, &limit];
    let rows = client.query(sql, &parameters).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let ballot_guid: Option<String> = row.get(3);
            let is_paper = ballot_guid.is_some();
            RejectedBallot {
                partition: row.get(0),
                offset: row.get(1),
                reason: row.get(2),
                poll_number: poll_number(&row, 4).filter(|_| is_paper),
                official_jmbg: row.get(5),
                appended_at: is_paper.then(|| row.get(6)),
                ballot_guid,
            }
        })
        .collect())
}
