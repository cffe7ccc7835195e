//! Results that move by several votes at a time, so that nobody sees a single one in them.

use jiff::SignedDuration;
use redis::AsyncCommands as _;
use serde_json::Value;
use tally_stream::options::VerifyOptions;
use tally_stream::{service, verify};
use test_kit::http::until_ready;

use crate::world::World;

async fn shown(world: &World, election: u32) -> Option<Value> {
    let key = format!("results:{{{election}}}");
    let text: Option<String> = world.redis().await.get(key).await.unwrap();
    text.map(|text| serde_json::from_str(&text).unwrap())
}

/// Waits until the votes are in Redis' tallies, where nobody sees them.
async fn until_counted(world: &World, election: u32, votes: u64) {
    test_kit::until("they are counted", async || {
        let key = format!("tally:{{{election}}}");
        let tallies: Vec<String> = world.redis().await.hvals(key).await.unwrap();
        let counted = |text: &String| -> u64 {
            let tally: tally::PartitionTally = serde_json::from_str(text).unwrap();
            tally.tally.counted()
        };
        tallies.iter().map(counted).sum::<u64>() == votes
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_result_moves_by_ten_votes_and_at_the_end_everything_shows() {
    let world = World::new().await;
    // Long enough for what happens before.
    let open_for = SignedDuration::from_secs(25);
    world.define(1, open_for, "live").await;
    world.define(2, open_for, "after-close").await;
    let mut options = world.options();
    options.live_minimum = Some(10);
    options.district.district_minimum = Some(5);
    let running = service::start(&options).unwrap();
    until_ready(running.admin_address).await;
    world
        .result(1, "nothing yet", |result| result["counted"] == 0)
        .await;

    let ballots = |from: u32, to: u32| (from..to).map(|serial| (serial, 1));
    world.vote_in(3, 1, ballots(0, 9)).await;
    // One that does not count moves nothing either.
    world.vote(1, [(0, 2)]).await;
    until_counted(&world, 1, 9).await;
    assert_eq!(shown(&world, 1).await.unwrap()["counted"], 0);
    world.vote_in(4, 1, ballots(9, 12)).await;
    let result = world
        .result(1, "ten and more", |result| result["counted"] != 0)
        .await;
    let counted = result["counted"].as_u64().unwrap();
    assert!((10..=12).contains(&counted), "{counted}");
    assert_eq!(result["live_minimum"], 10);
    until_counted(&world, 1, 12).await;
    let known = shown(&world, 1).await.unwrap();
    assert_eq!(known["counted"], counted, "the others wait");
    // Where votes are not shown before the end, the turnout moves by each.
    world.vote(2, ballots(0, 3)).await;
    world
        .result(2, "three", |result| result["counted"] == 3)
        .await;

    // What is shown is true, also while votes wait.
    let options = VerifyOptions {
        election: 1,
        page: None,
        kafka: world.log.kafka.clone(),
        redis: options.redis.clone(),
        postgres: world.postgres(),
    };
    let stored = "SELECT coalesce(sum(next_offset), 0)::bigint FROM checkpoints";
    let sql = world.sql().await;
    test_kit::until("the checkpoint is there", async || {
        sql.query_one(stored, &[]).await.unwrap().get::<_, i64>(0) == 16
    })
    .await;
    let verification = verify::verify(&options).await.unwrap();
    assert!(verification.agrees(), "{:?}", verification.summary);

    let result = world
        .result(1, "the end", |result| result["counted"] == 12)
        .await;
    assert!(
        result.get("districts").is_none(),
        "two, of which one has 3 votes"
    );
    running.stop().await;
}
