//! Ballots that were not counted.

use ballot_records::record::PaperLine;
use ballot_records::{Ballot, Choice, ElectionId};
use deadpool_postgres::{Object, Transaction};
use futures_util::stream::{self, Stream, TryStreamExt as _};
use jiff::Timestamp;
use tally::{Reason, RejectedBallot};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::StoreError;
use crate::row::KeyedRow;

const ROWS_A_STATEMENT: usize = 10_000;

/// A stored rejected ballot. For a voter's ballot it shows only that there was one, and the reason: its time
/// and choice, combined with other observations, might reveal whose it was.
#[derive(Debug, PartialEq, Eq)]
pub struct StoredRejection {
    /// The partition of the log.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
    /// Why it was not counted.
    pub reason: String,
    /// The ballot, if it is a paper ballot.
    pub paper: Option<PaperBallot>,
}

/// A paper ballot that was not counted.
#[derive(Debug, PartialEq, Eq)]
pub struct PaperBallot {
    /// Which ballot it is.
    pub guid: String,
    /// What it says.
    pub choice: Choice,
    /// The official who recorded it.
    pub official_jmbg: String,
    /// When the log received it.
    pub appended_at: Timestamp,
}

const COLUMNS: &str = "partition, log_offset, reason, ballot_guid::text, poll_number::text, official_jmbg, appended_at";

/// The ballots of an election that were not counted, at most `limit` of those after a place in the log
/// (partition, offset).
///
/// # Errors
/// If PostgreSQL does not answer, or a row is unreadable.
pub async fn page(
    client: &Client,
    election: ElectionId,
    (partition, offset): (i32, i64),
    limit: i64,
) -> Result<Vec<StoredRejection>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM rejected_ballots WHERE election = $1 AND (partition, log_offset) > ($2, $3)
         ORDER BY partition, log_offset LIMIT $4"
    );
    let parameters: [&(dyn ToSql + Sync); 4] = [&i64::from(election), &partition, &offset, &limit];
    let rows = client.query(&sql, &parameters).await?;
    rows.iter().map(rejection).collect()
}

/// The paper ballots of an election that were not counted for one of two reasons, in the order of arrival,
/// streamed as they are read. Holds the connection until the end.
///
/// # Errors
/// If PostgreSQL does not answer; in the stream, if a row is unreadable.
pub async fn paper(
    client: Object,
    election: ElectionId,
    [reason, other]: [Reason; 2],
) -> Result<impl Stream<Item = Result<(PaperBallot, String), StoreError>>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM rejected_ballots
         WHERE election = $1 AND ballot_guid IS NOT NULL AND reason IN ($2, $3)
         ORDER BY appended_at, partition, log_offset"
    );
    let parameters: [&(dyn ToSql + Sync); 3] =
        [&i64::from(election), &reason.text(), &other.text()];
    let rows = Box::pin(client.query_raw(&sql, parameters).await?);
    Ok(stream::try_unfold(
        (client, rows),
        async |(client, mut rows)| {
            let Some(row) = rows.try_next().await? else {
                return Ok(None);
            };
            let row = rejection(&row)?;
            let ballot = row.paper.map(|ballot| (ballot, row.reason));
            Ok(ballot.map(|ballot| (ballot, (client, rows))))
        },
    ))
}

fn rejection(row: &Row) -> Result<StoredRejection, StoreError> {
    let place = KeyedRow {
        row,
        table: "rejected_ballots",
        key: "any",
    };
    let (partition, offset) = (place.get("partition")?, place.get("log_offset")?);
    let row = KeyedRow {
        row,
        table: "rejected_ballots",
        key: format!("partition {partition}, log_offset {offset}"),
    };
    let paper = row.get::<Option<String>>("ballot_guid")?.map(|guid| {
        let choice = row.get::<&str>("poll_number")?.parse();
        Ok::<_, StoreError>(PaperBallot {
            guid,
            choice: choice.map_err(|_| row.unreadable("poll_number", "out of range".to_owned()))?,
            official_jmbg: row.get("official_jmbg")?,
            appended_at: row.get("appended_at")?,
        })
    });
    Ok(StoredRejection {
        partition,
        offset,
        reason: row.get("reason")?,
        paper: paper.transpose()?,
    })
}

