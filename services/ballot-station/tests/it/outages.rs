//! The answers to officials when Kafka breaks, and that sending a file again completes it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ballot_log::client_config;
use devstack::{Stack, StackOptions};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use uuid::Uuid;

use crate::world::{PARTITIONS, Station, WAIT_LIMIT, World, file, guid, paper};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_off_half_way_is_completed_by_sending_it_again() {
    const LINES: u32 = 400_000;
    const DUPLICATES: u32 = 100;
    let stack = Stack::start_with(StackOptions::private()).await.unwrap();
    let world = World::open(&stack).await;
    let station = world.start_with(&["--kafka-timeout-ms", "2000"]).await;
    // The last hundred lines repeat GUIDs of earlier lines: these are the only duplicates.
    let ballot = |line: u32| {
        let back = if line < LINES - DUPLICATES { 0 } else { 1000 };
        (u128::from(line - back), u128::from(line % 3 + 1))
    };
    let file = file((0..LINES).map(ballot));

    let half_way = async {
        while world.size() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stack.kill("kafka").await.unwrap();
    };
    let (answer, ()) = tokio::join!(station.send(&file), half_way);
    assert_eq!(answer.problem(), (503, "unavailable"));
    assert_eq!(answer.headers["retry-after"], "1");
    // This continues while Kafka is down.
    assert_eq!(station.send(&file).await.problem().0, 503);

    stack.restart("kafka").await.unwrap();
    let before = world.size();
    assert!(before > 0 && before < i64::from(LINES), "{before}");
    let completed = async {
        loop {
            let answer = station.send(&file).await;
            if answer.status == 200 {
                break;
            }
            assert_eq!(answer.problem().0, 503);
        }
    };
    tokio::time::timeout(WAIT_LIMIT, completed).await.unwrap();

    // As in the count: the first line with a GUID is the ballot.
    let mut first = BTreeMap::<Uuid, u32>::new();
    let mut duplicates = BTreeSet::new();
    for record in world.records() {
        let (guid, line) = paper(&record);
        if *first.entry(guid).or_insert(line) != line {
            duplicates.insert(line);
        }
    }
    let counted: BTreeSet<u32> = first.values().copied().collect();
    assert_eq!(counted.len(), first.len());
    assert!(counted.into_iter().eq(0..LINES - DUPLICATES));
    assert!(duplicates.into_iter().eq(LINES - DUPLICATES..LINES));

    // The acts say what happened, though nobody waited for those of the failures.
    let acts = world.acts_at_least(2).await;
    assert_eq!(acts.last().unwrap().outcome, "success");
    stack.stop().await;
}

/// Within ten seconds.
async fn until_unready(station: &Station) {
    let unready = async {
        while station.health("/health/ready").await.status != 503 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let noticed = tokio::time::timeout(Duration::from_secs(10), unready).await;
    noticed.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_of_acts_that_goes_after_a_good_start_is_missed() {
    let stack = Stack::start_with(StackOptions::private()).await.unwrap();
    let world = World::open(&stack).await;
    let station = world.start().await;
    let brokers = stack.kafka_brokers();
    let admin: AdminClient<DefaultClientContext> = client_config(brokers).create().unwrap();
    let acts = world.topics.acts.as_str();
    let deleted = admin.delete_topics(&[acts], &AdminOptions::new()).await;
    deleted.unwrap().remove(0).unwrap();
    until_unready(&station).await;
    world.topics.create(brokers, PARTITIONS, 1).await.unwrap();
    station.until_ready().await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_without_kafka_is_not_ready_and_says_so() {
    let stack = Stack::start_with(StackOptions::private()).await.unwrap();
    let world = World::open(&stack).await;
    stack.kill("kafka").await.unwrap();
    let station = world.start_unready(&["--kafka-timeout-ms", "500"]);
    let ready = station.health("/health/ready").await;
    assert_eq!(ready.problem(), (503, "not-ready"));
    // It is not known whether an election is open, so nobody is told that none is.
    let answer = station.send(format!("{},1\n", guid(1))).await;
    assert_eq!(answer.problem(), (503, "unavailable"));
    // An invalid file is refused anyway.
    assert_eq!(station.send("a").await.status, 400);
    stack.restart("kafka").await.unwrap();
    station.until_ready().await;
    assert_eq!(station.send(format!("{},1\n", guid(1))).await.status, 200);
    assert_eq!(world.size(), 1);

    // It also says so when Kafka goes down later.
    stack.kill("kafka").await.unwrap();
    until_unready(&station).await;
    stack.restart("kafka").await.unwrap();
    station.until_ready().await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_records_what_has_been_taken() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let file = file((0..50_000).map(|number| (number, 1)));
    let sender = station.clone_address();
    let sending = tokio::spawn(async move { sender.send(&file).await.status });
    while world.size() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    station.stop().await;
    assert_eq!(sending.await.unwrap(), 200);
    assert_eq!(world.size(), 50_000);
    assert_eq!(world.acts(2).await[1].outcome, "success");
}
