//! Defining elections: fields that old clients do not send, publication, and no two elections at the same time.

use ballot_log::{Elections, Publication};
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use test_kit::TIMEOUT;

use crate::world::World;

async fn known(world: &World) -> Elections {
    let elections = Elections::follow(world.stack.kafka_brokers(), &world.log.topics).unwrap();
    let read = tokio::time::timeout(TIMEOUT, elections.read_to_end()).await;
    read.unwrap().unwrap();
    elections
}

#[tokio::test(flavor = "multi_thread")]
async fn an_election_that_was_answered_for_is_in_the_topic() {
    let world = World::new().await;
    let admin = world.start().await;
    let hour = SignedDuration::from_hours(1);
    admin.election(false, hour, json!({})).await;
    let elections = known(&world).await;
    let election = elections.get(1).expect("it is on the topic");
    let definition = election.definition();
    assert_eq!(definition.title, "Parliamentary election 1");
    assert_eq!(definition.results, Publication::Live);
    assert!(!definition.individual && definition.start < definition.created);
    assert_eq!(
        serde_json::to_string(&definition.rules).unwrap(),
        r#"{"method":"dhondt","seats":250,"threshold":{"percent":"5","of":"valid"},"tie":"ballot_order"}"#
    );
    let names: Vec<_> = definition
        .participants
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["A", "B", "C"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_and_not_published_is_published_at_the_next_start() {
    let world = World::new().await;
    let admin = world.start().await;
    let hour = SignedDuration::from_hours(1);
    admin.election(true, hour, json!({})).await;
    admin.running.stop().await;
    // As after a crash between the two: another installation with empty topics.
    let after = world.with_other_topics().await;
    assert!(known(&after).await.get(1).is_none());
    let _admin = after.start().await;
    assert!(known(&after).await.get(1).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_while_kafka_is_away_and_nothing_is_stored() {
    let world = World::new().await;
    let mut options = world.options();
    options.kafka.kafka_brokers = "127.0.0.1:1".to_owned();
    let admin = world.start_unready(&options).await;
    let ids = admin.participants(false).await;
    let request = |end: &str, ids: &[i64]| json!({"start": "2026-06-16T15:55:46", "end": end, "individual": false, "participants": ids});
    for (wrong, message) in [
        (
            request("2026-06-16T15:55:46", &ids),
            "Invalid date and time.",
        ),
        (request("2026-06-16T16:00:00", &[]), "Invalid participants."),
    ] {
        assert_eq!(
            admin.post("/createElection", wrong).await.message(),
            message
        );
    }
    let (good, participants) = tokio::join!(
        admin.post("/createElection", request("2026-06-16T16:00:00", &ids)),
        admin.read("/getParticipants"),
    );
    assert_eq!(good.status, 503);
    assert!(good.headers.contains_key("retry-after"));
    assert_eq!(participants.status, 200);
    let elections = admin.read("/getElections").await;
    assert_eq!(elections.exactly(), (200, r#"{"elections":[]}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_clients_say_more() {
    let world = World::new().await;
    let admin = world.start().await;
    let ids = admin.participants(false).await;
    let body = |more: serde_json::Value| {
        let mut body = json!({"start": "2026-06-16T15:55:46", "end": "2026-06-16T16:55:46", "individual": false, "participants": ids});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    for (more, message) in [
        (
            json!({"title": ""}),
            "The field title must be a text of 1 to 256 characters.",
        ),
        (
            json!({"title": 7}),
            "The field title must be a text of 1 to 256 characters.",
        ),
        (
            json!({"title": "x".repeat(257)}),
            "The field title must be a text of 1 to 256 characters.",
        ),
        (
            json!({"results": "later"}),
            r#"The field results must be "live" or "after-close"."#,
        ),
        (
            json!({"rules": {"method": "dhondt", "seats": 0, "tie": "lot"}}),
            "The field rules makes no sense: There must be at least one seat to fill, `seats` is 0.",
        ),
        (
            json!({"rules": "dhondt"}),
            "The field rules makes no sense: invalid type: string \"dhondt\", expected an object with named fields",
        ),
        (
            json!({"terms": [{"exempt": true}]}),
            "The field terms must be a list of 3, one for each participant: null for an ordinary one.",
        ),
        (
            json!({"terms": [null, null, {"exemt": true}]}),
            "The field terms makes no sense: unknown field `exemt`, expected exempt, multiplier, threshold_percent, candidates, takes_part, seats_won",
        ),
        (
            json!({"terms": [null, null, 7]}),
            "The field terms makes no sense: invalid type: integer `7`, expected struct ListTerms",
        ),
        (
            json!({"terms": [null, null, {"multiplier": "-1"}]}),
            "The field terms makes no sense: invalid value: string \"-1\", expected an exact decimal of 0 or more with at most 17 decimals, such as 5 or \"1.35\" in quotes",
        ),
    ] {
        let answer = admin.post("/createElection", body(more.clone())).await;
        assert_eq!(answer.message(), message, "{more}");
    }
    // The messages known to old clients come first.
    let mut wrong = body(json!({"title": 7}));
    wrong["participants"] = json!([]);
    let answer = admin.post("/createElection", wrong).await;
    assert_eq!(answer.message(), "Invalid participants.");

    let rules = r#"{"method":"sainte_lague","seats":9,"threshold":{"percent":2.5,"of":"cast"},"tie":"most_votes"}"#;
    let mut text = body(
        json!({"title": "Assembly", "results": "after-close", "rules": "RULES",
            "terms": [null, {"exempt": true, "multiplier": "1.35"}, {}]}),
    )
    .to_string();
    text = text.replace("\"RULES\"", rules);
    assert_eq!(admin.post("/createElection", text).await.status, 200);
    let elections = known(&world).await;
    let election = elections.get(1).unwrap();
    let definition = election.definition();
    assert_eq!(
        (definition.title.as_str(), definition.results),
        ("Assembly", Publication::AfterClose)
    );
    assert_eq!(
        serde_json::to_string(&definition.rules).unwrap(),
        rules.replace("2.5", "\"2.5\"")
    );
    let terms: Vec<_> = definition
        .participants
        .iter()
        .map(|one| (one.exempt, one.multiplier))
        .collect();
    assert_eq!(
        terms,
        [
            (false, None),
            (true, Some("1.35".parse().unwrap())),
            (false, None)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_elections_that_overlap_one_is_created() {
    let world = World::new().await;
    let admins = [world.start().await, world.start().await];
    let ids = admins[0].participants(true).await;
    let create = |n: usize| {
        let body = json!({"start": format!("2026-06-16T15:0{n}:00"), "end": "2026-06-16T16:00:00", "individual": true, "participants": ids});
        admins[n % 2].post("/createElection", body)
    };
    let answers = join_all((0..8).map(create)).await;
    let created = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(created, 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.message(), "Invalid date and time.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_one_name_may_stand() {
    let world = World::new().await;
    let admin = world.start().await;
    let ids = [
        admin.participant("A", false).await,
        admin.participant("A", false).await,
    ];
    let body = json!({"start": "2026-06-16T15:55:46", "end": "2026-06-16T16:55:46", "individual": false, "participants": ids});
    assert_eq!(
        admin.post("/createElection", body).await.exactly(),
        (200, r#"{"pollNumbers":[1,2]}"#)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_without_an_offset_is_in_the_zone_of_the_service() {
    let world = World::new().await;
    let mut options = world.options();
    options.time_zone = "Europe/Belgrade".to_owned();
    let admin = world.start_with(&options).await;
    let ids = admin.participants(false).await;
    let body = json!({"start": "2026-06-16T15:55:46", "end": "2026-06-16T14:55:46Z", "individual": false, "participants": ids});
    let answer = admin.post("/createElection", body).await;
    assert_eq!(answer.exactly(), (200, r#"{"pollNumbers":[1,2,3]}"#));
    assert_eq!(answer.headers["urna-election"], "1");
    let understood = |name| answer.headers[name].to_str().unwrap();
    assert_eq!(
        (understood("urna-start"), understood("urna-end")),
        (
            "2026-06-16T15:55:46+02:00[Europe/Belgrade]",
            "2026-06-16T16:55:46+02:00[Europe/Belgrade]"
        )
    );
    assert_eq!(answer.headers.get("urna-warning"), None);
    let election = known(&world).await.get(1).unwrap();
    assert_eq!(
        election.definition().start.to_string(),
        "2026-06-16T13:55:46Z"
    );
    let body = json!({"start": "2027-03-28T02:30:00", "end": "2027-10-31T02:30:00", "individual": false, "participants": ids});
    let answer = admin.post("/createElection", body).await;
    let warnings: Vec<_> = answer.headers.get_all("urna-warning").iter().collect();
    assert_eq!(warnings.len(), 2, "{:?}", answer.headers);
    assert!(
        warnings[0]
            .to_str()
            .unwrap()
            .starts_with("start: 2027-03-28T02:30:00 is never there")
    );
    assert!(
        warnings[1]
            .to_str()
            .unwrap()
            .starts_with("end: 2027-10-31T02:30:00 is there twice")
    );
    let listed = admin.read("/getElections").await.json();
    assert_eq!(listed["elections"][0]["start"], "2026-06-16T15:55:46");
    options.time_zone = "Atlantis".to_owned();
    let refused = election_admin::service::start(&options);
    let error = refused.err().expect("there is no such zone").to_string();
    assert!(error.starts_with("ELECTION_TIME_ZONE"), "{error}");
}
