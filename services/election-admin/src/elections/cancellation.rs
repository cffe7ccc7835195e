//! Cancelling an election that is wrong: nobody votes in it from then on, it is in no other's way, and has no result.

use ballot_log::{Cancellation, ElectionDefinition, ElectionId};
use deadpool_postgres::Pool;
use election_store::elections;
use jiff::Timestamp;
use service_database::audit::{self, AuditEntry};

use crate::elections::definitions;
use crate::elections::publishing::Publisher;

/// Why an election was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancellationError {
    /// There is no such election.
    #[error("there is no such election")]
    NoSuchElection,
    /// It has a result.
    #[error("the result of the election is final: it can no longer be cancelled")]
    Final,
    /// A server is away; nothing is stored.
    #[error("{0:#}")]
    Unavailable(#[from] anyhow::Error),
}

impl From<tokio_postgres::Error> for CancellationError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<election_store::StoreError> for CancellationError {
    fn from(error: election_store::StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// An election that is cancelled.
#[derive(Debug)]
pub struct Cancelled {
    /// Its number.
    pub election: ElectionId,
    /// When, and by whom: the first time, if there were several.
    pub cancellation: Cancellation,
    /// Kafka has it: everybody hears of it.
    pub is_published: bool,
}

/// Cancels an election, in the name of who did `act`. When this returns it is stored, and the act is in the audit log. It
/// is published too, unless Kafka has just gone: [`Publisher::republish`] does it then. Safe to repeat.
///
/// # Errors
/// Where there is no such election, its result is final, or PostgreSQL does not take it.
pub async fn cancel(
    pool: &Pool,
    publisher: &Publisher,
    election: ElectionId,
    act: AuditEntry,
) -> Result<Cancelled, CancellationError> {
    let mut client = definitions::connection(pool).await?;
    let transaction = client.transaction().await?;
    // A result that becomes final at this moment waits, or is waited for.
    let found = elections::lock(&transaction, election).await?;
    let mut definition = found.ok_or(CancellationError::NoSuchElection)?;
    let cancellation = match definition.cancelled.clone() {
        Some(before) => before,
        None if elections::is_final(&transaction, election).await? => {
            return Err(CancellationError::Final);
        }
        None => {
            let cancellation = now(&act)?;
            elections::cancel(&transaction, election, &cancellation).await?;
            cancellation
        }
    };
    audit::append(&transaction, &act).await?;
    transaction.commit().await?;
    drop(client);
    definition.cancelled = Some(cancellation.clone());
    Ok(Cancelled {
        election,
        cancellation,
        is_published: is_published(publisher, &definition).await,
    })
}

/// To the millisecond, as all times of a definition.
fn now(act: &AuditEntry) -> anyhow::Result<Cancellation> {
    Ok(Cancellation {
        at: Timestamp::from_millisecond(act.at.as_millisecond())?,
        by: act.who.clone(),
    })
}

async fn is_published(publisher: &Publisher, definition: &ElectionDefinition) -> bool {
    let done = publisher.publish(definition).await;
    let done = done.inspect_err(|error| {
        tracing::error!(election = definition.id, %error, "that an election is cancelled is stored and not published");
    });
    done.is_ok()
}
