//! Destroying the link between voters and ballots.

use std::time::{Duration, Instant};

use redis::{InfoDict, Pipeline, aio::MultiplexedConnection};
use tokio::time::sleep;
use tokio_postgres::Client;

use super::{connect, records};
use crate::error::RollError;
use voter_roll::{
    KeyDirectory,
    layout::{self, Meta},
};

/// Keys unlinked in one command.
const KEYS_AT_ONCE: u32 = 500;

/// How long Redis may take to write its append-only file anew.
const REWRITTEN_WITHIN: Duration = Duration::from_mins(5);
/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(100);

/// What a purge found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurgeReport {
    /// Whether there was a ballot key to destroy.
    pub key_destroyed: bool,
    /// Keys removed from Redis.
    pub redis_keys_removed: u64,
}

/// Destroys the ballot key of a finished election and removes its roll from Redis, also from its files. From then on nobody can tell
/// whose a ballot was, and the election cannot be loaded again. Safe to repeat, and must be repeated after a
/// failure.
///
/// # Errors
/// If there is nothing of that election at all, or if PostgreSQL, Redis or the file system fails.
pub async fn purge(
    database: &Client,
    redis: &redis::Client,
    keys: &KeyDirectory,
    election: u32,
) -> Result<PurgeReport, RollError> {
    records::lock(database, election).await?;
    let report = purge_alone(database, redis, keys, election).await;
    records::unlock(database, election).await;
    report
}

async fn purge_alone(
    database: &Client,
    redis: &redis::Client,
    keys: &KeyDirectory,
    election: u32,
) -> Result<PurgeReport, RollError> {
    let record = records::of(database, election).await?;
    // First, so that no load creates a new key while the roll is half destroyed.
    records::purged(database, election).await?;
    let key_destroyed = keys.destroy(election)?;

    let mut redis = connect(redis).await?;
    let meta = Meta::read(&mut redis, election).await?;
    if record.is_none() && meta.is_none() && !key_destroyed {
        return Err(RollError::NothingToPurge(election));
    }
    let recorded = record.map_or(0, |record| layout::buckets(record.capacity));
    let described = meta.map_or(0, |meta| meta.buckets);
    let redis_keys_removed = unlink(&mut redis, election, recorded.max(described)).await?;
    rewrite(&mut redis).await?;
    Ok(PurgeReport {
        key_destroyed,
        redis_keys_removed,
    })
}

/// Has Redis write its append-only file anew, where it keeps one: the old one still tells what was removed.
async fn rewrite(redis: &mut MultiplexedConnection) -> Result<(), RollError> {
    let deadline = Instant::now() + REWRITTEN_WITHIN;
    let mut is_asked = false;
    loop {
        let info: InfoDict = redis::cmd("INFO")
            .arg("persistence")
            .query_async(redis)
            .await?;
        let is = |field: &str| info.get::<u8>(field) == Some(1);
        if !is("aof_enabled") {
            return Ok(());
        }
        let is_idle = !is("aof_rewrite_in_progress") && !is("aof_rewrite_scheduled");
        if is_idle && is_asked {
            let status: Option<String> = info.get("aof_last_bgrewrite_status");
            return match status.as_deref() {
                Some("ok") => Ok(()),
                _ => Err(RollError::NotRewritten),
            };
        }
        if is_idle {
            // One that was under way before may have begun with what is removed now.
            let _started: String = redis::cmd("BGREWRITEAOF").query_async(redis).await?;
            is_asked = true;
        }
        if Instant::now() >= deadline {
            return Err(RollError::NotRewritten);
        }
        sleep(LOOK).await;
    }
}

async fn unlink(
    redis: &mut MultiplexedConnection,
    election: u32,
    buckets: u32,
) -> Result<u64, RollError> {
    let mut removed = 0;
    for first in (0..buckets).step_by(KEYS_AT_ONCE as usize) {
        // One bucket per command, because a cluster spreads them over its nodes.
        let mut pipeline = Pipeline::new();
        for bucket in first..buckets.min(first.saturating_add(KEYS_AT_ONCE)) {
            pipeline
                .cmd("UNLINK")
                .arg(layout::bucket_key(election, bucket));
        }
        let answers: Vec<u64> = pipeline.query_async(redis).await?;
        removed += answers.iter().sum::<u64>();
    }
    // The description is removed last: until then a repetition knows how many buckets there were.
    let mut meta = redis::cmd("UNLINK");
    let meta: u64 = meta
        .arg(layout::meta_key(election))
        .query_async(redis)
        .await?;
    Ok(removed + meta)
}
