//! Loads the roll of an election from PostgreSQL into Redis.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use redis::AsyncCommands;
use tokio::task::spawn_blocking;
use tokio_postgres::Client;

use super::{
    connect,
    records::{self, Record},
    seal::{self, SealedVoter},
    write,
};
use crate::error::RollError;
use voter_roll::{
    BallotKey, KeyDirectory, RollKeys,
    layout::{self, Meta},
    serials,
};

/// What a load did, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct LoadReport {
    /// Voters on the roll.
    pub voters: u64,
    /// Voters who were not in Redis before.
    pub added: u64,
    /// Voters that the election has room for.
    pub capacity: u32,
    /// The whole load, from the ballot key to the last bucket.
    pub duration: Duration,
    /// Memory of Redis for each voter, measured on a sample of the buckets, in bytes.
    pub bytes_per_voter: f64,
}

/// Loads the roll of an election. The first load creates the ballot key if there is none, and fixes the
/// capacity. Loading again, even while votes are coming in, adds missing voters, gives every voter the same
/// serial, and does not change voters who have voted or are voting.
///
/// # Errors
/// If the ballot key is lost or another one, the election was purged, or the roll is empty or has outgrown its
/// capacity; or if PostgreSQL or Redis fails: then load again.
pub async fn load(
    database: &Client,
    redis: &redis::Client,
    keys: &KeyDirectory,
    election: u32,
    progress: &ProgressBar,
) -> Result<LoadReport, RollError> {
    records::lock(database, election).await?;
    let report = load_alone(database, redis, keys, election, progress).await;
    records::unlock(database, election).await;
    report
}

async fn load_alone(
    database: &Client,
    redis: &redis::Client,
    keys: &KeyDirectory,
    election: u32,
    progress: &ProgressBar,
) -> Result<LoadReport, RollError> {
    let started = Instant::now();
    let mut redis = connect(redis).await?;
    let present = Meta::read(&mut redis, election).await?;
    let expected = records::voters(database).await?;
    if expected == 0 {
        return Err(RollError::Empty);
    }
    let (key, capacity) = match records::of(database, election).await? {
        Some(record) => (known_key(keys, &record)?, record.capacity),
        None => first_load(database, keys, election, expected, present.as_ref()).await?,
    };
    let fingerprint = key.fingerprint();
    if let Some(meta) = &present
        && (meta.fingerprint != fingerprint.to_string() || meta.capacity != capacity)
    {
        return Err(RollError::ForeignRoll(election));
    }

    progress.set_length(expected);
    progress.set_message("shuffling");
    let roll_keys = Arc::new(RollKeys::new(&key, election));
    let shuffled = Arc::clone(&roll_keys);
    let serials = spawn_blocking(move || serials::serials(&shuffled, capacity)).await?;

    progress.set_message("reading");
    let buckets = layout::buckets(capacity);
    let sealer = seal::Sealer {
        election,
        keys: roll_keys,
        serials: serials.into(),
        buckets,
    };
    let voters: Vec<SealedVoter> = sealer.seal_roll(database, progress).await?;

    progress.set_message("writing");
    progress.set_position(0);
    let count = voters.len() as u64;
    let added = write::buckets(&redis, election, buckets, &voters, progress).await?;
    drop(voters);

    // Last: now the roll is complete.
    let meta = Meta::new(capacity, count, fingerprint);
    let () = redis
        .hset_multiple(layout::meta_key(election), &meta.to_pairs())
        .await?;
    records::complete(database, election, count).await?;
    let duration = started.elapsed();
    Ok(LoadReport {
        voters: count,
        added,
        capacity,
        duration,
        bytes_per_voter: write::memory(&mut redis, election, buckets).await?,
    })
}

/// The key that the first load used, and no other.
fn known_key(keys: &KeyDirectory, record: &Record) -> Result<BallotKey, RollError> {
    let election = record.election;
    if record.purged_at.is_some() {
        return Err(RollError::Purged(election));
    }
    let path = || keys.path(election).display().to_string();
    let key = keys
        .read(election)?
        .ok_or_else(|| RollError::KeyMissing(election, path()))?;
    if key.fingerprint() == record.fingerprint {
        Ok(key)
    } else {
        Err(RollError::KeyWrong(election, path()))
    }
}

/// Fixes the election's key and capacity. An existing key is used: an earlier first load may have created it
/// and ended before recording it.
async fn first_load(
    database: &Client,
    keys: &KeyDirectory,
    election: u32,
    voters: u64,
    present: Option<&Meta>,
) -> Result<(BallotKey, u32), RollError> {
    let capacity = match present {
        None => serials::capacity(voters).ok_or(RollError::TooManyVoters(voters))?,
        // PostgreSQL has forgotten a roll that is in Redis (for example after restoring an old backup): with
        // its own key and capacity it can be used again, as all serials stay the same.
        Some(meta) => match keys.read(election)? {
            Some(key) if key.fingerprint().to_string() == meta.fingerprint => meta.capacity,
            _ => return Err(RollError::ForeignRoll(election)),
        },
    };
    let key = keys.read_or_create(election)?;
    records::begin(database, election, key.fingerprint(), capacity).await?;
    Ok((key, capacity))
}
