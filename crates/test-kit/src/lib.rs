//! Shared by the tests of several crates: waiting, separate topics, a small HTTP client, reading the content of
//! a topic.
//!
//! Everything here panics if something is not as a test expects.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod http;
pub mod log;
pub mod proxy;
pub mod redis_files;
pub mod roll;

use std::time::Duration;

use tokio_postgres::{Client, NoTls};

/// How long tests wait for a condition: long enough for a loaded machine.
pub const TIMEOUT: Duration = Duration::from_mins(2);

/// Waits until a condition holds.
pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(TIMEOUT, wait).await;
    assert!(waited.is_ok(), "waited in vain for this: {what}");
}

/// A connection to a database, which lives as long as the client.
pub async fn sql(database_url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(database_url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
