//! A separate installation for each test: topics, a database, a Redis database.

use std::collections::BTreeMap;
use std::time::Duration;

use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::{
    Ballot, BallotBox, BallotRecord, ElectionDefinition, Record, client_config, elections,
};
use devstack::Stack;
use futures_util::{Stream, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use rdkafka::message::{Message as _, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};
use redis::AsyncCommands;
use serde_json::Value;
use service_database::postgres;
use service_database::settings::{DatabaseAddress, PostgresOptions};
use service_kit::secret::Environment;
use service_kit::service::Running;
use service_kit::settings::{DistrictOptions, RedisOptions};
use tally_stream::options::{AdminOptions, RecountOptions, RunOptions};
use tally_stream::service;
use tally_stream::store::Store;
use test_kit::TIMEOUT;
use test_kit::http::until_ready;
use test_kit::log::Log;
use tokio_postgres::Client;

pub(crate) const PARTITIONS: i32 = 3;

pub(crate) struct World {
    pub(crate) stack: &'static Stack,
    pub(crate) log: Log,
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
    pub(crate) ballot_box: BallotBox,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(devstack::shared().await).await
    }

    pub(crate) async fn on(stack: &'static Stack) -> Self {
        let brokers = stack.kafka_brokers();
        let log = Log::create(brokers, &stack.unique("tally"), PARTITIONS).await;
        let options = BallotBoxOptions::default();
        Self {
            ballot_box: BallotBox::open(brokers, &log.topics, &options).unwrap(),
            database_url: stack.create_database("tally").await.unwrap(),
            redis_url: stack.redis_url_fresh().await.unwrap(),
            stack,
            log,
        }
    }

    pub(crate) fn postgres(&self) -> PostgresOptions {
        PostgresOptions {
            database: DatabaseAddress {
                database_url: self.database_url.clone(),
                ..DatabaseAddress::default()
            },
            database_connections: 4,
        }
    }

    /// The database, migrated.
    pub(crate) async fn store(&self) -> Store {
        postgres::migrate(&self.database_url, election_store::migrations())
            .await
            .unwrap();
        Store::new(postgres::pool(&self.postgres()).unwrap())
    }

    pub(crate) fn options(&self) -> RunOptions {
        RunOptions {
            admin: AdminOptions {
                admin_listen: "127.0.0.1:0".parse().unwrap(),
            },
            group: self.log.topics.votes.clone(),
            instance: None,
            checkpoint_interval_s: 1,
            live_minimum: None,
            district: DistrictOptions::default(),
            environment: Environment::Development,
            kafka: self.log.kafka.clone(),
            redis: RedisOptions {
                redis_url: self.redis_url.clone(),
                ..RedisOptions::default()
            },
            postgres: self.postgres(),
        }
    }

    pub(crate) fn recount(&self, election: u32) -> RecountOptions {
        RecountOptions {
            election,
            kafka: self.log.kafka.clone(),
            postgres: self.postgres(),
        }
    }

    pub(crate) async fn start(&self) -> Running {
        let running = service::start(&self.options()).unwrap();
        until_ready(running.admin_address).await;
        running
    }

    /// Why this does not count.
    pub(crate) async fn why_not(options: &RunOptions) -> String {
        let mut running = service::start(options).unwrap();
        let error = running.failed().await;
        running.stop().await;
        format!("{error:#}")
    }

    /// An election with three participants, open from an hour ago until `open_for` from now.
    pub(crate) async fn define(
        &self,
        id: u32,
        open_for: SignedDuration,
        results: &str,
    ) -> ElectionDefinition {
        let definition = definition(id, SignedDuration::from_hours(1), open_for, results);
        self.publish(&definition).await;
        definition
    }

    pub(crate) async fn publish(&self, definition: &ElectionDefinition) {
        let definitions = std::slice::from_ref(definition);
        elections::publish(
            self.stack.kafka_brokers(),
            &self.log.topics,
            definitions,
            TIMEOUT,
        )
        .await
        .unwrap();
    }

    pub(crate) async fn vote(&self, election: u32, ballots: impl IntoIterator<Item = (u32, u64)>) {
        self.vote_in(0, election, ballots).await;
    }

    /// Casts votes of a constituency; returns their append times, in milliseconds since 1970.
    pub(crate) async fn vote_in(
        &self,
        district: u16,
        election: u32,
        ballots: impl IntoIterator<Item = (u32, u64)>,
    ) -> Vec<i64> {
        let append = |(serial, choice)| {
            let ballot = Ballot::Serial(serial);
            let record = Record::Ballot(BallotRecord {
                election,
                ballot,
                choice,
                district,
            });
            let ballot_box = self.ballot_box.clone();
            tokio::spawn(async move { ballot_box.append(&record, None).await.unwrap().time_ms })
        };
        let appended: Vec<_> = ballots.into_iter().map(append).collect();
        let mut times_ms = Vec::new();
        for append in appended {
            times_ms.push(append.await.unwrap());
        }
        times_ms
    }

    /// Appends bytes that vote-ingest never would.
    pub(crate) async fn junk(&self, payload: &[u8]) {
        let producer: FutureProducer = client_config(self.stack.kafka_brokers()).create().unwrap();
        let record = FutureRecord::to(&self.log.topics.votes)
            .key("junk")
            .payload(payload);
        producer.send(record, TIMEOUT).await.unwrap();
    }

    pub(crate) async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.redis_url.as_str()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// The commands that this installation's Redis database receives from now on.
    pub(crate) async fn monitor_redis(&self) -> impl Stream<Item = String> + Unpin {
        let client = redis::Client::open(self.redis_url.as_str()).unwrap();
        let database = client.get_connection_info().redis_settings().db();
        let monitor = client.get_async_monitor().await.unwrap();
        let is_ours = move |command: &String| {
            let is_ours = command.contains(&format!("[{database} "));
            std::future::ready(is_ours)
        };
        Box::pin(monitor.into_on_message::<String>().filter(is_ours))
    }

    pub(crate) async fn sql(&self) -> Client {
        test_kit::sql(&self.database_url).await
    }

    /// Removes everything except the log.
    pub(crate) async fn forget_everything(&self) {
        let forget = "TRUNCATE checkpoints, paper_sightings, batch_lines, partition_tallies, rejected_ballots";
        self.sql().await.batch_execute(forget).await.unwrap();
        let mut redis = self.redis().await;
        let _: () = redis::cmd("FLUSHDB").query_async(&mut redis).await.unwrap();
    }

    /// The result in Redis, once `is_there` finds what it looks for.
    pub(crate) async fn result(
        &self,
        election: u32,
        what: &str,
        is_there: impl Fn(&Value) -> bool,
    ) -> Value {
        let mut redis = self.redis().await;
        let mut last = Value::Null;
        let wait = async {
            loop {
                let json: Option<String> =
                    redis.get(format!("results:{{{election}}}")).await.unwrap();
                last = json.map_or(Value::Null, |json| serde_json::from_str(&json).unwrap());
                if is_there(&last) {
                    return last.clone();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(TIMEOUT, wait).await;
        found.unwrap_or_else(|_| panic!("{what} did not come; the last result was {last}"))
    }

    pub(crate) async fn counted(&self, election: u32, count: u64) -> Value {
        self.result(election, &format!("{count} votes"), |result| {
            result["counted"] == count
        })
        .await
    }

    /// The newest value of each key of `aggregated_votes`.
    pub(crate) fn aggregated(&self) -> BTreeMap<String, Value> {
        let values = self.log.read(&self.log.topics.aggregated_votes, PARTITIONS);
        let value = |message: OwnedMessage| {
            let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
            (
                key,
                serde_json::from_slice(message.payload().unwrap()).unwrap(),
            )
        };
        // The last value of a key wins.
        values.into_iter().map(value).collect()
    }
}

/// An election with three participants, open since `open_since` ago until `open_for` from now.
pub(crate) fn definition(
    id: u32,
    open_since: SignedDuration,
    open_for: SignedDuration,
    results: &str,
) -> ElectionDefinition {
    let now = Timestamp::now();
    let definition = serde_json::json!({
        "id": id, "title": format!("Election {id}"), "created": now - open_since, "start": now - open_since,
        "end": now + open_for, "individual": false,
        "rules": {"method": "dhondt", "seats": 5, "tie": "ballot_order"}, "results": results,
        "participants": [{"poll_number": 1, "name": "A"}, {"poll_number": 2, "name": "B"}, {"poll_number": 3, "name": "C"}],
    });
    serde_json::from_value(definition).unwrap()
}

pub(crate) fn votes(result: &Value) -> Vec<u64> {
    let candidates = result["candidates"].as_array().unwrap();
    candidates
        .iter()
        .map(|candidate| candidate["votes"].as_u64().unwrap_or_default())
        .collect()
}
