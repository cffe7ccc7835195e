//! A log that is not the one that was counted: the count stops, and says which partition and what to restore.

use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::{BallotBox, client_config};
use jiff::SignedDuration;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use tally_stream::recount::recount;
use test_kit::{TIMEOUT, until};

use crate::world::{PARTITIONS, World};

const FOR_LONG: SignedDuration = SignedDuration::from_hours(1);

fn admin(world: &World) -> AdminClient<DefaultClientContext> {
    client_config(world.stack.kafka_brokers()).create().unwrap()
}

/// Deletes the ballot box and creates a new one with the same name.
async fn replace_votes(world: &mut World) {
    let votes = world.log.topics.votes.clone();
    let deleted = admin(world)
        .delete_topics(&[&votes], &AdminOptions::new())
        .await;
    deleted.unwrap()[0].as_ref().unwrap();
    let brokers = world.stack.kafka_brokers();
    until("there is another one", async || {
        let created = world.log.topics.create(brokers, PARTITIONS, 1).await;
        let metadata = admin(world).inner().fetch_metadata(Some(&votes), TIMEOUT);
        let partitions = metadata.unwrap().topics()[0].partitions().len();
        created.is_ok() && partitions == usize::try_from(PARTITIONS).unwrap()
    })
    .await;
    world.ballot_box =
        BallotBox::open(brokers, &world.log.topics, &BallotBoxOptions::default()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_log_that_goes_on_beyond_the_checkpoint() {
    let mut world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    let first = world.start().await;
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    world.counted(1, 30).await;
    first.stop().await;
    replace_votes(&mut world).await;
    world.vote(1, (100..400).map(|serial| (serial, 2))).await;

    let refusal = World::why_not(&world.options()).await;
    let record = "is not the one that was counted";
    assert!(refusal.contains(record), "{refusal}");
    assert!(refusal.contains("Restore the topic"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lost_its_tail() {
    let mut world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    let first = world.start().await;
    world.vote(1, (0..60).map(|serial| (serial, 1))).await;
    world.counted(1, 60).await;
    first.stop().await;
    replace_votes(&mut world).await;
    world.vote(1, (0..3).map(|serial| (serial, 1))).await;

    let refusal = World::why_not(&world.options()).await;
    assert!(refusal.contains("its last records are lost"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_log_while_it_is_counted() {
    let mut world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    let mut counting = world.start().await;
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    world.counted(1, 30).await;
    let stored = "SELECT coalesce(sum(next_offset), 0)::bigint FROM checkpoints";
    let sql = world.sql().await;
    until("the checkpoint is there", async || {
        sql.query_one(stored, &[]).await.unwrap().get::<_, i64>(0) == 30
    })
    .await;
    replace_votes(&mut world).await;
    let vote = world.vote(1, (100..400).map(|serial| (serial, 2)));
    let (failure, ()) = tokio::join!(tokio::time::timeout(TIMEOUT, counting.failed()), vote);
    let failure = format!("{:#}", failure.expect("it notices"));
    let words = [
        "is not the one that was counted",
        "its last records are lost",
        "is another one than was counted",
        "Offset out of range",
        "AutoOffsetReset",
    ];
    assert!(
        words.iter().any(|words| failure.contains(words)),
        "{failure}"
    );
    counting.stop().await;
    // What was counted since then is not stored.
    let stood = sql.query_one(stored, &[]).await.unwrap();
    assert_eq!(stood.get::<_, i64>(0), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_deleted_from_the_log() {
    let world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    world.vote(1, (0..60).map(|serial| (serial, 1))).await;
    let mut until = TopicPartitionList::new();
    let votes = &world.log.topics.votes;
    until
        .add_partition_offset(votes, 0, Offset::Offset(2))
        .unwrap();
    admin(&world)
        .delete_records(&until, &AdminOptions::new())
        .await
        .unwrap();
    let refusal = World::why_not(&world.options()).await;
    assert!(refusal.contains("records were deleted"), "{refusal}");
}

/// Two transactions of a foreign program: one committed and one aborted.
async fn foreign_transactions(world: &World) {
    let producer: FutureProducer = client_config(world.stack.kafka_brokers())
        .set("transactional.id", world.stack.unique("foreign"))
        .set("partitioner", "murmur2_random")
        .create()
        .unwrap();
    producer.init_transactions(TIMEOUT).unwrap();
    for (serials, is_committed) in [(1_000..1_030, true), (2_000..2_030, false)] {
        producer.begin_transaction().unwrap();
        for serial in serials {
            let (key, payload) = (
                format!("1:{serial}"),
                format!(r#"{{"v":1,"election":1,"ballot":{serial},"choice":2}}"#),
            );
            let record = FutureRecord::to(&world.log.topics.votes)
                .key(&key)
                .payload(&payload);
            producer.send(record, TIMEOUT).await.unwrap();
        }
        if is_committed {
            producer.commit_transaction(TIMEOUT).unwrap();
        } else {
            producer.abort_transaction(TIMEOUT).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transactional_producer_leaves_gaps_that_are_no_loss() {
    let world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    let tally_stream = world.start().await;
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    foreign_transactions(&world).await;
    world.vote(1, (30..60).map(|serial| (serial, 1))).await;
    let result = world.counted(1, 90).await;
    assert_eq!(crate::world::votes(&result), [60, 30, 0]);
    tally_stream.stop().await;
    assert!(recount(world.recount(1)).await.unwrap().agrees());
    // Also from a checkpoint whose last record is followed by gaps.
    let again = world.start().await;
    world.vote(1, (60..90).map(|serial| (serial, 1))).await;
    world.counted(1, 120).await;
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_in_a_compacted_log_are_refused() {
    let world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    let compact = AlterConfig::new(ResourceSpecifier::Topic(&world.log.topics.votes))
        .set("cleanup.policy", "compact")
        .set("message.timestamp.type", "LogAppendTime");
    let altered = admin(&world)
        .alter_configs(&[compact], &AdminOptions::new())
        .await;
    altered.unwrap()[0].as_ref().unwrap();
    foreign_transactions(&world).await;
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    let refusal = World::why_not(&world.options()).await;
    assert!(refusal.contains("cleanup.policy=compact"), "{refusal}");
}
