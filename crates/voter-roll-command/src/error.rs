//! What can go wrong with the roll, apart from claims (which have [`crate::ClaimError`]).

use std::io;

use service_database::postgres::ConnectError;
use voter_roll::KeyError;

/// Conflicts that an error message names.
pub(crate) const NAMED_CONFLICTS: usize = 10;

/// What PostgreSQL complained about, without the values: its details quote whole rows.
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

impl From<ConnectError> for DatabaseError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Postgres(error) => error.into(),
            ConnectError::Late => Self(error.to_string()),
        }
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
    /// Redis keeps a file that still holds what was removed.
    #[error(
        "the key and the roll are gone, but Redis did not write its append-only file anew, which still holds the roll: \
         see Redis' log for why (room on the disk?), and run the purge again"
    )]
    NotRewritten,
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
    /// One line of the CSV file is wrong; the roll is as it was.
    #[error("line {line}: {problem}; the roll was not changed")]
    Line {
        /// Line of the file, from 1.
        line: u64,
        /// What is wrong there, without quoting it.
        problem: String,
    },
    /// Voters that are there twice, or not at all; the roll is as it was.
    #[error("{}; the roll was not changed", .0.join("; "))]
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
    /// Redis holds a roll made with another key.
    #[error(
        "Redis already holds a roll of election {0} that was made with another ballot key: \
         use that election's own database and keys, or another Redis"
    )]
    ForeignRoll(u32),
    /// Nothing says how many serials the key shuffles.
    #[error(
        "there is a ballot key of election {0}, but neither it nor PostgreSQL nor Redis says for how many voters: \
         with another number every voter would get a second serial. Restore the database of the roll from a backup \
         made after the first load, or name the number with --capacity (the first load said \"room for …\"); \
         if no vote was ever taken with the key, remove it"
    )]
    CapacityUnknown(u32),
    /// Two places name different numbers of serials.
    #[error(
        "election {election} has room for {capacity} voters according to {place}, but for {other} according to \
         {other_place}, and with the wrong number every voter would get a second serial: restore the one that is \
         not this election's"
    )]
    CapacityDiffers {
        /// Which election.
        election: u32,
        /// What the first place says.
        capacity: u32,
        /// Which place that is.
        place: &'static str,
        /// What the second place says.
        other: u32,
        /// Which place that is.
        other_place: &'static str,
    },
    /// The roll has fewer rows than were loaded before.
    #[error(
        "the roll was loaded for election {election} with {rows} voters, and has only {found} now: \
         restore the database of the roll from a newer backup, or import again, in the same order, the voters that \
         are missing, with their guids"
    )]
    RowsMissing {
        /// Which election.
        election: u32,
        /// Rows that were loaded.
        rows: u32,
        /// Rows that are there.
        found: u32,
    },
    /// The rows hold other voters than were loaded before.
    #[error(
        "the roll is not in the order in which it was loaded for election {0}: other voters stand in its rows, or \
         with other guids, or some were deleted, and voters would get each other's ballots. Restore the database of \
         the roll from a backup, or import the same files again, in the same order and with the same guids"
    )]
    RowsDiffer(u32),
    /// More voters than serials.
    #[error(
        "the roll has grown to row {row}, but election {election} has room for {capacity} \
         voters, as its first load fixed: later voters need another election"
    )]
    CapacityExceeded {
        /// Which election.
        election: u32,
        /// The highest row number seen.
        row: i64,
        /// Voters that the election can have.
        capacity: u64,
    },
    /// More voters than an election in use has room for.
    #[error(
        "there would be {voters} rows on the roll, but election {election} has room for {capacity} voters, as its first \
         load fixed; the roll was not changed. If that election is over, purge it; if these voters are for another \
         one, name that with --election"
    )]
    NoRoom {
        /// Which election.
        election: u32,
        /// Voters that the election can have.
        capacity: u32,
        /// Rows that there would be.
        voters: i64,
    },
    /// A voter in Redis has another serial than the load would give.
    #[error(
        "voters of election {0} have other serials in Redis than this roll and its ballot key give them: restore the \
         database of the roll, and its ballot key, from a backup made after the first load"
    )]
    SerialsDiffer(u32),
    /// The roll was changed, but not in Redis.
    #[error(
        "the roll was changed, but in election {0} that is not, or not for all, in force yet: \
         `voter-roll load --election {0}` brings it into force (Redis: {1})"
    )]
    NotInForce(u32, redis::RedisError),
    /// The election was never loaded.
    #[error("election {0} has no roll here: `voter-roll load --election {0}` makes it")]
    NotLoaded(u32),
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
