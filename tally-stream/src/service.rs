//! The service: everything that `tally-stream run` starts, and how it stops.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use ballot_log::{Elections, Topics};
use service_database::postgres::{self, CHECK_TIMEOUT, POSTGRESQL};
use service_kit::health::Readiness;
use service_kit::service::{Running, Service, Step};
use tokio::sync::oneshot;

use crate::aggregated_votes::AggregatedVotes;
use crate::counting::{Counting, CountingOptions, are_ignored};
use crate::options::RunOptions;
use crate::publish::{Counted, PendingTallies, Publisher};
use crate::store::Store;

/// In readiness: from the start until records are counted.
const COUNT: &str = "count";
/// How often PostgreSQL is checked.
const POSTGRESQL_CHECK: Duration = Duration::from_secs(1);
/// How long Kafka may be unreachable before startup fails.
const KAFKA_TIMEOUT: Duration = Duration::from_mins(1);

/// Answers health checks, and starts to count as soon as the database is migrated and the ballot box is known to be
/// the one that was counted. When stopped, it stores the current state and publishes it.
///
/// # Errors
/// If the port is taken, or a setting makes no sense. Problems with the servers end the service later, with a
/// message.
pub fn start(options: &RunOptions) -> anyhow::Result<Running> {
    options.postgres.database.check(options.environment)?;
    let migrated = postgres::migrated(&options.postgres, election_store::migrations)?;
    let count = Count {
        store: Store::new(postgres::pool(&options.postgres)?),
        redis: options.redis.client()?,
        options: options.clone(),
        readiness: Readiness::new(),
    };
    let readiness = count.readiness.clone();
    readiness.wait_for(COUNT, "not started yet");
    let (stop, asked_to_stop) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    Service::new("tally-stream", options.admin.admin_listen, readiness)
        .ready_when(POSTGRESQL, POSTGRESQL_CHECK, CHECK_TIMEOUT, migrated)
        .task("count", async move {
            let counted = count.run(asked_to_stop).await;
            // The receiver may have been dropped.
            let _unheard = end.send(());
            counted
        })
        .on_stop([Step::new("last checkpoints and results", async {
            // Either fails only if the count has already ended.
            let _ended = stop.send(());
            let _ended = ended.await;
        })])
        .start()
}

/// What counting needs.
struct Count {
    options: RunOptions,
    store: Store,
    redis: redis::Client,
    readiness: Readiness,
}

/// What runs while records are counted.
struct Parts {
    elections: Elections,
    counting: Counting,
    publisher: Publisher,
    aggregated_votes: AggregatedVotes,
}

impl Count {
    async fn run(self, mut stop: oneshot::Receiver<()>) -> anyhow::Result<()> {
        let started = tokio::select! {
            started = self.start() => started,
            _ = &mut stop => return Ok(()),
        };
        let Parts {
            elections,
            mut counting,
            publisher,
            aggregated_votes,
        } = started?;
        self.readiness.ready(COUNT);
        let (stop_publisher, publisher_stopped) = oneshot::channel();
        let mut publisher = tokio::spawn(publisher.run(publisher_stopped));
        let mut aggregated_votes = tokio::spawn(aggregated_votes.run());
        let counted = tokio::select! {
            error = counting.failed() => Err(anyhow::anyhow!("{error:#}")),
            ended = &mut publisher => anyhow::bail!("the publisher ended: {ended:?}"),
            Err(stopped) = elections.until_stopped() => Err(stopped.into()),
            ended = &mut aggregated_votes => anyhow::bail!("the task that sends aggregated votes ended: {ended:?}"),
            _ = stop => Ok(()),
        };
        // Also after a failure: others get the partitions immediately when this instance leaves the group.
        counting.stop().await;
        // Either fails only if the task has already ended.
        let _ended = stop_publisher.send(());
        let _ended = publisher.await;
        let _ended = aggregated_votes.await;
        counted
    }

    async fn start(&self) -> anyhow::Result<Parts> {
        self.readiness.until_ready(POSTGRESQL).await;
        let options = &self.options;
        let topics = Topics::with_prefix(&options.kafka.topic_prefix);
        let brokers = options.kafka.kafka_brokers.clone();
        let elections = Elections::follow(&brokers, &topics)?;
        elections.read_to_end().await?;
        let partitions = check_partitions(&self.store, &brokers, &topics, &elections).await?;
        let pending = Arc::new(PendingTallies::default());
        let all = usize::try_from(partitions)?;
        let (aggregated_votes, offers) = AggregatedVotes::open(
            &brokers,
            &topics,
            elections.clone(),
            self.store.clone(),
            all,
        )?;
        let publisher = Publisher::connect(
            &self.redis,
            Counted {
                elections: elections.clone(),
                pending: pending.clone(),
                partitions: all,
                store: self.store.clone(),
            },
            options.minimums(),
            self.readiness.clone(),
        )
        .await?;
        let counting = CountingOptions {
            brokers,
            topics,
            group: options.group.clone(),
            instance: options.instance.clone(),
            checkpoint_every: Duration::from_secs(options.checkpoint_interval_s),
            partitions,
        };
        let store = self.store.clone();
        let readiness = &self.readiness;
        let counting = Counting::start(
            &counting,
            elections.clone(),
            store,
            pending,
            offers,
            readiness,
        )
        .await?;
        tracing::info!(partitions, group = options.group, "counting");
        Ok(Parts {
            elections,
            counting,
            publisher,
            aggregated_votes,
        })
    }
}

/// How many partitions are counted. With fewer than before, ballots are missing; records in additional ones belong to
/// no election, as long as all definitions contain the number.
async fn check_partitions(
    store: &Store,
    brokers: &str,
    topics: &Topics,
    elections: &Elections,
) -> anyhow::Result<i32> {
    let pinned = store.pinned_partitions(&topics.votes).await?;
    let topic = &topics.votes;
    let partitions = topics
        .vote_partitions_within(brokers, KAFKA_TIMEOUT)
        .await
        .context("cannot look at the ballot box")?;
    let pinned = pinned.unwrap_or(partitions);
    let are_ignored = pinned < partitions && are_ignored(elections);
    ensure!(
        pinned == partitions || are_ignored,
        "the topic {topic} has {partitions} partitions, but had {pinned} when its first election was created: a ballot \
         could be counted twice. Restore the topic with {pinned} partitions, or start a new installation"
    );
    if are_ignored {
        tracing::warn!(
            topic,
            partitions,
            pinned,
            "partitions were added to the topic; they are not counted"
        );
    }
    Ok(pinned)
}
