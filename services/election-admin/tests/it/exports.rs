//! What a result is exported with beside its votes: constituencies, what does not count, turnout over time, the rules,
//! and how each seat came about.

use jiff::SignedDuration;
use serde_json::{Value, json};
use test_kit::until;

use crate::world::{Admin, World};

const OVER: SignedDuration = SignedDuration::from_secs(-1);

async fn until_final(admin: &Admin) {
    until("the result is final", async || {
        admin.get("/elections/1/turnout", None).await.status == 200
    })
    .await;
}

async fn table(admin: &Admin, query: &str) -> Vec<Vec<String>> {
    let path = format!("/elections/1/results.csv?{query}");
    let answer = admin.get(&path, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text().strip_prefix('\u{feff}').unwrap();
    let separator = if query.contains("semicolon") {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new();
    let rows = reader
        .has_headers(false)
        .delimiter(separator)
        .from_reader(text.as_bytes())
        .into_records();
    rows.map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect())
        .collect()
}

/// Two constituencies, 50 and 40 and 9 votes, five seats by D'Hondt.
fn tally() -> Value {
    json!({
        "votes": [[3, 1, 30], [3, 2, 40], [10, 1, 20], [10, 3, 9]],
        "rejected": {"Duplicate ballot.": 2, "Invalid poll number.": 1}, "repeated": 4, "timeline": [60, 0, 39],
        "newest_ms": 5, "closed": true,
    })
}

async fn election(world: &World, rules: Value) -> Admin {
    let admin = world.start().await;
    let more = json!({"rules": rules, "title": "=Town council"});
    admin.election(false, OVER, more).await;
    world.count(1, 0, 9, tally()).await;
    let nothing = json!({"votes": [], "rejected": {}, "repeated": 0, "timeline": [], "newest_ms": null, "closed": true});
    world.count(1, 1, 7, nothing).await;
    until_final(&admin).await;
    admin
}

#[tokio::test(flavor = "multi_thread")]
async fn the_final_result_says_where_when_and_how() {
    let world = World::new().await;
    let admin = election(
        &world,
        json!({"method": "dhondt", "seats": 5, "tie": "lot"}),
    )
    .await;
    let full = admin.get("/elections/1/results.json", None).await.json();
    let details = &full["details"];
    assert_eq!(
        details["rejected"],
        json!({"Duplicate ballot.": 2, "Invalid poll number.": 1})
    );
    assert_eq!(details["timeline"]["ballots"], json!([60, 0, 39]));
    assert_eq!(
        details["constituencies"],
        json!([
            {"district": 3, "counted": 70, "votes": [30, 40, 0]},
            {"district": 10, "counted": 29, "votes": [20, 0, 9]},
        ])
    );
    assert!(
        details["rules_in_words"]
            .as_str()
            .unwrap()
            .starts_with("5 seats by D'Hondt")
    );
    // 50, 40, 25, 20, 16 2/3 against 13 1/3 and 9.
    let seat = |seat: u64, list: u32, divisor: &str, votes: &str| json!({"seat": seat, "poll_number": list, "by": "quotient", "divisor": divisor, "votes": votes});
    assert_eq!(
        details["seats"],
        json!([
            seat(1, 1, "1", "50"),
            seat(2, 2, "1", "40"),
            seat(3, 1, "2", "25"),
            seat(4, 2, "2", "20"),
            seat(5, 1, "3", "50/3")
        ])
    );

    let constituencies = table(&admin, "table=constituencies").await;
    assert_eq!(
        constituencies,
        [
            ["constituency", "counted", "1 A", "2 B", "3 C"],
            ["3", "70", "30", "40", "0"],
            ["10", "29", "20", "0", "9"]
        ]
    );
    let rejected = table(&admin, "table=rejected&separator=semicolon").await;
    assert_eq!(
        rejected,
        [
            ["reason", "ballots"],
            ["Duplicate ballot.", "2"],
            ["Invalid poll number.", "1"]
        ]
    );
    let turnout = table(&admin, "table=turnout").await;
    let numbers: Vec<_> = turnout.iter().map(|row| (&*row[2], &*row[3])).collect();
    assert_eq!(
        numbers,
        [("votes", "total"), ("60", "60"), ("0", "60"), ("39", "99")]
    );
    assert_eq!(
        turnout[1][1], turnout[2][0],
        "a slot begins where the one before ends"
    );
    let seats = table(&admin, "table=seats").await;
    assert_eq!(seats[5], ["lists", "5", "1", "A", "quotient", "50", "3"]);
    let about = table(&admin, "table=election").await;
    let value = |field: &str| about.iter().find(|row| row[0] == field).unwrap()[1].clone();
    assert_eq!(
        (value("title"), value("state")),
        ("'=Town council".to_owned(), "final".to_owned())
    );
    assert_eq!(full["sha256"], value("sha256"));
    assert_eq!(value("counted"), "99");
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_of_every_method_are_accounted_for() {
    let world = World::new().await;
    let rules =
        json!({"method": "hare", "remainder": "largest_remainder", "seats": 5, "tie": "lot"});
    let admin = election(&world, rules).await;
    let full = admin.get("/elections/1/results.json", None).await.json();
    let by = |by: &str, list: u32| {
        let seats = full["details"]["seats"].as_array().unwrap();
        seats
            .iter()
            .filter(|seat| seat["by"] == by && seat["poll_number"] == list)
            .count()
    };
    // A quota is 19.8: 2 full ones and 10.4, 2 and 0.4, none and 9.
    let given = [
        by("full_quota", 1),
        by("full_quota", 2),
        by("remainder", 1),
        by("remainder", 2),
        by("remainder", 3),
    ];
    assert_eq!(given, [2, 2, 1, 0, 0]);
    assert_eq!(full["result"]["outcome"]["seats"], json!([3, 2, 0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_nobody_voted_in_has_nothing_to_show() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(false, OVER, json!({})).await;
    for partition in 0..2 {
        let nothing = json!({"votes": [], "rejected": {}, "repeated": 0, "timeline": [], "newest_ms": null, "closed": true});
        world.count(1, partition, 1, nothing).await;
    }
    until_final(&admin).await;
    let text = admin
        .get("/elections/1/results.json", None)
        .await
        .text()
        .to_owned();
    assert!(
        !text.contains("NaN") && !text.contains("null,\"seats\":["),
        "{text}"
    );
    for about in ["constituencies", "rejected", "turnout", "seats"] {
        assert_eq!(
            table(&admin, &format!("table={about}")).await.len(),
            1,
            "{about}: only the heading"
        );
    }
    let rows = table(&admin, "").await;
    assert_eq!(rows[1], ["1", "A", "0", "0", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_known_is_named_with_those_that_are() {
    let world = World::new().await;
    let admin = world.start().await;
    admin
        .election(false, SignedDuration::from_hours(1), json!({}))
        .await;
    for (query, word) in [
        ("table=votes", "constituencies"),
        ("separator=tab", "semicolon"),
    ] {
        let answer = admin
            .read(&format!("/elections/1/results.csv?{query}"))
            .await;
        assert_eq!(answer.problem(), (400, "bad-parameter"));
        assert!(answer.text().contains(word), "{}", answer.text());
        let nobody = admin
            .get(&format!("/elections/1/results.csv?{query}"), None)
            .await;
        assert_eq!(nobody.status, 401);
    }
}
