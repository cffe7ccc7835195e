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
    first::{Ground, Known},
    records, seal, write,
};
use crate::error::RollError;
use voter_roll::{
    Extent, KeyDirectory, RollKeys,
    layout::{self, Meta},
    serials,
};

/// What a load did, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct LoadReport {
    /// Voters on the roll, without those who were struck.
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

/// Loads the roll of an election. The first load makes the ballot key where there is none, and
/// fixes the capacity: `capacity`, or a quarter more than there are voters. Loading again, also
/// while votes are coming in, adds who is missing, gives every voter the same serial, and leaves who
/// has voted, or is about to, as it is.
///
/// # Errors
/// Where the ballot key is lost or another one, the election was purged, the roll is empty, has outgrown its capacity or
/// is not the one that was loaded before; and where PostgreSQL or Redis fails: then load again.
pub async fn load(
    database: &Client,
    redis: &redis::Client,
    keys: &KeyDirectory,
    election: u32,
    capacity: Option<u32>,
    progress: &ProgressBar,
) -> Result<LoadReport, RollError> {
    records::lock(database, election).await?;
    let report = load_alone(database, redis, keys, election, capacity, progress).await;
    records::unlock(database, election).await;
    report
}

async fn load_alone(
    database: &Client,
    redis: &redis::Client,
    keys: &KeyDirectory,
    election: u32,
    capacity: Option<u32>,
    progress: &ProgressBar,
) -> Result<LoadReport, RollError> {
    let started = Instant::now();
    let mut redis = connect(redis).await?;
    let present = Meta::read(&mut redis, election).await?;
    let expected = records::rows(database).await?;
    if expected == 0 {
        return Err(RollError::Empty);
    }
    let record = records::of(database, election).await?;
    let known = Known {
        election,
        voters: expected,
        record: record.as_ref(),
        redis: present.as_ref(),
        asked: capacity,
    };
    let ground = known.ground(database, keys).await?;
    let capacity = ground.capacity;

    progress.set_length(expected);
    progress.set_message("shuffling");
    let roll_keys = Arc::new(RollKeys::new(&ground.key.key, election));
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
    let before = ground.key.extent;
    let before = before.unwrap_or_else(|| Extent::new(capacity));
    let roll = sealer.seal_roll(database, before.rows, progress).await?;
    // Before anything of it is in Redis, where votes could be taken on it.
    let extent = roll.rows.check(election, before)?;
    note(&ground, keys, election, extent)?;

    progress.set_message("writing");
    progress.set_position(0);
    let voters = roll.voters;
    let added = write::buckets(&redis, election, buckets, &roll.entries, progress).await?;
    drop(roll);

    // Last of all: now the roll is complete.
    let meta = Meta::new(capacity, voters, ground.key.key.fingerprint());
    let () = redis
        .hset_multiple(layout::meta_key(election), &meta.to_pairs())
        .await?;
    records::complete(database, election, voters, extent.rows).await?;
    let duration = started.elapsed();
    Ok(LoadReport {
        voters,
        added,
        capacity,
        duration,
        bytes_per_voter: write::memory(&mut redis, election, buckets).await?,
    })
}

/// Puts beside the key what the roll is now.
fn note(
    ground: &Ground,
    keys: &KeyDirectory,
    election: u32,
    extent: Extent,
) -> Result<(), RollError> {
    if ground.key.extent == Some(extent) {
        return Ok(());
    }
    match keys.note(election, extent) {
        // A directory that is only for reading must not keep an election from its voters, which PostgreSQL and the
        // key agree on.
        Err(error) if ground.is_recorded => {
            tracing::warn!(
                election,
                "what the roll is now could not be noted beside its ballot key: {error}"
            );
            Ok(())
        }
        noted => Ok(noted?),
    }
}
