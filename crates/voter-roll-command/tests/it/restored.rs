//! Older copies of the databases, beside the ballot key of today: no voter gets a second serial.

use std::fs;

use voter_roll::ClaimError;
use voter_roll_command::RollError;

use crate::world::{ELECTION, Voter, World};

const HEADER: &str = "personal_id,guid,first_name,last_name,birth_date,gender,region,district";

/// A file to import: these voters, with their guids.
fn file<'a>(voters: impl IntoIterator<Item = &'a Voter>) -> String {
    let line = |voter: &Voter| {
        let (personal_id, guid) = (&voter.personal_id, &voter.guid_text);
        format!(
            "{personal_id},{guid},A,B,1990-02-28,F,R,{}\n",
            voter.district
        )
    };
    format!("{HEADER}\n") + &voters.into_iter().map(line).collect::<String>()
}

/// A file to import: this many voters who are on no roll yet.
fn newcomers(count: u64) -> String {
    let line = |number| format!("{number:011},,A,B,1990-02-28,F,R,5\n");
    format!("{HEADER}\n") + &(1..=count).map(line).collect::<String>()
}

impl World {
    /// PostgreSQL is restored from before the first load, and Redis starts empty.
    async fn restore_before_the_first_load(&self) {
        let forget = "DELETE FROM roll_loads";
        self.database.execute(forget, &[]).await.unwrap();
        self.forget_everything_in_redis().await;
    }

    async fn empty_roll(&self) {
        let forget = "TRUNCATE dim_voters CASCADE";
        self.database.execute(forget, &[]).await.unwrap();
    }

    /// As a version made it that noted nothing beside the key.
    fn forget_the_note_beside_the_key(&self) {
        let path = self.keys.path(ELECTION);
        let key = fs::read(&path).unwrap();
        fs::write(path, &key[..32]).unwrap();
    }

    async fn execute(&self, statement: &str) {
        self.database.batch_execute(statement).await.unwrap();
    }
}

#[tokio::test]
async fn a_roll_that_grew_after_a_restore_gives_the_same_serials() {
    let mut world = World::loaded(100).await;
    let before = world.serials(&world.roll()).await;
    world.restore_before_the_first_load().await;
    // Computed anew from 120 voters, the capacity would be 150, and every serial another one.
    world.import(&newcomers(20)).await.unwrap();
    let report = world.load().await.unwrap();
    assert_eq!((report.voters, report.capacity), (120, 125));
    assert_eq!(world.serials(&world.roll()).await[..100], before);
}

#[tokio::test]
async fn a_roll_that_outgrew_its_key_after_a_restore_is_refused() {
    let mut world = World::loaded(100).await;
    world.restore_before_the_first_load().await;
    world.import(&newcomers(26)).await.unwrap();
    let refused = world.load().await.unwrap_err();
    let room = matches!(refused, RollError::CapacityExceeded { capacity: 125, .. });
    assert!(room, "{refused}");
    nothing_was_loaded(&world).await;
}

