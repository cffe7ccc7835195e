//! Putting withdrawals of files into the log: into every partition, as the ballots of a file lie in all of them.
//!
//! PostgreSQL has a withdrawal first, so it is put into the log even if this process ends in between. Each has a number
//! that the count obeys once: appending it again changes nothing.

use anyhow::Context;
use ballot_log::record::Withdrawal;
use ballot_log::{BallotBox, Record};
use deadpool_postgres::Pool;
use election_store::{batches, elections};

use crate::elections::definitions;

/// Puts all withdrawals into the log that are not known to be there.
///
/// # Errors
/// Where a server does not take one: it is tried again.
pub async fn put_into_log(
    pool: &Pool,
    ballot_box: &BallotBox,
    votes_topic: &str,
) -> anyhow::Result<()> {
    let client = definitions::connection(pool).await?;
    let unfinished = batches::unfinished_withdrawals(&client).await?;
    if unfinished.is_empty() {
        return Ok(());
    }
    let partitions = elections::pinned_partitions(&client, votes_topic).await?;
    // Nobody waits for Kafka with a connection that others need.
    drop(client);
    for withdrawal in unfinished {
        append(ballot_box, partitions.unwrap_or_default(), withdrawal).await?;
        let client = definitions::connection(pool).await?;
        batches::withdrawal_is_in_log(&client, withdrawal.number).await?;
        let Withdrawal {
            election, number, ..
        } = withdrawal;
        tracing::info!(election, number, "withdrew a file");
    }
    Ok(())
}

async fn append(
    ballot_box: &BallotBox,
    partitions: i32,
    withdrawal: Withdrawal,
) -> anyhow::Result<()> {
    let record = Record::Withdrawal(withdrawal);
    for partition in 0..partitions {
        let appended = ballot_box.append_to(partition, &record).await;
        appended.with_context(|| {
            format!("cannot append the withdrawal of a file to partition {partition}")
        })?;
    }
    Ok(())
}
