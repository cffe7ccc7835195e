//! No log line, at any level, contains a guid, a personal id, or a voter with a choice.

use std::process::Stdio;

use test_kit::http::until_ready;
use tokio::process::Command;

use crate::world::{Station, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_log_knows_nobody() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let options = world.options();
    let free_address = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let (address, admin) = (free_address(), free_address());
    let mut process = Command::new(env!("CARGO_BIN_EXE_vote-ingest"))
        .args(["run", "--listen", &address.to_string()])
        .args(["--admin-listen", &admin.to_string()])
        .args(["--topic-prefix", &options.kafka.topic_prefix])
        .env("KAFKA_BROKERS", &options.kafka.kafka_brokers)
        .env("REDIS_URL", &world.redis_url)
        .env("BALLOT_KEYS_DIR", &options.keys_dir)
        .env("RUST_LOG", "trace")
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stderr = process.stderr.take().unwrap();
    let log = tokio::spawn(async move {
        let mut log = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stderr, &mut log)
            .await
            .unwrap();
        String::from_utf8_lossy(&log).into_owned()
    });
    let station = Station {
        address,
        ingest: None,
    };
    until_ready(admin).await;
    for voter in &voters[..10] {
        assert_eq!(station.post_vote(voter, "John Doe").await.status, 202);
        assert_eq!(station.post_vote(voter, "C").await.status, 409);
        let mut stranger = voter.clone();
        stranger.personal_id = voters[20].personal_id.clone();
        assert_eq!(station.post_vote(&stranger, 1).await.status, 403);
    }
    process.kill().await.unwrap();
    let log = log.await.unwrap();
    assert!(log.contains("started"), "it logs");
    for voter in &voters {
        let hex = voter.guid.replace('-', "");
        for secret in [&voter.personal_id, &voter.guid, &hex] {
            assert!(!log.contains(secret.as_str()), "the log holds {secret}");
        }
    }
    assert!(!log.contains("John Doe"));
}
