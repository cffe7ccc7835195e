//! Values in Redis only move forward, with any number of instances.

use std::collections::BTreeSet;
use std::sync::Arc;

use ballot_log::{Cancellation, Elections, Lots};
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use redis::AsyncCommands;
use serde_json::Value;
use service_kit::health::Readiness;
use tally::{Minimums, PartitionTally, Tally};
use tally_stream::publish::{Counted, PendingTallies, Publisher};
use tally_stream::recount::recount;
use tally_stream::service;
use test_kit::http::{send, until_ready};
use test_kit::until;
use tokio::sync::oneshot;

use crate::world::{World, definition, votes};

/// Partition 0 with `votes` votes for A, as of offset `votes`.
fn tally(votes: u32) -> PartitionTally {
    let mut tally = Tally::default();
    for _ in 0..votes {
        tally.add_vote(0, 1, 0);
    }
    PartitionTally {
        election: 1,
        partition: 0,
        offset: i64::from(votes),
        tally,
        log: None,
    }
}

/// One round of an instance that knows only this.
async fn publish(world: &World, tally: PartitionTally) -> Value {
    let brokers = world.stack.kafka_brokers();
    let elections = Elections::follow(brokers, &world.log.topics).unwrap();
    elections.read_to_end().await.unwrap();
    let pending = Arc::new(PendingTallies::default());
    pending.add(tally);
    let redis = redis::Client::open(world.redis_url.as_str()).unwrap();
    let publisher = Publisher::connect(
        &redis,
        Counted {
            elections,
            pending,
            partitions: 1,
            store: world.store().await,
        },
        Minimums::NONE,
        Readiness::new(),
    );
    let (stop, stopped) = oneshot::channel();
    stop.send(()).unwrap();
    publisher.await.unwrap().run(stopped).await;
    let json: String = world.redis().await.get("results:{1}").await.unwrap();
    serde_json::from_str(&json).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zombie_takes_nothing_back_from_the_screen() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let newest = publish(&world, tally(20)).await;
    assert_eq!(
        (votes(&newest), &newest["position"]),
        (vec![20, 0, 0], &20.into())
    );
    // An instance that was paused wakes up, with what it knew.
    assert_eq!(publish(&world, tally(10)).await, newest);
    let stored: String = world.redis().await.hget("tally:{1}", 0).await.unwrap();
    assert_eq!(
        serde_json::from_str::<PartitionTally>(&stored).unwrap(),
        tally(20)
    );
    let newer = publish(&world, tally(21)).await;
    assert_eq!(votes(&newer), [21, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_election_shows_as_that_without_numbers() {
    let world = World::new().await;
    let hour = SignedDuration::from_hours(1);
    // One that is open, and one that has ended and been published since.
    let mut definitions = [
        definition(1, hour, hour, "live"),
        definition(2, hour * 2, -hour, "live"),
    ];
    for definition in &definitions {
        world.publish(definition).await;
    }
    let counting = world.start().await;
    world.vote(1, (0..20).map(|serial| (serial, 1))).await;
    world.counted(1, 20).await;
    world.counted(2, 0).await;
    for definition in &mut definitions {
        definition.cancelled = Some(Cancellation {
            at: definition.created,
            by: "administrator@example.org".to_owned(),
        });
        world.publish(definition).await;
    }
    for id in [1, 2] {
        let result = world
            .result(id, "the cancellation", |result| {
                result.get("cancelled").is_some()
            })
            .await;
        assert_eq!(
            (&result["counted"], &result["final"]),
            (&0.into(), &false.into())
        );
        assert_eq!(result["outcome"], Value::Null);
        assert!(result["candidates"][0].get("votes").is_none());
        assert!(!result.to_string().contains("administrator@"));
    }
    // The log is counted as before.
    world.vote(1, (20..25).map(|serial| (serial, 1))).await;
    let store = world.store().await;
    until("the later votes are stored", async || {
        let tallies = store.tallies(1).await.unwrap();
        tallies
            .iter()
            .map(|tally| tally.tally.counted())
            .sum::<u64>()
            == 25
    })
    .await;
    counting.stop().await;
    let recount = recount(world.recount(1)).await.unwrap();
    assert!(recount.agrees());
    let counted = |(stored, _): &(PartitionTally, PartitionTally)| stored.tally.counted();
    assert_eq!(recount.partitions.iter().map(counted).sum::<u64>(), 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn lots_that_were_drawn_show_with_what_they_decided() {
    let world = World::new().await;
    let hour = SignedDuration::from_hours(1);
    let mut level = definition(1, hour * 2, -hour, "live");
    level.rules = serde_json::from_str(r#"{"method":"dhondt","seats":1,"tie":"lot"}"#).unwrap();
    world.publish(&level).await;
    let mut counted = tally(20);
    (0..20).for_each(|_| counted.tally.add_vote(0, 2, 0));
    counted.tally.closed = true;
    let tied = publish(&world, counted.clone()).await;
    assert_eq!(
        (&tied["final"], &tied["outcome"]["open_seats"]),
        (&true.into(), &1.into())
    );
    level.lots = Some(Lots {
        order: vec![2, 1],
        drawn_by: "The commission".to_owned(),
        drawn_at: level.end,
    });
    world.publish(&level).await;
    let decided = publish(&world, counted).await;
    assert_eq!(decided["outcome"]["seats"], serde_json::json!([0, 1, 0]));
    assert_eq!(decided["outcome"]["ties"][0]["settled_by"], "lots");
    assert_eq!(decided["lots"]["drawn_by"], "The commission");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tally_of_an_older_form_is_in_no_result() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let newest = publish(&world, tally(20)).await;
    let older = r#"{"election":1,"partition":1,"offset":7,"tally":{"votes":[[0,1,7]],"rejected":{},"repeated":0,
        "newest_ms":5,"closed":false}}"#;
    let mut redis = world.redis().await;
    let _: () = redis.hset("tally:{1}", 1, older).await.unwrap();
    assert_eq!(publish(&world, tally(30)).await, newest);
    let _: () = redis.del("tally:{1}").await.unwrap();
    assert_eq!(votes(&publish(&world, tally(30)).await), [30, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn turnout_keeps_its_denominator_when_the_roll_is_purged() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let mut redis = world.redis().await;
    let _: () = redis.hset("roll:1", "voters", 80).await.unwrap();
    assert_eq!(publish(&world, tally(20)).await["registered"], 80);
    let store = world.store().await;
    until("the number is stored", async || {
        store.registered().await.unwrap().get(&1) == Some(&80)
    })
    .await;
    let _: () = redis.del("roll:1").await.unwrap();
    let purged = publish(&world, tally(21)).await;
    assert_eq!(purged["registered"], 80);
    // The current number on the roll counts.
    let _: () = redis.hset("roll:1", "voters", 90).await.unwrap();
    assert_eq!(publish(&world, tally(22)).await["registered"], 90);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_election_that_cannot_be_published_holds_up_no_other() {
    let world = World::new().await;
    let hour = SignedDuration::from_hours(1);
    // For these, Redis holds something other than what was written.
    let mut redis = world.redis().await;
    let _: () = redis.hset("tally:{1}", 0, "junk").await.unwrap();
    let _: () = redis.set("tally:{2}", "no hash").await.unwrap();
    let _: () = redis
        .hset("tally:{3}", 9, r#"{"of":"tomorrow"}"#)
        .await
        .unwrap();
    let _: () = redis.hset("roll:4", "voters", "many").await.unwrap();
    for id in 1..=5 {
        world.define(id, hour, "live").await;
    }
    let counting = service::start(&world.options()).unwrap();
    for id in 1..=5 {
        world.vote(id, (0..20).map(|serial| (serial, 1))).await;
    }
    world.counted(5, 20).await;
    let health = async || send(counting.admin_address, "GET", "/health/ready", &[], "").await;
    until("all four are named", async || {
        let health = health().await;
        let is_named = |id: u32| {
            health
                .text()
                .contains(&format!("election {id} cannot be published"))
        };
        health.status == 503 && (1..=4).all(is_named) && !is_named(5)
    })
    .await;
    world.vote(5, (20..25).map(|serial| (serial, 1))).await;
    world.counted(5, 25).await;

    let keys = ["tally:{1}", "tally:{2}", "tally:{3}", "roll:4"];
    let _: () = redis.del(&keys).await.unwrap();
    until_ready(counting.admin_address).await;
    for id in 1..=4 {
        world.counted(id, 20).await;
    }
    counting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_became_a_replica_is_left_and_the_results_come_later() {
    let mut world = World::new().await;
    // Its role is a whole server's.
    let server = world.stack.dedicated_redis().await.unwrap();
    server.url().clone_into(&mut world.redis_url);
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let counting = world.start().await;
    world.vote(1, (0..20).map(|serial| (serial, 1))).await;
    world.counted(1, 20).await;

    let mut redis = world.redis().await;
    let own: u64 = ask(&mut redis, "CLIENT ID").await;
    let asking = redis.clone();
    let connections = async || {
        let list: String = ask(&mut asking.clone(), "CLIENT LIST").await;
        let id = |line: &str| {
            line.split(' ')
                .find_map(|field| field.strip_prefix("id=")?.parse().ok())
        };
        let ids: BTreeSet<u64> = list.lines().filter_map(id).collect();
        &ids - &BTreeSet::from([own])
    };
    let before = connections().await;
    assert!(!before.is_empty());
    // Nobody listens there: what counts is that it is a replica.
    let () = ask(&mut redis, "REPLICAOF 127.0.0.1 1").await;
    world.vote(1, (20..30).map(|serial| (serial, 1))).await;
    until("the connections to the replica are closed", async || {
        before.is_disjoint(&connections().await)
    })
    .await;
    let health = send(counting.admin_address, "GET", "/health/ready", &[], "").await;
    assert_eq!(health.status, 503);
    let () = ask(&mut redis, "REPLICAOF NO ONE").await;
    world.counted(1, 30).await;
    until_ready(counting.admin_address).await;
    counting.stop().await;
}

async fn ask<T: redis::FromRedisValue>(
    redis: &mut redis::aio::MultiplexedConnection,
    command: &str,
) -> T {
    let mut words = command.split(' ');
    let mut asking = redis::cmd(words.next().unwrap());
    asking.arg(words.collect::<Vec<_>>());
    asking.query_async(redis).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn elections_of_the_past_cost_redis_next_to_nothing() {
    const PAST: u32 = 100;
    let world = World::new().await;
    let hour = SignedDuration::from_hours(1);
    for id in 1..=PAST {
        world
            .publish(&definition(id, hour * 2, -hour, "live"))
            .await;
    }
    world.define(PAST + 1, hour, "live").await;
    let counting = world.start().await;
    let is_there = async || {
        let mut redis = world.redis().await;
        let published: u32 = redis.scard("results").await.unwrap();
        let there: Vec<String> = redis.keys("results:{*").await.unwrap();
        (published, there.len()) == (PAST + 1, 4 * (PAST as usize + 1))
    };
    until("all are there", is_there).await;

    // Until the one that has not ended has been refreshed three times.
    let live = format!("tally:{{{}}}", PAST + 1);
    let mut refreshed = 0;
    let mut commands = world.monitor_redis().await;
    while refreshed < 3 {
        let command = commands.next().await.unwrap();
        refreshed += usize::from(command.contains(&live));
        assert!(
            !command.contains("tally:") || command.contains(&live),
            "{command}"
        );
    }

    let mut redis = world.redis().await;
    let _: () = redis::cmd("FLUSHDB").query_async(&mut redis).await.unwrap();
    until("all are there again", is_there).await;
    counting.stop().await;
}
