//! Loading the roll, again and again, and purging it.

use std::{collections::HashSet, fs};

use redis::AsyncCommands;
use voter_roll::ClaimError;
use voter_roll_command::{KeyState, RollError};

use crate::world::{ELECTION, World};

/// A file to import: voters with these numbers as `personal_id`.
fn newcomers(numbers: impl Iterator<Item = u64>) -> String {
    let header = "personal_id,first_name,last_name,birth_date,gender,region,district".to_owned();
    let voters = numbers.map(|number| format!("{number:011},A,B,1990-02-28,F,R,5"));
    let lines: Vec<_> = std::iter::once(header).chain(voters).collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_load_brings_every_voter_into_redis() {
    let world = World::with_voters(2000).await;
    let report = world.load().await.unwrap();
    assert_eq!(
        (report.voters, report.added, report.capacity),
        (2000, 2000, 2500)
    );
    assert!(
        report.bytes_per_voter > 31.0 && report.bytes_per_voter < 60.0,
        "{report:?}"
    );

    let status = world.status().await;
    assert_eq!(
        (status.voters, status.capacity, status.key),
        (2000, 2500, KeyState::Present)
    );
    assert!(status.loaded_at.is_some() && status.purged_at.is_none());
    assert!(status.redis.described);
    assert_eq!(status.redis.complete_buckets, status.redis.buckets);
    assert_eq!(
        (status.redis.free, status.redis.pending, status.redis.voted),
        (2000, 0, 0)
    );
    let mut redis = world.redis_connection().await;
    assert_eq!(
        voter_roll::registered(&mut redis, ELECTION).await.unwrap(),
        Some(2000)
    );
    assert_eq!(voter_roll::registered(&mut redis, 8).await.unwrap(), None);
}

#[tokio::test]
async fn every_voter_has_a_serial_of_its_own_below_the_capacity_and_its_district() {
    let world = World::loaded(1500).await;
    let roll = world.roll();
    let serials = world.serials(&roll).await;
    assert_eq!(serials.iter().collect::<HashSet<_>>().len(), 1500);
    assert!(serials.iter().all(|serial| *serial < 1875));
    assert!(!serials.is_sorted());
    for voter in world.voters().await.iter().take(20) {
        assert_eq!(
            voter.claim(&roll, 1).await.unwrap().district,
            voter.district
        );
    }
}

#[tokio::test]
async fn an_empty_roll_is_not_loaded_and_makes_no_key() {
    let world = World::empty().await;
    assert!(matches!(world.load().await, Err(RollError::Empty)));
    assert!(!world.keys.path(ELECTION).exists());
}

#[tokio::test]
async fn loading_again_never_resets_who_has_voted() {
    let world = World::loaded(300).await;
    let roll = world.roll();
    let voters = world.voters().await;
    for voter in &voters[..100] {
        voter.vote(&roll, 1).await;
    }
    for voter in &voters[100..150] {
        voter.claim(&roll, 2).await.unwrap();
    }
    assert_eq!(world.load().await.unwrap().added, 0);
    let redis = world.status().await.redis;
    assert_eq!((redis.free, redis.pending, redis.voted), (150, 50, 100));
    assert!(matches!(
        voters[0].claim(&roll, 1).await,
        Err(ClaimError::AlreadyVoted)
    ));
    assert!(matches!(
        voters[100].claim(&roll, 1).await,
        Err(ClaimError::OtherChoicePending)
    ));
    assert!(voters[100].claim(&roll, 2).await.is_ok());
}

#[tokio::test]
async fn loading_while_people_vote_turns_nobody_away_and_lets_nobody_in_twice() {
    let world = World::loaded(400).await;
    let roll = world.roll();
    let voters = world.voters().await;
    let voting = async {
        for voter in &voters {
            voter.vote(&roll, 1).await;
        }
    };
    let loading = async {
        for _ in 0..3 {
            world.load().await.unwrap();
        }
    };
    tokio::join!(voting, loading);
    assert_eq!(world.status().await.redis.voted, 400);
}

#[tokio::test]
async fn after_redis_forgot_everything_the_serials_are_the_same() {
    let world = World::loaded(500).await;
    let roll = world.roll();
    let before = world.serials(&roll).await;
    world.forget_everything_in_redis().await;
    assert_eq!(world.load().await.unwrap().added, 500);
    assert_eq!(world.serials(&roll).await, before);
    assert_eq!(world.serials(&world.roll()).await, before);
}

#[tokio::test]
async fn a_load_puts_back_what_is_missing() {
    let world = World::loaded(1000).await;
    let mut redis = world.redis_connection().await;
    let lost: u64 = redis.hlen("roll:7:3").await.unwrap();
    let () = redis.del("roll:7:3").await.unwrap();
    let status = world.status().await.redis;
    assert_eq!(status.complete_buckets, status.buckets - 1);
    assert_eq!(world.load().await.unwrap().added, lost - 1);
    assert_eq!(world.status().await.redis.free, 1000);
}

#[tokio::test]
async fn the_roll_may_grow_within_its_capacity_and_no_further() {
    let mut world = World::loaded(100).await;
    let roll = world.roll();
    let before = world.serials(&roll).await;
    world.import(&newcomers(1..=25)).await.unwrap();
    let report = world.load().await.unwrap();
    assert_eq!(
        (report.voters, report.added, report.capacity),
        (125, 25, 125)
    );
    let after = world.serials(&roll).await;
    assert_eq!(after[..100], before);
    let mut all = after;
    all.sort_unstable();
    assert!(all.into_iter().eq(0..125), "every serial is taken");

    let refused = world.import(&newcomers(26..=26)).await.unwrap_err();
    assert!(matches!(refused, RollError::NoRoom { .. }), "{refused}");
    let one_more = "INSERT INTO dim_voters SELECT 125, '00000000026', gen_random_uuid(), first_name, last_name, birth_date,
                        gender, region, district FROM dim_voters WHERE row_number = 0";
    world.database.execute(one_more, &[]).await.unwrap();
    let refused = world.load().await.unwrap_err();
    assert!(
        matches!(refused, RollError::CapacityExceeded { capacity: 125, .. }),
        "{refused}"
    );
    assert_eq!(
        world.status().await.voters,
        125,
        "the election goes on as it was"
    );
}

#[tokio::test]
async fn a_correction_reaches_those_who_have_not_come_yet() {
    let world = World::loaded(10).await;
    let roll = world.roll();
    let voters = world.voters().await;
    let serial = voters[0].vote(&roll, 1).await;
    world
        .database
        .execute("UPDATE dim_voters SET district = 77", &[])
        .await
        .unwrap();
    world.load().await.unwrap();
    assert_eq!(voters[1].claim(&roll, 1).await.unwrap().district, 77);
    assert!(matches!(
        voters[0].claim(&roll, 1).await,
        Err(ClaimError::AlreadyVoted)
    ));
    assert_ne!(voters[1].claim(&roll, 1).await.unwrap().serial, serial);
}

#[tokio::test]
async fn a_lost_key_is_an_error_and_no_second_one_is_made() {
    let world = World::loaded(50).await;
    let before = world.serials(&world.roll()).await;
    let path = world.keys.path(ELECTION);
    let aside = world.keys_dir.path().join("aside");
    fs::rename(&path, &aside).unwrap();
    let refused = world.load().await.unwrap_err();
    assert!(matches!(refused, RollError::KeyMissing(7, _)));
    assert!(
        refused
            .to_string()
            .contains("would give every voter a second serial"),
        "{refused}"
    );
    assert!(!path.exists());
    assert_eq!(world.status().await.key, KeyState::Missing);

    fs::rename(&aside, &path).unwrap();
    world.forget_everything_in_redis().await;
    world.load().await.unwrap();
    assert_eq!(world.serials(&world.roll()).await, before);
}

#[tokio::test]
async fn another_key_is_an_error() {
    let (world, other) = (World::loaded(50).await, World::loaded(50).await);
    fs::copy(other.keys.path(ELECTION), world.keys.path(ELECTION)).unwrap();
    assert!(matches!(world.load().await, Err(RollError::KeyWrong(7, _))));
    assert_eq!(world.status().await.key, KeyState::Wrong);
    fs::write(world.keys.path(ELECTION), "short").unwrap();
    assert!(matches!(world.load().await, Err(RollError::Key(_))));
    assert!(matches!(world.status().await.key, KeyState::Unusable(_)));
}

#[tokio::test]
async fn a_key_whose_load_was_cut_short_is_taken_up() {
    let (world, other) = (World::with_voters(50).await, World::loaded(50).await);
    // The key is created before PostgreSQL records it: this is the state after a crash in between.
    fs::copy(other.keys.path(ELECTION), world.keys.path(ELECTION)).unwrap();
    world.load().await.unwrap();
    let (ours, theirs) = (
        world.serials(&world.roll()).await,
        other.serials(&other.roll()).await,
    );
    assert_eq!(ours, theirs);
}

#[tokio::test]
async fn first_loads_that_start_at_once_agree() {
    let world = World::with_voters(200).await;
    let second = voter_roll_command::connect(&world.database_url)
        .await
        .unwrap();
    let (progress, redis) = (indicatif::ProgressBar::hidden(), world.redis());
    let other = voter_roll_command::load(&second, &redis, &world.keys, ELECTION, None, &progress);
    let (one, other) = tokio::join!(world.load(), other);
    assert_eq!(one.unwrap().added + other.unwrap().added, 200);
    let serials: HashSet<_> = world.serials(&world.roll()).await.into_iter().collect();
    assert_eq!(serials.len(), 200);
}

#[tokio::test]
async fn a_roll_that_another_key_made_is_left_alone() {
    let theirs = World::loaded(50).await;
    let mut ours = World::with_voters(50).await;
    ours.redis_url = theirs.redis_url.clone();
    assert!(matches!(ours.load().await, Err(RollError::ForeignRoll(7))));
    assert!(!ours.keys.path(ELECTION).exists());

    // A database that forgot the load, but has the right key, may use its roll again.
    let before = theirs.serials(&theirs.roll()).await;
    theirs
        .database
        .execute("DELETE FROM roll_loads", &[])
        .await
        .unwrap();
    let mut theirs = theirs;
    theirs.import(&newcomers(1..=5)).await.unwrap();
    assert_eq!(theirs.load().await.unwrap().capacity, 63);
    assert_eq!(theirs.serials(&theirs.roll()).await[..50], before);
}

#[tokio::test]
async fn a_purge_destroys_the_link_for_good() {
    let world = World::loaded(1000).await;
    let roll = world.roll();
    let voter = world.voters().await.remove(0);
    voter.vote(&roll, 1).await;
    let purged = world.purge().await.unwrap();
    assert!(purged.key_destroyed);
    assert_eq!(
        purged.redis_keys_removed, 14,
        "13 buckets and their description"
    );
    assert!(!world.keys.path(ELECTION).exists());
    let left: Vec<String> = world.redis_connection().await.keys("*").await.unwrap();
    assert!(left.is_empty(), "{left:?}");

    assert!(matches!(
        voter.claim(&roll, 1).await,
        Err(ClaimError::RollNotLoaded)
    ));
    assert!(matches!(world.load().await, Err(RollError::Purged(7))));
    let first = world.status().await.purged_at.unwrap();
    let again = world.purge().await.unwrap();
    assert_eq!((again.key_destroyed, again.redis_keys_removed), (false, 0));
    assert_eq!(world.status().await.purged_at, Some(first));
}

#[tokio::test]
async fn a_key_that_is_destroyed_is_forgotten_by_those_who_use_it() {
    let world = World::loaded(100).await;
    let roll = world.roll();
    let mut voters = world.voters().await.into_iter();
    voters.next().unwrap().vote(&roll, 1).await;
    // The roll is still in Redis: only the key is gone.
    assert!(world.keys.destroy(ELECTION).unwrap());
    let voter = voters.next().unwrap();
    test_kit::until("the key is forgotten", async || {
        matches!(voter.claim(&roll, 1).await, Err(ClaimError::WrongKey))
    })
    .await;
}

#[tokio::test]
async fn a_purge_leaves_nothing_of_the_roll_in_redis_files() {
    let stack = devstack::shared().await;
    let server = stack.dedicated_redis_with(true).await.unwrap();
    let mut world = World::on_redis(server.url().to_owned()).await;
    world.generate(100, 1).await.unwrap();
    world.load().await.unwrap();
    let mut redis = world.redis_connection().await;
    let _: () = redis.set("another", "stays").await.unwrap();
    let is_in_files = async |text: &str| {
        let files = test_kit::redis_files::read(&mut world.redis_connection().await).await;
        let holds = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(text);
        files.iter().any(holds)
    };
    // Once a second they are written to disk.
    test_kit::until("the roll is in the file", async || {
        is_in_files("roll:7").await
    })
    .await;
    world.purge().await.unwrap();
    test_kit::until("the old file is gone", async || {
        !is_in_files("roll:7").await
    })
    .await;
    assert!(is_in_files("another").await);
    world.purge().await.unwrap();
}

#[tokio::test]
async fn there_must_be_something_to_purge() {
    let world = World::with_voters(1).await;
    assert!(matches!(
        world.purge().await,
        Err(RollError::NothingToPurge(7))
    ));
}
