//! The state of the roll: only counts, no single voters.

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use redis::{Pipeline, RedisResult, aio::MultiplexedConnection};
use tokio_postgres::Client;

use super::{
    connect,
    records::{self, Record},
};
use crate::error::RollError;
use voter_roll::{
    KeyDirectory,
    layout::{self, Meta},
    packing::State,
};

/// Buckets read in one pipeline.
const BUCKETS_AT_ONCE: u32 = 64;

/// The roll, and its state in each election.
#[derive(Clone, Debug)]
pub struct RollStatus {
    /// Voters on the roll in PostgreSQL.
    pub voters: u64,
    /// Voters who were struck from it.
    pub struck: u64,
    /// The elections asked for, in order.
    pub elections: Vec<LoadStatus>,
}

/// The roll of one election.
#[derive(Clone, Debug)]
pub struct LoadStatus {
    /// Which election.
    pub election: u32,
    /// Voters that it has room for.
    pub capacity: u32,
    /// Voters when it was last loaded.
    pub voters: u64,
    /// When its first load began.
    pub first_loaded_at: Timestamp,
    /// When its last load was complete; `None` if none ever was.
    pub loaded_at: Option<Timestamp>,
    /// When it was purged, if it was.
    pub purged_at: Option<Timestamp>,
    /// Its ballot key.
    pub key: KeyState,
    /// What is in Redis.
    pub redis: RedisStatus,
}

/// Whether an election's ballot key is available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// The right key.
    Present,
    /// There is no key.
    Missing,
    /// There is a key, but not the one that the roll was loaded with.
    Wrong,
    /// There is a key that cannot be used, for this reason.
    Unusable(String),
}

/// The roll of one election in Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RedisStatus {
    /// Whether a load has been completed since Redis last lost its data.
    pub described: bool,
    /// The number of buckets that should exist.
    pub buckets: u32,
    /// How many of them are complete.
    pub complete_buckets: u32,
    /// Voters who have not voted; like the others, with those who were struck.
    pub free: u64,
    /// Voters bound to a choice that is not known to be in the log.
    pub pending: u64,
    /// Voters who have voted.
    pub voted: u64,
}

/// The state of the roll, in one election or in all that it was ever loaded for.
///
/// # Errors
/// If PostgreSQL or Redis fails.
pub async fn status(
    database: &Client,
    redis: &redis::Client,
    keys: &KeyDirectory,
    election: Option<u32>,
) -> Result<RollStatus, RollError> {
    let records = match election {
        Some(election) => records::of(database, election).await?.into_iter().collect(),
        None => records::all(database).await?,
    };
    let mut elections = Vec::with_capacity(records.len());
    if !records.is_empty() {
        let redis = connect(redis).await?;
        for record in records {
            let redis = in_redis(&redis, &record).await?;
            elections.push(LoadStatus {
                election: record.election,
                capacity: record.capacity,
                voters: record.voters,
                first_loaded_at: record.first_loaded_at,
                loaded_at: record.loaded_at,
                purged_at: record.purged_at,
                key: key_state(keys, &record),
                redis,
            });
        }
    }
    let voters = records::voters(database).await?;
    Ok(RollStatus {
        voters,
        struck: records::rows(database).await?.saturating_sub(voters),
        elections,
    })
}

fn key_state(keys: &KeyDirectory, record: &Record) -> KeyState {
    match keys.read(record.election) {
        Ok(Some(key)) if key.fingerprint() == record.fingerprint => KeyState::Present,
        Ok(Some(_)) => KeyState::Wrong,
        Ok(None) => KeyState::Missing,
        Err(error) => KeyState::Unusable(error.to_string()),
    }
}

async fn in_redis(redis: &MultiplexedConnection, record: &Record) -> RedisResult<RedisStatus> {
    let buckets = layout::buckets(record.capacity);
    let meta = Meta::read(&mut redis.clone(), record.election).await?;
    let start = RedisStatus {
        described: meta.is_some(),
        buckets,
        ..RedisStatus::default()
    };
    let parts = (0..buckets).step_by(BUCKETS_AT_ONCE as usize).map(|first| {
        let mut redis = redis.clone();
        async move {
            let mut pipeline = Pipeline::new();
            for bucket in first..buckets.min(first.saturating_add(BUCKETS_AT_ONCE)) {
                pipeline
                    .cmd("HVALS")
                    .arg(layout::bucket_key(record.election, bucket));
            }
            pipeline.query_async::<Vec<Vec<Vec<u8>>>>(&mut redis).await
        }
    });
    stream::iter(parts)
        .buffer_unordered(2)
        .try_fold(start, |mut status, buckets| async move {
            for entries in buckets {
                status.count(&entries);
            }
            Ok(status)
        })
        .await
}

impl RedisStatus {
    fn count(&mut self, bucket: &[Vec<u8>]) {
        for entry in bucket {
            match State::of(entry) {
                Some(State::Free) => self.free += 1,
                Some(State::Pending) => self.pending += 1,
                Some(State::Voted) => self.voted += 1,
                Some(State::Forward) => {}
                // The only other value is the mark of a complete bucket.
                None => self.complete_buckets += 1,
            }
        }
    }
}
