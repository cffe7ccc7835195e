//! Every process is killed once in the middle of the election, and the count is still exact.

use end_to_end::night::{Night, report};

/// Voters who retry until they are answered.
const PATIENT: [&str; 7] = [
    "--rate",
    "250",
    "--retries",
    "--give-up",
    "90",
    "--settle",
    "90",
];

/// Kills the victims one after the other while votes come in, each at a different point of the count.
async fn kill_during_the_vote(voters: u32, up: &[&str], victims: &[&str]) {
    let night = Night::begin(voters, up).await;
    let crowd = night.crowd(&PATIENT);
    let stretch = u64::from(voters) / (u64::try_from(victims.len()).unwrap() + 1);
    for (victim, counted) in victims
        .iter()
        .zip((stretch..).step_by(usize::try_from(stretch).unwrap()))
    {
        night.until_counted(counted).await;
        night.kill(victim).await;
    }
    let (status, counted) = report(crowd).await;
    assert!(status.success(), "{counted}");
    assert_eq!(
        (&counted["counted"], &counted["lost"], &counted["double"]),
        (&voters.into(), &0.into(), &0.into())
    );
    night.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_no_vote_is_lost_or_counted_twice() {
    let victims = [
        "tally-stream",
        "vote-ingest",
        "redis",
        "postgres",
        "dashboard-feed",
        "kafka",
    ];
    kill_during_the_vote(6000, &[], &victims).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_brokers_one_may_die_at_any_time() {
    kill_during_the_vote(3000, &["--brokers", "3"], &["kafka-1", "kafka-3"]).await;
}
