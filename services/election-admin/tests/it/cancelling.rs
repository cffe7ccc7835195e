//! An election that is wrong is cancelled until its result is final: it has no result, and is in nobody's way.

use ballot_log::{Elections, elections};
use election_store::elections as stored;
use jiff::SignedDuration;
use serde_json::{Value, json};
use test_kit::{TIMEOUT, until};

use crate::world::{World, closed};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What a service that starts now reads.
async fn cancelled_by(world: &World, election: u32) -> Option<String> {
    let read = Elections::follow(world.stack.kafka_brokers(), &world.log.topics).unwrap();
    read.read_to_end().await.unwrap();
    let election = read.get(election).unwrap();
    let cancelled = election.definition().cancelled.as_ref();
    cancelled.map(|cancelled| cancelled.by.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_election_is_in_nobodys_way_and_has_no_result() {
    let world = World::new().await;
    let admin = world.start().await;
    admin
        .election(false, HOUR, json!({"end": "2206-06-16T20:00:00Z"}))
        .await;
    let next = json!({"start": "2027-01-01T08:00:00Z", "end": "2027-01-01T20:00:00Z", "individual": false,
        "participants": [1, 2]});
    let refused = admin.post("/createElection", &next).await;
    assert_eq!(refused.message(), "Invalid date and time.");

    let answer = admin.post("/elections/1/cancel", "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cancelled = answer.json();
    assert_eq!(cancelled["election"], 1);
    assert_eq!(cancelled["cancelled"]["by"], "administrator@example.org");
    // Once more changes nothing.
    let again = admin.post("/elections/1/cancel", "").await;
    assert_eq!(again.json(), cancelled);
    assert_eq!(
        cancelled_by(&world, 1).await.as_deref(),
        Some("administrator@example.org")
    );
    let defined = admin.post("/createElection", &next).await;
    assert_eq!(defined.exactly(), (200, r#"{"pollNumbers":[1,2]}"#));

    let results = admin.read("/getResults?id=1").await;
    assert_eq!(
        results.exactly(),
        (400, r#"{"message":"Election is cancelled."}"#)
    );
    let listed = admin.read("/getElections").await.json();
    assert_eq!(listed["elections"][0]["cancelled"], cancelled["cancelled"]);
    assert!(listed["elections"][1].get("cancelled").is_none());
    let full = admin.read("/elections/1/results.json").await.json();
    assert_eq!(full["cancelled"], cancelled["cancelled"]);
    assert_eq!(
        (&full["final"], &full["result"]),
        (&json!(false), &Value::Null)
    );

    let audit = admin.read("/audit").await.json();
    let acts: Vec<_> = audit["entries"].as_array().unwrap().iter().collect();
    let acts = acts.iter().filter(|entry| entry["act"]["what"] == "cancel");
    assert!(acts.clone().all(
        |entry| entry["act"]["target"] == "election 1" && entry["act"]["outcome"] == "success"
    ));
    assert_eq!(acts.count(), 2);

    // An instance that had read the database before publishes what it knew.
    let mut before = stored::find(&world.sql().await, 1).await.unwrap().unwrap();
    before.cancelled = None;
    elections::publish(
        world.stack.kafka_brokers(),
        &world.log.topics,
        &[before],
        TIMEOUT,
    )
    .await
    .unwrap();
    assert!(cancelled_by(&world, 1).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_while_it_is_counted_is_never_final() {
    let world = World::new().await;
    let admin = world.start().await;
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    world.until_marked(1).await;
    assert_eq!(admin.post("/elections/1/cancel", "").await.status, 200);
    for partition in 0..2 {
        world.count(1, partition, 9, closed(&[(1, 5)])).await;
    }
    // The election after it becomes final, so the rounds that might have closed this one are over.
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    for partition in 0..2 {
        world.count(2, partition, 9, closed(&[(1, 5)])).await;
    }
    until("the other is final", async || {
        admin.get("/elections/2/turnout", None).await.status == 200
    })
    .await;
    assert_eq!(admin.get("/elections/1/turnout", None).await.status, 401);
    let message = admin.read("/getResults?id=1").await.message();
    assert_eq!(message, "Election is cancelled.");
    // Nor does the database take it, or take the cancellation back.
    let client = world.sql().await;
    for sql in [
        "INSERT INTO final_results (election, result, sha256, offsets) SELECT 1, result, sha256, offsets FROM final_results",
        "UPDATE elections SET definition = definition - 'cancelled' WHERE id = 1",
        "UPDATE elections SET definition = jsonb_set(definition, '{cancelled}', '{}') WHERE id = 2",
    ] {
        assert!(client.execute(sql, &[]).await.is_err(), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_result_is_not_cancelled() {
    let world = World::new().await;
    let admin = world.start().await;
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    for partition in 0..2 {
        world.count(1, partition, 9, closed(&[(1, 5)])).await;
    }
    assert_eq!(admin.read("/getResults?id=1").await.status, 200);
    let refused = admin.post("/elections/1/cancel", "").await;
    assert_eq!(refused.problem(), (409, "result-is-final"));
    for nowhere in ["/elections/2/cancel", "/elections/x/cancel"] {
        let refused = admin.post(nowhere, "").await;
        assert_eq!(refused.problem(), (404, "no-such-election"), "{nowhere}");
    }
    assert_eq!(admin.read("/getResults?id=1").await.status, 200);
    assert!(cancelled_by(&world, 1).await.is_none());
}
