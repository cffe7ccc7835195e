//! `GET /api/elections`.

use std::time::Duration;

use serde_json::json;

use crate::client::before_deadline;
use crate::feed::{Publisher, TestFeed, new_redis, result, result_titled};

/// Waits until the list consists of these elections.
pub(crate) async fn until_listed(feed: &TestFeed, elections: &[u32]) {
    let listed = async {
        loop {
            let list = feed.get("/api/elections").await.json();
            let list = list["elections"].as_array().unwrap();
            if list.iter().map(|one| &one["election"]).eq(elections) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    before_deadline(&format!("the elections {elections:?}"), listed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn elections_are_listed_by_number_with_their_state() {
    let redis = new_redis().await;
    let mut publisher = Publisher::new(&redis).await;
    let over = result(11, 1)
        .replace("2999-", "2026-07-")
        .replace("2026-07-06-16", "2026-07-16");
    publisher.store(11, &over).await;
    let future = result(2, 1).replace(r#""start":"2026"#, r#""start":"2998"#);
    publisher.store(2, &future).await;
    let done = result(9, 1).replace(r#""final":false"#, r#""final":true"#);
    publisher.store(9, &done).await;
    publisher.store(1, &result_titled(1, 1, "Skupština")).await;
    let feed = TestFeed::start_on(redis, &[]).await;

    let answer = feed.get("/api/elections").await;
    assert_eq!(answer.header("cache-control"), "no-cache");
    let list = answer.json();
    assert_eq!(
        list["elections"][0],
        json!({
            "election": 1, "title": "Skupština", "individual": false,
            "created": "2026-06-16T15:00:00Z", "start": "2026-06-16T15:00:00Z",
            "end": "2999-06-16T15:00:00Z", "publication": "live", "final": false, "state": "open",
        })
    );
    let states: Vec<_> = list["elections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["election"], one["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        states,
        [
            (&json!(1), "open"),
            (&json!(2), "not-open"),
            (&json!(9), "final"),
            (&json!(11), "counting"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_election_appears_with_its_first_publication() {
    let feed = TestFeed::start().await;
    until_listed(&feed, &[]).await;
    let mut publisher = feed.publisher().await;
    publisher.publish(8, 1).await;
    until_listed(&feed, &[8]).await;
    publisher.publish(3, 1).await;
    until_listed(&feed, &[3, 8]).await;
}
