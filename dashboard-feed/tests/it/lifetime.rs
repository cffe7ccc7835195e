//! Starting and stopping.

use dashboard_feed::Application;

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
    let error = Application::build(&options).err().unwrap().to_string();
    assert!(
        error.contains(&address) && error.contains("--listen"),
        "{error}"
    );
}
