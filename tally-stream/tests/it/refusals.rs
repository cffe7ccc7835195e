//! What tally-stream refuses to count.

use jiff::SignedDuration;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use tally_stream::recount::recount;
use test_kit::TIMEOUT;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn another_number_of_partitions_than_at_the_first_election() {
    let world = World::new().await;
    world.start().await.stop().await;
    let pin = "INSERT INTO ballot_boxes (topic, partitions) VALUES ($1, 3)";
    world
        .sql()
        .await
        .execute(pin, &[&world.log.topics.votes])
        .await
        .unwrap();
    world.start().await.stop().await;

    let admin: AdminClient<DefaultClientContext> =
        ballot_log::client_config(world.stack.kafka_brokers())
            .create()
            .unwrap();
    let more = [NewPartitions::new(&world.log.topics.votes, 4)];
    admin
        .create_partitions(&more, &AdminOptions::new())
        .await
        .unwrap()[0]
        .as_ref()
        .unwrap();
    let refusal = World::why_not(&world.options()).await;
    assert!(refusal.contains("has 4 partitions, but had 3"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_partitions_while_it_counts() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let mut counting = world.start().await;
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    world.counted(1, 30).await;
    let brokers = world.stack.kafka_brokers();
    let admin: AdminClient<DefaultClientContext> =
        ballot_log::client_config(brokers).create().unwrap();
    let more = [NewPartitions::new(&world.log.topics.votes, 5)];
    let created = admin.create_partitions(&more, &AdminOptions::new()).await;
    created.unwrap()[0].as_ref().unwrap();
    let failure = tokio::time::timeout(TIMEOUT, counting.failed()).await;
    let failure = format!("{:#}", failure.expect("it notices"));
    assert!(failure.contains("got more partitions"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_ends_before_its_checkpoint() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let first = world.start().await;
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    world.counted(1, 30).await;
    first.stop().await;
    let ahead = "UPDATE checkpoints SET state = s.state FROM (SELECT state FROM checkpoints ORDER BY next_offset DESC LIMIT 1) s";
    world.sql().await.execute(ahead, &[]).await.unwrap();

    // The same database with another, empty log.
    let other = World::new().await;
    let mut options = other.options();
    options.postgres = world.postgres();
    let failure = World::why_not(&options).await;
    assert!(
        failure.contains("is another one than was counted"),
        "{failure}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_and_tallies_of_an_older_form() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let first = world.start().await;
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    let before = world.counted(1, 30).await;
    first.stop().await;
    let sql = world.sql().await;
    let older = "UPDATE checkpoints SET state = set_byte(state, 0, 2);
                 UPDATE partition_tallies SET tally = tally #- '{tally,timeline}'";
    sql.batch_execute(older).await.unwrap();

    let refusal = World::why_not(&world.options()).await;
    assert!(refusal.contains("(version 2): remove"), "{refusal}");
    let refusal = recount(world.recount(1)).await.unwrap_err().to_string();
    assert!(
        refusal.contains("unreadable tallies of election 1"),
        "{refusal}"
    );

    world.forget_everything().await;
    let third = world.start().await;
    assert_eq!(world.counted(1, 30).await, before);
    third.stop().await;
    assert!(recount(world.recount(1)).await.unwrap().agrees());
}
