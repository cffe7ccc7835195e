//! Elections close by themselves, even if no instance ran at their end, and the result is stored once.

use election_admin::results::final_results;
use election_store::elections;
use jiff::SignedDuration;
use serde_json::json;
use test_kit::until;

use crate::world::{World, closed};

#[tokio::test(flavor = "multi_thread")]
async fn an_election_that_ended_while_nobody_looked_is_closed_at_the_next_start() {
    let world = World::new().await;
    let mut options = world.options();
    // Longer than the test takes.
    options.close_grace_ms = 3_600_000;
    let admin = world.start_with(&options).await;
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    admin.running.stop().await;
    assert!(world.markers(1).is_empty());
    let admin = world.start().await;
    world.until_marked(1).await;
    world.count(1, 0, 9, closed(&[(1, 5)])).await;
    world.count(1, 1, 9, closed(&[])).await;
    assert_eq!(admin.read("/getResults?id=1").await.status, 200);
    // Once it is final, nothing is closed again, not even by other instances.
    let before = world.markers(1);
    admin.running.stop().await;
    let again = world.start().await;
    again
        .election(
            true,
            SignedDuration::from_secs(-7200),
            json!({"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}),
        )
        .await;
    world.until_marked(2).await;
    assert_eq!(world.markers(1), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_was_not_closed_is_marked_again_after_a_restart() {
    let world = World::new().await;
    let admin = world.start().await;
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    world.until_marked(1).await;
    world.count(1, 0, 9, closed(&[])).await;
    admin.running.stop().await;
    let before = world.markers(1);
    let _admin = world.start().await;
    until("the open partition has another marker", async || {
        let now = world.markers(1);
        let of = |partition| now.iter().filter(|other| **other == partition).count();
        of(1) > before.iter().filter(|other| **other == 1).count()
    })
    .await;
    let closed_one = |markers: &[i32]| markers.iter().filter(|other| **other == 0).count();
    assert_eq!(closed_one(&world.markers(1)), closed_one(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_election_is_not_closed_before_its_end() {
    let world = World::new().await;
    let admin = world.start().await;
    let end = jiff::Timestamp::now() + SignedDuration::from_secs(3);
    admin
        .election(false, SignedDuration::ZERO, json!({"end": end}))
        .await;
    assert_eq!(
        admin.read("/getResults?id=1").await.message(),
        "Election is ongoing."
    );
    world.until_marked(1).await;
    assert!(jiff::Timestamp::now() >= end);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_instances_come_to_one_result_that_nobody_can_change() {
    let world = World::new().await;
    let admins = [world.start().await, world.start().await];
    admins[0]
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    world.until_marked(1).await;
    world.count(1, 0, 9, closed(&[(1, 5)])).await;
    world.count(1, 1, 8, closed(&[(2, 4)])).await;
    for admin in &admins {
        assert_eq!(admin.read("/getResults?id=1").await.status, 200);
    }
    let client = world.sql().await;
    let definition = elections::find(&client, 1).await.unwrap().unwrap();
    let stored = final_results::verify(&client, &definition).await.unwrap();
    assert_eq!(stored.offsets, [(0, 9), (1, 8)].into());

    // Ballots that arrive too late move only the offsets.
    let mut later = closed(&[(1, 5)]);
    later["rejected"] = json!({"Election is not open.": 3});
    later["newest_ms"] = json!(99);
    world.count(1, 0, 12, later).await;
    assert_eq!(
        final_results::verify(&client, &definition).await.unwrap(),
        stored
    );

    for sql in [
        "UPDATE final_results SET result = '{}'",
        "DELETE FROM final_results",
        "TRUNCATE final_results",
    ] {
        assert!(client.execute(sql, &[]).await.is_err(), "{sql}");
    }

    // Somebody alters the count.
    world.count(1, 0, 13, closed(&[(1, 6)])).await;
    let error = final_results::verify(&client, &definition)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("comes out differently"),
        "{error}"
    );
    // Or takes some of it away.
    client
        .execute("DELETE FROM partition_tallies WHERE partition = 1", &[])
        .await
        .unwrap();
    let error = final_results::verify(&client, &definition)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("does not reach that far"),
        "{error}"
    );
}
