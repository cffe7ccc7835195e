//! Buckets of the roll in Redis: writing them, measuring them.

use std::{ops::Range, sync::LazyLock};

use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use redis::{Cmd, Pipeline, RedisResult, Script, aio::MultiplexedConnection};

use super::seal::SealedEntry;
use crate::error::RollError;
use voter_roll::layout;

static LOAD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/load.lua")));

/// Buckets written in one pipeline: a few hundred kilobytes, short enough for votes to get through in between.
const BUCKETS_AT_ONCE: u32 = 32;

/// Pipelines in flight.
const PIPELINES: usize = 3;

/// Buckets whose memory is measured.
const SAMPLE: u32 = 512;

/// Completes all buckets; `entries` are sorted by bucket. Says how many ballots were missing.
pub(super) async fn buckets(
    redis: &MultiplexedConnection,
    election: u32,
    buckets: u32,
    entries: &[SealedEntry],
    progress: &ProgressBar,
) -> Result<u64, RollError> {
    LOAD.load_async(&mut redis.clone()).await?;
    let parts = (0..buckets).step_by(BUCKETS_AT_ONCE as usize).map(|first| {
        let range = first..buckets.min(first.saturating_add(BUCKETS_AT_ONCE));
        let entries = in_buckets(entries, &range);
        let mut redis = redis.clone();
        async move {
            let pipeline = part(election, range, entries);
            let added: Vec<i64> = pipeline.query_async(&mut redis).await?;
            progress.inc(entries.len() as u64);
            let added = added.into_iter().map(u64::try_from);
            added
                .sum::<Result<u64, _>>()
                .map_err(|_| RollError::SerialsDiffer(election))
        }
    });
    stream::iter(parts)
        .buffer_unordered(PIPELINES)
        .try_fold(0, |sum, added: u64| async move { Ok(sum + added) })
        .await
}

/// The entries of some buckets, out of all entries sorted by bucket.
fn in_buckets<'a>(entries: &'a [SealedEntry], buckets: &Range<u32>) -> &'a [SealedEntry] {
    let first = entries.partition_point(|entry| entry.bucket < buckets.start);
    let end = entries.partition_point(|entry| entry.bucket < buckets.end);
    &entries[first..end]
}

fn part(election: u32, buckets: Range<u32>, entries: &[SealedEntry]) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(buckets.len());
    for bucket in buckets {
        // A bucket without voters too: it says that it is complete.
        let entries = in_buckets(entries, &(bucket..bucket + 1));
        let mut command = Cmd::with_capacity(4 + 2 * entries.len(), 64 + 33 * entries.len());
        command.arg("EVALSHA").arg(LOAD.get_hash()).arg(1);
        command.arg(layout::bucket_key(election, bucket));
        for entry in entries {
            command.arg(&entry.field).arg(entry.bytes());
        }
        pipeline.add_command(command);
    }
    pipeline
}

/// Memory that the roll takes in Redis for each voter in it, in bytes: for the keys, the buckets and Redis's
/// overhead for them, measured on a sample.
#[expect(
    clippy::cast_precision_loss,
    reason = "a measurement, to be read by people"
)]
pub(super) async fn memory(
    redis: &mut MultiplexedConnection,
    election: u32,
    buckets: u32,
) -> RedisResult<f64> {
    let mut pipeline = Pipeline::new();
    for bucket in (0..buckets).step_by((buckets / SAMPLE).max(1) as usize) {
        let key = layout::bucket_key(election, bucket);
        pipeline
            .cmd("MEMORY")
            .arg("USAGE")
            .arg(&key)
            .arg("SAMPLES")
            .arg(0);
        pipeline.cmd("HLEN").arg(&key);
    }
    let answers: Vec<Option<u64>> = pipeline.query_async(redis).await?;
    let (mut bytes, mut voters) = (0, 0);
    for pair in answers.chunks_exact(2) {
        bytes += pair[0].unwrap_or(0);
        // Without the mark of the complete bucket.
        voters += pair[1].unwrap_or(0).saturating_sub(1);
    }
    Ok(bytes as f64 / voters.max(1) as f64)
}
