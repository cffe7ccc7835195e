//! Starting and stopping.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpServer};
use anyhow::Context;
use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::{BallotBox, Elections, Topics};
use service_kit::health::{self, Readiness};
use service_kit::{openapi, problem, server};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use voter_roll::{KeyDirectory, Roll, RollOptions};

use crate::attempts::Attempts;
use crate::options::RunOptions;
use crate::request::BODY_LIMIT;
use crate::vote::{PollingStation, post_vote};
use crate::{answer, description};

/// How often Redis is asked whether it is there.
const REDIS_CHECK: Duration = Duration::from_secs(1);

/// A vote-ingest that listens. It is ready once Kafka and Redis are.
pub struct VoteIngest {
    address: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
    handle: ServerHandle,
    ballot_box: BallotBox,
    roll: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
}

impl VoteIngest {
    /// Listens, and connects in the background.
    ///
    /// # Errors
    /// Where the port is taken, or a setting makes no sense. Servers being away is waited out.
    pub fn start(options: &RunOptions) -> anyhow::Result<Self> {
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
        let redis = redis::Client::open(options.redis.url()?.expose())
            .context("REDIS_URL is not a Redis URL (redis://host:port)")?;
        let (roll, roll_service) = Roll::open(
            redis,
            KeyDirectory::new(&options.keys_dir),
            RollOptions {
                timeout: Duration::from_millis(options.redis_timeout_ms),
                ..RollOptions::default()
            },
        );
        let readiness = Readiness::new();
        readiness.wait_for("kafka", "the producer has no id yet");
        readiness.wait_for("redis", "not asked yet");
        let tasks = vec![
            tokio::spawn(watch_redis(roll.clone(), readiness.clone())),
            tokio::spawn(wait_for_kafka(
                ballot_box.clone(),
                elections.clone(),
                readiness.clone(),
            )),
        ];
        let station = Data::new(PollingStation {
            elections,
            roll,
            ballot_box: ballot_box.clone(),
            places: Semaphore::new(options.in_flight),
            attempts: Attempts::new(
                options.failed_attempts,
                Duration::from_secs(options.failed_attempt_interval_s.into()),
            ),
            readiness: readiness.clone(),
        });
        let (address, server) = listen(options, station, readiness)?;
        let handle = server.handle();
        tracing::info!(%address, "taking votes");
        Ok(Self {
            address,
            server: tokio::spawn(server),
            handle,
            ballot_box,
            roll: tokio::spawn(roll_service.run()),
            tasks,
        })
    }

    /// Where votes are taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until no vote can be taken any more, and says why.
    pub async fn failed(&mut self) -> anyhow::Error {
        tokio::select! {
            reason = self.ballot_box.broken() => anyhow::anyhow!("the Kafka producer broke: {reason}"),
            ended = &mut self.roll => anyhow::anyhow!("the task that asks the roll ended: {ended:?}"),
            ended = &mut self.server => anyhow::anyhow!("the HTTP server ended: {ended:?}"),
        }
    }

    /// Answers the votes that are on their way, and ends.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        self.roll.abort();
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn listen(
    options: &RunOptions,
    station: Data<PollingStation>,
    readiness: Readiness,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(options.listen.listen)?;
    let address = listener.local_addr()?;
    let document = description::document()?;
    let app = move || {
        let vote = web::resource("/vote")
            .app_data(PayloadConfig::new(BODY_LIMIT))
            .route(web::post().to(post_vote))
            .default_service(web::to(answer::wrong_method));
        App::new()
            .app_data(station.clone())
            .configure(health::routes(readiness.clone()))
            .service(vote)
            .configure(openapi::routes(document.clone()))
            .default_service(web::to(problem::not_found))
    };
    let mut server = HttpServer::new(app).disable_signals().shutdown_timeout(10);
    if let Some(workers) = options.workers {
        server = server.workers(workers);
    }
    Ok((address, server.listen(listener)?.run()))
}

/// The first vote finds a producer with its id, the topic's metadata, and the elections read.
async fn wait_for_kafka(ballot_box: BallotBox, elections: Elections, readiness: Readiness) {
    loop {
        let ready = async {
            elections
                .read_to_end()
                .await
                .context("the elections cannot be read")?;
            ballot_box
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

async fn watch_redis(roll: Roll, readiness: Readiness) {
    loop {
        if roll.is_reachable().await {
            readiness.ready("redis");
        } else {
            readiness.wait_for("redis", "Redis does not answer at REDIS_URL");
        }
        tokio::time::sleep(REDIS_CHECK).await;
    }
}
