//! Officials' files: what was received, what became of each line, and which are withdrawn.

use ballot_records::record::{District, FileId, Withdrawal};
use ballot_records::{Act, ElectionId};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tally::{FileLines, FileTally};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use crate::StoreError;
use crate::row::KeyedRow;

/// An official's file for an election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its name.
    pub id: String,
    /// The election.
    pub election: ElectionId,
    /// The e-mail address of the official.
    pub who: String,
    /// The official's jmbg.
    pub official_jmbg: String,
    /// SHA-256 of the file, in hex.
    pub file: String,
    /// How many lines it has.
    pub lines: u64,
    /// The constituency that its ballots were given for, if one was.
    pub constituency: Option<District>,
    /// When it was first received, or first after a withdrawal.
    pub received_at: Timestamp,
    /// When every line was in the log; `None` where recording broke off.
    pub recorded_at: Option<Timestamp>,
    /// Lines that the log received before the election was open, when it was last recorded.
    pub too_early: u64,
    /// Lines that the log received after the end, when it was last recorded.
    pub too_late: u64,
    /// What has been counted of it.
    pub counted: FileLines,
    /// Its last withdrawal, unless it was received again since.
    pub withdrawn: Option<Withdrawn>,
}

/// A withdrawal of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// By whom: the e-mail address of the account.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Every partition of the log has it.
    pub is_in_log: bool,
}

/// Takes over what an act says of a file: that it is about to be recorded, or is.
///
/// # Errors
/// Where PostgreSQL does not take it.
pub async fn save(transaction: &Transaction<'_>, act: &Act) -> Result<(), StoreError> {
    let (Some(id), Some(election), Some(file), Some(lines)) =
        (act.batch(), act.election, &act.file, act.lines)
    else {
        return Ok(());
    };
    match act.outcome.as_str() {
        Act::RECEIVED => {
            // After a withdrawal everything begins anew; a file that is only sent again stays as it was.
            let sql = "INSERT INTO batches AS batch (id, election, who, official_jmbg, file, lines, constituency, received_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                       ON CONFLICT (id) DO UPDATE SET constituency = excluded.constituency,
                           received_at = excluded.received_at, recorded_at = NULL, too_early = 0, too_late = 0
                       WHERE EXISTS (SELECT FROM withdrawals
                                     WHERE withdrawals.batch = batch.id AND at >= batch.received_at)";
            let constituency = act.constituency.map(i32::from);
            let parameters: [&(dyn ToSql + Sync); 8] = [
                &id,
                &i64::from(election),
                &act.who,
                &act.jmbg,
                file,
                &i64::from(lines),
                &constituency,
                &act.at,
            ];
            transaction.execute(sql, &parameters).await?;
        }
        // All lines are in the log also where none of them came in time.
        Act::SUCCESS | Act::DISCARDED => {
            let sql =
                "UPDATE batches SET recorded_at = $2, too_early = $3, too_late = $4 WHERE id = $1";
            let number = |lines: Option<u32>| i64::from(lines.unwrap_or_default());
            let (early, late) = (number(act.too_early), number(act.too_late));
            transaction
                .execute(sql, &[&id, &act.at, &early, &late])
                .await?;
        }
        _ => {}
    }
    Ok(())
}

