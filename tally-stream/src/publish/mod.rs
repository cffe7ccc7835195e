//! Ten times a second, if anything changed: stores totals in Redis, computes results and publishes them.
//!
//! Nothing here decides anything: the next round corrects whatever is lost, late or repeated. An election that cannot
//! be published does not block others, and those that have ended are published a few per round, after the others.

mod pending;
mod rolls;
mod scripts;
mod unpublished;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use ballot_log::{Election, ElectionId, Elections, Publication};
use jiff::Timestamp;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, RedisResult};
use service_kit::health::Readiness;
use tally::{Minimums, PartitionTally, ScreenResult, Totals};
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use crate::store::Store;

pub use pending::{Pending, PendingTallies};

use rolls::Rolls;
use scripts::{PUBLISH_RESULT, STORE_TALLIES};
use unpublished::{Unpublished, is_from_a_replica, is_of_redis};

/// At most ten results a second.
const ROUND: Duration = Duration::from_millis(100);
/// How often elections that have not ended are published again: Redis may have lost its data, or the roll may
/// have been loaded.
const REFRESH: Duration = Duration::from_secs(2);
/// The maximum number of ended elections published in one round.
const ENDED_A_ROUND: usize = 8;
/// How long to retry the first connection to Redis.
const REDIS_TIMEOUT: Duration = Duration::from_mins(1);
/// The Redis set of all elections that have a result.
const ELECTIONS_KEY: &str = "results";

/// The task that publishes.
pub struct Publisher {
    client: redis::Client,
    redis: ConnectionManager,
    elections: Elections,
    pending: Arc<PendingTallies>,
    partitions: usize,
    rolls: Rolls,
    readiness: Readiness,
    latest: BTreeMap<ElectionId, BTreeMap<i32, PartitionTally>>,
    /// Partitions that another instance counts now.
    leaving: BTreeSet<i32>,
    /// `None` if everything has to be published again.
    refreshed: Option<Instant>,
    /// Elections that have ended and are still to be published.
    ended: BTreeSet<ElectionId>,
    /// Elections that had not ended when that was last looked at: what waits is shown once they have.
    open: BTreeSet<ElectionId>,
    minimums: Minimums,
    /// What was added to definitions and is published: that an election was cancelled, or the lots that decided it.
    additions: BTreeSet<String>,
    unpublished: Unpublished,
}

/// The sources of results.
pub struct Counted {
    /// Which elections there are.
    pub elections: Elections,
    /// Where the totals are left.
    pub pending: Arc<PendingTallies>,
    /// How many partitions the ballot box has.
    pub partitions: usize,
    /// Where the numbers of registered voters are kept.
    pub store: Store,
}

