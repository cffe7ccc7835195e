//! The promises of the count, one by one.

use jiff::{SignedDuration, Timestamp};
use redis::AsyncCommands;
use tally_stream::recount::recount;
use test_kit::until;

use crate::world::{PARTITIONS, World, votes};

const FOR_LONG: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn every_ballot_counts_once_and_the_numbers_add_up() {
    let world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    let tally_stream = world.start().await;
    world
        .vote(
            1,
            (0..300).map(|serial| (serial, 1 + u64::from(serial % 3))),
        )
        .await;
    world.vote(1, (0..50).map(|serial| (serial, 1))).await;
    world.vote(1, (300..307).map(|serial| (serial, 9))).await;
    world.vote(8, [(1, 1)]).await;
    world.junk(b"no record at all").await;

    let all = |result: &serde_json::Value| result["records"] == 357;
    let result = world.result(1, "all records", all).await;
    assert_eq!(votes(&result), [100, 100, 100]);
    assert_eq!(result["counted"], 300);
    assert_eq!(result["rejected"]["Duplicate ballot."], 50);
    assert_eq!(result["rejected"]["Invalid poll number."], 7);
    assert_eq!(result["outcome"]["seats"].as_array().unwrap().len(), 3);
    tally_stream.stop().await;

    let sql = world.sql().await;
    let totals = sql
        .query(
            "SELECT poll_number, votes FROM election_totals WHERE election = 1 ORDER BY 1",
            &[],
        )
        .await
        .unwrap();
    let totals: Vec<(i32, i64)> = totals.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(totals, [(1, 100), (2, 100), (3, 100)]);
    let rejected = sql
        .query(
            "SELECT reason, count(*) FROM rejected_ballots GROUP BY 1 ORDER BY 1",
            &[],
        )
        .await
        .unwrap();
    let rejected: Vec<(String, i64)> = rejected
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    let expected = [
        ("Duplicate ballot.", 50),
        ("Election is not open.", 1),
        ("Invalid poll number.", 7),
        ("Unreadable record.", 1),
    ];
    assert_eq!(
        rejected,
        expected.map(|(reason, count)| (reason.to_owned(), count))
    );

    let downstream: u64 = world
        .aggregated()
        .values()
        .map(|value| value["counted"].as_u64().unwrap())
        .sum();
    assert_eq!(downstream, 300);
    assert!(recount(world.recount(1)).await.unwrap().agrees());
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_come_and_go_and_no_total_changes() {
    let world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    for round in 0..3 {
        let instance = world.start().await;
        world
            .vote(
                1,
                (round * 100..(round + 1) * 100).map(|serial| (serial, 2)),
            )
            .await;
        world.counted(1, u64::from(round + 1) * 100).await;
        instance.stop().await;
    }
    let (one, other) = (world.start().await, world.start().await);
    world.vote(1, (0..600).map(|serial| (serial, 1))).await;
    let result = world
        .result(1, "all records", |result| result["records"] == 900)
        .await;
    assert_eq!(votes(&result), [300, 300, 0]);
    one.stop().await;
    world.vote(1, (600..700).map(|serial| (serial, 3))).await;
    assert_eq!(votes(&world.counted(1, 700).await), [300, 300, 100]);
    other.stop().await;
    assert!(recount(world.recount(1)).await.unwrap().agrees());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_checkpoints_the_count_comes_out_the_same() {
    let world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    let first = world.start().await;
    world
        .vote(
            1,
            (0..200).map(|serial| (serial, 1 + u64::from(serial % 2))),
        )
        .await;
    let before = world.counted(1, 200).await;
    first.stop().await;
    world.forget_everything().await;
    let second = world.start().await;
    assert_eq!(world.counted(1, 200).await, before);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_lost_its_memory_is_told_again() {
    let world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    let tally_stream = world.start().await;
    world.vote(1, (0..40).map(|serial| (serial, 1))).await;
    let before = world.counted(1, 40).await;
    let mut redis = world.redis().await;
    let _: () = redis::cmd("FLUSHDB").query_async(&mut redis).await.unwrap();
    assert_eq!(world.counted(1, 40).await, before);
    let known: Vec<u32> = redis.smembers("results").await.unwrap();
    assert_eq!(known, [1]);
    tally_stream.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_election_defined_later_is_waited_for() {
    let world = World::new().await;
    let tally_stream = world.start().await;
    // The definition and the first votes reach two topics; which is read first must not matter.
    for id in 1..=5 {
        world.define(id, FOR_LONG, "live").await;
        world.vote(id, (0..20).map(|serial| (serial, 1))).await;
    }
    for id in 1..=5 {
        assert_eq!(
            world.counted(id, 20).await["rejected"],
            serde_json::json!({})
        );
    }
    tally_stream.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_after_close_show_turnout_alone_until_every_partition_is_closed() {
    let world = World::new().await;
    let definition = world
        .define(1, SignedDuration::from_secs(3), "after-close")
        .await;
    let tally_stream = world.start().await;
    let mut redis = world.redis().await;
    let _: () = redis.hset("roll:1", "voters", 80).await.unwrap();
    world.vote(1, (0..40).map(|serial| (serial, 1))).await;

    let turnout =
        |result: &serde_json::Value| result["counted"] == 40 && result["registered"] == 80;
    let open = world.result(1, "the turnout", turnout).await;
    assert_eq!(open["final"], false);
    assert!((open["turnout"].as_f64().unwrap() - 0.5).abs() < 1e-9);
    assert!(open["outcome"].is_null());
    let over_time = open["timeline"]["ballots"].as_array().unwrap();
    let over_time: u64 = over_time.iter().map(|votes| votes.as_u64().unwrap()).sum();
    assert_eq!(over_time, 40);
    for candidate in open["candidates"].as_array().unwrap() {
        assert!(
            ["votes", "share", "seats", "standing"]
                .iter()
                .all(|hidden| candidate.get(hidden).is_none()),
            "{candidate}"
        );
    }
    assert_eq!(open["rules"]["method"], "dhondt");
    assert!(
        world
            .aggregated()
            .values()
            .all(|value| value.get("votes").is_none())
    );

    until("the end", async || Timestamp::now() > definition.end).await;
    let close = async |partition| {
        let marker = ballot_log::Record::Close { election: 1 };
        let appended = world.ballot_box.append_to(partition, &marker).await;
        appended.unwrap();
    };
    for partition in 1..PARTITIONS {
        close(partition).await;
    }
    until("two closed partitions", async || {
        let values = world.aggregated();
        values
            .values()
            .filter(|value| value["closed"] == true)
            .count()
            == 2
    })
    .await;
    // One partition is still open, so only the turnout is shown.
    assert!(
        world
            .aggregated()
            .values()
            .all(|value| value.get("votes").is_none())
    );
    close(0).await;
    world.vote(1, [(41, 1)]).await;
    let closed = world
        .result(1, "the final result", |result| result["final"] == true)
        .await;
    assert_eq!(votes(&closed), [40, 0, 0]);
    assert_eq!(closed["outcome"]["seats"], serde_json::json!([5, 0, 0]));
    assert_eq!(closed["candidates"][0]["standing"], "reached");
    let late = |result: &serde_json::Value| result["rejected"]["Election is not open."] == 1;
    world.result(1, "the late vote", late).await;
    tally_stream.stop().await;
    assert!(
        world
            .aggregated()
            .values()
            .any(|value| value.get("votes").is_some())
    );
}
