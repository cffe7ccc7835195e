//! PostgreSQL's record of an election's roll: table `roll_loads`.

use jiff::Timestamp;
use tokio_postgres::{Client, GenericClient, Row};

use crate::error::RollError;
use voter_roll::Fingerprint;

/// One row of `roll_loads`.
pub(crate) struct Record {
    pub(crate) election: u32,
    pub(super) fingerprint: Fingerprint,
    pub(crate) capacity: u32,
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

/// The elections that use the roll: these, or all that were loaded and not purged.
pub(crate) async fn open(
    database: &impl GenericClient,
    elections: &[u32],
) -> Result<Vec<Record>, RollError> {
    let records = all(database).await?;
    if elections.is_empty() {
        let open = records.into_iter();
        return Ok(open.filter(|record| record.purged_at.is_none()).collect());
    }
    for election in elections {
        let record = records.iter().find(|record| record.election == *election);
        match record {
            None => return Err(RollError::NotLoaded(*election)),
            Some(record) if record.purged_at.is_some() => {
                return Err(RollError::Purged(*election));
            }
            Some(_) => {}
        }
    }
    let mut records = records;
    records.retain(|record| elections.contains(&record.election));
    Ok(records)
}

pub(super) async fn all(database: &impl GenericClient) -> Result<Vec<Record>, RollError> {
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
    rows: u32,
) -> Result<(), RollError> {
    database
        .execute(
            "UPDATE roll_loads SET voters = $2, loaded_rows = $3, loaded_at = now() WHERE election = $1",
            &[
                &i64::from(election),
                &voters.cast_signed(),
                &i64::from(rows),
            ],
        )
        .await?;
    Ok(())
}

/// Counts the voters of an election anew, after some were struck or taken back; `None` where no load was completed.
pub(super) async fn count(database: &Client, election: u32) -> Result<Option<i64>, RollError> {
    let count = "UPDATE roll_loads SET voters = (
                     SELECT count(*) FROM dim_voters WHERE struck_at IS NULL AND row_number < loaded_rows)
                 WHERE election = $1 AND loaded_at IS NOT NULL RETURNING voters";
    let row = database.query_opt(count, &[&i64::from(election)]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// From now on the election cannot be loaded; a repetition keeps the first time.
pub(super) async fn purged(database: &Client, election: u32) -> Result<(), RollError> {
    database
        .execute(
            "UPDATE roll_loads SET purged_at = coalesce(purged_at, now()) WHERE election = $1",
            &[&i64::from(election)],
        )
        .await?;
    Ok(())
}

/// The rows of the roll, with those of voters who were struck.
pub(super) async fn rows(database: &Client) -> Result<u64, RollError> {
    count_of(database, "SELECT count(*) FROM dim_voters").await
}

/// The voters on the roll.
pub(super) async fn voters(database: &Client) -> Result<u64, RollError> {
    count_of(
        database,
        "SELECT count(*) FROM dim_voters WHERE struck_at IS NULL",
    )
    .await
}

async fn count_of(database: &Client, query: &str) -> Result<u64, RollError> {
    let count: i64 = database.query_one(query, &[]).await?.try_get(0)?;
    Ok(count.unsigned_abs())
}

/// Waits until nobody else loads or purges the roll of this election, and nobody changes voters: what a load reads would be
/// behind what is in force when it writes.
pub(super) async fn lock(database: &Client, election: u32) -> Result<(), RollError> {
    let lock = "SELECT pg_advisory_lock_shared($1), pg_advisory_lock($2)";
    database
        .execute(lock, &[&CHANGES, &lock_number(election)])
        .await?;
    Ok(())
}

/// If this fails, the lock ends with the session.
pub(super) async fn unlock(database: &Client, election: u32) {
    let unlock = "SELECT pg_advisory_unlock($2), pg_advisory_unlock_shared($1)";
    let unlocked = database
        .execute(unlock, &[&CHANGES, &lock_number(election)])
        .await;
    say(unlocked);
}

/// Waits until nobody loads or purges a roll, or changes voters.
pub(crate) async fn lock_changes(database: &Client) -> Result<(), RollError> {
    database
        .execute("SELECT pg_advisory_lock($1)", &[&CHANGES])
        .await?;
    Ok(())
}

/// Where this fails, the lock ends with the session.
pub(crate) async fn unlock_changes(database: &Client) {
    let unlocked = database
        .execute("SELECT pg_advisory_unlock($1)", &[&CHANGES])
        .await;
    say(unlocked);
}

fn say(unlocked: Result<u64, tokio_postgres::Error>) {
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

/// "ROLC": held alone by who changes voters, and shared by who loads or purges.
const CHANGES: i64 = 0x524f_4c43 << 32;
