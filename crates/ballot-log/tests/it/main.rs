//! Tests of the ballot box and the definitions with a real Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};

use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::{
    Ballot, BallotBox, BallotRecord, ElectionDefinition, Elections, Record, Topics, client_config,
    elections,
};
use jiff::Timestamp;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::metadata::MetadataTopic;

const PATIENCE: Duration = Duration::from_mins(1);

async fn topics(partitions: i32) -> (&'static str, Topics) {
    let stack = devstack::shared().await;
    let topics = Topics::with_prefix(&format!("{}.", stack.unique("log")));
    let brokers = stack.kafka_brokers();
    topics.create(brokers, partitions, 1).await.unwrap();
    (brokers, topics)
}

fn definition(title: &str) -> ElectionDefinition {
    let json = format!(
        r#"{{"id":7,"title":"{title}","created":"2026-06-16T14:00:00Z","start":"2026-06-16T14:00:00Z",
            "end":"2026-06-16T15:00:00Z","individual":false,
            "rules":{{"method":"dhondt","seats":3,"tie":"ballot_order","threshold":{{"percent":2.5,"of":"valid"}}}},
            "participants":[{{"poll_number":1,"name":"A"}},{{"poll_number":2,"name":"B"}}]}}"#
    );
    serde_json::from_str(&json).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_writer_puts_a_ballot_into_the_same_partition_and_learns_when() {
    let (brokers, topics) = topics(5).await;
    let open = || BallotBox::open(brokers, &topics, &BallotBoxOptions::default()).unwrap();
    let (one, other) = (open(), open());
    one.ready().await.unwrap();
    let mut partitions = std::collections::BTreeSet::new();
    for serial in 0..50 {
        let ballot = Ballot::Serial(serial);
        let record = Record::Ballot(BallotRecord {
            election: 7,
            ballot,
            choice: 1,
            district: 0,
        });
        let before = Timestamp::now().as_millisecond();
        let first = one.append(&record, None).await.unwrap();
        let second = other.append(&record, Some(5)).await.unwrap();
        assert_eq!(first.partition, second.partition);
        assert!(before <= first.time_ms && first.time_ms <= second.time_ms);
        partitions.insert(first.partition);
    }
    assert_eq!(partitions.len(), 5, "ballots spread over the partitions");
    let marker = one.append_to(3, &Record::Close { election: 7 }).await;
    assert_eq!(marker.unwrap().partition, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topics_may_be_created_again_and_keep_their_partitions() {
    let (brokers, topics) = topics(2).await;
    topics.create(brokers, 2, 1).await.unwrap();
    let refused = topics.create(brokers, 4, 1).await.unwrap_err();
    assert!(refused.to_string().contains("ask for 2"), "{refused}");
    assert_eq!(topics.vote_partitions(brokers, PATIENCE).unwrap(), 2);
    let missing = Topics::with_prefix("nowhere.");
    let error = missing.vote_partitions(brokers, PATIENCE).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_never_changes_once_it_is_there() {
    let (brokers, topics) = topics(1).await;
    let publish = async |title| {
        let definitions = [definition(title)];
        elections::publish(brokers, &topics, &definitions, PATIENCE)
            .await
            .unwrap();
    };
    publish("first").await;
    let elections = Elections::follow(brokers, &topics).unwrap();
    elections.read_to_end().await.unwrap();
    publish("second").await;
    elections.read_to_end().await.unwrap();
    assert_eq!(elections.get(7).unwrap().definition(), &definition("first"));
    assert!(elections.get(8).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_topic_can_be_deleted() {
    let (brokers, topics) = topics(1).await;
    topics.delete(brokers).await.unwrap();
    let client: BaseConsumer = client_config(brokers).create().unwrap();
    let names = [
        &topics.votes,
        &topics.elections,
        &topics.aggregated_votes,
        &topics.acts,
    ];
    let deadline = Instant::now() + PATIENCE;
    loop {
        let metadata = client.fetch_metadata(None, PATIENCE).unwrap();
        let left = metadata.topics().iter().map(MetadataTopic::name);
        let left: Vec<_> = left
            .filter(|left| names.iter().any(|name| name.as_str() == *left))
            .collect();
        if left.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "still there: {left:?}");
    }
    topics.delete(brokers).await.unwrap();
}
