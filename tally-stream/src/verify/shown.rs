//! What Redis and the page show of an election: while votes come in, both as of one moment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use ballot_log::ElectionId;
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use serde_json::Value;

use super::page::Page;

/// How long to wait until a result in Redis fits the tallies there, and the page shows it.
const FITS_WITHIN: Duration = Duration::from_secs(5);
/// Between two looks: results come every 100 ms at most, and none is to be missed.
const LOOK: Duration = Duration::from_millis(40);
/// How long Redis may take to connect, or to answer.
const REDIS_TIMEOUT: Duration = Duration::from_secs(5);

/// What Redis held at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct InRedis {
    /// Tallies by partition; what is no JSON is `null`.
    pub(super) tallies: BTreeMap<i32, Value>,
    /// The result; `null` where there is none.
    pub(super) result: Value,
    /// The offset of each partition that the result is of: votes wait to be shown.
    pub(super) shown: BTreeMap<i32, i64>,
}

/// What is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) redis: InRedis,
    /// What the page shows, if it was asked; `null` where it shows nothing.
    pub(super) page: Option<Value>,
}

impl InRedis {
    /// The offset of each partition's tally.
    pub(super) fn offsets(&self) -> BTreeMap<i32, i64> {
        let offset = |(partition, tally): (&i32, &Value)| {
            (*partition, tally["offset"].as_i64().unwrap_or_default())
        };
        self.tallies.iter().map(offset).collect()
    }

    /// The position of the result, if it is that of its offsets.
    fn position(&self) -> Option<i64> {
        let position = self.result["position"].as_i64()?;
        (position == self.shown.values().sum::<i64>()).then_some(position)
    }
}

/// Looks at both until they fit: a result is computed and published in two steps, and the page comes after it.
/// `partitions` are those of which Redis must hold a tally.
///
/// # Errors
/// Where Redis or the page does not answer.
pub(super) async fn look(
    client: &redis::Client,
    page: Option<&Page>,
    election: ElectionId,
    partitions: &[i32],
) -> anyhow::Result<Shown> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(REDIS_TIMEOUT))
        .set_response_timeout(Some(REDIS_TIMEOUT));
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .context("cannot reach Redis at REDIS_URL")?;
    let deadline = Instant::now() + FITS_WITHIN;
    let mut before: BTreeMap<i64, InRedis> = BTreeMap::new();
    loop {
        let redis = in_redis(&mut connection, election).await?;
        let has_all = partitions
            .iter()
            .all(|partition| redis.shown.contains_key(partition));
        let position = redis.position().filter(|_| has_all);
        let fits = position.is_some();
        if let Some(position) = position {
            before.insert(position, redis.clone());
        }
        let is_late = Instant::now() >= deadline;
        let Some(page) = page else {
            if fits || is_late {
                return Ok(Shown { redis, page: None });
            }
            tokio::time::sleep(LOOK).await;
            continue;
        };
        let shows = page.result(election).await;
        if let Ok(result) = &shows
            && let Some(redis) = result["position"]
                .as_i64()
                .and_then(|position| before.get(&position))
            && (redis.result == *result || is_late)
        {
            return Ok(Shown {
                redis: redis.clone(),
                page: shows.ok(),
            });
        }
        if is_late {
            let page = Some(shows?);
            return Ok(Shown { redis, page });
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn in_redis(
    connection: &mut MultiplexedConnection,
    election: ElectionId,
) -> anyhow::Result<InRedis> {
    let read: (BTreeMap<String, String>, Option<String>, Option<String>) = redis::pipe()
        .atomic()
        .hgetall(format!("tally:{{{election}}}"))
        .get(format!("results:{{{election}}}"))
        .get(format!("results:{{{election}}}:offsets"))
        .query_async(connection)
        .await
        .with_context(|| {
            format!("cannot read tally:{{{election}}} and results:{{{election}}} in Redis")
        })?;
    let (tallies, result, shown) = read;
    let json = |text: String| serde_json::from_str(&text).unwrap_or_default();
    let mut in_redis = InRedis {
        tallies: BTreeMap::new(),
        result: result.map(json).unwrap_or_default(),
        shown: shown
            .and_then(|offsets| serde_json::from_str(&offsets).ok())
            .unwrap_or_default(),
    };
    for (partition, tally) in tallies {
        let Ok(number) = partition.parse() else {
            bail!(
                "the Redis hash tally:{{{election}}} has a field {partition}, which is no partition: delete it"
            );
        };
        in_redis.tallies.insert(number, json(tally));
    }
    Ok(in_redis)
}
