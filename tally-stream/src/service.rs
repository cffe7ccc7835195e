//! The service: everything that `tally-stream run` starts, and how it stops.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpServer, web};
use anyhow::{Context, ensure};
use ballot_log::{Elections, Topics};
use service_kit::health::{self, Readiness};
use service_kit::postgres::{self, PATIENCE};
use service_kit::{problem, server};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::counting::{Counting, CountingOptions};
use crate::options::RunOptions;
use crate::publish::{Board, Counted, Publisher};
use crate::store::{self, Store};

/// A tally-stream that runs.
pub struct TallyStream {
    address: SocketAddr,
    counting: Counting,
    publisher: JoinHandle<()>,
    stop_publisher: oneshot::Sender<()>,
    health: ServerHandle,
}

impl TallyStream {
    /// Migrates the database, checks that the ballot box is the one that was counted, and starts to count.
    ///
    /// # Errors
    /// Where Kafka, Redis or PostgreSQL cannot be reached, or the number of partitions changed.
    pub async fn start(options: &RunOptions) -> anyhow::Result<Self> {
        let topics = Topics::with_prefix(&options.kafka.topic_prefix);
        let brokers = options.kafka.kafka_brokers.clone();
        let database = &options.postgres.database;
        database.check(options.environment)?;
        postgres::migrate_when_reachable(&database.url()?, store::migrations()).await?;
        let store = Store::new(postgres::pool(&options.postgres)?);
        let partitions = check_partitions(&store, &brokers, &topics).await?;
        let readiness = Readiness::new();
        let elections = Elections::follow(&brokers, &topics)?;
        elections.read_to_end().await?;
        let board = Arc::new(Board::default());
        let publisher = Publisher::connect(
            options.redis.url()?.expose(),
            &brokers,
            &topics,
            Counted {
                elections: elections.clone(),
                board: board.clone(),
                partitions: usize::try_from(partitions)?,
                store: store.clone(),
            },
            readiness.clone(),
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
        let counting = Counting::start(&counting, elections, store, board, &readiness)?;
        let (address, health) = serve_health(options.listen.listen, readiness)?;
        let (stop_publisher, stopped) = oneshot::channel();
        tracing::info!(%address, partitions, group = options.group, "counting");
        Ok(Self {
            address,
            counting,
            publisher: tokio::spawn(publisher.run(stopped)),
            stop_publisher,
            health: spawn_health(health),
        })
    }

    /// Where health is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the count cannot go on, and says why.
    pub async fn failed(&mut self) -> Arc<anyhow::Error> {
        tokio::select! {
            error = self.counting.failed() => error,
            ended = &mut self.publisher => Arc::new(anyhow::anyhow!("the publisher ended: {ended:?}")),
        }
    }

    /// Stores where everything stands, publishes it, and ends.
    pub async fn stop(self) {
        self.counting.stop().await;
        // Either fails only where the task has ended already.
        let _ended = self.stop_publisher.send(());
        let _ended = self.publisher.await;
        self.health.stop(true).await;
    }
}

/// With another number of partitions a ballot would meet another partition, and could count twice.
async fn check_partitions(store: &Store, brokers: &str, topics: &Topics) -> anyhow::Result<i32> {
    let pinned = store.pinned_partitions(&topics.votes).await?;
    let topic = &topics.votes;
    let partitions = topics
        .vote_partitions_within(brokers, PATIENCE)
        .await
        .context("cannot look at the ballot box")?;
    let pinned = pinned.unwrap_or(partitions);
    ensure!(
        pinned == partitions,
        "the topic {topic} has {partitions} partitions, but had {pinned} when its first election was created: a ballot \
         could be counted twice. Restore the topic with {pinned} partitions, or start a new installation"
    );
    Ok(partitions)
}

fn serve_health(listen: SocketAddr, readiness: Readiness) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(listen)?;
    let address = listener.local_addr()?;
    let app = move || {
        App::new()
            .configure(health::routes(readiness.clone()))
            .default_service(web::to(problem::not_found))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
    Ok((address, server))
}

fn spawn_health(server: Server) -> ServerHandle {
    let handle = server.handle();
    tokio::spawn(server);
    handle
}
