//! Starting and stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpServer};
use anyhow::Context;
use ballot_log::BallotBox;
use ballot_log::ballot_box::BallotBoxOptions;
use deadpool_postgres::Pool;
use service_kit::health::{self, Readiness};
use service_kit::token::Verifier;
use service_kit::{client, openapi, postgres, server};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::closing::Closing;
use crate::copying::copy_acts;
use crate::definitions;
use crate::http::{self, Office};
use crate::options::RunOptions;
use crate::publishing::Publisher;

/// Waited before what failed is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(500);
const ELECTIONS: &str = "elections";
const KAFKA: &str = "kafka";

/// An election-admin that listens. It is ready once the elections are published and votes' topic can be used.
pub struct ElectionAdmin {
    address: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
    handle: ServerHandle,
    ballot_box: BallotBox,
    tasks: Vec<JoinHandle<()>>,
}

impl ElectionAdmin {
    /// Migrates the database, listens, and looks after elections in the background.
    ///
    /// # Errors
    /// Where the port is taken, a setting makes no sense, or PostgreSQL cannot be reached for a
    /// minute. Kafka being away is waited out.
    pub async fn start(options: &RunOptions) -> anyhow::Result<Self> {
        let verifier = Verifier::new(&options.token.secret()?);
        let zone = options.zone()?;
        let database = &options.postgres.database;
        database.check(options.token.environment)?;
        postgres::migrate_when_reachable(&database.url()?, definitions::migrations()).await?;
        let pool = postgres::pool(&options.postgres)?;
        let publisher = Publisher::open(&options.kafka)?;
        let topics = publisher.topics().clone();
        let ballot_box = BallotBox::open(
            &options.kafka.kafka_brokers,
            &topics,
            &BallotBoxOptions::default(),
        )?;
        let readiness = Readiness::new();
        readiness.wait_for(ELECTIONS, "not published yet");
        readiness.wait_for(KAFKA, "the producer has no id yet");
        let (defined, unpublished) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let closing = Closing {
            pool: pool.clone(),
            ballot_box: ballot_box.clone(),
            votes_topic: topics.votes.clone(),
            grace: Duration::from_millis(options.close_grace_ms),
            defined: defined.clone(),
            readiness: readiness.clone(),
        };
        let office = Office {
            pool: pool.clone(),
            publisher: publisher.clone(),
            zone,
            defined,
            unpublished: unpublished.clone(),
        };
        let (address, server) = listen(options, office, verifier, readiness.clone())?;
        let kafka = options.kafka.clone();
        let tasks = vec![
            tokio::spawn(closing.run()),
            tokio::spawn(copy_acts(pool.clone(), kafka, topics.acts)),
            tokio::spawn(publish(publisher, pool, unpublished, readiness.clone())),
            tokio::spawn(wait_for_kafka(ballot_box.clone(), readiness)),
        ];
        let handle = server.handle();
        tracing::info!(%address, "administering elections");
        Ok(Self {
            address,
            server: tokio::spawn(server),
            handle,
            ballot_box,
            tasks,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until elections can no longer be looked after, and says why.
    pub async fn failed(&mut self) -> anyhow::Error {
        tokio::select! {
            reason = self.ballot_box.broken() => anyhow::anyhow!("the Kafka producer broke: {reason}"),
            ended = &mut self.server => anyhow::anyhow!("the HTTP server ended: {ended:?}"),
        }
    }

    /// Answers the requests that are on their way, and ends.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn listen(
    options: &RunOptions,
    office: Office,
    verifier: Verifier,
    readiness: Readiness,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(options.listen)?;
    let address = listener.local_addr()?;
    let document = http::document()?;
    let proxies = options.proxies.clone();
    let app = move || {
        App::new()
            .configure(client::behind(&proxies))
            .configure(health::routes(readiness.clone()))
            .configure(openapi::routes(document.clone()))
            .configure(http::routes(office.clone(), verifier.clone()))
    };
    // Few people ask, and none of their questions takes the processor long.
    let server = HttpServer::new(app)
        .workers(2)
        .disable_signals()
        .shutdown_timeout(15);
    Ok((address, server.listen(listener)?.run()))
}

/// Publishes every election at the start, and again whenever one could not be published.
async fn publish(publisher: Publisher, pool: Pool, unpublished: Arc<Notify>, readiness: Readiness) {
    loop {
        while let Err(error) = publisher.republish(&pool).await {
            readiness.wait_for(ELECTIONS, format!("not published: {error:#}"));
            tokio::time::sleep(RETRY_AFTER).await;
        }
        readiness.ready(ELECTIONS);
        unpublished.notified().await;
    }
}

/// The first closing marker finds a producer with its id.
async fn wait_for_kafka(ballot_box: BallotBox, readiness: Readiness) {
    loop {
        match ballot_box
            .ready()
            .await
            .context("the topic of votes cannot be used")
        {
            Ok(()) => return readiness.ready(KAFKA),
            Err(error) => readiness.wait_for(KAFKA, format!("{error:#}")),
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}
