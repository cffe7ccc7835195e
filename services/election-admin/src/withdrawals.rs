//! Putting withdrawals of files into the log: into every partition, as the ballots of a file lie in all of them.
//!
//! PostgreSQL has a withdrawal first, so it is put into the log even if this process ends in between. Each has a number
//! that the count obeys once: appending it again changes nothing.

use anyhow::Context;
use ballot_log::record::Withdrawal;
use ballot_log::{BallotBox, Record};
use election_store::batches;
use tokio_postgres::Client;

/// Puts all withdrawals into the log that are not known to be there.
///
/// # Errors
/// Where a server does not take one: it is tried again.
pub async fn put_into_log(
    client: &Client,
    ballot_box: &BallotBox,
    partitions: i32,
) -> anyhow::Result<()> {
    for withdrawal in batches::unfinished_withdrawals(client).await? {
        append(ballot_box, partitions, withdrawal).await?;
        batches::withdrawal_is_in_log(client, withdrawal.number).await?;
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
