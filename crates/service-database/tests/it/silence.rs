//! PostgreSQL behind a network that forwards requests and swallows the answers.

use std::time::{Duration, Instant};

use service_database::postgres;
use service_database::settings::{DatabaseAddress, PostgresOptions};
use test_kit::proxy::Proxy;

#[tokio::test(flavor = "multi_thread")]
async fn no_question_waits_for_ever_and_the_next_connection_is_a_new_one() {
    let stack = devstack::shared().await;
    let database_url = stack.create_database("silence").await.unwrap();
    let (proxy, database_url) = Proxy::before(&database_url).await;
    let pool = postgres::pool(&PostgresOptions {
        database: DatabaseAddress {
            database_url,
            ..DatabaseAddress::default()
        },
        database_connections: 2,
    })
    .unwrap();
    let slow = pool.get().await.unwrap();
    // A connection without a pending request may be silent, and so may one in an idle transaction.
    let idle = pool.get().await.unwrap();
    let since = Instant::now();
    slow.batch_execute("BEGIN").await.unwrap();
    slow.query_one("SELECT pg_sleep(16)", &[])
        .await
        .unwrap_err();
    assert!(slow.is_closed());
    drop(slow);
    idle.query_one("SELECT 1", &[]).await.unwrap();
    assert!(since.elapsed() > Duration::from_secs(14));
    // Arriving rows are not silence, however long they take in total.
    let rows = "SELECT count(*), pg_sleep(6), repeat('x', 20000) FROM generate_series(1, 3) AS n GROUP BY n";
    assert_eq!(idle.query(rows, &[]).await.unwrap().len(), 3);

    let since = Instant::now();
    proxy.swallow_answers(true);
    let given_up = tokio::time::timeout(Duration::from_secs(1), idle.query("SELECT 1", &[])).await;
    assert!(given_up.is_err());
    let (one, other) = tokio::join!(idle.query("SELECT 2", &[]), idle.query("SELECT 3", &[]));
    assert!(one.is_err() && other.is_err());
    assert!(since.elapsed() < Duration::from_millis(15_900));
    drop(idle);
    assert!(pool.get().await.is_err(), "nobody lets us in");
    proxy.swallow_answers(false);
    let again = pool.get().await.unwrap();
    let row = again
        .query_one("SHOW statement_timeout", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, &str>(0), "1min");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_do_not_wait_for_a_server_that_never_answers_and_wait_for_each_other() {
    let stack = devstack::shared().await;
    let direct = stack.create_database("silence").await.unwrap();
    let (proxy, database_url) = Proxy::before(&direct).await;
    let migrate = || postgres::migrate(&database_url, election_store::migrations());
    proxy.swallow_answers(true);
    let since = Instant::now();
    let refusal = format!("{:#}", migrate().await.unwrap_err());
    assert!(refusal.contains("did not answer within 5 s"), "{refusal}");
    assert!(since.elapsed() < Duration::from_secs(15));

    proxy.swallow_answers(false);
    // Somebody else migrates.
    let other = test_kit::sql(&direct).await;
    let lock = "SELECT pg_advisory_lock(1431457345)";
    other.execute(lock, &[]).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(500), migrate());
    assert!(waiting.await.is_err(), "it waits");
    // One that waits when the answers stop is told, too.
    let waits = async {
        let refusal = format!("{:#}", migrate().await.unwrap_err());
        assert!(refusal.contains("PostgreSQL does not answer"), "{refusal}");
    };
    let asks = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_try_advisory_lock%'";
    let swallow = async {
        test_kit::until("it asks for the lock", async || {
            other.query_one(asks, &[]).await.unwrap().get::<_, i64>(0) >= 2
        })
        .await;
        proxy.swallow_answers(true);
    };
    tokio::join!(waits, swallow);
    proxy.swallow_answers(false);
    let both = tokio::join!(migrate(), migrate(), async { drop(other) });
    both.0.unwrap();
    both.1.unwrap();
}
