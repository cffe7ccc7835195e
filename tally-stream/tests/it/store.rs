//! Writes of the count only move forward.

use std::sync::Arc;

use ballot_log::{Election, ElectionDefinition};
use jiff::SignedDuration;
use tally_stream::count::{LogRecord, PartitionCount, Verdict};
use tally_stream::recount::recount;
use tally_stream::store::{Base, Checkpoint};

use crate::world::World;

/// A count of `records` ballots, every second one a duplicate.
fn count(
    definition: &ElectionDefinition,
    records: u32,
) -> (PartitionCount, Vec<tally::RejectedBallot>) {
    let election = Arc::new(Election::new(definition.clone()));
    let mut count = PartitionCount::default();
    let mut rejected = Vec::new();
    for record in 0..records {
        let payload = format!(
            r#"{{"v":1,"election":1,"ballot":{},"choice":1}}"#,
            record / 2
        );
        let time_ms = definition.created.as_millisecond() + 1;
        let record = LogRecord {
            offset: i64::from(record),
            time_ms,
            payload: payload.as_bytes(),
        };
        let known = |_| Ok::<_, std::convert::Infallible>(Some(election.clone()));
        if let Verdict::Rejected(ballot) = count.apply(record, known).unwrap() {
            rejected.push(ballot);
        }
    }
    (count, rejected)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_for_a_lower_offset_changes_nothing() {
    let world = World::new().await;
    let definition = world.define(1, SignedDuration::from_hours(1), "live").await;
    let store = world.store().await;
    let save = async |records| {
        let (mut count, rejected) = count(&definition, records);
        let checkpoint = Checkpoint::of(2, &mut count, Base::default(), rejected, Vec::new());
        store.save(&checkpoint, "cluster/votes").await.unwrap();
    };
    save(20).await;
    // An instance that was paused wakes up and writes its old state; then another writes the newest again.
    for records in [10, 20] {
        save(records).await;
        assert_eq!(store.load(2).await.unwrap().count, count(&definition, 20).0);
        let tallies = store.tallies(1).await.unwrap();
        assert_eq!((tallies[0].offset, tallies[0].tally.counted()), (20, 10));
    }
    let rows = world
        .sql()
        .await
        .query_one("SELECT count(*) FROM rejected_ballots", &[])
        .await
        .unwrap();
    assert_eq!(rows.get::<_, i64>(0), 10);
    assert_eq!(
        store.load(0).await.unwrap().count,
        PartitionCount::default()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recount_finds_a_total_that_was_tampered_with() {
    let world = World::new().await;
    world.define(1, SignedDuration::from_hours(1), "live").await;
    let tally_stream = world.start().await;
    world.vote(1, (0..60).map(|serial| (serial, 1))).await;
    world.counted(1, 60).await;
    tally_stream.stop().await;
    assert!(recount(world.recount(1)).await.unwrap().agrees());
    let tamper = "UPDATE partition_tallies SET tally = jsonb_set(tally, '{tally,votes,0,2}', '1000') WHERE partition = 0";
    assert_eq!(world.sql().await.execute(tamper, &[]).await.unwrap(), 1);
    let again = recount(world.recount(1)).await.unwrap();
    assert!(!again.agrees());
    let different = again
        .partitions
        .iter()
        .filter(|(stored, again)| stored != again)
        .count();
    assert_eq!(different, 1);
    let sql = world.sql().await;
    let shift = "UPDATE partition_tallies SET tally = jsonb_set(tally, '{tally,timeline,0}', '1') WHERE partition = 2";
    assert_eq!(sql.execute(shift, &[]).await.unwrap(), 1);
    let forget = "DELETE FROM partition_tallies WHERE partition = 1";
    assert_eq!(sql.execute(forget, &[]).await.unwrap(), 1);
    let again = recount(world.recount(1)).await.unwrap();
    let different = again
        .partitions
        .iter()
        .filter(|(stored, again)| stored != again);
    assert_eq!(different.count(), 3);
}
