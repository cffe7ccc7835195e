//! Startup and shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use anyhow::Context;
use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::ended_sessions::{ENDED_SESSIONS, Following};
use ballot_log::{BallotBox, Elections, Topics};
use service_kit::health::Readiness;
use service_kit::routes::mount;
use service_kit::service::{Running, Service, Step};
use service_kit::token::{EndedSessions, Verifier};
use service_kit::{client, openapi, problem, server, shutdown};
use tokio::runtime::Handle;

use crate::acts::Acts;
use crate::file::Limits;
use crate::options::{Command, Options, RunOptions};
use crate::permits::{Capacity, UploadPermits};
use crate::recording::ON_THEIR_WAY;
use crate::routes;
use crate::upload::Receiving;
use crate::vote::BallotStation;

/// How long files being recorded may take when the station is asked to stop.
const LAST_FILES: Duration = Duration::from_secs(30);
/// The limit for stopping as a whole: requests under way, then files whose officials have disconnected, then
/// the last acts.
const STOP_LIMIT: Duration = Duration::from_secs(70);
/// The pause between two attempts to reach Kafka at startup.
const START_RETRY: Duration = Duration::from_millis(200);
/// How often to check that Kafka accepts writes.
const KAFKA_CHECK: Duration = Duration::from_secs(1);
/// How long an attempt may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(20);

/// Runs the command.
///
/// # Errors
/// If files cannot be taken any more, or the service is not ready.
pub async fn run(options: Options) -> anyhow::Result<()> {
    match options.command {
        Command::Run(options) => start(&options)?.run_until(shutdown::requested()).await,
        Command::Health(options) => options.ask(options.admin.admin_listen).await,
    }
}

/// Listens, and connects in the background. It is ready once the elections are read, while Kafka accepts writes. When
/// stopped, it finishes the uploads under way, and records the files whose officials have disconnected.
///
/// # Errors
/// If a port is taken or a setting is invalid. It waits while Kafka is unavailable.
pub fn start(options: &RunOptions) -> anyhow::Result<Running> {
    let topics = Topics::with_prefix(&options.kafka.topic_prefix);
    let brokers = &options.kafka.kafka_brokers;
    let ended = EndedSessions::default();
    let verifier = options.token.verifier()?.except(ended.clone());
    let ended_sessions = {
        let ended = ended.clone();
        Following::start(brokers, &topics, move |it| ended.add(&it.id, it.until))?
    };
    let wait_limit = Duration::from_millis(options.kafka_timeout_ms);
    let elections = Elections::follow(brokers, &topics)?;
    let ballot_box = BallotBox::open(
        brokers,
        &topics,
        &BallotBoxOptions {
            timeout: wait_limit,
            linger: Duration::from_millis(options.linger_ms),
            // Twice what is needed, because the client releases a record a little after reporting it.
            in_flight: 2 * ON_THEIR_WAY * usize::from(options.files),
        },
    )?;
    let acts = Acts::open(brokers, &topics, wait_limit)?;
    let station = Data::new(BallotStation {
        elections,
        ballot_box,
        acts,
        receiving: receiving(options)?,
        permits: UploadPermits::new(Capacity {
            at_the_station: options.uploads,
            of_one_official: options.uploads_per_official,
            recording: options.files,
            wait_limit: Duration::from_secs(options.place_timeout_s),
        }),
        ended,
        runtime: Handle::current(),
    });
    let definitions = station.elections.clone();
    let definitions_at_start = definitions.clone();
    let server = listen(options, &station, verifier)?;
    let (ballot_box, recording) = (station.ballot_box.clone(), station.clone());
    let (in_the_log, acts) = (station.clone(), station.clone());
    Service::new(
        "ballot-station",
        options.admin.admin_listen,
        Readiness::new(),
    )
    .http(server)
    .task("Kafka producer", ballot_box.until_broken())
    .task("definitions of elections", definitions.until_stopped())
    .task(ENDED_SESSIONS, ended_sessions.clone().until_stopped())
    .ready_after(ENDED_SESSIONS, START_RETRY, CHECK_TIMEOUT, move || {
        ended_sessions_are_read(ended_sessions.clone())
    })
    .ready_after("elections", START_RETRY, CHECK_TIMEOUT, move || {
        elections_are_read(definitions_at_start.clone())
    })
    .ready_when("acts", KAFKA_CHECK, CHECK_TIMEOUT, move || {
        acts_can_be_written(acts.clone().into_inner())
    })
    .ready_when("kafka", KAFKA_CHECK, CHECK_TIMEOUT, move || {
        kafka_takes_writes(station.clone().into_inner())
    })
    .on_stop([
        Step::http(),
        Step::new("files being recorded", async move {
            let recorded = recording.permits.all_free();
            if tokio::time::timeout(LAST_FILES, recorded).await.is_err() {
                tracing::warn!("stopped before all files were recorded");
            }
        }),
        Step::new("acts", async move { in_the_log.acts.flush().await }),
    ])
    .stop_within(STOP_LIMIT)
    .start()
}

fn receiving(options: &RunOptions) -> anyhow::Result<Receiving> {
    let directory = options.temp_dir.clone().unwrap_or_else(std::env::temp_dir);
    anyhow::ensure!(
        directory.is_dir(),
        "the directory for temporary files does not exist: {}",
        directory.display()
    );
    Ok(Receiving {
        limits: Limits {
            bytes: options.file_bytes,
            lines: options.file_lines,
        },
        directory,
        longest: Duration::from_secs(options.upload_timeout_s),
        longest_pause: Duration::from_secs(options.idle_timeout_s),
        min_bytes_per_s: options.min_bytes_per_s,
    })
}

fn listen(
    options: &RunOptions,
    station: &Data<BallotStation>,
    verifier: Verifier,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(options.listen, "--listen")?;
    let address = listener.local_addr()?;
    let (station, document) = (station.clone(), routes::description());
    let proxies = options.proxies.clone();
    let app = move || {
        App::new()
            .configure(client::behind(&proxies))
            .app_data(station.clone())
            .app_data(Data::new(verifier.clone()))
            .configure(mount(
                routes::endpoints(),
                Some(routes::on_refused(station.clone())),
            ))
            .configure(openapi::routes(document.clone()))
            .default_service(actix_web::web::to(problem::not_found))
    };
    let mut server = HttpServer::new(app)
        .disable_signals()
        // Each arriving file has a thread that checks it, even if one worker serves all of them.
        .worker_max_blocking_threads(usize::from(options.uploads))
        .shutdown_timeout(LAST_FILES.as_secs());
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

async fn ended_sessions_are_read(ended: Following) -> anyhow::Result<()> {
    let read = ended.read_to_end().await;
    read.context("the sessions that have ended cannot be read")
}

async fn acts_can_be_written(station: Arc<BallotStation>) -> anyhow::Result<()> {
    station
        .acts
        .ready()
        .await
        .context("the topic of acts cannot be used")
}

async fn kafka_takes_writes(station: Arc<BallotStation>) -> anyhow::Result<()> {
    station
        .ballot_box
        .ready()
        .await
        .context("the topic of votes cannot be used")
}
