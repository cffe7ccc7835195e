//! PostgreSQL's record of an election's roll: table `roll_loads`.

use jiff::Timestamp;
use tokio_postgres::{Client, Row};

use crate::error::RollError;
use voter_roll::Fingerprint;

/// One row of `roll_loads`.
pub(super) struct Record {
    pub(super) election: u32,
    pub(super) fingerprint: Fingerprint,
    pub(super) capacity: u32,
    pub(super) voters: u64,
    pub(super) first_loaded_at: Timestamp,
    pub(super) loaded_at: Option<Timestamp>,
    pub(super) purged_at: Option<Timestamp>,
}

const COLUMNS: &str =
    "election, key_fingerprint, capacity, voters, first_loaded_at, loaded_at, purged_at";

impl Record {
    fn from_row(row: &Row) -> Result<Self, RollError> {
        let unexpected = |column| RollError::Unexpected("the table roll_loads".to_owned(), column);
        let fingerprint: &[u8] = row.try_get("key_fingerprint")?;
        let fingerprint =
            <[u8; 16]>::try_from(fingerprint).map_err(|_| unexpected("key_fingerprint"))?;
        Ok(Self {
            election: u32::try_from(row.try_get::<_, i64>("election")?)
                .map_err(|_| unexpected("election"))?,
            fingerprint: fingerprint.into(),
            capacity: u32::try_from(row.try_get::<_, i64>("capacity")?)
                .map_err(|_| unexpected("capacity"))?,
            voters: u64::try_from(row.try_get::<_, i64>("voters")?)
                .map_err(|_| unexpected("voters"))?,
            first_loaded_at: row.try_get("first_loaded_at")?,
            loaded_at: row.try_get("loaded_at")?,
            purged_at: row.try_get("purged_at")?,
        })
    }
}

pub(super) async fn of(database: &Client, election: u32) -> Result<Option<Record>, RollError> {
    let query = format!("SELECT {COLUMNS} FROM roll_loads WHERE election = $1");
    let row = database.query_opt(&query, &[&i64::from(election)]).await?;
    row.as_ref().map(Record::from_row).transpose()
}

pub(super) async fn all(database: &Client) -> Result<Vec<Record>, RollError> {
    let query = format!("SELECT {COLUMNS} FROM roll_loads ORDER BY election");
    let rows = database.query(&query, &[]).await?;
    rows.iter().map(Record::from_row).collect()
}

/// Fixes the key and capacity of an election before any of it is in Redis.
pub(super) async fn begin(
    database: &Client,
    election: u32,
    fingerprint: Fingerprint,
    capacity: u32,
) -> Result<(), RollError> {
    database
        .execute(
            "INSERT INTO roll_loads (election, key_fingerprint, capacity, voters)
             VALUES ($1, $2, $3, 0)",
            &[
                &i64::from(election),
                &fingerprint.as_bytes().as_slice(),
                &i64::from(capacity),
            ],
        )
        .await?;
    Ok(())
}

pub(super) async fn complete(
    database: &Client,
    election: u32,
    voters: u64,
) -> Result<(), RollError> {
    database
        .execute(
            "UPDATE roll_loads SET voters = $2, loaded_at = now() WHERE election = $1",
            &[&i64::from(election), &voters.cast_signed()],
        )
        .await?;
    Ok(())
}

/// Marks the election as purged: it can no longer be loaded. A repetition keeps the first time.
pub(super) async fn purged(database: &Client, election: u32) -> Result<(), RollError> {
    database
        .execute(
            "UPDATE roll_loads SET purged_at = coalesce(purged_at, now()) WHERE election = $1",
            &[&i64::from(election)],
        )
        .await?;
    Ok(())
}

pub(super) async fn voters(database: &Client) -> Result<u64, RollError> {
    let count: i64 = database
        .query_one("SELECT count(*) FROM dim_voters", &[])
        .await?
        .try_get(0)?;
    Ok(count.unsigned_abs())
}

/// Waits until no other process loads or purges the roll of this election.
pub(super) async fn lock(database: &Client, election: u32) -> Result<(), RollError> {
    database
        .execute("SELECT pg_advisory_lock($1)", &[&lock_number(election)])
        .await?;
    Ok(())
}

/// If this fails, the lock ends with the session.
pub(super) async fn unlock(database: &Client, election: u32) {
    let unlocked = database
        .execute("SELECT pg_advisory_unlock($1)", &[&lock_number(election)])
        .await;
    if let Err(error) = unlocked {
        tracing::debug!(
            "the lock of a roll goes with its session: {}",
            RollError::from(error)
        );
    }
}

/// "ROLL", then the election: distinct from other locks in this database.
fn lock_number(election: u32) -> i64 {
    (0x524f_4c4c << 32) | i64::from(election)
}
