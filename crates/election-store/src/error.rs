//! What can go wrong.

use ballot_records::ElectionId;

/// The database was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// PostgreSQL does not answer, or refuses.
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    /// There is no connection.
    #[error("cannot reach PostgreSQL at DATABASE_URL: {0}")]
    Unreachable(#[from] deadpool_postgres::PoolError),
    /// A row contains something that this program does not know.
    #[error("the table {table} has an unreadable row: {key}, column {column}: {reason}")]
    Row {
        /// Where.
        table: &'static str,
        /// Which row.
        key: String,
        /// Which column of it.
        column: &'static str,
        /// What is wrong with the request.
        reason: String,
    },
    /// A tally is damaged, or of another version of this program.
    #[error(
        "the table partition_tallies holds unreadable tallies of election {election}: remove all rows of their \
         partitions from it and from the table checkpoints, and they are counted again from the log \
         (partition {partition}: {reason})"
    )]
    Tally {
        /// The election.
        election: ElectionId,
        /// The first partition whose tally is unreadable.
        partition: i32,
        /// What is wrong with the request.
        reason: String,
    },
    /// The log gave a record a time that no calendar has.
    #[error("the append time {0} ms after 1970 is out of range")]
    AppendTime(i64),
}
