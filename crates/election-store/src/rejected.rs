//! Ballots that were not counted.

use ballot_records::record::PaperLine;
use ballot_records::{Ballot, Choice, ElectionId};
use deadpool_postgres::{Pool, Transaction};
use futures_util::stream::{self, Stream, TryStreamExt as _};
use jiff::Timestamp;
use tally::{Reason, RejectedBallot};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::StoreError;
use crate::row::KeyedRow;

const ROWS_A_STATEMENT: usize = 10_000;
const ROWS_A_PAGE: usize = 5_000;

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

/// The paper ballots of an election that were not counted for one of two reasons, in the order of arrival, streamed page by
/// page: between two pages it holds no connection, as whoever reads may be slow.
pub fn paper(
    pool: Pool,
    election: ElectionId,
    reasons: [Reason; 2],
) -> impl Stream<Item = Result<(PaperBallot, String), StoreError>> {
    let start = Some((Timestamp::UNIX_EPOCH, -1, -1));
    let pages = stream::try_unfold(start, move |after| {
        let pool = pool.clone();
        async move {
            let Some(after) = after else {
                return Ok::<_, StoreError>(None);
            };
            let page = paper_page(&pool, election, reasons, after).await?;
            let last = page.last().filter(|_| page.len() == ROWS_A_PAGE);
            let next = last.and_then(|row| {
                let paper = row.paper.as_ref()?;
                Some((paper.appended_at, row.partition, row.offset))
            });
            Ok(Some((page, next)))
        }
    });
    let ballot = |row: StoredRejection| row.paper.map(|ballot| Ok((ballot, row.reason)));
    pages
        .map_ok(move |page| stream::iter(page.into_iter().filter_map(ballot)))
        .try_flatten()
}

/// A row's place in the order of arrival.
type Arrival = (Timestamp, i32, i64);

async fn paper_page(
    pool: &Pool,
    election: ElectionId,
    [reason, other]: [Reason; 2],
    (appended_at, partition, offset): Arrival,
) -> Result<Vec<StoredRejection>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM rejected_ballots
         WHERE election = $1 AND ballot_guid IS NOT NULL AND reason IN ($2, $3)
             AND (appended_at, partition, log_offset) > ($4, $5, $6)
         ORDER BY appended_at, partition, log_offset LIMIT {ROWS_A_PAGE}"
    );
    let parameters: [&(dyn ToSql + Sync); 6] = [
        &i64::from(election),
        &reason.text(),
        &other.text(),
        &appended_at,
        &partition,
        &offset,
    ];
    let rows = pool.get().await?.query(&sql, &parameters).await?;
    rows.iter().map(rejection).collect()
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

/// Rejected ballots, turned into columns. A voter's ballot shows neither serial nor choice here: officials see that
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
            let paper: Option<(Uuid, PaperLine, Choice)> =
                ballot.and_then(|ballot| match ballot.ballot {
                    Ballot::Serial(_) => None,
                    Ballot::Paper(guid, line) => Some((guid, line, ballot.choice)),
                });
            let appended_at = Timestamp::from_millisecond(row.time_ms);
            columns.offset.push(row.offset);
            columns
                .election
                .push(ballot.map(|ballot| i64::from(ballot.election)));
            columns.ballot_guid.push(paper.map(|(guid, ..)| guid));
            columns
                .poll_number
                .push(paper.map(|(.., choice)| choice.to_string()));
            columns
                .official_jmbg
                .push(paper.map(|(_, line, _)| format!("{:013}", line.official)));
            columns.reason.push(row.reason.text());
            columns
                .appended_at
                .push(appended_at.map_err(|_| StoreError::AppendTime(row.time_ms))?);
        }
        Ok(columns)
    }
}
