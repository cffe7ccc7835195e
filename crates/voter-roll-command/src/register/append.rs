//! Adds voters to the roll, all or none of them, with row numbers without gaps.

use std::pin::pin;

use indicatif::ProgressBar;
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};
use tokio_postgres::{Transaction, binary_copy::BinaryCopyInWriter, types::Type};

use crate::error::RollError;
use voter_roll::Voter;

/// A voter on the way to PostgreSQL.
#[derive(Debug)]
pub(super) struct Incoming {
    /// The line that the voter came from.
    pub(super) line: i64,
    pub(super) voter: Voter,
    /// Whether the guid came with the voter, and is no random one.
    pub(super) has_guid: bool,
}

/// Voters on their way to PostgreSQL.
pub(super) type Batch = Vec<Incoming>;

/// Voters in one batch.
pub(super) const BATCH: usize = 4096;

/// Runs the producer of voters on a separate thread; it blocks while PostgreSQL is slower.
pub(super) fn produce(
    producer: impl FnOnce(&mpsc::Sender<Batch>) -> Result<(), RollError> + Send + 'static,
) -> (mpsc::Receiver<Batch>, JoinHandle<Result<(), RollError>>) {
    let (batches, queue) = mpsc::channel(4);
    (queue, spawn_blocking(move || producer(&batches)))
}

/// Nobody else changes the roll until this transaction ends; reading goes on.
pub(crate) async fn lock(transaction: &Transaction<'_>) -> Result<(), RollError> {
    transaction
        .batch_execute("LOCK TABLE dim_voters IN SHARE ROW EXCLUSIVE MODE")
        .await?;
    Ok(())
}

/// Collects voters in the temporary table `incoming`.
pub(super) async fn stage(
    transaction: &Transaction<'_>,
    mut batches: mpsc::Receiver<Batch>,
    progress: &ProgressBar,
) -> Result<(), RollError> {
    transaction
        .batch_execute(
            "CREATE TEMPORARY TABLE incoming (
                 line bigint NOT NULL, personal_id char(11) NOT NULL, guid uuid NOT NULL,
                 first_name text NOT NULL, last_name text NOT NULL, birth_date date NOT NULL,
                 gender text NOT NULL, region text NOT NULL, district integer NOT NULL,
                 has_guid boolean NOT NULL
             ) ON COMMIT DROP",
        )
        .await?;
    let sink = transaction
        .copy_in("COPY incoming FROM STDIN (FORMAT binary)")
        .await?;
    let columns = [
        Type::INT8,
        Type::BPCHAR,
        Type::UUID,
        Type::TEXT,
        Type::TEXT,
        Type::DATE,
        Type::TEXT,
        Type::TEXT,
        Type::INT4,
        Type::BOOL,
    ];
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &columns));
    while let Some(batch) = batches.recv().await {
        for Incoming {
            line,
            voter,
            has_guid,
        } in &batch
        {
            writer
                .as_mut()
                .write(&[
                    line,
                    &voter.personal_id.as_str(),
                    &voter.guid.to_uuid(),
                    &voter.first_name,
                    &voter.last_name,
                    &voter.birth_date,
                    &voter.gender,
                    &voter.region,
                    &i32::from(voter.district),
                    has_guid,
                ])
                .await?;
        }
        progress.inc(batch.len() as u64);
    }
    writer.finish().await?;
    Ok(())
}

/// Moves the staged voters to the roll, numbered from its last row on; returns how many.
pub(super) async fn append(transaction: &Transaction<'_>) -> Result<u64, RollError> {
    let added = transaction
        .execute(
            "INSERT INTO dim_voters (row_number, personal_id, guid, first_name, last_name, birth_date, gender, region,
                                     district)
             SELECT (SELECT coalesce(max(row_number), -1) FROM dim_voters)
                      + row_number() OVER (ORDER BY line),
                    personal_id, guid, first_name, last_name, birth_date, gender, region, district
             FROM incoming",
            &[],
        )
        .await?;
    Ok(added)
}
