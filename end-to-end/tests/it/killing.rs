//! Every process is killed once, in the middle of the election, and the count is exact.

use crate::night::{Night, report};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_no_vote_is_lost_or_counted_twice() {
    let night = Night::begin(8000, &[]).await;
    let crowd = night.crowd(&[
        "--rate",
        "250",
        "--retries",
        "--give-up",
        "60",
        "--settle",
        "90",
    ]);
    for name in [
        "tally-stream",
        "vote-ingest",
        "redis",
        "postgres",
        "dashboard-feed",
        "kafka",
        "tally-stream",
        "vote-ingest",
    ] {
        night.kill(name).await;
    }
    let (status, counted) = report(crowd).await;
    assert!(status.success(), "{counted}");
    assert_eq!(
        (&counted["counted"], &counted["lost"], &counted["double"]),
        (&8000.into(), &0.into(), &0.into())
    );
    night.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_brokers_one_may_die_at_any_time() {
    let night = Night::begin(3000, &["--brokers", "3"]).await;
    let crowd = night.crowd(&[
        "--rate",
        "250",
        "--retries",
        "--give-up",
        "60",
        "--settle",
        "90",
    ]);
    for name in ["kafka-1", "kafka-3"] {
        night.kill(name).await;
    }
    let (status, counted) = report(crowd).await;
    assert!(status.success(), "{counted}");
    assert_eq!(
        (&counted["counted"], &counted["lost"], &counted["double"]),
        (&3000.into(), &0.into(), &0.into())
    );
    night.end().await;
}
