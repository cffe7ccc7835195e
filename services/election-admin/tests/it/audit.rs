//! Every act is recorded once, and alterations are found.

use ballot_log::{Act, client_config};
use jiff::SignedDuration;
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::json;
use service_database::audit;
use service_kit::token::Role;
use test_kit::{TIMEOUT, until};

use crate::world::{World, bearer};

type Written = (String, String, String, String);

async fn log(world: &World) -> Vec<Written> {
    let entries = audit::newest(&world.sql().await, None, 1000).await.unwrap();
    let entry = |entry: audit::Entry| {
        let act = entry.act;
        (act.who, act.what.into_owned(), act.target, act.outcome)
    };
    entries.into_iter().rev().map(entry).collect()
}

fn act(what: &str, target: &str, outcome: &str) -> Written {
    let who = "administrator@example.org";
    (who.into(), what.into(), target.into(), outcome.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_of_administrators_are_written_down_refusals_too() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.participant("A", true).await;
    admin.post("/createParticipant", "").await;
    admin.read("/getParticipants").await;
    admin
        .post(
            "/createElection",
            json!({"start": "x", "end": "x", "individual": true, "participants": []}),
        )
        .await;
    let hour = SignedDuration::from_hours(1);
    admin.election(true, hour, json!({})).await;
    admin.read("/getElections").await;
    admin.read("/getResults?id=1").await;
    admin.read("/elections/1/turnout").await;
    let official = bearer(Role::Official);
    let body = ("application/json", String::new());
    admin
        .call("POST", "/createElection", Some(&official), body)
        .await;
    let mut expected = vec![
        act("createParticipant", "participant 1", "success"),
        act("createParticipant", "", "refusal: Field name is missing."),
        act("getParticipants", "", "success"),
        act("createElection", "", "refusal: Invalid date and time."),
        act("createParticipant", "participant 2", "success"),
        act("createParticipant", "participant 3", "success"),
        act("createParticipant", "participant 4", "success"),
        act("createElection", "election 1", "success"),
        act("getElections", "", "success"),
        act("getResults", "election 1", "refusal: Election is ongoing."),
        act("turnout", "election 1", "success"),
        act(
            "createElection",
            "",
            "refusal: Missing Authorization Header",
        ),
    ];
    expected.last_mut().unwrap().0 = "official@example.org".to_owned();
    assert_eq!(log(&world).await, expected);

    let page = admin.read("/audit?limit=2").await.json();
    assert_eq!(page["entries"][0]["seq"], 12);
    assert_eq!(page["entries"][0]["act"]["address"], "127.0.0.1");
    assert_eq!(page["next"], 11);
    let page = admin.read("/audit?before=2").await.json();
    assert_eq!(page["entries"].as_array().unwrap().len(), 1);
    assert_eq!(page["next"], json!(null));

    let client = world.sql().await;
    assert_eq!(audit::verify(&client).await.unwrap().rows, 14);
    assert!(
        client
            .execute("DELETE FROM audit_log WHERE seq = 14", &[])
            .await
            .is_err()
    );
    client
        .batch_execute("ALTER TABLE audit_log DISABLE TRIGGER USER; UPDATE audit_log SET outcome = 'success' WHERE seq = 2")
        .await
        .unwrap();
    let error = audit::verify(&client).await.unwrap_err();
    assert!(error.to_string().contains("row 2"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_of_officials_come_from_the_topic_each_once() {
    let world = World::new().await;
    let producer: FutureProducer = client_config(world.stack.kafka_brokers()).create().unwrap();
    let note = async |payload: &[u8]| {
        let record = FutureRecord::to(&world.log.topics.acts)
            .key("o@example.rs")
            .payload(payload);
        producer.send(record, TIMEOUT).await.unwrap();
    };
    // As ballot stations write them.
    let act = |election: u32| {
        let (who, jmbg) = ("o@example.rs".to_owned(), "0101994704401".to_owned());
        let mut act = Act::new(who, "official", jmbg, "vote", "192.0.2.7".to_owned());
        act.target = format!("election {election}");
        act.election = Some(election);
        act.file = Some("9f2c".to_owned());
        act.lines = Some(3);
        act.outcome = "failure".to_owned();
        act.detail = Some("no".to_owned());
        act.encode()
    };
    note(&act(1)).await;
    note(b"junk").await;
    note(&act(2)).await;
    // Two copy at once, and one of them starts again.
    let admins = [world.start().await, world.start().await];
    until("both acts are written down", async || {
        log(&world).await.len() == 2
    })
    .await;
    let [first, second] = admins;
    first.running.stop().await;
    let _again = world.start().await;
    note(&act(3)).await;
    until("the third act is written down", async || {
        log(&world).await.len() >= 3
    })
    .await;
    second.running.stop().await;
    let written = log(&world).await;
    let expected = [1, 2, 3].map(|n| {
        let target = format!("election {n}, file 9f2c, 3 lines");
        (
            "o@example.rs".to_owned(),
            "vote".to_owned(),
            target,
            "failure: no".to_owned(),
        )
    });
    assert_eq!(written, expected);
    assert_eq!(audit::verify(&world.sql().await).await.unwrap().rows, 3);
}
