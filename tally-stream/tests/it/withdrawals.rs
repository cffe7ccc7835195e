//! A file that is withdrawn while the count runs.

use ballot_log::record::{FileId, PaperLine, Withdrawal};
use ballot_log::{Ballot, BallotRecord, Record};
use jiff::SignedDuration;
use tally_stream::recount::recount;
use test_kit::until;
use uuid::Uuid;

use crate::world::{PARTITIONS, World, definition, votes};

const FILE: FileId = FileId {
    official: 101_994_704_401,
    name: 0x9f2c_41d0_7be3_5a68,
};
const LINES: u32 = 60;

async fn send_the_file(world: &World) {
    for line in 0..LINES {
        let origin = PaperLine {
            official: FILE.official,
            file: FILE.name,
            line,
        };
        let guid = Uuid::from_u128(u128::from(line) << 64);
        let record = Record::Ballot(BallotRecord {
            election: 1,
            ballot: Ballot::Paper(guid, origin),
            // Every third is a poll number that nobody has.
            choice: u64::from(line % 3) * 3 + 1,
            district: 0,
        });
        let appended = world.ballot_box.append(&record, None).await;
        appended.unwrap();
    }
}

/// What PostgreSQL knows of the file: new ballots, invalid ones, and the rejections listed.
async fn stored(world: &World) -> (i64, i64, i64) {
    let sql =
        "SELECT coalesce(sum(ballots), 0)::bigint, coalesce(sum(invalid_poll_numbers), 0)::bigint,
                   (SELECT count(*) FROM rejected_ballots) FROM batch_lines WHERE file = $1";
    let client = world.sql().await;
    let row = client.query_one(sql, &[&FILE.hex_name()]).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ballots_of_a_withdrawn_file_leave_every_store_and_come_back_when_it_is_sent_again() {
    let world = World::new().await;
    let hour = SignedDuration::from_hours(1);
    let mut definition = definition(1, hour, hour, "live");
    definition.log = 2;
    world.publish(&definition).await;
    let tally_stream = world.start().await;
    send_the_file(&world).await;
    let counted = world.counted(1, 20).await;
    assert_eq!(votes(&counted), [20, 0, 0]);
    until("the file's lines are stored", async || {
        stored(&world).await == (20, 40, 40)
    })
    .await;

    let withdrawal = Withdrawal {
        election: 1,
        number: 1,
        file: FILE,
    };
    // Twice, as when an acknowledgement is lost.
    for partition in (0..PARTITIONS).chain(0..PARTITIONS) {
        let record = Record::Withdrawal(withdrawal);
        let appended = world.ballot_box.append_to(partition, &record).await;
        appended.unwrap();
    }
    let gone = |result: &serde_json::Value| result["withdrawn"] == 60;
    let gone = world.result(1, "the withdrawal", gone).await;
    assert_eq!((&gone["counted"], votes(&gone)), (&0.into(), vec![0, 0, 0]));
    assert_eq!(gone["rejected"], serde_json::json!({}));
    until("nothing of the file is stored", async || {
        stored(&world).await == (0, 0, 0)
    })
    .await;
    tally_stream.stop().await;

    // By another instance, from the checkpoint.
    let tally_stream = world.start().await;
    send_the_file(&world).await;
    world.counted(1, 20).await;
    until("the file's lines are stored again", async || {
        stored(&world).await == (20, 40, 40)
    })
    .await;
    tally_stream.stop().await;
    assert!(recount(world.recount(1)).await.unwrap().agrees());
}
