//! Results: the answers to old clients once an election has ended and the count is finished.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use tokio::time::Instant;

use crate::world::{World, closed};

const OVER: SignedDuration = SignedDuration::from_secs(-1);

#[tokio::test(flavor = "multi_thread")]
async fn seats_of_a_parliament_and_what_was_invalid() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(false, OVER, json!({})).await;
    world.until_marked(1).await;
    let guid = "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b";
    world.reject(1, 4, guid, "Duplicate ballot.").await;
    world.reject(1, 5, guid, "Invalid poll number.").await;
    // Too late is not invalid, and a voter has no GUID.
    world.reject(1, 6, guid, "Election is not open.").await;
    world.reject(2, 7, guid, "Duplicate ballot.").await;
    world.reject_voter(1, 8, "Duplicate ballot.").await;
    world.count(1, 0, 9, closed(&[(1, 50), (2, 30)])).await;
    world.count(1, 1, 7, closed(&[(1, 11), (3, 4)])).await;
    // C has 4 of 95 votes, below 5 %; 250 seats among 61 and 30.
    assert_eq!(
        admin.read("/getResults?id=1").await.exactly(),
        (
            200,
            r#"{"participants":[{"pollNumber":1,"name":"A","result":168},{"pollNumber":2,"name":"B","result":82},{"pollNumber":3,"name":"C","result":0}],"invalidVotes":[{"electionOfficialJmbg":"0101994704401","ballotGuid":"28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b","pollNumber":18446744073709551615,"reason":"Duplicate ballot."},{"electionOfficialJmbg":"0101994704401","ballotGuid":"28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b","pollNumber":18446744073709551615,"reason":"Invalid poll number."}]}"#
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_of_a_presidential_election() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(true, OVER, json!({})).await;
    world.count(1, 0, 9, closed(&[(1, 1)])).await;
    world.count(1, 1, 7, closed(&[(1, 1), (3, 1)])).await;
    assert_eq!(
        admin.read("/getResults?id=1").await.exactly(),
        (
            200,
            r#"{"participants":[{"pollNumber":1,"name":"A","result":0.67},{"pollNumber":2,"name":"B","result":0},{"pollNumber":3,"name":"C","result":0.33}],"invalidVotes":[]}"#
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_voted() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(true, OVER, json!({})).await;
    world.count(1, 0, 1, closed(&[])).await;
    world.count(1, 1, 1, closed(&[])).await;
    let answer = admin.read("/getResults?id=1").await.json();
    for participant in answer["participants"].as_array().unwrap() {
        assert_eq!(participant["result"], 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_during_the_count_waits() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(true, OVER, json!({})).await;
    world.count(1, 0, 1, closed(&[(2, 1)])).await;
    let counting = async {
        // The request is on its way, or arrives later: either way it is answered.
        tokio::task::yield_now().await;
        world.count(1, 1, 1, closed(&[(2, 2)])).await;
    };
    let (answer, ()) = tokio::join!(admin.read("/getResults?id=1"), counting);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["participants"][1]["result"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_does_not_come_is_not_waited_for_for_ever() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(true, OVER, json!({})).await;
    // One partition of two, or a partition without its marker, is not enough.
    world.count(1, 0, 1, closed(&[(2, 1)])).await;
    let mut open = closed(&[(2, 1)]);
    open["closed"] = json!(false);
    world.count(1, 1, 1, open).await;
    let asked = Instant::now();
    let answer = admin.read("/getResults?id=1").await;
    assert_eq!(answer.problem(), (503, "not-counted-yet"));
    assert!(answer.headers.contains_key("retry-after"));
    // It did wait; no upper bound, as machines may be slow.
    assert!(asked.elapsed().as_secs() >= 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_readers_keep_no_connection_from_others() {
    const INVALID: i64 = 60_000;
    const SLOW: usize = 8;
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(false, OVER, json!({})).await;
    world.until_marked(1).await;
    let sql = "INSERT INTO rejected_ballots (partition, log_offset, election, ballot_guid, poll_number, official_jmbg, reason, appended_at)
               SELECT 0, place, 1, gen_random_uuid(), 9, '0101994704401', 'Invalid poll number.', to_timestamp(place / 100)
               FROM generate_series(1, $1::bigint) AS place";
    world.sql().await.execute(sql, &[&INVALID]).await.unwrap();
    world.count(1, 0, 9, closed(&[(1, 50)])).await;
    world.count(1, 1, 7, closed(&[])).await;
    let all = admin.read("/getResults?id=1").await.json();
    let guids: BTreeSet<_> = all["invalidVotes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|vote| vote["ballotGuid"].as_str().unwrap())
        .collect();
    assert_eq!(guids.len(), usize::try_from(INVALID).unwrap(), "each once");

    // They read the head of the answer, and no more.
    let mut readers = Vec::new();
    for _ in 0..SLOW {
        readers.push(admin.begin_to_read("/getResults?id=1").await);
    }
    let others = tokio::time::timeout(Duration::from_secs(5), admin.read("/getElections")).await;
    assert_eq!(others.expect("an answer meanwhile").status, 200);
    drop(readers);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_the_result_of_an_election_that_is_cancelled_hears_of_it() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(false, OVER, json!({})).await;
    let waiting = admin.read("/getResults?id=1");
    let cancelling = async {
        // Long after the question.
        world.until_marked(1).await;
        let answer = admin.post("/elections/1/cancel", "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let (answer, ()) = tokio::join!(waiting, cancelling);
    answer.refuses("Election is cancelled.");
}
