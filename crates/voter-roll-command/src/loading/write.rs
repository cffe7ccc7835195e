//! Buckets of the roll in Redis: writing them, measuring them.

use std::{ops::Range, sync::LazyLock};

use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use redis::{Cmd, Pipeline, RedisResult, Script, aio::MultiplexedConnection};

use super::seal::SealedVoter;
use voter_roll::layout;

static LOAD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/load.lua")));

/// Buckets written in one pipeline: a few hundred kilobytes, short enough for votes to get through in between.
const BUCKETS_AT_ONCE: u32 = 32;

/// Pipelines in flight.
const PIPELINES: usize = 3;

/// Buckets whose memory is measured.
const SAMPLE: u32 = 512;

/// Completes all buckets; `voters` are sorted by bucket. Returns how many voters were missing.
pub(super) async fn buckets(
    redis: &MultiplexedConnection,
    election: u32,
    buckets: u32,
    voters: &[SealedVoter],
    progress: &ProgressBar,
) -> RedisResult<u64> {
    LOAD.load_async(&mut redis.clone()).await?;
    let parts = (0..buckets).step_by(BUCKETS_AT_ONCE as usize).map(|first| {
        let range = first..buckets.min(first.saturating_add(BUCKETS_AT_ONCE));
        let voters = in_buckets(voters, &range);
        let mut redis = redis.clone();
        async move {
            let pipeline = part(election, range, voters);
            let added: Vec<u64> = pipeline.query_async(&mut redis).await?;
            progress.inc(voters.len() as u64);
            Ok(added.iter().sum())
        }
    });
    stream::iter(parts)
        .buffer_unordered(PIPELINES)
        .try_fold(0, |sum, added: u64| async move { Ok(sum + added) })
        .await
}

/// The voters of some buckets, out of all voters sorted by bucket.
fn in_buckets<'a>(voters: &'a [SealedVoter], buckets: &Range<u32>) -> &'a [SealedVoter] {
    let first = voters.partition_point(|voter| voter.bucket < buckets.start);
    let end = voters.partition_point(|voter| voter.bucket < buckets.end);
    &voters[first..end]
}

fn part(election: u32, buckets: Range<u32>, voters: &[SealedVoter]) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(buckets.len());
    for bucket in buckets {
        // Also for a bucket without voters, to mark it as complete.
        let voters = in_buckets(voters, &(bucket..bucket + 1));
        let mut command = Cmd::with_capacity(4 + 2 * voters.len(), 64 + 31 * voters.len());
        command.arg("EVALSHA").arg(LOAD.get_hash()).arg(1);
        command.arg(layout::bucket_key(election, bucket));
        for voter in voters {
            command.arg(&voter.field).arg(&voter.entry);
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
