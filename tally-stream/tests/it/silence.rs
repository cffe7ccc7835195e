//! PostgreSQL accepts queries, and its answers are lost on the way.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use tally_stream::service;
use test_kit::http::{send, until_ready};
use test_kit::proxy::Proxy;
use test_kit::until;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_never_answers_is_named_and_checkpoints_go_on_afterwards() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let (proxy, database_url) = Proxy::before(&world.database_url).await;
    let mut options = world.options();
    options.postgres.database.database_url = database_url;
    let counting = service::start(&options).unwrap();
    until_ready(counting.admin_address).await;
    let sql = world.sql().await;
    let stored = "SELECT coalesce(sum(next_offset), 0)::bigint FROM checkpoints";
    let stored = async |records: i64| {
        until("the checkpoints are written", async || {
            sql.query_one(stored, &[]).await.unwrap().get::<_, i64>(0) == records
        })
        .await;
    };
    world.vote(1, (0..30).map(|serial| (serial, 1))).await;
    stored(30).await;

    proxy.swallow_answers(true);
    let since = Instant::now();
    until("it says so", async || {
        let health = send(counting.admin_address, "GET", "/health/ready", &[], "").await;
        health.status == 503 && health.text().contains("postgresql: ")
    })
    .await;
    assert!(since.elapsed() < Duration::from_secs(10));
    world.vote(1, (30..60).map(|serial| (serial, 1))).await;
    world.counted(1, 60).await;

    proxy.swallow_answers(false);
    until_ready(counting.admin_address).await;
    stored(60).await;
    world.vote(1, (60..70).map(|serial| (serial, 1))).await;
    stored(70).await;
    counting.stop().await;
}
