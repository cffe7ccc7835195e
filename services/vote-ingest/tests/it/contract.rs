//! The answers to voters, case by case.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_is_accepted_once_and_a_second_attempt_is_told_so() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let answer = station.post_vote(&voters[0], "John Doe").await;
    assert_eq!(answer.status, 202);
    assert_eq!(
        answer.exactly(),
        (202, r#"{"status":"accepted","election":7}"#)
    );
    for candidate in ["John Doe", "C"] {
        assert_eq!(
            station.post_vote(&voters[0], candidate).await.problem(),
            (409, "already-voted")
        );
    }
    let ballots = world.ballots();
    assert_eq!(ballots.values().collect::<Vec<_>>(), [&vec![1]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_is_a_name_or_a_poll_number_and_a_name_wins() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let candidates: [(Value, u64); 5] = [
        (json!("C"), 3),
        (json!(3), 3),
        (json!("3"), 2),
        (json!("1"), 1),
        (json!(2), 2),
    ];
    for ((candidate, _), voter) in candidates.iter().zip(&voters) {
        assert_eq!(
            station.post_vote(voter, candidate.clone()).await.status,
            202,
            "{candidate}"
        );
    }
    let mut choices: Vec<u64> = world.ballots().into_values().flatten().collect();
    choices.sort_unstable();
    let mut expected = candidates.map(|(_, choice)| choice);
    expected.sort_unstable();
    assert_eq!(choices, expected);
    for nobody in [
        json!("Nobody"),
        json!(4),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(""),
        json!("john doe"),
    ] {
        let answer = station.post_vote(&voters[9], nobody.clone()).await;
        assert_eq!(answer.problem(), (422, "unknown-candidate"), "{nobody}");
        assert_eq!(
            answer.json()["ballot"][0],
            json!({"poll_number": 1, "name": "John Doe"})
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_are_not_on_the_roll_get_the_same_answer() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let vote = |personal_id: &str, guid: &str| {
        json!({"personal_id": personal_id, "guid": guid, "candidate": 1}).to_string()
    };
    let (one, other) = (&voters[0], &voters[1]);
    let wrong_owner = station.post(vote(&one.personal_id, &other.guid)).await;
    let unknown_guid = station
        .post(vote(
            &one.personal_id,
            "3f0c1f64-5717-4562-b3fc-2c963f66afa6",
        ))
        .await;
    let no_guid = station
        .post(vote(&one.personal_id, "abc-123-def-456"))
        .await;
    let no_id = station.post(vote("", &one.guid)).await;
    for answer in [&wrong_owner, &unknown_guid, &no_guid, &no_id] {
        assert_eq!(answer.problem(), (403, "not-on-the-roll"));
        assert_eq!(answer.body, wrong_owner.body);
    }
    assert!(world.ballots().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_and_keeps_nobody_from_voting() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let [one, other] = &voters[..2] else { panic!() };
    let guess = async |personal_id: &str, guid: &str| {
        let vote = json!({"personal_id": personal_id, "guid": guid, "candidate": 1});
        station.post(vote.to_string()).await
    };
    for number in 0..10 {
        let guid = format!("3f0c1f64-5717-4562-b3fc-2c963f66af{number:02}");
        let guid = if number % 2 == 0 { &guid } else { "no guid" };
        let answer = guess(&one.personal_id, guid).await;
        assert_eq!(answer.problem(), (403, "not-on-the-roll"));
    }
    for guid in [&other.guid, "no guid"] {
        let answer = guess(&one.personal_id, guid).await;
        assert_eq!(answer.problem(), (429, "too-many-attempts"));
        assert!(answer.headers.contains_key("retry-after"));
    }
    assert_eq!(
        guess(&other.personal_id, &one.guid).await.problem(),
        (403, "not-on-the-roll")
    );
    for voter in [one, other] {
        assert_eq!(station.post_vote(voter, 1).await.status, 202);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_interface_is_described() {
    let (world, _voters) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let document = station.get("/openapi.json").await.json();
    let answers = &document["paths"]["/vote"]["post"]["responses"];
    let statuses: Vec<&String> = answers.as_object().unwrap().keys().collect();
    let all = [
        "202", "400", "403", "409", "413", "415", "422", "429", "503",
    ];
    assert_eq!(statuses, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_vote_is_refused_before_anything_happens() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    for field in ["personal_id", "guid", "candidate"] {
        let mut body =
            json!({"personal_id": voters[0].personal_id, "guid": voters[0].guid, "candidate": 1});
        body.as_object_mut().unwrap().remove(field);
        let answer = station.post(body.to_string()).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["field"], field);
    }
    for body in ["", "{", "[1,2]", "null", "\u{0}"] {
        assert_eq!(station.post(body).await.problem().0, 400, "{body}");
    }
    let long = format!(r#"{{"personal_id":"{}"}}"#, "1".repeat(4096));
    assert_eq!(station.post(long).await.problem().0, 413);
    let vote =
        json!({"personal_id": voters[0].personal_id, "guid": voters[0].guid, "candidate": 1})
            .to_string();
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        assert_eq!(
            station
                .post_as(content_type, vote.clone())
                .await
                .problem()
                .0,
            415
        );
    }
    let get = station.get("/vote").await;
    assert_eq!(get.problem().0, 405);
    let lost = station.get("/votes").await;
    assert_eq!(lost.problem().0, 404);
    let charset = Some("application/json; charset=utf-8");
    assert_eq!(station.post_as(charset, vote).await.status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_open_election_no_vote_is_taken() {
    let world = World::on(devstack::shared().await).await;
    let hours = SignedDuration::from_hours;
    world.define(1, hours(-3), hours(-2)).await;
    world.define(3, hours(2), hours(3)).await;
    let voters = world.load_roll(2, 5).await;
    let station = world.start().await;
    let closed = (409, "no-open-election");
    assert_eq!(station.post_vote(&voters[0], 1).await.problem(), closed);
    let vote_in = |election: Value| {
        json!({"personal_id": voters[0].personal_id, "guid": voters[0].guid, "candidate": 1, "election": election}).to_string()
    };
    world.define(2, hours(-1), hours(1)).await;
    for election in [json!(1), json!(3), json!(4), json!(99_999_999_999_u64)] {
        assert_eq!(station.post(vote_in(election)).await.problem(), closed);
    }
    let answered = async {
        while station.post(vote_in(json!(2))).await.status != 202 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // The definition has been published, and reaches vote-ingest soon.
    assert!(
        tokio::time::timeout(test_kit::TIMEOUT, answered)
            .await
            .is_ok()
    );
    assert_eq!(
        station.post_vote(&voters[0], 1).await.problem(),
        (409, "already-voted")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_at_the_end_are_told_what_the_count_will_do() {
    let world = World::on(devstack::shared().await).await;
    let voters = world.load_roll(1, 2000).await;
    let definition = world
        .define(
            1,
            SignedDuration::from_hours(-1),
            SignedDuration::from_secs(2),
        )
        .await;
    let station = world.start().await;
    let mut accepted = 0;
    for voter in &voters {
        let answer = station.post_vote(voter, 1).await;
        if answer.status == 202 {
            accepted += 1;
        } else {
            assert_eq!(answer.problem(), (409, "no-open-election"));
            if Timestamp::now() > definition.end + SignedDuration::from_millis(200) {
                break;
            }
        }
    }
    let in_time = world.in_time(&definition);
    assert_eq!(accepted, in_time);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_voter_through_two_instances_at_once_is_one_ballot() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let (one, other) = (world.start().await, world.start().await);
    for voter in &voters {
        let same = tokio::join!(
            one.post_vote(voter, 1),
            other.post_vote(voter, 1),
            one.post_vote(voter, 1)
        );
        for answer in [&same.0, &same.1, &same.2] {
            assert!(
                answer.status == 202 || answer.problem() == (409, "already-voted"),
                "{}",
                answer.text()
            );
        }
    }
    // However often a ballot is in the log, its choice is always the same.
    let ballots = world.ballots();
    assert_eq!(ballots.len(), voters.len());
    assert!(ballots.values().flatten().all(|choice| *choice == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_choices_at_once_leave_one_in_the_box() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let (one, other) = (world.start().await, world.start().await);
    for voter in &voters {
        let (first, second) = tokio::join!(one.post_vote(voter, 1), other.post_vote(voter, 2));
        let accepted = [&first, &second]
            .iter()
            .filter(|answer| answer.status == 202)
            .count();
        assert_eq!(accepted, 1);
        let refused = if first.status == 202 { second } else { first };
        assert!(matches!(
            refused.problem(),
            (409, "already-voted" | "other-choice-pending")
        ));
    }
    assert!(world.ballots().values().all(|choices| choices.len() == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_votes_of_one_voter_through_three_instances_are_one_ballot() {
    const VOTES: usize = 200;
    let (world, voters) = World::open(devstack::shared().await).await;
    let stations = [
        world.start().await,
        world.start().await,
        world.start().await,
    ];
    let attempts = (0..VOTES).map(|number| {
        let choice = u32::try_from(number % 3 + 1).unwrap();
        stations[number % stations.len()].post_vote(&voters[0], choice)
    });
    let answers = join_all(attempts).await;
    for answer in answers.iter().filter(|answer| answer.status != 202) {
        let refused = answer.problem();
        assert!(
            matches!(refused, (409, "already-voted" | "other-choice-pending")),
            "{}",
            answer.text()
        );
    }
    let accepted = answers.iter().filter(|answer| answer.status == 202).count();
    assert!(accepted >= 1, "nobody was told that the vote is in");
    let ballots = world.ballots();
    let choices: Vec<_> = ballots.into_values().flatten().collect();
    assert!(
        !choices.is_empty() && choices.iter().all(|choice| *choice == choices[0]),
        "{choices:?}"
    );
}
