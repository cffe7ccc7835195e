//! Readiness follows the servers, even after a successful start.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ballot_log::client_config;
use devstack::{Stack, StackOptions};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use redis::aio::MultiplexedConnection;
use test_kit::http::{send, until_ready};
use test_kit::until;

use crate::world::{Station, World};

/// A gateway must know by then.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);

impl Station {
    /// Waits until it says that it cannot work without `part`, and checks that this took no longer than it may.
    async fn until_not_ready(&self, part: &str) {
        let admin = self.ingest.as_ref().unwrap().admin_address;
        let since = Instant::now();
        until(&format!("{part} is missed"), async || {
            let answer = send(admin, "GET", "/health/ready", &[], "").await;
            answer.status == 503
                && answer.json()["detail"]
                    .as_str()
                    .unwrap()
                    .contains(&format!("{part}: "))
        })
        .await;
        assert!(since.elapsed() < NOTICED_WITHIN, "{:?}", since.elapsed());
    }

    async fn until_ready_again(&self) {
        until_ready(self.ingest.as_ref().unwrap().admin_address).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_takes_no_writes_is_missed_and_a_replica_is_left() {
    let stack = devstack::shared().await;
    // Settings affect the whole server.
    let server = stack.dedicated_redis().await.unwrap();
    let mut world = World::on(stack).await;
    server.url().clone_into(&mut world.redis_url);
    let station = world.start().await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();

    tell(&mut redis, "CONFIG SET maxmemory 1").await;
    station.until_not_ready("redis").await;
    tell(&mut redis, "CONFIG SET maxmemory 0").await;
    station.until_ready_again().await;

    let before = connections(&mut redis).await;
    // Nobody listens there: it only matters that it is a replica.
    tell(&mut redis, "REPLICAOF 127.0.0.1 1").await;
    station.until_not_ready("redis").await;
    until("the connections to the replica are closed", async || {
        before.is_disjoint(&connections(&mut redis.clone()).await)
    })
    .await;
    tell(&mut redis, "REPLICAOF NO ONE").await;
    station.until_ready_again().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_or_its_topic_is_missed_when_it_goes_after_a_good_start() {
    let stack = Stack::start_with(StackOptions::private()).await.unwrap();
    let world = World::on(&stack).await;
    let station = world.start().await;

    stack.kill("kafka").await.unwrap();
    station.until_not_ready("kafka").await;
    stack.restart("kafka").await.unwrap();
    station.until_ready_again().await;

    let brokers = stack.kafka_brokers();
    let admin: AdminClient<DefaultClientContext> = client_config(brokers).create().unwrap();
    let votes = world.log.topics.votes.as_str();
    let deleted = admin.delete_topics(&[votes], &AdminOptions::new()).await;
    deleted.unwrap().remove(0).unwrap();
    station.until_not_ready("kafka").await;
    let topics = &world.log.topics;
    topics
        .create(brokers, world.log.partitions, 1)
        .await
        .unwrap();
    station.until_ready_again().await;
    stack.stop().await;
}

async fn tell(redis: &mut MultiplexedConnection, command: &str) {
    let mut words = command.split(' ');
    let mut told = redis::cmd(words.next().unwrap());
    for word in words {
        told.arg(word);
    }
    let () = told.query_async(redis).await.unwrap();
}

/// The ids of all connections of the server except this one.
async fn connections(redis: &mut MultiplexedConnection) -> BTreeSet<u64> {
    let own: u64 = redis::cmd("CLIENT")
        .arg("ID")
        .query_async(redis)
        .await
        .unwrap();
    let mut list = redis::cmd("CLIENT");
    list.arg("LIST").arg("TYPE").arg("normal");
    let list: String = list.query_async(redis).await.unwrap();
    let ids = list.lines().filter_map(|line| {
        let id = line.split(' ').find_map(|field| field.strip_prefix("id="));
        id.and_then(|id| id.parse().ok())
    });
    ids.filter(|id| *id != own).collect()
}
