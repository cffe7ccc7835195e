//! `GET /api/elections/{id}/results`.

use hyper::Method;

use crate::feed::{Publisher, TestFeed, new_redis, result};

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_served_byte_for_byte() {
    let redis = new_redis().await;
    let odd = result(7, 12).replace(
        r#""counted":12"#,
        "\"counted\" : 12,\n\t\"share\":0.10000000000000000000001,\"x\":\"\\u00e9 é\"",
    );
    Publisher::new(&redis).await.store(7, &odd).await;
    let feed = TestFeed::start_on(redis, &[]).await;

    let answer = feed.get("/api/elections/7/results").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, odd);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-cache");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");

    let (_, data) = feed.observe(7).await.next_event().await.unwrap();
    assert_eq!(data, odd.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_newest_result_is_told_so() {
    let feed = TestFeed::start().await;
    let mut publisher = feed.publisher().await;
    publisher.publish(1, 5).await;
    let mut observer = observer_when_listed(&feed, 1).await;
    assert_eq!(observer.next_position().await, 5);

    let mut connection = feed.connect().await;
    let first = connection.get("/api/elections/1/results").await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("\"5"), "{tag}");
    let header = Some(("if-none-match", tag.as_str()));
    let again = connection
        .get_with("/api/elections/1/results", header)
        .await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));

    publisher.publish(1, 6).await;
    assert_eq!(observer.next_position().await, 6);
    let newer = connection
        .get_with("/api/elections/1/results", header)
        .await;
    assert_eq!(newer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_election_is_a_problem_that_names_the_known() {
    let redis = new_redis().await;
    let mut publisher = Publisher::new(&redis).await;
    publisher.store(3, &result(3, 0)).await;
    publisher.store(5, &result(5, 0)).await;
    let feed = TestFeed::start_on(redis, &[]).await;
    for path in ["/api/elections/4/results", "/api/elections/4/events"] {
        let answer = feed.get(path).await;
        answer.expect_problem(404, "no-such-election");
        assert_eq!(answer.json()["elections"], serde_json::json!([3, 5]));
    }
    for path in ["/api/elections/last/results", "/api/elections/-1/events"] {
        let answer = feed.get(path).await;
        answer.expect_problem(404, "no-such-election");
    }
    feed.get("/api/election")
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn results_can_only_be_read() {
    let redis = new_redis().await;
    Publisher::new(&redis).await.store(1, &result(1, 0)).await;
    let feed = TestFeed::start_on(redis, &[]).await;
    let mut connection = feed.connect().await;
    let path = "/api/elections/1/results";
    let head = connection.request(Method::HEAD, path, None).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    for method in [Method::POST, Method::DELETE] {
        let answer = connection.request(method, path, None).await;
        answer.expect_problem(405, "method-not-allowed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_result_is_ignored() {
    let redis = new_redis().await;
    let mut publisher = Publisher::new(&redis).await;
    publisher.store(1, "{}").await;
    publisher.store(2, &result(3, 9)).await;
    publisher.store(4, &result(4, 1)).await;
    let feed = TestFeed::start_on(redis, &[]).await;
    let answer = feed.get("/api/elections/1/results").await;
    assert_eq!(answer.json()["elections"], serde_json::json!([4]));

    publisher.publish_json(4, "not JSON").await;
    publisher.publish_json(4, &result(5, 2)).await;
    publisher.publish(4, 3).await;
    let mut observer = feed.observe(4).await;
    while observer.next_position().await < 3 {}
}

/// An observer of an election that is about to be published for the first time.
async fn observer_when_listed(feed: &TestFeed, election: u32) -> crate::client::Observer {
    crate::elections::until_listed(feed, &[election]).await;
    feed.observe(election).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_interface_is_described() {
    let feed = TestFeed::start().await;
    let document = feed.get("/openapi.json").await.json();
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(
        paths,
        [
            "/api/elections",
            "/api/elections/{id}/events",
            "/api/elections/{id}/results"
        ]
    );
    assert_eq!(feed.get("/docs").await.status, 200);
}
