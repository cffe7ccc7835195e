//! Starting and stopping.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use anyhow::Context;
use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::{BallotBox, Elections, Topics};
use service_kit::health::{self, Readiness};
use service_kit::token::Verifier;
use service_kit::{client, openapi, problem, routes, server};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::acts::Acts;
use crate::description;
use crate::file::Limits;
use crate::options::RunOptions;
use crate::places::{Capacity, Places};
use crate::recording::ON_THEIR_WAY;
use crate::routes::endpoints;
use crate::upload::Receiving;
use crate::vote::BallotStation;

/// How long files that are being recorded may take when the station is asked to stop.
const LAST_FILES: Duration = Duration::from_secs(30);

/// A ballot-station that listens. It is ready once Kafka is.
pub struct BallotStationServer {
    address: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
    handle: ServerHandle,
    station: Data<BallotStation>,
    waiting: JoinHandle<()>,
}

impl BallotStationServer {
    /// Listens, and connects in the background.
    ///
    /// # Errors
    /// Where the port is taken, or a setting makes no sense. Kafka being away is waited out.
    pub fn start(options: &RunOptions) -> anyhow::Result<Self> {
        let verifier = Verifier::new(&options.token.secret()?);
        let topics = Topics::with_prefix(&options.kafka.topic_prefix);
        let brokers = &options.kafka.kafka_brokers;
        let patience = Duration::from_millis(options.kafka_timeout_ms);
        let elections = Elections::follow(brokers, &topics)?;
        let ballot_box = BallotBox::open(
            brokers,
            &topics,
            &BallotBoxOptions {
                timeout: patience,
                linger: Duration::from_millis(options.linger_ms),
                // The client lets go of a record a little after it has reported it: twice what is needed.
                in_flight: 2 * ON_THEIR_WAY * usize::from(options.files),
            },
        )?;
        let acts = Acts::open(brokers, &topics, patience)?;
        let directory = options.temp_dir.clone().unwrap_or_else(std::env::temp_dir);
        anyhow::ensure!(
            directory.is_dir(),
            "the directory for temporary files does not exist: {}",
            directory.display()
        );

        let readiness = Readiness::new();
        readiness.wait_for("kafka", "the producer has no id yet");
        let station = Data::new(BallotStation {
            elections,
            ballot_box,
            acts,
            receiving: Receiving {
                limits: Limits {
                    bytes: options.file_bytes,
                    lines: options.file_lines,
                },
                directory,
                longest: Duration::from_secs(options.upload_timeout_s),
                longest_pause: Duration::from_secs(options.idle_timeout_s),
            },
            places: Places::new(Capacity {
                at_the_station: options.uploads,
                of_one_official: options.uploads_per_official,
                recording: options.files,
                patience: Duration::from_secs(options.place_timeout_s),
            }),
            runtime: Handle::current(),
        });
        let (address, server) = listen(options, &station, verifier, readiness.clone())?;
        let waiting = tokio::spawn(wait_for_kafka(station.clone(), readiness));
        let handle = server.handle();
        tracing::info!(%address, "taking files of ballots");
        Ok(Self {
            address,
            server: tokio::spawn(server),
            handle,
            station,
            waiting,
        })
    }

    /// Where files are taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until no file can be taken any more, and says why.
    pub async fn failed(&mut self) -> anyhow::Error {
        tokio::select! {
            reason = self.station.ballot_box.broken() => anyhow::anyhow!("the Kafka producer broke: {reason}"),
            ended = &mut self.server => anyhow::anyhow!("the HTTP server ended: {ended:?}"),
        }
    }

    /// Answers for the files that are on their way, records those whose officials have hung up, and ends.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        self.waiting.abort();
        let recorded = self.station.places.all_free();
        if tokio::time::timeout(LAST_FILES, recorded).await.is_err() {
            tracing::warn!("stopped before all files were recorded");
        }
        self.station.acts.flush().await;
    }
}

fn listen(
    options: &RunOptions,
    station: &Data<BallotStation>,
    verifier: Verifier,
    readiness: Readiness,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(options.listen.listen)?;
    let address = listener.local_addr()?;
    let (station, document) = (station.clone(), description::document()?);
    let proxies = options.proxies.clone();
    let app = move || {
        App::new()
            .configure(client::behind(&proxies))
            .app_data(station.clone())
            .app_data(Data::new(verifier.clone()))
            .configure(health::routes(readiness.clone()))
            .configure(routes::mount(endpoints()))
            .configure(openapi::routes(document.clone()))
            .default_service(actix_web::web::to(problem::not_found))
    };
    let mut server = HttpServer::new(app)
        .disable_signals()
        // A file that arrives has a thread that checks it, also where all are served by one worker.
        .worker_max_blocking_threads(usize::from(options.uploads))
        .shutdown_timeout(LAST_FILES.as_secs());
    if let Some(workers) = options.workers {
        server = server.workers(workers);
    }
    Ok((address, server.listen(listener)?.run()))
}

/// The first file finds a producer with its id, the topics' metadata, and the elections read.
async fn wait_for_kafka(station: Data<BallotStation>, readiness: Readiness) {
    loop {
        let ready = async {
            station
                .elections
                .read_to_end()
                .await
                .context("the elections cannot be read")?;
            station
                .acts
                .ready()
                .await
                .context("the topic of acts cannot be used")?;
            station
                .ballot_box
                .ready()
                .await
                .context("the topic of votes cannot be used")
        };
        match ready.await {
            Ok(()) => return readiness.ready("kafka"),
            Err(error) => readiness.wait_for("kafka", format!("{error:#}")),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
