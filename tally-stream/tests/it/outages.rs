//! Servers that are down while partitions change owners, and votes that arrive one by one.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use ballot_log::client_config;
use devstack::{Stack, StackOptions};
use jiff::SignedDuration;
use rdkafka::consumer::{BaseConsumer, Consumer};
use service_kit::health;
use tally_stream::recount::recount;
use tally_stream::service;
use test_kit::http::until_ready;
use test_kit::until;

use crate::world::World;

const FOR_LONG: SignedDuration = SignedDuration::from_hours(1);

/// Servers for this test only; they end with the process.
async fn own(options: StackOptions) -> &'static Stack {
    Box::leak(Box::new(Stack::start_with(options).await.unwrap()))
}

/// Joins the group as another instance would, takes partitions away, and leaves.
async fn come_and_go(world: &World) {
    let options = world.options();
    let member: BaseConsumer = client_config(world.stack.kafka_brokers())
        .set("group.id", &options.group)
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", "6000")
        .create()
        .unwrap();
    member.subscribe(&[&world.log.topics.votes]).unwrap();
    until("it has partitions", async || {
        let _nothing = member.poll(Duration::ZERO);
        member.assignment().unwrap().count() > 0
    })
    .await;
    member.unsubscribe();
    drop(member);
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_that_change_hands_while_postgresql_is_away() {
    let world = World::on(own(StackOptions::private()).await).await;
    world.define(1, FOR_LONG, "live").await;
    let first = world.start().await;
    let vote = async |from: u32| {
        world
            .vote(1, (from..from + 30).map(|serial| (serial, 1)))
            .await;
    };
    vote(0).await;
    world.counted(1, 30).await;
    let sql = world.sql().await;
    until("a checkpoint is stored", async || {
        let sum = "SELECT coalesce(sum(next_offset), 0)::bigint FROM checkpoints";
        sql.query_one(sum, &[]).await.unwrap().get::<_, i64>(0) == 30
    })
    .await;

    world.stack.kill("postgres").await.unwrap();
    vote(30).await;
    world.counted(1, 60).await;
    // Counts that are not stored are neither lost with the partition nor counted from the old checkpoint.
    come_and_go(&world).await;
    vote(60).await;
    world.counted(1, 90).await;
    // An instance that starts now waits, and takes nothing away.
    let second = service::start(&world.options()).unwrap();
    vote(90).await;
    world.counted(1, 120).await;
    assert!(health::ask(second.admin_address).await.is_err());

    world.stack.restart("postgres").await.unwrap();
    until_ready(second.admin_address).await;
    vote(120).await;
    world.counted(1, 150).await;
    first.stop().await;
    vote(150).await;
    world.counted(1, 180).await;
    second.stop().await;
    assert!(recount(world.recount(1)).await.unwrap().agrees());
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_that_come_one_by_one_from_three_brokers_show_at_once() {
    // The count used to check the clock once in 256 records, as long as one arrived every 20 ms.
    const BEFORE_THE_FIRST_LOOK: u32 = 200;
    let three = StackOptions {
        brokers: 3,
        ..StackOptions::private()
    };
    let world = World::on(own(three).await).await;
    world.define(1, FOR_LONG, "live").await;
    let tally_stream = world.start().await;
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    world.counted(1, 30).await;

    let (sent, seen) = (AtomicU32::new(0), AtomicBool::new(false));
    let stream = async || {
        while !seen.load(Ordering::Relaxed) {
            let serial = 30 + sent.fetch_add(1, Ordering::Relaxed);
            world.vote(1, [(serial, 1)]).await;
        }
    };
    let watching = async {
        world
            .result(1, "the first of them", |result| {
                result["counted"].as_u64() > Some(30)
            })
            .await;
        seen.store(true, Ordering::Relaxed);
        sent.load(Ordering::Relaxed)
    };
    // About 300 votes per second, so that no poll waits for long.
    let ((), (), (), before) = tokio::join!(stream(), stream(), stream(), watching);
    assert!(
        before < BEFORE_THE_FIRST_LOOK,
        "{before} votes were sent before one showed"
    );
    tally_stream.stop().await;
}