/// Paper ballots that are not invalid any more, as their file was withdrawn.
#[derive(Clone, Debug)]
pub struct Freed {
    /// The election.
    pub election: ElectionId,
    /// The offset of the withdrawal.
    pub before_offset: i64,
    /// The ballots.
    pub guids: Vec<Uuid>,
}

pub(crate) async fn free(
    transaction: &Transaction<'_>,
    partition: i32,
    freed: &[Freed],
) -> Result<(), StoreError> {
    let sql = "DELETE FROM rejected_ballots
               WHERE election = $1 AND partition = $2 AND log_offset < $3 AND reason = $4 AND ballot_guid = ANY($5)";
    for freed in freed {
        let (election, reason) = (i64::from(freed.election), Reason::InvalidPollNumber.text());
        let parameters: [&(dyn ToSql + Sync); 5] = [
            &election,
            &partition,
            &freed.before_offset,
            &reason,
            &freed.guids,
        ];
        transaction.execute(sql, &parameters).await?;
    }
    Ok(())
}

/// One statement for many rows: a flooded log has many.
pub(crate) async fn save(
    transaction: &Transaction<'_>,
    partition: i32,
    rejected: &[RejectedBallot],
) -> Result<(), StoreError> {
    let statement = transaction
        .prepare_cached(
            "INSERT INTO rejected_ballots (partition, log_offset, election, ballot_guid, poll_number,
                 official_jmbg, reason, appended_at)
             SELECT $1, log_offset, election, guid, number::numeric, jmbg, reason, appended_at
             FROM unnest($2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                 $8::timestamptz[]) AS row (log_offset, election, guid, number, jmbg, reason, appended_at)
             ON CONFLICT DO NOTHING",
        )
        .await?;
    for rows in rejected.chunks(ROWS_A_STATEMENT) {
        let column = Columns::of(rows)?;
        transaction
            .execute(
                &statement,
                &[
                    &partition,
                    &column.offset,
                    &column.election,
                    &column.ballot_guid,
                    &column.poll_number,
                    &column.official_jmbg,
                    &column.reason,
                    &column.appended_at,
                ],
            )
            .await?;
    }
    Ok(())
}

/// Rejected ballots, turned into columns. A voter's ballot shows no serial here: officials see that
/// one was rejected, and why.
#[derive(Default)]
struct Columns {
    offset: Vec<i64>,
    election: Vec<Option<i64>>,
    ballot_guid: Vec<Option<Uuid>>,
    poll_number: Vec<Option<String>>,
    official_jmbg: Vec<Option<String>>,
    reason: Vec<&'static str>,
    appended_at: Vec<Timestamp>,
}

impl Columns {
    fn of(rows: &[RejectedBallot]) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for row in rows {
            let ballot = row.ballot.as_ref();
            let paper: Option<(Uuid, PaperLine)> = ballot.and_then(|ballot| match ballot.ballot {
                Ballot::Serial(_) => None,
                Ballot::Paper(guid, line) => Some((guid, line)),
            });
            let appended_at = Timestamp::from_millisecond(row.time_ms);
            columns.offset.push(row.offset);
            columns
                .election
                .push(ballot.map(|ballot| i64::from(ballot.election)));
            columns.ballot_guid.push(paper.map(|(guid, _)| guid));
            columns
                .poll_number
                .push(ballot.map(|ballot| ballot.choice.to_string()));
            columns
                .official_jmbg
                .push(paper.map(|(_, line)| format!("{:013}", line.official)));
            columns.reason.push(row.reason.text());
            columns
                .appended_at
                .push(appended_at.map_err(|_| StoreError::AppendTime(row.time_ms))?);
        }
        Ok(columns)
    }
}
