//! Full results, turnout, rejected ballots.

use jiff::SignedDuration;
use serde_json::{Value, json};
use service_kit::hex::hex;
use service_kit::token::Role;
use test_kit::until;

use crate::world::{World, bearer, closed};

const PATHS: [&str; 3] = [
    "/elections/1/results.json",
    "/elections/1/results.csv",
    "/elections/1/turnout",
];

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_the_result_once_it_is_final() {
    let world = World::new().await;
    let admin = world.start().await;
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    let official = bearer(Role::Official);
    for path in PATHS {
        for authorization in [None, Some(official.as_str())] {
            let answer = admin.get(path, authorization).await;
            assert_eq!(
                answer.exactly(),
                (401, r#"{"msg":"Missing Authorization Header"}"#)
            );
        }
        assert_eq!(admin.read(path).await.status, 200);
    }
    let mut open = closed(&[(1, 5), (3, 1)]);
    open["closed"] = json!(false);
    world.count(1, 0, 9, open).await;
    let so_far = admin.read("/elections/1/results.json").await.json();
    assert_eq!(so_far["final"], false);
    assert_eq!(so_far["result"]["participants"][0]["votes"], 5);
    assert_eq!(so_far["sha256"], Value::Null);

    let turnout = admin.read("/elections/1/turnout").await.json();
    assert_eq!(turnout["registered"], Value::Null);
    let roll = "INSERT INTO rolls (election, registered) VALUES (1, 20)";
    world.sql().await.batch_execute(roll).await.unwrap();

    world.count(1, 0, 9, closed(&[(1, 5), (3, 1)])).await;
    let mut other = closed(&[(2, 3)]);
    other["rejected"] =
        json!({"Duplicate ballot.": 2, "Election is not open.": 1, "Invalid poll number.": 4});
    other["repeated"] = json!(6);
    world.count(1, 1, 8, other).await;
    until("the result is final", async || {
        admin.get(PATHS[0], None).await.status == 200
    })
    .await;

    let answer = admin.get("/elections/1/results.json", None).await;
    let full = answer.json();
    assert_eq!(full["final"], true);
    assert_eq!(full["offsets"], json!({"0": 9, "1": 8}));
    let result = &full["result"];
    assert_eq!(
        (&result["counted"], &result["repeated"]),
        (&json!(9), &json!(6))
    );
    assert_eq!(result["duplicate_ballots"], 2);
    assert_eq!(result["invalid_poll_numbers"], 4);
    assert_eq!(result["outcome"]["open_seats"], 0);
    // The hash can be checked on the exact bytes of the answer.
    let text = answer.text();
    let begin = text.find(r#""result":"#).unwrap() + r#""result":"#.len();
    let end = text.find(r#","sha256""#).unwrap();
    let hash = election_admin::results::canonical::sha256(&text[begin..end]);
    assert_eq!(full["sha256"], hex(&hash));

    let csv = admin.get("/elections/1/results.csv", None).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(
        csv.text(),
        "\u{feff}poll_number,name,votes,seats,elected\r\n1,A,5,140,\r\n2,B,3,83,\r\n3,C,1,27,\r\n"
    );
    assert_eq!(
        admin.get("/elections/1/turnout", None).await.exactly(),
        (
            200,
            r#"{"election":1,"final":true,"counted":9,"repeated":6,"rejected":{"Duplicate ballot.":2,"Election is not open.":1,"Invalid poll number.":4},"registered":20}"#
        )
    );
    assert_eq!(admin.get("/elections/2/turnout", None).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shows_after_the_close_shows_to_nobody_before() {
    let world = World::new().await;
    let admin = world.start().await;
    let hour = SignedDuration::from_hours(1);
    admin
        .election(true, hour, json!({"results": "after-close"}))
        .await;
    let mut open = closed(&[(1, 5)]);
    open["closed"] = json!(false);
    world.count(1, 0, 9, open).await;
    let so_far = admin.read("/elections/1/results.json").await.json();
    assert_eq!(so_far["result"], Value::Null);
    let csv = admin.read("/elections/1/results.csv").await;
    assert_eq!(
        csv.text(),
        "\u{feff}poll_number,name,votes,seats,elected\r\n1,A,,,\r\n2,B,,,\r\n3,C,,,\r\n"
    );
    let turnout = admin.read("/elections/1/turnout").await.json();
    assert_eq!(turnout["counted"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_ballots_are_listed_by_page_and_say_nothing_about_voters() {
    let world = World::new().await;
    let admin = world.start().await;
    let hour = SignedDuration::from_hours(1);
    admin.election(true, hour, json!({})).await;
    let guid = "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b";
    world.reject(1, 4, guid, "Duplicate ballot.").await;
    world.reject(1, 5, guid, "Invalid poll number.").await;
    world.reject_voter(1, 6, "Election is not open.").await;
    let first = admin.read("/elections/1/rejected?limit=2").await.json();
    assert_eq!(first["next"], "0-5");
    assert_eq!(first["rejected"][0]["ballot_guid"], guid);
    assert_eq!(first["rejected"][0]["official_jmbg"], "0101994704401");
    assert_eq!(first["rejected"][1]["reason"], "Invalid poll number.");
    let second = admin
        .read("/elections/1/rejected?limit=2&after=0-5")
        .await
        .json();
    assert_eq!(
        second,
        json!({"rejected": [{"partition": 1, "offset": 6, "reason": "Election is not open.", "ballot_guid": null,
            "poll_number": null, "official_jmbg": null, "appended_at": null}], "next": null})
    );
}
