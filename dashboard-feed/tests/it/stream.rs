//! `GET /api/elections/{id}/events`.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::client::{Block, before_deadline};
use crate::elections::until_listed;
use crate::feed::{Publisher, TestFeed, new_redis, result, result_titled};

/// A feed that has these elections, all at position 0.
async fn feed_with(elections: &[u32]) -> (TestFeed, Publisher) {
    let redis = new_redis().await;
    let mut publisher = Publisher::new(&redis).await;
    for &election in elections {
        publisher.store(election, &result(election, 0)).await;
    }
    (TestFeed::start_on(redis, &[]).await, publisher)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_event_comes_at_once_and_then_every_change() {
    let (feed, mut publisher) = feed_with(&[1]).await;
    let mut observer = feed.observe(1).await;
    assert_eq!(observer.headers["content-type"], "text/event-stream");
    assert_eq!(observer.headers["cache-control"], "no-store");
    assert_eq!(observer.headers["x-accel-buffering"], "no");
    assert!(observer.headers.contains_key("date"));
    assert_eq!(observer.next_block().await, Some(Block::Retry));
    assert_eq!(observer.next_position().await, 0);
    for position in 1..=15 {
        publisher.publish(1, position).await;
        assert_eq!(observer.next_position().await, position);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_burst_at_most_ten_a_second_arrive_and_always_the_last() {
    let (feed, mut publisher) = feed_with(&[1]).await;
    let mut observer = feed.observe(1).await;
    assert_eq!(observer.next_position().await, 0);
    let started = Instant::now();
    let last = 3000;
    let publishing = tokio::spawn(async move {
        for position in 1..=last {
            publisher.publish(1, position).await;
        }
    });
    let mut seen = vec![0];
    while *seen.last().unwrap() < last {
        seen.push(observer.next_position().await);
    }
    let ticks = started.elapsed().as_millis() / 100;
    publishing.await.unwrap();
    assert!(
        seen.is_sorted_by(|before, after| before < after),
        "{seen:?}"
    );
    // The first event, the change at once, and one a tick.
    assert!(
        seen.len() as u128 <= ticks + 2,
        "{} events, {ticks} ticks",
        seen.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_never_goes_back() {
    let (feed, mut publisher) = feed_with(&[1]).await;
    let mut observer = feed.observe(1).await;
    assert_eq!(observer.next_position().await, 0);
    publisher.publish(1, 10).await;
    assert_eq!(observer.next_position().await, 10);
    for position in [9, 3, 10, 0, 11] {
        publisher.publish(1, position).await;
    }
    assert_eq!(observer.next_position().await, 11);
    let answer = feed.get("/api/elections/1/results").await;
    assert_eq!(answer.json()["position"], 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_equal_position_that_says_something_else_is_a_change() {
    let (feed, mut publisher) = feed_with(&[1]).await;
    let mut observer = feed.observe(1).await;
    observer.next_position().await;
    publisher
        .publish_json(1, &result_titled(1, 0, "Roll loaded"))
        .await;
    let (id, data) = observer.next_event().await.unwrap();
    assert_eq!(id, 0);
    assert!(String::from_utf8(data).unwrap().contains("Roll loaded"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_election_has_its_own_stream() {
    let (feed, mut publisher) = feed_with(&[1, 2]).await;
    let (mut first, mut second) = (feed.observe(1).await, feed.observe(2).await);
    assert_eq!(first.next_position().await, 0);
    assert_eq!(second.next_position().await, 0);
    publisher.publish(2, 5).await;
    publisher.publish(1, 7).await;
    assert_eq!(first.next_position().await, 7);
    assert_eq!(second.next_position().await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_is_not_told_the_same_again() {
    let (feed, mut publisher) = feed_with(&[1]).await;
    let mut before = feed.observe(1).await;
    publisher.publish(1, 4).await;
    while before.next_position().await < 4 {}

    let mut same = feed.connect().await.observe(1, Some("4")).await;
    let mut behind = feed.connect().await.observe(1, Some("0")).await;
    let mut strange = feed.connect().await.observe(1, Some("-")).await;
    assert_eq!(same.next_block().await, Some(Block::Retry));
    assert_eq!(same.next_block().await, Some(Block::Comment));
    assert_eq!(behind.next_position().await, 4);
    assert_eq!(strange.next_position().await, 4);
    publisher.publish(1, 5).await;
    assert_eq!(same.next_position().await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_can_become_a_stream_after_other_requests() {
    let (feed, _publisher) = feed_with(&[1]).await;
    let mut connection = feed.connect().await;
    for path in [
        "/",
        "/openapi.json",
        "/api/elections",
        "/api/elections/9/events",
    ] {
        connection.get(path).await;
    }
    let mut observer = connection.observe(1, None).await;
    assert_eq!(observer.next_position().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_keep_up_skips_and_ends_with_the_last() {
    let (feed, mut publisher) = feed_with(&[]).await;
    // Bigger than what the kernel holds for a connection, so that not reading is felt at once.
    let large = "x".repeat(300_000);
    publisher
        .publish_json(1, &result_titled(1, 0, &large))
        .await;
    until_listed(&feed, &[1]).await;

    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut slow = socket.connect(feed.address).await.unwrap();
    slow.write_all(b"GET /api/elections/1/events HTTP/1.1\r\nhost: feed.test\r\n\r\n")
        .await
        .unwrap();
    let mut answer = vec![0; 12];
    slow.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 200");

    let mut quick = feed.observe(1).await;
    assert_eq!(quick.next_position().await, 0);
    let last = 15;
    for position in 1..=last {
        publisher
            .publish_json(1, &result_titled(1, position, &large))
            .await;
        assert_eq!(quick.next_position().await, position);
    }
    let seen = before_deadline("the last result", async {
        let (mut received, mut buffer) = (Vec::new(), vec![0; 65536]);
        let end = format!("\"position\":{last},\"counted\":{last},\"candidates\":[]}}\n\n");
        while !received.ends_with(end.as_bytes()) {
            let length = slow.read(&mut buffer).await.unwrap();
            assert_ne!(length, 0, "the stream has ended");
            received.extend_from_slice(&buffer[..length]);
        }
        let text = String::from_utf8(received).unwrap();
        let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
        ids.map(|id| id.parse::<u64>().unwrap()).collect::<Vec<_>>()
    })
    .await;
    // What was under way when it stopped to read, perhaps one that was begun since, and the last.
    assert!(seen.len() <= 4, "{seen:?}");
    assert!(
        seen.is_sorted_by(|before, after| before < after),
        "{seen:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_limited_and_come_free() {
    let redis = new_redis().await;
    Publisher::new(&redis).await.store(1, &result(1, 0)).await;
    let feed = TestFeed::start_on(redis, &["--max-observers", "2"]).await;
    let (first, _second) = (feed.observe(1).await, feed.observe(1).await);
    let mut connection = feed.connect().await;
    let answer = connection.get("/api/elections/1/events").await;
    answer.expect_problem(503, "too-many-observers");
    assert_eq!(answer.header("retry-after"), "10");

    drop(first);
    let free = async {
        // A refusal is a whole answer; a stream has no end, so only its head can be waited for.
        loop {
            let mut raw = tokio::net::TcpStream::connect(feed.address).await.unwrap();
            raw.write_all(b"GET /api/elections/1/events HTTP/1.1\r\nhost: feed.test\r\n\r\n")
                .await
                .unwrap();
            let mut status = [0; 12];
            raw.read_exact(&mut status).await.unwrap();
            if &status == b"HTTP/1.1 200" {
                return;
            }
        }
    };
    before_deadline("a place to come free", free).await;
}
