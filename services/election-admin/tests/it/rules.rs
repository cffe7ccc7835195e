//! What real laws ask for besides: asked for when an election is defined, and in its final result.

use election_admin::results::final_results;
use election_store::elections;
use jiff::SignedDuration;
use serde_json::{Value, json};
use test_kit::until;

use crate::world::{Admin, World, closed};

const OVER: SignedDuration = SignedDuration::from_secs(-1);

/// The final result of election 1, when it is final.
async fn final_result(admin: &Admin) -> Value {
    until("the result is final", async || {
        admin.get("/elections/1/results.json", None).await.status == 200
    })
    .await;
    let full = admin.get("/elections/1/results.json", None).await.json();
    assert_eq!(full["final"], true);
    full["result"].clone()
}

/// The same result again, from what is stored.
async fn verify(world: &World) {
    let client = world.sql().await;
    let definition = elections::find(&client, 1).await.unwrap().unwrap();
    final_results::verify(&client, &definition).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn alliances_and_terms_are_in_the_definition_and_in_the_final_result() {
    let world = World::new().await;
    let admin = world.start().await;
    let more = json!({
        "rules": {"method": "dhondt", "seats": 5, "tie": "lot"},
        "alliances": [[1, 2]],
        "terms": [null, {"candidates": 3, "comment": "three were found"}, {"seats_won": 1}],
    });
    admin.election(false, OVER, more).await;
    let client = world.sql().await;
    let definition = elections::find(&client, 1).await.unwrap().unwrap();
    assert_eq!(
        (definition.log, &definition.alliances),
        (2, &vec![vec![1, 2]])
    );
    let terms = definition.terms();
    assert_eq!((terms[1].candidates, terms[2].seats_won), (Some(3), 1));

    world.count(1, 0, 9, closed(&[(1, 30), (2, 20)])).await;
    world.count(1, 1, 7, closed(&[(3, 40)])).await;
    let result = final_result(&admin).await;
    assert_eq!(result["v"], 3);
    assert_eq!(result["alliances"], json!([[1, 2]]));
    // 50 and 40 votes, of which the latter begin at 40 / 2: 50, 25, 20, 16 2/3, 13 1/3.
    assert_eq!(result["outcome"]["seats"], json!([2, 1, 2]));
    assert_eq!(result["participants"][1]["terms"], json!({"candidates": 3}));
    assert_eq!(result["participants"][2]["terms"], json!({"seats_won": 1}));
    assert_eq!(result["participants"][0].get("terms"), None);
    verify(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_elected_by_plurality() {
    let world = World::new().await;
    let admin = world.start().await;
    let rules = json!({"method": "majority", "winner": "plurality", "winners": 2, "tie": "lot"});
    admin.election(true, OVER, json!({"rules": rules})).await;
    world.count(1, 0, 9, closed(&[(1, 30), (2, 10)])).await;
    world.count(1, 1, 7, closed(&[(3, 40)])).await;
    let result = final_result(&admin).await;
    assert_eq!(result["outcome"], json!({"winners": [3, 1], "ties": []}));
    let csv = admin.get("/elections/1/results.csv", None).await;
    assert_eq!(
        csv.text(),
        "\u{feff}poll_number,name,votes,seats,elected\r\n1,A,30,,yes\r\n2,B,10,,\r\n3,C,40,,yes\r\n"
    );
    verify(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_half_of_all_who_voted() {
    let world = World::new().await;
    let admin = world.start().await;
    let rules = json!({"method": "majority", "winner": "absolute", "of": "cast", "tie": "lot"});
    admin.election(true, OVER, json!({"rules": rules})).await;
    let mut invalid = closed(&[(1, 51), (2, 49)]);
    invalid["rejected"] = json!({"Invalid poll number.": 2});
    world.count(1, 0, 9, invalid).await;
    world.count(1, 1, 7, closed(&[])).await;
    let result = final_result(&admin).await;
    assert_eq!(result["outcome"]["winner"], Value::Null);
    assert_eq!(result["outcome"]["runoff"], json!([1, 2]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_threshold_of_the_electorate_waits_for_the_roll() {
    let world = World::new().await;
    let admin = world.start().await;
    let rules = json!({"method": "dhondt", "seats": 3, "tie": "lot", "threshold": {"percent": 10, "of": "registered"}});
    admin.election(false, OVER, json!({"rules": rules})).await;
    // Before the count: a partition that is counted as closed is not marked any more.
    world.until_marked(1).await;
    world.count(1, 0, 9, closed(&[(1, 30), (2, 9)])).await;
    world.count(1, 1, 7, closed(&[(3, 9)])).await;
    let so_far = admin.read("/elections/1/results.json").await.json();
    assert_eq!(
        (&so_far["final"], &so_far["result"]["outcome"]),
        (&json!(false), &Value::Null)
    );
    let client = world.sql().await;
    let is_final = async || final_results::find(&client, 1).await.unwrap().is_some();
    assert!(!is_final().await);
    // Fewer than have voted are no electorate either.
    let roll = "INSERT INTO rolls (election, registered) VALUES (1, 47)";
    client.batch_execute(roll).await.unwrap();
    let so_far = admin.read("/elections/1/results.json").await.json();
    assert_eq!(so_far["result"]["outcome"], Value::Null);
    assert!(!is_final().await);

    let roll = "UPDATE rolls SET registered = 100";
    client.batch_execute(roll).await.unwrap();
    let result = final_result(&admin).await;
    assert_eq!(result["registered"], 100);
    assert_eq!(result["outcome"]["seats"], json!([3, 0, 0]));
    // What became of the roll later changes nothing.
    let roll = "UPDATE rolls SET registered = 400";
    client.batch_execute(roll).await.unwrap();
    verify(&world).await;
    let csv = admin.get("/elections/1/results.csv", None).await;
    let first = csv.text().lines().find(|line| line.starts_with("1,"));
    assert!(first.unwrap().contains(",30,3,"), "{}", csv.text());
    let full = admin.get("/elections/1/results.json", None).await.json();
    assert_eq!(full["details"]["seats"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_voted_and_nobody_is_elected() {
    let world = World::new().await;
    let admin = world.start().await;
    let rules =
        json!({"method": "majority", "winner": "plurality", "winners": 2, "tie": "ballot_order"});
    admin.election(true, OVER, json!({"rules": rules})).await;
    world.count(1, 0, 1, closed(&[])).await;
    world.count(1, 1, 1, closed(&[])).await;
    let result = final_result(&admin).await;
    assert_eq!(result["outcome"]["winners"], json!([]));
    let csv = admin.get("/elections/1/results.csv", None).await;
    assert!(!csv.text().contains("yes"), "{}", csv.text());
    let shares = admin.read("/getResults?id=1").await.json();
    assert_eq!(shares["participants"][0]["result"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_when_the_election_is_created() {
    let world = World::new().await;
    let admin = world.start().await;
    let ids = admin.participants(false).await;
    let several = json!({"method": "majority", "winner": "plurality", "winners": 2});
    for (more, message) in [
        (
            json!({"aliances": [[1, 2]]}),
            "The field aliances is not known; the fields are start, end, individual, participants, title, rules, terms, alliances, results, finalise.",
        ),
        (
            json!({"registered": 100}),
            "The field registered is not known; the fields are start, end, individual, participants, title, rules, terms, alliances, results, finalise.",
        ),
        (
            json!({"alliances": [1, 2]}),
            "The field alliances makes no sense: invalid type: integer `1`, expected a sequence",
        ),
        (
            json!({"alliances": [[1, -2]]}),
            "The field alliances makes no sense: invalid value: integer `-2`, expected u32",
        ),
        (
            json!({"alliances": [[1, 4]]}),
            "`alliances` names poll number 4, which is not on the ballot.",
        ),
        (
            json!({"alliances": [[1, 2], [2, 3]]}),
            "`alliances` names poll number 2 twice; a list stands in one alliance.",
        ),
        (
            json!({"alliances": [[3]]}),
            "an alliance is of two lists or more: [3] is none",
        ),
        (
            json!({"alliances": [[1, 2]], "rules": several}),
            "`alliances` has no meaning with the method majority; leave it out.",
        ),
        (
            json!({"terms": [null, null, {"candidates": -1}]}),
            "The field terms makes no sense: invalid value: integer `-1`, expected a whole number from 0 to 9223372036854775807",
        ),
        (
            json!({"terms": [null, null, {"seats_won": 2}], "rules": {"method": "droop", "seats": 3}}),
            "List 3 has won seats already, which has no meaning with a quota; use a method with divisors.",
        ),
        (
            json!({"rules": {"method": "dhondt", "seats": 3, "threshold": {"percent": 3, "of": "cast", "strictly": true}}}),
            "The field rules makes no sense: unknown field `strictly`, expected one of `percent`, `of`, `strict`, `alliances`",
        ),
        (
            json!({"rules": {"method": "majority", "winner": "plurality", "winners": 0}}),
            "The field rules makes no sense: `winners` is 0; it must be from 1 to 1000000.",
        ),
    ] {
        let mut body = json!({"start": "2026-06-16T15:55:46", "end": "2026-06-16T16:55:46", "individual": false, "participants": ids});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = admin.post("/createElection", body).await;
        assert_eq!(answer.message(), message, "{more}");
    }
    assert_eq!(
        admin.read("/getElections").await.exactly(),
        (200, r#"{"elections":[]}"#)
    );
}
