//! Startup and shutdown.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer};
use anyhow::Context;
use ballot_log::BallotBox;
use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::ended_sessions::{ENDED_SESSIONS, Following};
use deadpool_postgres::Pool;
use service_database::postgres;
use service_database::postgres::{CHECK_TIMEOUT, POSTGRESQL};
use service_kit::health::Readiness;
use service_kit::service::{Running, Service};
use service_kit::token::{EndedSessions, Verifier};
use service_kit::{client, openapi, server};
use tokio::sync::Notify;

use crate::acts::copy_acts;
use crate::closing::Closing;
use crate::elections::publishing::Publisher;
use crate::http::{self, State};
use crate::options::{RunOptions, Switch};

/// The pause before a retry.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// How often PostgreSQL is checked.
const POSTGRESQL_CHECK: Duration = Duration::from_secs(1);
const ELECTIONS: &str = "elections";
const KAFKA: &str = "kafka";
/// How often to check that Kafka accepts writes.
const KAFKA_CHECK: Duration = Duration::from_secs(1);

/// Listens, migrates the database, and manages elections in the background. It is ready once the elections are
/// published and the topic of votes can be used.
///
/// # Errors
/// If a port is taken or a setting is invalid. It waits while Kafka or PostgreSQL is unavailable.
pub fn start(options: &RunOptions) -> anyhow::Result<Running> {
    let zone = options.zone()?;
    let postgres = &options.postgres;
    postgres.database.check(options.token.environment)?;
    let pool = postgres::pool(postgres)?;
    let publisher = Publisher::open(&options.kafka)?;
    let topics = publisher.topics().clone();
    let brokers = &options.kafka.kafka_brokers;
    let ended = EndedSessions::default();
    let verifier = options.token.verifier()?.except(ended.clone());
    let ended_sessions = Following::start(brokers, &topics, move |it| ended.add(&it.id, it.until))?;
    let ballot_box = BallotBox::open(brokers, &topics, &BallotBoxOptions::default())?;
    let readiness = Readiness::new();
    readiness.wait_for(ELECTIONS, "not published yet");
    let (defined, unpublished) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let closing = Closing {
        pool: pool.clone(),
        ballot_box: ballot_box.clone(),
        votes_topic: topics.votes.clone(),
        grace: Duration::from_millis(options.close_grace_ms),
        defined: defined.clone(),
        readiness: readiness.clone(),
    };
    let state = State {
        pool: pool.clone(),
        publisher: publisher.clone(),
        ballot_box: ballot_box.clone(),
        zone,
        four_eyes: options.four_eyes == Switch::On,
        district_minimum: options.district.minimum(options.token.environment),
        defined,
        unpublished: unpublished.clone(),
    };
    let acts = copy_acts(pool.clone(), options.kafka.clone(), topics.acts);
    let definitions = publisher.elections().clone();
    let publish = publish(publisher, pool, unpublished, readiness.clone());
    let migrated = postgres::migrated(postgres, election_store::migrations)?;
    let is_migrated = readiness.clone();
    let after_migration = move || {
        let is_migrated = is_migrated.clone();
        async move { is_migrated.until_ready(POSTGRESQL).await }
    };
    let producer = ballot_box.clone().until_broken();
    Service::new("election-admin", options.admin.admin_listen, readiness)
        .http(listen(options, state, verifier)?)
        .ready_when(POSTGRESQL, POSTGRESQL_CHECK, CHECK_TIMEOUT, migrated)
        .task(
            "closing of elections",
            after(after_migration(), closing.run()),
        )
        .task("copying of acts", after(after_migration(), acts))
        .task("publishing of elections", after(after_migration(), publish))
        .task("Kafka producer", producer)
        .task("definitions of elections", definitions.until_stopped())
        .task(ENDED_SESSIONS, ended_sessions.clone().until_stopped())
        .ready_after(ENDED_SESSIONS, KAFKA_CHECK, CHECK_TIMEOUT, move || {
            ended_sessions_are_read(ended_sessions.clone())
        })
        .ready_when(KAFKA, KAFKA_CHECK, CHECK_TIMEOUT, move || {
            votes_can_be_closed(ballot_box.clone())
        })
        .start()
}

async fn ended_sessions_are_read(ended: Following) -> anyhow::Result<()> {
    let read = ended.read_to_end().await;
    read.context("the sessions that have ended cannot be read")
}

async fn after<T>(first: impl Future<Output = ()>, then: impl Future<Output = T>) -> T {
    first.await;
    then.await
}

fn listen(
    options: &RunOptions,
    state: State,
    verifier: Verifier,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(options.listen, "--listen")?;
    let address = listener.local_addr()?;
    let document = http::description();
    let proxies = options.proxies.clone();
    let app = move || {
        App::new()
            .configure(client::behind(&proxies))
            .configure(openapi::routes(document.clone()))
            .configure(http::routes(state.clone(), verifier.clone()))
    };
    // There are few requests, and none of them takes much processor time.
    let server = HttpServer::new(app)
        .workers(2)
        .disable_signals()
        .shutdown_timeout(15);
    Ok((address, server.listen(listener)?.run()))
}

/// Publishes every election at startup, and again whenever one could not be published.
async fn publish(publisher: Publisher, pool: Pool, unpublished: Arc<Notify>, readiness: Readiness) {
    loop {
        loop {
            match publisher.republish(&pool).await {
                Ok(done) => {
                    for error in done.unreadable {
                        tracing::error!(%error, "an election was not published");
                    }
                    break;
                }
                Err(error) => readiness.wait_for(ELECTIONS, format!("not published: {error:#}")),
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
        readiness.ready(ELECTIONS);
        unpublished.notified().await;
    }
}

/// So that the first closing marker finds the producer initialised.
async fn votes_can_be_closed(ballot_box: BallotBox) -> anyhow::Result<()> {
    ballot_box
        .ready()
        .await
        .context("the topic of votes cannot be used")
}
