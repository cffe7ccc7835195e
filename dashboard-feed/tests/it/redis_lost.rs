//! Redis comes and goes.

use crate::client::before_deadline;
use crate::feed::{Publisher, TestFeed, new_redis, result};

#[tokio::test(flavor = "multi_thread")]
async fn until_redis_has_been_read_nobody_is_told_that_an_election_does_not_exist() {
    let redis = new_redis().await;
    Publisher::new(&redis).await.store(1, &result(1, 5)).await;
    redis.kill().await;
    let feed = TestFeed::start_unready(redis, &[]);
    assert_eq!(feed.health("/health/live").await.status, 200);
    feed.health("/health/ready")
        .await
        .expect_problem(503, "not-ready");
    for path in ["", "/1/results", "/1/events"] {
        let answer = feed.get(&format!("/api/elections{path}")).await;
        answer.expect_problem(503, "results-not-available");
        assert_eq!(answer.header("retry-after"), "1");
    }

    feed.redis.restart().await.unwrap();
    feed.until_ready_is(200).await;
    let answer = feed.get("/api/elections/1/results").await;
    assert_eq!(answer.body, result(1, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_redis_is_found_again_with_what_was_missed() {
    let feed = TestFeed::start().await;
    let mut publisher = feed.publisher().await;
    publisher.publish(1, 5).await;
    crate::elections::until_listed(&feed, &[1]).await;
    let mut observer = feed.observe(1).await;
    assert_eq!(observer.next_position().await, 5);

    // Stored but not published, as if it had been published while the connection was down.
    publisher.store(1, &result(1, 8)).await;
    publisher.store(2, &result(2, 1)).await;
    feed.redis.kill().await;
    feed.until_ready_is(503).await;
    let answer = feed.get("/api/elections/1/results").await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["position"].as_u64()),
        (200, Some(5))
    );

    feed.redis.restart().await.unwrap();
    assert_eq!(observer.next_position().await, 8);
    feed.until_ready_is(200).await;
    crate::elections::until_listed(&feed, &[1, 2]).await;
    feed.publisher().await.publish(1, 9).await;
    assert_eq!(observer.next_position().await, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_without_memory_changes_nothing_until_it_has_caught_up() {
    let redis = devstack::shared().await.dedicated_redis().await.unwrap();
    Publisher::new(&redis).await.store(1, &result(1, 50)).await;
    let feed = TestFeed::start_on(redis, &[]).await;
    let mut observer = feed.observe(1).await;
    assert_eq!(observer.next_position().await, 50);

    feed.redis.kill().await;
    feed.until_ready_is(503).await;
    feed.redis.restart().await.unwrap();
    feed.until_ready_is(200).await;
    let mut publisher = feed.publisher().await;
    for position in [1, 20, 49, 51] {
        publisher.publish(1, position).await;
    }
    assert_eq!(observer.next_position().await, 51);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_became_a_replica_is_left_and_what_was_shown_stays() {
    let feed = TestFeed::start().await;
    feed.publisher().await.publish(1, 5).await;
    let mut observer = feed.observe(1).await;
    assert_eq!(observer.next_position().await, 5);
    let mut redis = feed.publisher().await;
    let before = redis.connections_of_others().await;
    assert!(!before.is_empty());

    // Nobody listens there: what counts is that it is a replica.
    redis.tell("REPLICAOF 127.0.0.1 1").await;
    feed.until_ready_is(503).await;
    let health = feed.health("/health/ready").await;
    let says = String::from_utf8(health.body.to_vec()).unwrap();
    assert!(says.contains("is a replica"), "{says}");
    let left = async {
        while !before.is_disjoint(&redis.connections_of_others().await) {
            tokio::task::yield_now().await;
        }
    };
    before_deadline("the connections to the replica to be closed", left).await;
    let answer = feed.get("/api/elections/1/results").await;
    assert_eq!(answer.json()["position"], 5);

    redis.tell("REPLICAOF NO ONE").await;
    feed.until_ready_is(200).await;
    feed.publisher().await.publish(1, 6).await;
    assert_eq!(observer.next_position().await, 6);
}
