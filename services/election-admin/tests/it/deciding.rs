//! Lots decide what a final result has left open: the result stays, and a second one is added.

use ballot_log::Elections;
use election_admin::results::{canonical, decided_results, final_results};
use election_store::elections;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use service_kit::hex::hex;

use crate::world::{Admin, World, closed};

/// Election 1 of one seat for which A and B are level, counted and final.
async fn level(world: &World, admin: &Admin) {
    let rules = json!({"method": "dhondt", "seats": 1, "tie": "lot"});
    admin
        .election(
            false,
            SignedDuration::from_secs(-1),
            json!({"rules": rules}),
        )
        .await;
    assert_eq!(
        admin.post("/elections/1/lots", drawn(&[2])).await.problem(),
        (409, "result-is-not-final")
    );
    world.count(1, 0, 9, closed(&[(1, 5), (3, 1)])).await;
    world.count(1, 1, 9, closed(&[(2, 5)])).await;
    let tied = admin.read("/getResults?id=1").await.json();
    let seats = tied["participants"].as_array().unwrap().iter();
    assert!(seats.clone().all(|one| one["result"] == 0) && seats.len() == 3);
    assert!(tied.get("decidedByLots").is_none());
}

fn drawn(order: &[u32]) -> Value {
    json!({"order": order, "drawn_by": "The commission", "drawn_at": Timestamp::now()})
}

#[tokio::test(flavor = "multi_thread")]
async fn lots_decide_and_the_result_that_was_left_open_stays() {
    let world = World::new().await;
    let admin = world.start().await;
    level(&world, &admin).await;
    let before = admin.read("/elections/1/results.json").await.json();
    let lots = drawn(&[2]);
    let answer = admin.post("/elections/1/lots", &lots).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let decided = answer.json();
    let text = answer.text();
    let end = text.find(r#","sha256""#).unwrap();
    let hash = canonical::sha256(&text[r#"{"result":"#.len()..end]);
    assert_eq!(decided["sha256"], hex(&hash));
    assert_eq!(decided["result"]["decides"], before["sha256"]);
    let outcome = &decided["result"]["result"]["outcome"];
    assert_eq!(outcome["seats"], json!([0, 1, 0]));
    assert_eq!(outcome["ties"][0]["settled_by"], "lots");

    // Both facts show, to everyone.
    let full = admin.get("/elections/1/results.json", None).await.json();
    assert_eq!(
        (&full["sha256"], &full["result"]),
        (&before["sha256"], &before["result"])
    );
    assert_eq!(
        full["result"]["outcome"]["ties"][0]["settled_by"],
        Value::Null
    );
    assert_eq!(full["decided"], decided);
    let results = admin.read("/getResults?id=1").await.json();
    assert_eq!(results["participants"][1]["result"], 1);
    assert_eq!(results["decidedByLots"]["order"], json!([2]));
    assert_eq!(results["decidedByLots"]["drawnBy"], "The commission");
    assert_eq!(results["invalidVotes"], json!([]));

    // The same once more is the same; anything else is refused.
    assert_eq!(admin.post("/elections/1/lots", &lots).await.json(), decided);
    for other in [drawn(&[1]), drawn(&[2])] {
        let refused = admin.post("/elections/1/lots", other).await;
        assert_eq!(refused.problem(), (409, "decided-otherwise"));
    }
    let audit = admin.read("/audit").await.json();
    let acts = audit["entries"].as_array().unwrap().iter();
    let done =
        acts.filter(|entry| entry["act"]["what"] == "lots" && entry["act"]["outcome"] == "success");
    assert_eq!(done.count(), 2);
    let published = Elections::follow(world.stack.kafka_brokers(), &world.log.topics).unwrap();
    published.read_to_end().await.unwrap();
    let definition = published.get(1).unwrap().definition().clone();
    assert_eq!(definition.lots.unwrap().order, [2]);
    assert_eq!(
        admin.post("/elections/1/cancel", "").await.problem(),
        (409, "result-is-final")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_level_is_decided_and_all_of_it() {
    let world = World::new().await;
    let admin = world.start().await;
    level(&world, &admin).await;
    let early = json!({"order": [2], "drawn_by": "X", "drawn_at": "2026-01-01T00:00:00Z"});
    let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
    let late = json!({"order": [2], "drawn_by": "X", "drawn_at": tomorrow});
    let when = "Lots are drawn after the end of the election, and before they are told.";
    for (lots, message) in [
        (json!({}), "Field order is missing."),
        (
            json!({"order": [2], "drawn_by": "X", "drawn_at": "x"}),
            "Invalid date and time.",
        ),
        (
            json!({"order": ["2"], "drawn_by": "X", "drawn_at": tomorrow}),
            "Field order is missing.",
        ),
        (
            json!({"order": [2], "drawn_at": "x"}),
            "Field drawn_by is missing.",
        ),
        (early, when),
        (late, when),
        (
            drawn(&[3, 1]),
            "Poll number 3 is not level with others: lots are drawn between 1, 2.",
        ),
    ] {
        let refused = admin.post("/elections/1/lots", lots).await;
        assert_eq!(refused.message(), message);
    }
    let none = admin.post("/elections/1/lots", drawn(&[])).await.message();
    assert!(
        none.starts_with("These lots leave 1 open between 1, 2"),
        "{none}"
    );
    for order in [&[2, 2][..], &[4]] {
        let refused = admin.post("/elections/1/lots", drawn(order)).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
    }
    assert_eq!(
        admin.post("/elections/2/lots", drawn(&[2])).await.problem(),
        (404, "no-such-election")
    );
    admin
        .election(
            true,
            SignedDuration::from_secs(-1),
            json!({"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}),
        )
        .await;
    for partition in 0..2 {
        world.count(2, partition, 9, closed(&[(1, 5)])).await;
    }
    assert_eq!(admin.read("/getResults?id=2").await.status, 200);
    assert_eq!(
        admin.post("/elections/2/lots", drawn(&[2])).await.problem(),
        (409, "no-open-tie")
    );
    assert!(
        admin
            .read("/elections/1/results.json")
            .await
            .json()
            .get("decided")
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lots_decided_is_checked_with_the_result_and_never_changed() {
    let world = World::new().await;
    let admin = world.start().await;
    level(&world, &admin).await;
    let answer = admin.post("/elections/1/lots", drawn(&[2])).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let client = world.sql().await;
    for sql in [
        "UPDATE decided_results SET result = '{}'",
        "DELETE FROM decided_results",
        "UPDATE elections SET definition = definition - 'lots'",
        "UPDATE elections SET definition = jsonb_set(definition, '{lots,order}', '[1]')",
    ] {
        assert!(client.execute(sql, &[]).await.is_err(), "{sql}");
    }
    let mut definition = elections::find(&client, 1).await.unwrap().unwrap();
    let stored = final_results::verify(&client, &definition).await.unwrap();
    let decided = decided_results::verify(&client, &definition, &stored).await;
    assert_eq!(
        hex(&decided.unwrap().unwrap().sha256),
        answer.json()["sha256"]
    );
    // Somebody alters the lots.
    definition.lots.as_mut().unwrap().order = vec![1];
    let decided = decided_results::verify(&client, &definition, &stored).await;
    let error = decided.unwrap_err().to_string();
    assert!(error.contains("comes out differently"), "{error}");
    definition.lots = None;
    let decided = decided_results::verify(&client, &definition, &stored).await;
    assert!(
        decided
            .unwrap_err()
            .to_string()
            .contains("has no lots and a decided result")
    );
}
