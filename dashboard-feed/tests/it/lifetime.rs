//! Startup and shutdown.

use crate::feed::{Publisher, TestFeed, new_redis, result, run_options};

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_the_streams() {
    let redis = new_redis().await;
    Publisher::new(&redis).await.store(1, &result(1, 3)).await;
    let feed = TestFeed::start_on(redis, &[]).await;
    let mut observer = feed.observe(1).await;
    assert_eq!(observer.next_position().await, 3);
    let _idle = feed.connect().await;
    let address = feed.address;
    feed.stop().await;
    assert_eq!(observer.next_event().await, None);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let options = run_options(&["dashboard-feed", "run", "--listen", &address]);
    let error = dashboard_feed::start(&options).err().unwrap().to_string();
    assert!(
        error.contains(&address) && error.contains("--listen"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_command_says_whether_results_are_served() {
    let feed = TestFeed::start_on(new_redis().await, &[]).await;
    let address = feed.admin_address.to_string();
    let health = async || {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_dashboard-feed"));
        let command = command.args(["health", "--admin-listen", &address]);
        command.output().await.unwrap().status.code()
    };
    assert_eq!(health().await, Some(0));
    feed.stop().await;
    assert_eq!(health().await, Some(1));
}
