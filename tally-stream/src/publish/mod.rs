//! Ten times a second, if anything moved: totals to Redis, results computed and published, totals to the
//! topic `aggregated_votes`.
//!
//! Nothing here decides anything: whatever is lost, late or repeated is put right by the next round.

mod board;
mod downstream;
mod scripts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use ballot_log::{Election, ElectionId, Elections, Topics};
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use service_kit::health::Readiness;
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use crate::count::PartitionTally;
use crate::result::ElectionResult;

pub use board::Board;

use downstream::Downstream;
use scripts::{PUBLISH_RESULT, STORE_TALLIES};

/// At most ten results a second.
const ROUND: Duration = Duration::from_millis(100);
/// Everything again: Redis may have lost its memory, or the roll may have been loaded.
const REFRESH: Duration = Duration::from_secs(2);
/// The Redis set of all elections that have a result.
const ELECTIONS_KEY: &str = "results";

/// The task that publishes.
pub struct Publisher {
    redis: ConnectionManager,
    downstream: Downstream,
    elections: Elections,
    board: Arc<Board>,
    partitions: usize,
    readiness: Readiness,
    latest: BTreeMap<ElectionId, BTreeMap<i32, PartitionTally>>,
    owed_downstream: BTreeSet<(ElectionId, i32)>,
    refreshed: Option<Instant>,
}

impl Publisher {
    /// Connects; `partitions` is the number of partitions of the ballot box.
    ///
    /// # Errors
    /// Where Redis cannot be reached.
    pub async fn connect(
        redis_url: &str,
        brokers: &str,
        topics: &Topics,
        elections: Elections,
        board: Arc<Board>,
        partitions: usize,
        readiness: Readiness,
    ) -> anyhow::Result<Self> {
        let client = redis::Client::open(redis_url)
            .context("REDIS_URL is not a Redis URL (redis://host:port)")?;
        let redis = client
            .get_connection_manager()
            .await
            .context("cannot reach Redis at REDIS_URL")?;
        Ok(Self {
            redis,
            downstream: Downstream::open(brokers, topics)?,
            elections,
            board,
            partitions,
            readiness,
            latest: BTreeMap::new(),
            owed_downstream: BTreeSet::new(),
            refreshed: None,
        })
    }

    /// Publishes until it is told to stop, and once more then.
    pub async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = false;
        while !stopping {
            tokio::select! {
                _ = &mut stop => stopping = true,
                _ = rounds.tick() => {}
            }
            match self.round().await {
                Ok(()) => self.readiness.ready("redis"),
                Err(error) => {
                    let reason = format!("results cannot be published: {error:#}");
                    self.readiness.wait_for("redis", reason);
                    self.refreshed = None;
                }
            }
        }
    }

    async fn round(&mut self) -> anyhow::Result<()> {
        let mut moved = self.take_in();
        self.feed_downstream();
        if self
            .refreshed
            .is_none_or(|refreshed| refreshed.elapsed() >= REFRESH)
        {
            moved.extend(self.elections.all().keys());
            self.refreshed = Some(Instant::now());
        }
        for id in moved {
            if let Some(election) = self.elections.get(id) {
                self.publish(&election).await?;
            }
        }
        Ok(())
    }

    /// Takes the new totals from the board; gives the elections that moved.
    fn take_in(&mut self) -> BTreeSet<ElectionId> {
        let mut moved = BTreeSet::new();
        for tally in self.board.take() {
            moved.insert(tally.election);
            self.owed_downstream
                .insert((tally.election, tally.partition));
            let partitions = self.latest.entry(tally.election).or_default();
            partitions.insert(tally.partition, tally);
        }
        moved
    }

    fn feed_downstream(&mut self) {
        let Self {
            owed_downstream,
            latest,
            elections,
            downstream,
            ..
        } = self;
        owed_downstream.retain(|(id, partition)| {
            let tally = latest
                .get(id)
                .and_then(|partitions| partitions.get(partition));
            match (tally, elections.get(*id)) {
                (Some(tally), Some(election)) => !downstream.offer(tally, &election),
                _ => false,
            }
        });
    }

    /// Stores this instance's partitions, gets everybody's, publishes their sum.
    async fn publish(&mut self, election: &Election) -> anyhow::Result<()> {
        let id = election.definition().id;
        let mut store = STORE_TALLIES.key(format!("tally:{{{id}}}"));
        for tally in self.latest.get(&id).into_iter().flat_map(BTreeMap::values) {
            store
                .arg(tally.partition)
                .arg(tally.offset)
                .arg(serde_json::to_string(tally)?);
        }
        let stored: Vec<String> = store.invoke_async(&mut self.redis).await?;
        let tallies = stored
            .iter()
            .map(|tally| serde_json::from_str(tally))
            .collect::<Result<Vec<PartitionTally>, _>>()
            .with_context(|| format!("the Redis hash tally:{{{id}}} holds something else"))?;
        let registered: Option<u64> = self.redis.hget(format!("roll:{id}"), "voters").await?;
        let result = ElectionResult::new(election, &tallies, self.partitions, registered);

        let channel = format!("results:{{{id}}}");
        let _news: i32 = PUBLISH_RESULT
            .key(&channel)
            .key(format!("{channel}:position"))
            .arg(result.position)
            .arg(serde_json::to_string(&result)?)
            .invoke_async(&mut self.redis)
            .await?;
        let _added: i32 = self.redis.sadd(ELECTIONS_KEY, id).await?;
        Ok(())
    }
}
