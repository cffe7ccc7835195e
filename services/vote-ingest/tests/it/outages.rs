//! The answers to voters when something breaks, and that nothing is lost.

use std::time::{Duration, Instant};

use ballot_log::{Cancellation, ElectionDefinition, elections};
use devstack::{Stack, StackOptions};
use serde_json::json;
use test_kit::{TIMEOUT, until};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_roll_is_not_the_voters_fault() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    assert_eq!(station.post_vote(&voters[0], 1).await.status, 202);
    let client = redis::Client::open(world.redis_url.as_str()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let _: () = redis::cmd("FLUSHDB").query_async(&mut redis).await.unwrap();
    let answer = station.post_vote(&voters[1], 1).await;
    assert_eq!(answer.problem(), (503, "unavailable"));
    assert!(answer.headers.contains_key("retry-after"));

    world.reload_roll(7).await;
    assert_eq!(station.post_vote(&voters[1], 1).await.status, 202);
    // Redis has forgotten that this voter voted, but the log has not: the same ballot again, which counts once.
    assert_eq!(station.post_vote(&voters[0], 1).await.status, 202);
    let ballots = world.ballots();
    assert_eq!(ballots.len(), 2);
    assert_eq!(ballots.values().map(Vec::len).max(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_die_cost_a_retry_and_never_a_vote() {
    let stack = Stack::start_with(StackOptions {
        persist_redis: true,
        ..StackOptions::private()
    })
    .await
    .unwrap();
    let (world, voters) = World::open(&stack).await;
    let mut options = world.options();
    options.in_flight = 4;
    options.kafka_timeout_ms = 1500;
    let station = world.start_with(&options).await;
    assert_eq!(station.post_vote(&voters[0], 1).await.status, 202);

    stack.kill("kafka").await.unwrap();
    let answers = futures_util::future::join_all(
        voters[1..=20]
            .iter()
            .map(|voter| station.post_vote(voter, 1)),
    )
    .await;
    let mut too_many = 0;
    for answer in &answers {
        let problem = answer.problem();
        assert!([(503, "unavailable"), (429, "too-many-requests")].contains(&problem));
        assert!(answer.headers.contains_key("retry-after"));
        too_many += usize::from(problem.0 == 429);
    }
    // Four wait for Kafka, the others are not even tried: memory stays bounded.
    assert_eq!(too_many, 16);
    stack.restart("kafka").await.unwrap();

    stack.kill("redis").await.unwrap();
    assert_eq!(
        station.post_vote(&voters[30], 1).await.problem(),
        (503, "unavailable")
    );
    stack.restart("redis").await.unwrap();

    for voter in &voters[1..=30] {
        let wait = async {
            while station.post_vote(voter, 1).await.status == 503 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(TIMEOUT, wait).await.unwrap();
        assert_eq!(
            station.post_vote(voter, 1).await.problem(),
            (409, "already-voted")
        );
    }
    assert_eq!(world.ballots().len(), 31);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_redis_that_hangs_after_the_append() {
    const HANGS: Duration = Duration::from_secs(8);
    let stack = devstack::shared().await;
    // A pause affects the whole server.
    let server = stack.dedicated_redis().await.unwrap();
    let mut world = World::on(stack).await;
    server.url().clone_into(&mut world.redis_url);
    let hour = jiff::SignedDuration::from_hours(1);
    world.define(7, -hour, hour).await;
    let voters = world.load_roll(7, 2).await;
    let mut options = world.options();
    options.redis_timeout_ms = 60_000;
    // Long enough for the pause to begin between the claim and the acknowledgement.
    options.linger_ms = 1_000;
    let station = world.start_with(&options).await;
    let client = redis::Client::open(server.url()).unwrap();
    let redis = client.get_multiplexed_async_connection().await.unwrap();
    // The first claim of all loads the script.
    assert_eq!(station.post_vote(&voters[1], 1).await.status, 202);
    let mut reset = redis::cmd("CONFIG");
    reset.arg("RESETSTAT");
    let () = reset.query_async(&mut redis.clone()).await.unwrap();
    let hang = async {
        until("the ballot is claimed", async || {
            let mut redis = redis.clone();
            let stats: String = redis::cmd("INFO")
                .arg("commandstats")
                .query_async(&mut redis)
                .await
                .unwrap();
            stats.contains("cmdstat_evalsha:")
        })
        .await;
        let mut pause = redis::cmd("CLIENT");
        pause
            .arg("PAUSE")
            .arg(u64::try_from(HANGS.as_millis()).unwrap())
            .arg("ALL");
        let () = pause.query_async(&mut redis.clone()).await.unwrap();
        Instant::now()
    };
    let (answer, paused) = tokio::join!(
        async {
            (
                station.post_vote(&voters[0], 1).await.status,
                Instant::now(),
            )
        },
        hang
    );
    let (status, answered) = answer;
    assert_eq!(status, 202);
    assert!(answered < paused + HANGS, "the voter waited for Redis");
    // The confirmation was queued before this: the voter has voted.
    assert_eq!(
        station.post_vote(&voters[0], 1).await.problem(),
        (409, "already-voted")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_vote_is_taken_for_a_cancelled_election() {
    let world = World::on(devstack::shared().await).await;
    let hour = jiff::SignedDuration::from_hours(1);
    let mut cancelled = world.define(7, -hour, hour).await;
    let voters = world.load_roll(7, 40).await;
    let station = world.start().await;
    assert_eq!(station.post_vote(&voters[0], 1).await.status, 202);
    cancelled.cancelled = Some(Cancellation {
        at: cancelled.created,
        by: "administrator@example.org".to_owned(),
    });
    let brokers = world.stack.kafka_brokers();
    elections::publish(brokers, &world.log.topics, &[cancelled], TIMEOUT)
        .await
        .unwrap();
    until("the cancellation is known", async || {
        station.post_vote(&voters[1], 1).await.status != 202
    })
    .await;
    let refused = station.post_vote(&voters[2], 1).await;
    assert_eq!(refused.problem(), (409, "no-open-election"));
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_for_an_election_that_this_version_cannot_read_are_not_taken() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let hour = jiff::SignedDuration::from_hours(1);
    let readable = world.define(7, -hour, hour).await;
    let newer = ElectionDefinition {
        id: 8,
        log: ballot_log::definition::LOG_VERSION + 1,
        ..readable
    };
    let brokers = world.stack.kafka_brokers();
    elections::publish(brokers, &world.log.topics, &[newer], TIMEOUT)
        .await
        .unwrap();
    let station = world.start().await;
    let vote = |election| {
        let (voter, candidate) = (&voters[0], 1);
        json!({"personal_id": voter.personal_id, "guid": voter.guid, "candidate": candidate, "election": election}).to_string()
    };
    let answer = station.post(vote(8)).await;
    assert_eq!(answer.problem(), (503, "unavailable"));
    assert_eq!(answer.json()["election"], 8);
    // The others continue.
    assert_eq!(
        station.post(vote(9)).await.problem(),
        (409, "no-open-election")
    );
    assert_eq!(station.post(vote(7)).await.status, 202);
}
