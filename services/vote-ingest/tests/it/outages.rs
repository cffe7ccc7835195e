//! What voters are answered when something breaks, and that nothing is lost by it.

use devstack::{Stack, StackOptions};

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
    // Redis has forgotten that this one voted; the log has not: the same ballot again, which counts once.
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
        tokio::time::timeout(test_kit::TIMEOUT, wait).await.unwrap();
        assert_eq!(
            station.post_vote(voter, 1).await.problem(),
            (409, "already-voted")
        );
    }
    assert_eq!(world.ballots().len(), 31);
    stack.stop().await;
}
