//! What can go wrong with the roll, apart from claims (which have [`crate::ClaimError`]).

use std::io;

use voter_roll::KeyError;

/// PostgreSQL's error without the values, as its details quote whole rows.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL: {0}")]
pub struct DatabaseError(String);

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        use std::error::Error;
        Self(match (error.as_db_error(), error.source()) {
            (Some(complaint), _) => {
                format!(
                    "{} (SQLSTATE {})",
                    complaint.message(),
                    complaint.code().code()
                )
            }
            (None, Some(cause)) => format!("{error}: {cause}"),
            (None, None) => error.to_string(),
        })
    }
}

/// Why the roll could not be kept, loaded, shown or purged.
#[derive(Debug, thiserror::Error)]
pub enum RollError {
    /// PostgreSQL cannot be reached, or refuses.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The schema could not be brought up to date.
    #[error("cannot migrate the database of the roll: {0}")]
    Migration(String),
    /// Redis cannot be reached, or refuses.
    #[error("Redis: {0}")]
    Redis(#[from] redis::RedisError),
    /// The ballot key's file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file of voters could not be read or written.
    #[error("cannot read or write the voters: {0}")]
    File(#[from] io::Error),
    /// One of our threads ended early.
    #[error("a background task of the roll failed: {0}")]
    Task(#[from] tokio::task::JoinError),

    /// There is nobody on the roll.
    #[error("the roll is empty: fill it with `voter-roll generate` or `voter-roll import` first")]
    Empty,
    /// More rows than there are serials.
    #[error("{0} voters are more than an election can hold (3 435 973 836)")]
    TooManyVoters(u64),
    /// `generate` on a roll that has voters.
    #[error("the roll already holds {0} voters: `--replace` removes them first")]
    NotEmpty(u64),
    /// `generate --replace` while an election uses the roll.
    #[error(
        "the roll is loaded for election {0}, so its voters cannot be replaced: \
         purge that election first"
    )]
    InUse(i64),
    /// The CSV file cannot be parsed at all.
    #[error("the file of voters is not as expected: {0}")]
    Csv(String),
    /// One line of the CSV file is wrong; nothing was imported.
    #[error("line {line}: {problem}; nothing was imported")]
    Line {
        /// Line of the file, from 1.
        line: u64,
        /// What is wrong there, without quoting it.
        problem: String,
    },
    /// Voters that occur twice; nothing was imported.
    #[error("{}; nothing was imported", .0.join("; "))]
    Conflicts(Vec<String>),

    /// The roll was loaded before, with a key that is now missing.
    #[error(
        "the ballot key of election {0} is missing: restore {1}; \
         a new one would give every voter a second serial"
    )]
    KeyMissing(u32, String),
    /// The key file contains a different key than the first load used.
    #[error(
        "the ballot key of election {0} in {1} is not the one its roll was first loaded with: \
         restore that one"
    )]
    KeyWrong(u32, String),
    /// Redis holds a roll made with another key or capacity.
    #[error(
        "Redis already holds a roll of election {0} that was made with another ballot key or \
         capacity: use that election's own database and keys, or another Redis"
    )]
    ForeignRoll(u32),
    /// More voters than serials.
    #[error(
        "the roll has grown to row {row}, but election {election} has room for {capacity} \
         voters, a quarter more than its first load had: later voters need another election"
    )]
    CapacityExceeded {
        /// Which election.
        election: u32,
        /// The highest row number seen.
        row: i64,
        /// Voters that the election can have.
        capacity: u64,
    },
    /// The election was purged.
    #[error("election {0} was purged: its ballot key is destroyed, and it cannot be loaded again")]
    Purged(u32),
    /// There is nothing of this election.
    #[error("election {0} has no roll here: nothing to purge")]
    NothingToPurge(u32),
    /// A row or a hash that this program did not write.
    #[error("{0} does not hold what it should: {1}")]
    Unexpected(String, &'static str),
}

impl From<tokio_postgres::Error> for RollError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}
