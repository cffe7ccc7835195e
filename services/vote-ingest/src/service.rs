//! Startup and shutdown.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpServer};
use anyhow::Context;
use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::{BallotBox, Elections, Topics};
use service_kit::health::Readiness;
use service_kit::routes::mount;
use service_kit::service::{Running, Service};
use service_kit::{openapi, problem, server, shutdown};
use tokio::sync::Semaphore;
use voter_roll::{KeyDirectory, Roll, RollOptions};

use crate::attempts::Attempts;
use crate::options::{Command, Options, RunOptions};
use crate::request::BODY_LIMIT;
use crate::routes;
use crate::vote::{ELECTIONS, PollingStation};

/// How often to check that Redis and Kafka accept writes.
const SERVER_CHECK: Duration = Duration::from_secs(1);
/// The pause between two attempts to read the elections at startup.
const ELECTIONS_RETRY: Duration = Duration::from_millis(200);
/// How long an attempt may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(15);

/// Runs the command.
///
/// # Errors
/// If votes cannot be taken any more, or the service is not ready.
pub async fn run(options: Options) -> anyhow::Result<()> {
    match options.command {
        Command::Run(options) => start(&options)?.run_until(shutdown::requested()).await,
        Command::Health(options) => options.ask(options.admin.admin_listen).await,
    }
}

/// Listens, and connects in the background. It is ready once the elections are read, while Kafka and Redis accept
/// writes.
///
/// # Errors
/// If a port is taken or a setting is invalid. It waits for servers that are unavailable.
pub fn start(options: &RunOptions) -> anyhow::Result<Running> {
    let topics = Topics::with_prefix(&options.kafka.topic_prefix);
    let brokers = &options.kafka.kafka_brokers;
    let elections = Elections::follow(brokers, &topics)?;
    let ballot_box = BallotBox::open(
        brokers,
        &topics,
        &BallotBoxOptions {
            timeout: Duration::from_millis(options.kafka_timeout_ms),
            linger: Duration::from_millis(options.linger_ms),
            in_flight: options.in_flight,
        },
    )?;
    let (roll, roll_requests) = Roll::open(
        options.redis.client()?,
        KeyDirectory::new(&options.keys_dir),
        RollOptions {
            timeout: Duration::from_millis(options.redis_timeout_ms),
            ..RollOptions::default()
        },
    );
    let readiness = Readiness::new();
    let station = Data::new(PollingStation {
        elections: elections.clone(),
        roll: roll.clone(),
        ballot_box: ballot_box.clone(),
        in_flight: Semaphore::new(options.in_flight),
        attempts: Attempts::new(
            options.failed_attempts,
            Duration::from_secs(options.failed_attempt_interval_s.into()),
        ),
        readiness: readiness.clone(),
    });
    Service::new("vote-ingest", options.admin.admin_listen, readiness)
        .http(listen(options, station)?)
        .task("requests to the roll", roll_requests.run())
        .task("Kafka producer", ballot_box.clone().until_broken())
        .task(
            "definitions of elections",
            elections.clone().until_stopped(),
        )
        .ready_after(ELECTIONS, ELECTIONS_RETRY, CHECK_TIMEOUT, move || {
            elections_are_read(elections.clone())
        })
        .ready_when("kafka", SERVER_CHECK, CHECK_TIMEOUT, move || {
            kafka_takes_writes(ballot_box.clone())
        })
        .ready_when("redis", SERVER_CHECK, CHECK_TIMEOUT, move || {
            redis_takes_writes(roll.clone())
        })
        .start()
}

fn listen(
    options: &RunOptions,
    station: Data<PollingStation>,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(options.listen, "--listen")?;
    let address = listener.local_addr()?;
    let document = routes::description();
    let app = move || {
        App::new()
            .app_data(station.clone())
            .app_data(PayloadConfig::new(BODY_LIMIT))
            .configure(mount(routes::endpoints(), None))
            .configure(openapi::routes(document.clone()))
            .default_service(web::to(problem::not_found))
    };
    let mut server = HttpServer::new(app).disable_signals().shutdown_timeout(10);
    if let Some(workers) = options.workers {
        server = server.workers(workers);
    }
    Ok((address, server.listen(listener)?.run()))
}

async fn elections_are_read(elections: Elections) -> anyhow::Result<()> {
    elections
        .read_to_end()
        .await
        .context("the elections cannot be read")
}

async fn kafka_takes_writes(ballot_box: BallotBox) -> anyhow::Result<()> {
    ballot_box
        .ready()
        .await
        .context("the topic of votes cannot be used")
}

async fn redis_takes_writes(roll: Roll) -> anyhow::Result<()> {
    roll.check_writable()
        .await
        .context("Redis at REDIS_URL takes no writes")
}
