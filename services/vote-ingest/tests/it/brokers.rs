//! Three brokers, of which one hangs or two are down.

use std::time::{Duration, Instant};

use ballot_log::client_config;
use devstack::{Stack, StackOptions};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use test_kit::TIMEOUT;

use crate::world::{Station, Voter, World};

/// The promise: an answer within this time, whatever it is.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);
/// Voters who vote at the same time.
const AT_ONCE: usize = 8;

/// Votes for each voter until the vote is accepted; returns the longest time for an answer, and the total time.
async fn until_accepted(station: &Station, voters: &[Voter]) -> (Duration, Duration) {
    let started = Instant::now();
    let vote = |voter| async move {
        let mut longest = Duration::ZERO;
        loop {
            let asked = Instant::now();
            let status = station.post_vote(voter, 1).await.status.as_u16();
            longest = longest.max(asked.elapsed());
            match status {
                // A vote answered with 503 before may be in the log anyway, and then the answer is now 409.
                202 | 409 => return longest,
                503 => {}
                other => panic!("{other}"),
            }
        }
    };
    let mut waiting = voters.iter();
    let mut voting: FuturesUnordered<_> = waiting.by_ref().take(AT_ONCE).map(vote).collect();
    let mut longest = Duration::ZERO;
    while let Some(took) = voting.next().await {
        longest = longest.max(took);
        voting.extend(waiting.next().map(vote));
    }
    (longest, started.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_that_stand_still_or_are_gone_cost_a_retry_and_never_a_vote() {
    let three = StackOptions {
        brokers: 3,
        ..StackOptions::private()
    };
    let stack = Stack::start_with(three).await.unwrap();
    let (world, voters) = World::open(&stack).await;
    let admin: AdminClient<DefaultClientContext> =
        client_config(stack.kafka_brokers()).create().unwrap();
    let topic = [ResourceSpecifier::Topic(&world.log.topics.votes)];
    let config = admin.describe_configs(&topic, &AdminOptions::new()).await;
    let config = config.unwrap().remove(0).unwrap();
    let in_sync = config.get("min.insync.replicas").unwrap();
    assert_eq!(in_sync.value.as_deref(), Some("2"));
    let station = world.start().await;
    let (first, rest) = voters.split_at(10);
    let (second, third) = rest.split_at(20);
    until_accepted(&station, first).await;

    // One hangs: its partitions get new leaders, and the other partitions never stop.
    stack.pause("kafka-2").unwrap();
    let hanging = tokio::time::timeout(TIMEOUT, until_accepted(&station, second)).await;
    let (longest, all) = hanging.expect("they can all vote while it hangs");
    eprintln!("one of three brokers hangs: longest answer {longest:?}, 20 votes in {all:?}");
    assert!(longest < LONGEST_ANSWER, "{longest:?}");
    stack.resume("kafka-2").unwrap();

    // Two are down: one copy is not enough to accept a vote.
    stack.kill("kafka-2").await.unwrap();
    stack.kill("kafka-3").await.unwrap();
    let asked = Instant::now();
    for answer in
        futures_util::future::join_all(third.iter().map(|voter| station.post_vote(voter, 1))).await
    {
        assert_eq!(answer.problem(), (503, "unavailable"));
    }
    assert!(asked.elapsed() < LONGEST_ANSWER, "{:?}", asked.elapsed());
    let (two, other) = tokio::join!(stack.restart("kafka-2"), stack.restart("kafka-3"));
    two.and(other).unwrap();
    let voted = tokio::time::timeout(TIMEOUT, until_accepted(&station, third)).await;
    voted.expect("they can vote again");
    assert_eq!(world.ballots().len(), voters.len());
    stack.stop().await;
}