async fn nothing_was_loaded(world: &World) {
    let voter = world.voters().await.remove(0);
    let refused = voter.claim(&world.roll(), 1).await;
    assert!(
        matches!(refused, Err(ClaimError::RollNotLoaded)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn voters_in_another_order_are_refused_and_in_the_same_one_taken() {
    let mut world = World::loaded(60).await;
    let before = world.serials(&world.roll()).await;
    let voters = world.voters().await;
    world.restore_before_the_first_load().await;
    world.empty_roll().await;
    world.import(&file(voters.iter().rev())).await.unwrap();
    let refused = world.load().await.unwrap_err();
    assert!(matches!(refused, RollError::RowsDiffer(7)), "{refused}");
    assert!(refused.to_string().contains("in the same order"));
    nothing_was_loaded(&world).await;

    world.empty_roll().await;
    world.import(&file(&voters)).await.unwrap();
    world.load().await.unwrap();
    assert_eq!(world.serials(&world.roll()).await, before);
}

#[tokio::test]
async fn those_who_came_later_must_stand_where_they_stood_too() {
    let mut world = World::loaded(40).await;
    world.import(&newcomers(8)).await.unwrap();
    world.load().await.unwrap();
    let voters = world.voters().await;
    let before = world.serials(&world.roll()).await;
    world.restore_before_the_first_load().await;
    world
        .execute("DELETE FROM dim_voters WHERE row_number >= 40")
        .await;
    let refused = world.load().await.unwrap_err();
    let missing = RollError::RowsMissing {
        election: 7,
        rows: 48,
        found: 40,
    };
    assert_eq!(refused.to_string(), missing.to_string());

    world
        .import(&file(voters[40..].iter().rev()))
        .await
        .unwrap();
    assert!(matches!(world.load().await, Err(RollError::RowsDiffer(7))));
    world
        .execute("DELETE FROM dim_voters WHERE row_number >= 40")
        .await;
    world.import(&file(&voters[40..])).await.unwrap();
    world.load().await.unwrap();
    assert_eq!(world.serials(&world.roll()).await, before);
}

#[tokio::test]
async fn a_key_of_an_older_version_takes_what_the_databases_say_and_notes_it() {
    let mut world = World::loaded(100).await;
    let before = world.serials(&world.roll()).await;
    // PostgreSQL knows.
    world.forget_the_note_beside_the_key();
    world.forget_everything_in_redis().await;
    assert_eq!(world.load().await.unwrap().capacity, 125);
    assert_eq!(fs::metadata(world.keys.path(ELECTION)).unwrap().len(), 56);
    // Redis knows.
    world.forget_the_note_beside_the_key();
    world.execute("DELETE FROM roll_loads").await;
    world.import(&newcomers(20)).await.unwrap();
    assert_eq!(world.load().await.unwrap().capacity, 125);
    // Nobody knows.
    world.forget_the_note_beside_the_key();
    world.restore_before_the_first_load().await;
    let refused = world.load().await.unwrap_err();
    assert!(
        matches!(refused, RollError::CapacityUnknown(7)),
        "{refused}"
    );
    assert!(refused.to_string().contains("--capacity"), "{refused}");
    nothing_was_loaded(&world).await;
    // The operator knows.
    assert_eq!(world.load_for(Some(125)).await.unwrap().capacity, 125);
    assert_eq!(world.serials(&world.roll()).await[..100], before);
}

#[tokio::test]
async fn capacities_that_differ_are_named_with_their_places() {
    let world = World::loaded(100).await;
    let differs = async |capacity: Option<u32>, expected: &str| {
        let refused = world.load_for(capacity).await.unwrap_err();
        let is_it = matches!(refused, RollError::CapacityDiffers { .. });
        assert!(is_it && refused.to_string().contains(expected), "{refused}");
    };
    let of_key = "125 voters according to its ballot key, but for 150 according to";
    differs(Some(150), &format!("{of_key} --capacity")).await;
    world.execute("UPDATE roll_loads SET capacity = 150").await;
    differs(None, &format!("{of_key} PostgreSQL")).await;
    world.execute("DELETE FROM roll_loads").await;
    let set = redis::cmd("HSET")
        .arg("roll:7")
        .arg("capacity")
        .arg(150)
        .to_owned();
    set.exec_async(&mut world.redis_connection().await)
        .await
        .unwrap();
    differs(None, &format!("{of_key} Redis")).await;
}

#[tokio::test]
async fn a_first_load_may_ask_for_more_room() {
    let world = World::with_voters(10).await;
    let refused = world.load_for(Some(9)).await.unwrap_err();
    assert!(
        matches!(refused, RollError::CapacityExceeded { .. }),
        "{refused}"
    );
    assert!(!world.keys.path(ELECTION).exists(), "nothing is fixed yet");
    assert_eq!(world.load_for(Some(500)).await.unwrap().capacity, 500);
    assert_eq!(world.load().await.unwrap().capacity, 500);
}
