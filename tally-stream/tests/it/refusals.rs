//! What tally-stream refuses to count.

use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::{Ballot, BallotBox, BallotRecord, ElectionDefinition, Record};
use jiff::SignedDuration;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use tally_stream::recount::recount;
use test_kit::{TIMEOUT, until};

use crate::world::{PARTITIONS, World, definition};

async fn add_partitions(world: &World, partitions: usize) {
    let brokers = world.stack.kafka_brokers();
    let admin: AdminClient<DefaultClientContext> =
        ballot_log::client_config(brokers).create().unwrap();
    let more = [NewPartitions::new(&world.log.topics.votes, partitions)];
    let created = admin.create_partitions(&more, &AdminOptions::new()).await;
    created.unwrap()[0].as_ref().unwrap();
}

/// An election whose definition contains the number of partitions, as all new ones do.
async fn define_with_partitions(world: &World) {
    let hour = SignedDuration::from_hours(1);
    let definition = ElectionDefinition {
        partitions: Some(PARTITIONS),
        ..definition(1, hour, hour, "live")
    };
    world.publish(&definition).await;
}

/// Votes as vote-ingest does, for an election whose definition contains the number of partitions.
async fn vote(world: &World, serials: std::ops::Range<u32>) {
    for serial in serials {
        let record = Record::Ballot(BallotRecord {
            election: 1,
            ballot: Ballot::Serial(serial),
            choice: 1,
            district: 0,
        });
        let appended = world.ballot_box.append(&record, Some(PARTITIONS)).await;
        assert!(appended.unwrap().partition < PARTITIONS);
    }
}

async fn pin(world: &World) {
    let pin = "INSERT INTO ballot_boxes (topic, partitions) VALUES ($1, 3)";
    let sql = world.sql().await;
    sql.execute(pin, &[&world.log.topics.votes]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_number_of_partitions_than_at_the_first_election() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    world.start().await.stop().await;
    pin(&world).await;
    world.start().await.stop().await;
    add_partitions(&world, 4).await;
    let refusal = World::why_not(&world.options()).await;
    assert!(refusal.contains("has 4 partitions, but had 3"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_partitions_while_an_election_of_an_older_form_is_counted() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let mut counting = world.start().await;
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    world.counted(1, 30).await;
    add_partitions(&world, 5).await;
    let failure = tokio::time::timeout(TIMEOUT, counting.failed()).await;
    let failure = format!("{:#}", failure.expect("it notices"));
    assert!(failure.contains("got more partitions"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_added_by_mistake_stay_empty_and_lose_nothing() {
    let world = World::new().await;
    define_with_partitions(&world).await;
    let counting = world.start().await;
    pin(&world).await;
    vote(&world, 0..30).await;
    world.counted(1, 30).await;
    add_partitions(&world, 5).await;
    // A new producer knows all five.
    let brokers = world.stack.kafka_brokers();
    let newcomer = BallotBox::open(brokers, &world.log.topics, &BallotBoxOptions::default());
    let world = World {
        ballot_box: newcomer.unwrap(),
        ..world
    };
    until("the client knows all five", async || {
        let known = world.log.topics.vote_partitions(brokers, TIMEOUT);
        known.unwrap() == 5
    })
    .await;
    // The same ballots again, and new ones.
    vote(&world, 0..60).await;
    let result = world
        .result(1, "all records", |result| result["records"] == 90)
        .await;
    assert_eq!(result["counted"], 60);
    counting.stop().await;
    let again = world.start().await;
    vote(&world, 60..70).await;
    world.counted(1, 70).await;
    again.stop().await;
    assert!(recount(world.recount(1)).await.unwrap().agrees());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_election_that_this_version_cannot_read() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let hour = SignedDuration::from_hours(1);
    let newer = ElectionDefinition {
        log: ballot_log::definition::LOG_VERSION + 1,
        ..definition(2, hour, hour, "live")
    };
    world.publish(&newer).await;
    let mut counting = world.start().await;
    // The others continue.
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    world.counted(1, 30).await;
    world.vote(2, [(1, 1)]).await;
    let failure = tokio::time::timeout(TIMEOUT, counting.failed()).await;
    let failure = format!("{:#}", failure.expect("it stops"));
    assert!(
        failure.contains("election 2 cannot be read by this version"),
        "{failure}"
    );
    counting.stop().await;
    let refusal = recount(world.recount(2)).await.unwrap_err().to_string();
    assert!(refusal.contains("update the program"), "{refusal}");
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
