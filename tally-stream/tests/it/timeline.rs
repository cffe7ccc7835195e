//! Votes over time and by constituency.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tally_stream::recount::recount;
use test_kit::until;

use crate::world::{World, definition};

/// Open for two and a half minutes, an election has slots of two seconds.
const SLOT_MS: i64 = 2_000;

/// The votes of each slot, added up from the times that Kafka acknowledged.
fn timeline(from: Timestamp, times_ms: &[i64]) -> Vec<u64> {
    let slot = |time_ms: &i64| usize::try_from((time_ms - from.as_millisecond()) / SLOT_MS);
    let slots: Vec<usize> = times_ms
        .iter()
        .map(|time_ms| slot(time_ms).unwrap())
        .collect();
    let last = *slots.iter().max().unwrap();
    let mut votes = vec![0; last + 1];
    for slot in slots {
        votes[slot] += 1;
    }
    votes
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_over_time_add_up_and_every_replay_gives_the_same() {
    let world = World::new().await;
    let first = world.start().await;
    let (since, until_end) = (SignedDuration::from_secs(30), SignedDuration::from_mins(2));
    let definition = definition(1, since, until_end, "live");
    world.publish(&definition).await;
    let one = |range: std::ops::Range<u32>| range.map(|serial| (serial, 1));
    let mut times_ms = world.vote_in(3, 1, one(0..100)).await;
    // Repetitions come later, and do not appear in the timeline.
    world.vote(1, one(0..10)).await;
    let live = world
        .result(1, "the first votes", |result| result["records"] == 110)
        .await;
    let of = |result: &Value| result["timeline"].clone();
    let expected = |times_ms: &[i64]| {
        let ballots = timeline(definition.start, times_ms);
        json!({"from": definition.start, "slot_seconds": SLOT_MS / 1000, "ballots": ballots})
    };
    assert_eq!(of(&live), expected(&times_ms));
    assert!(live.get("districts").is_none());
    first.stop().await;

    let newest_ms = *times_ms.iter().max().unwrap();
    until("the next slot but one", async || {
        Timestamp::now().as_millisecond() > newest_ms + 2 * SLOT_MS
    })
    .await;
    times_ms.extend(world.vote_in(1, 1, one(100..150)).await);
    let second = world.start().await;
    let whole = world
        .result(1, "all votes", |result| result["records"] == 160)
        .await;
    assert_eq!(of(&whole), expected(&times_ms));
    let ballots = whole["timeline"]["ballots"].as_array().unwrap();
    assert!(ballots.iter().filter(|votes| **votes != 0).count() > 1);
    let sum: u64 = ballots.iter().map(|votes| votes.as_u64().unwrap()).sum();
    assert_eq!(whole["counted"], sum);
    let districts = json!([
        {"district": 1, "counted": 50, "votes": [50, 0, 0]},
        {"district": 3, "counted": 100, "votes": [100, 0, 0]},
    ]);
    assert_eq!(whole["districts"], districts);
    second.stop().await;
    assert!(recount(world.recount(1)).await.unwrap().agrees());

    world.forget_everything().await;
    let third = world.start().await;
    let again = world
        .result(1, "the replay", |result| result["records"] == 160)
        .await;
    assert_eq!(again, whole);
    third.stop().await;
}