/// Writes what a partition has counted of files.
pub(crate) async fn save_lines(
    transaction: &Transaction<'_>,
    partition: i32,
    files: &[FileTally],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO batch_lines (partition, election, official_jmbg, file, ballots, repeated, duplicates,
                   invalid_poll_numbers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
               ON CONFLICT (election, official_jmbg, file, partition) DO UPDATE SET ballots = excluded.ballots,
                   repeated = excluded.repeated, duplicates = excluded.duplicates,
                   invalid_poll_numbers = excluded.invalid_poll_numbers";
    if files.is_empty() {
        return Ok(());
    }
    let statement = transaction.prepare_cached(sql).await?;
    for FileTally {
        election,
        file,
        lines,
    } in files
    {
        let number = |lines: u64| i64::try_from(lines).unwrap_or(i64::MAX);
        let parameters: [&(dyn ToSql + Sync); 8] = [
            &partition,
            &i64::from(*election),
            &format!("{:013}", file.official),
            &file.hex_name(),
            &number(lines.ballots),
            &number(lines.repeated),
            &number(lines.duplicates),
            &number(lines.invalid_poll_numbers),
        ];
        transaction.execute(&statement, &parameters).await?;
    }
    Ok(())
}

const SELECT: &str = "SELECT id, batches.election, batches.who, batches.official_jmbg, batches.file, lines, constituency,
        received_at, recorded_at, too_early, too_late, counted.ballots, counted.repeated, counted.duplicates,
        counted.invalid_poll_numbers, withdrawn.who AS withdrawn_by, withdrawn.at AS withdrawn_at,
        withdrawn.in_log_at IS NOT NULL AS is_in_log
    FROM batches
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(ballots), 0)::bigint AS ballots, coalesce(sum(repeated), 0)::bigint AS repeated,
            coalesce(sum(duplicates), 0)::bigint AS duplicates,
            coalesce(sum(invalid_poll_numbers), 0)::bigint AS invalid_poll_numbers
        FROM batch_lines
        WHERE batch_lines.election = batches.election AND batch_lines.official_jmbg = batches.official_jmbg
            AND batch_lines.file = left(batches.file, 16)
    ) AS counted
    LEFT JOIN LATERAL (
        SELECT who, at, in_log_at FROM withdrawals
        WHERE withdrawals.batch = batches.id AND at >= batches.received_at ORDER BY number DESC LIMIT 1
    ) AS withdrawn ON true";

/// A batch, by its name.
///
/// # Errors
/// Where PostgreSQL does not answer, or a row is unreadable.
pub async fn find(client: &Client, id: &str) -> Result<Option<Batch>, StoreError> {
    let sql = format!("{SELECT} WHERE id = $1");
    let row = client.query_opt(&sql, &[&id]).await?;
    row.as_ref().map(batch).transpose()
}

/// The newest batches, at most `limit`: of one election, and of one official, where they are given.
///
/// # Errors
/// Where PostgreSQL does not answer, or a row is unreadable.
pub async fn newest(
    client: &Client,
    election: Option<ElectionId>,
    official_jmbg: Option<&str>,
    limit: i64,
) -> Result<Vec<Batch>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE ($1::bigint IS NULL OR batches.election = $1)
             AND ($2::text IS NULL OR batches.official_jmbg = $2)
         ORDER BY received_at DESC, id LIMIT $3"
    );
    let election = election.map(i64::from);
    let parameters: [&(dyn ToSql + Sync); 3] = [&election, &official_jmbg, &limit];
    let rows = client.query(&sql, &parameters).await?;
    rows.iter().map(batch).collect()
}

fn batch(row: &Row) -> Result<Batch, StoreError> {
    let any = KeyedRow {
        row,
        table: "batches",
        key: "any",
    };
    let id: String = any.get("id")?;
    let row = KeyedRow {
        row,
        table: "batches",
        key: format!("id {id}"),
    };
    let withdrawn_at: Option<Timestamp> = row.get("withdrawn_at")?;
    let withdrawn_by: Option<String> = row.get("withdrawn_by")?;
    let is_in_log: Option<bool> = row.get("is_in_log")?;
    let constituency = row.get::<Option<i32>>("constituency")?;
    Ok(Batch {
        election: row.get_as::<i64, _>("election")?,
        who: row.get("who")?,
        official_jmbg: row.get("official_jmbg")?,
        file: row.get("file")?,
        lines: row.get_as::<i64, _>("lines")?,
        constituency: constituency.and_then(|number| number.try_into().ok()),
        received_at: row.get("received_at")?,
        recorded_at: row.get("recorded_at")?,
        too_early: row.get_as::<i64, _>("too_early")?,
        too_late: row.get_as::<i64, _>("too_late")?,
        counted: FileLines {
            ballots: row.get_as::<i64, _>("ballots")?,
            repeated: row.get_as::<i64, _>("repeated")?,
            duplicates: row.get_as::<i64, _>("duplicates")?,
            invalid_poll_numbers: row.get_as::<i64, _>("invalid_poll_numbers")?,
        },
        withdrawn: withdrawn_at.zip(withdrawn_by).map(|(at, who)| Withdrawn {
            who,
            at,
            is_in_log: is_in_log.unwrap_or_default(),
        }),
        id,
    })
}

/// Why a batch cannot be withdrawn now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWithdrawn {
    /// The election is being closed, or is closed.
    Closed,
    /// It is withdrawn already.
    Already,
}

