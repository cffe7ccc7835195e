//! How fast does tally-stream count a topic that is already full?
//!
//! `cargo run --release -p tally-stream --example full_topic -- --votes 5000000`
//!
//! Fills a topic with votes, some of them duplicates, on a private Kafka, then starts tally-stream and watches the
//! result in Redis until every record is in it. Prints one line of JSON; rates are in records per second.
#![allow(missing_docs)]

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use ballot_log::{
    Ballot, BallotRecord, ElectionDefinition, Record, Topics, client_config, elections,
};
use clap::Parser;
use devstack::{Stack, StackOptions};
use jiff::{SignedDuration, Timestamp};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use redis::AsyncCommands;
use serde_json::{Value, json};
use service_database::settings::{DatabaseAddress, PostgresOptions};
use service_kit::secret::Environment;
use service_kit::settings::{DistrictOptions, KafkaOptions, RedisOptions};
use tally_stream::options::{AdminOptions, RunOptions};
use tally_stream::service;

#[derive(Parser)]
struct Options {
    /// Records in the topic
    #[arg(long, default_value_t = 5_000_000)]
    votes: u32,
    /// Percentage of records that repeat an earlier ballot
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=90))]
    duplicates_percent: u32,
    /// Partitions of the topic
    #[arg(long, default_value_t = 6)]
    partitions: i32,
}

const PATIENCE: Duration = Duration::from_mins(5);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let stack = Stack::start_with(StackOptions::private()).await?;
    let topics = Topics::with_prefix("");
    topics
        .create(stack.kafka_brokers(), options.partitions, 1)
        .await?;
    let definition = definition()?;
    elections::publish(stack.kafka_brokers(), &topics, &[definition], PATIENCE).await?;
    fill(&options, stack.kafka_brokers(), &topics)?;

    let run = RunOptions {
        live_minimum: None,
        district: DistrictOptions::default(),
        admin: AdminOptions {
            admin_listen: "127.0.0.1:0".parse()?,
        },
        group: "bench".to_owned(),
        instance: None,
        checkpoint_interval_s: 3,
        environment: Environment::Development,
        kafka: KafkaOptions {
            kafka_brokers: stack.kafka_brokers().to_owned(),
            topic_prefix: String::new(),
        },
        redis: RedisOptions {
            redis_url: stack.redis_url().to_owned(),
            ..RedisOptions::default()
        },
        postgres: PostgresOptions {
            database: DatabaseAddress {
                database_url: stack.create_database("bench").await?,
                ..DatabaseAddress::default()
            },
            database_connections: 4,
        },
    };
    let started = Instant::now();
    let tally_stream = service::start(&run)?;
    let (first, last) = watch(stack.redis_url(), u64::from(options.votes)).await?;
    let counting = last.at.duration_since(first.at).as_secs_f64();
    let rate = f64::from(u32::try_from(last.records - first.records)?) / counting;
    println!(
        "{}",
        json!({
            "records": last.records, "counted": last.counted, "duplicates": last.records - last.counted,
            "partitions": options.partitions, "counting_s": counting, "records_per_s": rate.round(),
            "from_start_to_end_s": last.at.duration_since(started).as_secs_f64(),
        })
    );
    tally_stream.stop().await;
    stack.stop().await;
    Ok(())
}

fn definition() -> anyhow::Result<ElectionDefinition> {
    let now = Timestamp::now();
    let participants: Vec<Value> = (1..=10)
        .map(|number| json!({"poll_number": number, "name": format!("List {number}")}))
        .collect();
    Ok(serde_json::from_value(json!({
        "id": 1, "title": "Bench", "created": now, "start": now, "end": now + SignedDuration::from_hours(1),
        "individual": false, "rules": {"method": "dhondt", "seats": 250, "tie": "lot"}, "participants": participants,
    }))?)
}

fn fill(options: &Options, brokers: &str, topics: &Topics) -> anyhow::Result<()> {
    let producer: ThreadedProducer<DefaultProducerContext> = client_config(brokers)
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "20")
        .create()?;
    let voters = options.votes / 100 * (100 - options.duplicates_percent);
    for vote in 0..options.votes {
        // Serials arrive in no order, as they would from voters. The last records repeat the first ballots.
        let serial = u64::from(vote) * 2_654_435_761 % u64::from(voters.max(1));
        let ballot = Ballot::Serial(u32::try_from(serial)?);
        let choice = u64::from(vote % 10) + 1;
        let record = Record::Ballot(BallotRecord {
            election: 1,
            ballot,
            choice,
            district: 0,
        });
        let (key, payload) = (record.key(), record.encode());
        while let Err((error, _)) =
            producer.send(BaseRecord::to(&topics.votes).key(&key).payload(&payload))
        {
            ensure!(
                matches!(
                    error,
                    KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)
                ),
                "cannot fill the topic: {error}"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        if vote % 1_000_000 == 0 {
            eprintln!("filling the topic: {vote} of {}", options.votes);
        }
    }
    producer
        .flush(PATIENCE)
        .context("Kafka did not take the votes")
}

struct Look {
    at: Instant,
    records: u64,
    counted: u64,
}

/// When the first records appeared in the result, and when all of them did.
async fn watch(redis_url: &str, all: u64) -> anyhow::Result<(Look, Look)> {
    let mut redis = redis::Client::open(redis_url)?
        .get_multiplexed_async_connection()
        .await?;
    let mut first = None;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let json: Option<String> = redis.get("results:{1}").await?;
        let result: Value = json.map_or(Ok(Value::Null), |json| serde_json::from_str(&json))?;
        let number = |field: &str| result[field].as_u64().unwrap_or_default();
        let look = || Look {
            at: Instant::now(),
            records: number("records"),
            counted: number("counted"),
        };
        if number("records") > 0 && first.is_none() {
            first = Some(look());
        }
        if number("records") >= all {
            return Ok((first.unwrap_or_else(look), look()));
        }
        ensure!(Instant::now() < deadline, "the count stands at {result}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