impl Publisher {
    /// Connects.
    ///
    /// # Errors
    /// If Redis or PostgreSQL cannot be reached.
    pub async fn connect(
        redis: &redis::Client,
        counted: Counted,
        minimums: Minimums,
        readiness: Readiness,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            client: redis.clone(),
            redis: connect(redis).await?,
            elections: counted.elections,
            pending: counted.pending,
            partitions: counted.partitions,
            rolls: Rolls::read(counted.store).await?,
            unpublished: Unpublished::new(readiness.clone()),
            readiness,
            latest: BTreeMap::new(),
            leaving: BTreeSet::new(),
            refreshed: None,
            ended: BTreeSet::new(),
            open: BTreeSet::new(),
            minimums,
            additions: BTreeSet::new(),
        })
    }

    /// Publishes until it is told to stop, and then once more.
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
                    if is_from_a_replica(&error) {
                        self.leave_the_replica();
                    }
                }
            }
        }
    }

    /// The address may lead to the new primary by now; an old connection never does.
    fn leave_the_replica(&mut self) {
        // The next round connects.
        match self
            .client
            .get_connection_manager_lazy(ConnectionManagerConfig::new())
        {
            Ok(redis) => self.redis = redis,
            Err(error) => tracing::warn!(%error, "cannot open another connection to Redis"),
        }
    }

    async fn round(&mut self) -> anyhow::Result<()> {
        let mut moved = self.take_in();
        if self
            .refreshed
            .is_none_or(|refreshed| refreshed.elapsed() >= REFRESH)
        {
            moved.extend(self.due_for_refresh().await?);
            self.refreshed = Some(Instant::now());
        }
        self.publish_all(moved).await?;
        self.forget_what_left();
        Ok(())
    }

    /// The elections that have not ended, and those that could not be published; also the others if Redis lacks one
    /// of them, which takes one query to find out.
    async fn due_for_refresh(&mut self) -> RedisResult<BTreeSet<ElectionId>> {
        let elections = self.elections.all();
        let now_ms = Timestamp::now().as_millisecond();
        let (ended, mut again): (BTreeSet<_>, BTreeSet<_>) = elections
            .keys()
            .partition(|id| is_over(&elections[id], now_ms));
        let open = std::mem::replace(&mut self.open, again.clone());
        again.extend(open.intersection(&ended));
        again.extend(self.unpublished.elections());
        let is_news = |id: &&ElectionId| {
            let definition = elections[*id].definition();
            definition.has_additions() && !self.additions.contains(&definition.key())
        };
        again.extend(elections.keys().filter(is_news));
        let settled: Vec<_> = ended.difference(&again).collect();
        let keys: Vec<_> = settled
            .iter()
            .map(|id| format!("results:{{{id}}}"))
            .collect();
        if self.refreshed.is_none()
            || !keys.is_empty() && self.redis.exists::<_, usize>(&keys).await? < keys.len()
        {
            again.extend(ended);
        }
        Ok(again)
    }

    /// Takes the new totals; returns the elections that changed.
    fn take_in(&mut self) -> BTreeSet<ElectionId> {
        let pending = self.pending.take();
        let mut moved = BTreeSet::new();
        for ((election, partition), tally) in pending.tallies {
            moved.insert(election);
            self.leaving.remove(&partition);
            let partitions = self.latest.entry(election).or_default();
            partitions.insert(partition, tally);
        }
        self.leaving.extend(pending.released);
        moved
    }

    /// Partitions that are now counted elsewhere have been published once more; from here on their owner
    /// publishes them.
    fn forget_what_left(&mut self) {
        for partition in std::mem::take(&mut self.leaving) {
            for partitions in self.latest.values_mut() {
                partitions.remove(&partition);
            }
        }
    }

    /// Fails only if Redis does: then everything is published again.
    async fn publish_all(&mut self, moved: BTreeSet<ElectionId>) -> anyhow::Result<()> {
        let now_ms = Timestamp::now().as_millisecond();
        for id in moved {
            match self.elections.get(id) {
                Some(election) if !is_over(&election, now_ms) => {
                    self.publish_or_note(&election).await?;
                }
                Some(_) => drop(self.ended.insert(id)),
                None => {}
            }
        }
        for _ in 0..ENDED_A_ROUND {
            let election = self.ended.pop_first().and_then(|id| self.elections.get(id));
            if let Some(election) = election {
                self.publish_or_note(&election).await?;
            }
        }
        Ok(())
    }

    async fn publish_or_note(&mut self, election: &Election) -> anyhow::Result<()> {
        let published = self.publish(election).await;
        if let Err(error) = published {
            if is_of_redis(&error) {
                return Err(error);
            }
            self.unpublished.add(election.definition().id, &error);
        } else {
            self.unpublished.remove(election.definition().id);
            if election.definition().has_additions() {
                self.additions.insert(election.definition().key());
            }
        }
        Ok(())
    }

    /// By how many votes a result has to move to be shown: by any once nothing moves any more, and where no votes are shown.
    fn least_movement(&self, election: &Election) -> u64 {
        let now_ms = Timestamp::now().as_millisecond();
        if is_over(election, now_ms) || election.definition().results == Publication::AfterClose {
            return 1;
        }
        self.minimums.live
    }

    /// Stores this instance's partitions, gets those of all, publishes their sum.
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
            .with_context(|| {
                format!("the Redis hash tally:{{{id}}} holds something else: delete it, and it is written again")
            })?;
        let on_the_roll: Option<u64> = self.redis.hget(format!("roll:{id}"), "voters").await?;
        let registered = self.rolls.registered(id, on_the_roll);
        let mut totals = Totals::of(&tallies, self.partitions);
        if is_cancelled(election) {
            totals = totals.without_result();
        }
        let outcome = tally::outcome(election.definition(), &totals.tally, registered);
        if let Err(error) = &outcome.outcome
            && !outcome.awaits_the_roll()
        {
            tracing::error!(election = id, %error, "the electoral rules refuse the count");
        }
        let withdrawn = totals.tally.withdrawn;
        let result = ScreenResult::new(election.definition(), totals, outcome, self.minimums);
        let offsets: BTreeMap<i32, i64> = tallies
            .iter()
            .map(|tally| (tally.partition, tally.offset))
            .collect();
        let channel = format!("results:{{{id}}}");
        let _news: i32 = PUBLISH_RESULT
            .key(&channel)
            .key(format!("{channel}:position"))
            .key(format!("{channel}:offsets"))
            .key(format!("{channel}:moved"))
            .arg(result.position)
            .arg(serde_json::to_string(&result)?)
            .arg(serde_json::to_string(&offsets)?)
            .arg(result.counted)
            .arg(withdrawn)
            .arg(self.least_movement(election))
            .invoke_async(&mut self.redis)
            .await?;
        let _added: i32 = self.redis.sadd(ELECTIONS_KEY, id).await?;
        Ok(())
    }
}

fn is_cancelled(election: &Election) -> bool {
    election.definition().cancelled.is_some()
}

/// Nothing of it changes any more that anybody waits for.
fn is_over(election: &Election, now_ms: i64) -> bool {
    is_cancelled(election) || election.has_ended_at(now_ms)
}

/// Redis may be starting: it gets a minute.
async fn connect(client: &redis::Client) -> anyhow::Result<ConnectionManager> {
    let deadline = Instant::now() + REDIS_TIMEOUT;
    loop {
        match client.get_connection_manager().await {
            Err(error) if Instant::now() < deadline => {
                tracing::warn!(%error, "waiting for Redis");
                tokio::time::sleep(ROUND).await;
            }
            connected => return connected.context("cannot reach Redis at REDIS_URL"),
        }
    }
}