/// Withdraws a batch, within a transaction: what has to be put into the log.
///
/// # Errors
/// Where PostgreSQL does not take it, or the batch is unreadable.
pub async fn withdraw(
    transaction: &Transaction<'_>,
    batch: &Batch,
    who: &str,
) -> Result<Result<Withdrawal, NotWithdrawn>, StoreError> {
    if !lock_open(transaction, batch.election).await? {
        return Ok(Err(NotWithdrawn::Closed));
    }
    let sql = "INSERT INTO withdrawals (batch, who, at) SELECT $1, $2, greatest(now(), $3)
               WHERE NOT EXISTS (SELECT FROM withdrawals, batches
                                 WHERE batches.id = $1 AND batch = $1 AND at >= received_at)
               RETURNING number";
    // A ballot station's clock may be fast.
    let row = transaction
        .query_opt(sql, &[&batch.id, &who, &batch.received_at])
        .await?;
    let Some(row) = row else {
        return Ok(Err(NotWithdrawn::Already));
    };
    let row = KeyedRow {
        row: &row,
        table: "withdrawals",
        key: "any",
    };
    Ok(Ok(Withdrawal {
        election: batch.election,
        number: row.get_as::<i32, _>("number")?,
        file: file_id(&batch.official_jmbg, &batch.file)?,
    }))
}

/// Whether an election is not being closed yet. If it is not, it will not be before the transaction ends.
async fn lock_open(
    transaction: &Transaction<'_>,
    election: ElectionId,
) -> Result<bool, StoreError> {
    let lock = "SELECT id FROM elections WHERE id::bigint = $1 FOR UPDATE";
    let election = i64::from(election);
    transaction.query(lock, &[&election]).await?;
    let sql = "SELECT FROM closings WHERE election::bigint = $1";
    Ok(transaction.query_opt(sql, &[&election]).await?.is_none())
}

/// Begins to close an election: nothing is withdrawn from now on. The withdrawals that are not known to be in the log
/// come first.
///
/// # Errors
/// Where PostgreSQL does not take it, or a withdrawal is unreadable.
pub async fn begin_to_close(
    transaction: &Transaction<'_>,
    election: ElectionId,
) -> Result<(), StoreError> {
    if lock_open(transaction, election).await? {
        let sql = "INSERT INTO closings (election) SELECT id FROM elections WHERE id::bigint = $1";
        transaction.execute(sql, &[&i64::from(election)]).await?;
    }
    Ok(())
}

/// Withdrawals that are not known to be in every partition of the log.
///
/// # Errors
/// Where PostgreSQL does not answer, or a withdrawal is unreadable.
pub async fn unfinished_withdrawals(client: &Client) -> Result<Vec<Withdrawal>, StoreError> {
    let sql =
        "SELECT number, election, official_jmbg, file FROM withdrawals JOIN batches ON batch = id
               WHERE in_log_at IS NULL ORDER BY number";
    let withdrawal = |row: &Row| {
        let row = KeyedRow {
            row,
            table: "withdrawals",
            key: "any",
        };
        let (official, file) = (row.get("official_jmbg")?, row.get("file")?);
        Ok(Withdrawal {
            election: row.get_as::<i64, _>("election")?,
            number: row.get_as::<i32, _>("number")?,
            file: file_id(official, file)?,
        })
    };
    let rows = client.query(sql, &[]).await?;
    rows.iter().map(withdrawal).collect()
}

/// Notes that every partition of the log has a withdrawal.
///
/// # Errors
/// Where PostgreSQL does not take it.
pub async fn withdrawal_is_in_log(client: &Client, number: u32) -> Result<(), StoreError> {
    let sql =
        "UPDATE withdrawals SET in_log_at = now() WHERE number::bigint = $1 AND in_log_at IS NULL";
    client.execute(sql, &[&i64::from(number)]).await?;
    Ok(())
}

fn file_id(official_jmbg: &str, file: &str) -> Result<FileId, StoreError> {
    let name = file.get(..16).unwrap_or_default();
    FileId::parse(official_jmbg, name).map_err(|_| StoreError::Row {
        table: "batches",
        key: format!("official_jmbg {official_jmbg}"),
        column: "file",
        reason: format!("{file} is no hash of a file"),
    })
}
