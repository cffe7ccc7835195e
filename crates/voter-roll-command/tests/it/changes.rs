//! Striking voters, taking them back and correcting them, while people vote.

use std::io::Cursor;

use redis::AsyncCommands;
use service_database::audit;
use voter_roll::ClaimError;
use voter_roll_command::RollError;
use voter_roll_command::changes::{self, Change, Correction, How, Kind, Wanted};

use crate::changing::{is_let_in, is_unknown};
use crate::world::{ELECTION, Voter, World};

#[tokio::test]
async fn a_struck_voter_is_unknown_from_then_on() {
    let mut world = World::loaded(30).await;
    let roll = world.roll();
    let voters = world.voters().await;
    let report = world.strike(&voters[3]).await;
    assert_eq!((report.changed, report.unchanged), (1, 0));
    assert_eq!(report.in_force[0].voters, 1);
    for (index, voter) in voters.iter().enumerate() {
        assert_eq!(
            is_let_in(&roll, voter, 1).await,
            index != 3,
            "voter {index}"
        );
    }
    // Again: nothing changes, and it is in force still.
    let report = world.strike(&voters[3]).await;
    assert_eq!((report.changed, report.unchanged), (0, 1));
    assert!(!is_let_in(&roll, &voters[3], 1).await);
    assert_eq!(
        world.acts().await,
        [("strike".to_owned(), "voter 3".to_owned())]
    );
    let registered = voter_roll::registered(&mut world.redis_connection().await, ELECTION).await;
    assert_eq!(registered.unwrap(), Some(29));
    assert_eq!(world.status().await.voters, 29);
    assert_eq!(
        world.voters().await.len(),
        29,
        "no letter is sent to the struck"
    );
}

#[tokio::test]
async fn a_strike_stands_when_redis_is_loaded_again() {
    let mut world = World::loaded(30).await;
    let voters = world.voters().await;
    world.strike(&voters[3]).await;
    for _ in 0..2 {
        let report = world.load().await.unwrap();
        assert_eq!(report.voters, 29);
        let roll = world.roll();
        assert!(!is_let_in(&roll, &voters[3], 1).await);
        assert!(is_let_in(&roll, &voters[4], 1).await);
        world.forget_everything_in_redis().await;
    }
}

#[tokio::test]
async fn whoever_voted_before_the_strike_stays_counted_and_votes_no_more() {
    let mut world = World::loaded(30).await;
    let roll = world.roll();
    let voters = world.voters().await;
    voters[1].vote(&roll, 1).await;
    let pending = voters[2].claim(&roll, 2).await.unwrap();
    world.strike(&voters[1]).await;
    world.strike(&voters[2]).await;
    assert_eq!(world.status().await.redis.voted, 1);
    assert!(!is_let_in(&roll, &voters[1], 1).await);
    assert!(!is_let_in(&roll, &voters[2], 2).await);
    // The vote that was under way reached the log.
    roll.confirm(pending).await.unwrap();
    assert_eq!(world.status().await.redis.voted, 2);
    assert!(!is_let_in(&roll, &voters[2], 2).await);
}

#[tokio::test]
async fn a_voter_struck_by_mistake_is_taken_back_as_far_as_the_voter_had_come() {
    let mut world = World::loaded(30).await;
    let roll = world.roll();
    let voters = world.voters().await;
    voters[1].vote(&roll, 1).await;
    voters[2].claim(&roll, 2).await.unwrap();
    for voter in &voters[..3] {
        world.strike(voter).await;
        let back = Change::Reinstate(Some("not the one meant".into()));
        assert_eq!(world.change(voter, back.clone()).await.unwrap().changed, 1);
        assert_eq!(world.change(voter, back).await.unwrap().unchanged, 1);
    }
    voters[0].vote(&roll, 3).await;
    let again = voters[1].claim(&roll, 1).await;
    assert!(matches!(again, Err(ClaimError::AlreadyVoted)), "{again:?}");
    let other = voters[2].claim(&roll, 1).await;
    assert!(matches!(other, Err(ClaimError::OtherChoicePending)));
    voters[2].vote(&roll, 2).await;
    let acts = world.acts().await;
    assert_eq!(acts.len(), 6);
    assert_eq!(
        acts[1],
        (
            "reinstate".to_owned(),
            "voter 0: not the one meant".to_owned()
        )
    );
}

#[tokio::test]
async fn corrections_are_in_force_at_once_and_leave_ballots_alone() {
    let mut world = World::loaded(30).await;
    let roll = world.roll();
    let voters = world.voters().await;
    let voted = voters[1].vote(&roll, 1).await;
    let correction = |personal_id: &str, district| {
        Change::Correct(Box::new(Correction {
            personal_id: Some(personal_id.parse().unwrap()),
            last_name: Some("Novak".into()),
            district: Some(district),
            ..Correction::default()
        }))
    };
    let ids = ["00000000001", "00000000002"];
    for (voter, id) in voters.iter().zip(ids) {
        assert_eq!(
            world
                .change(voter, correction(id, 99))
                .await
                .unwrap()
                .changed,
            1
        );
        assert!(
            !is_let_in(&roll, voter, 1).await,
            "with the old personal_id"
        );
    }
    let corrected = |voter: &Voter, id: &str| Voter {
        personal_id: id.to_owned(),
        ..voter.clone()
    };
    let claim = corrected(&voters[0], ids[0]).claim(&roll, 1).await.unwrap();
    assert_eq!(claim.district, 99);
    assert_ne!(claim.serial, voted);
    let again = corrected(&voters[1], ids[1]).claim(&roll, 1).await;
    assert!(matches!(again, Err(ClaimError::AlreadyVoted)));
    let acts = world.acts().await;
    let expected = format!(
        "voter 0: personal_id, last_name, district {} to 99",
        voters[0].district
    );
    assert_eq!(acts[0], ("correct".to_owned(), expected));

    let taken = world
        .change(&voters[5], correction(ids[0], 1))
        .await
        .unwrap_err();
    assert!(taken.to_string().contains("another voter's"), "{taken}");
    // The digest beside the ballot key is of the guids: who was corrected is who it was.
    world.load().await.unwrap();
}

#[tokio::test]
async fn a_file_is_one_change_and_a_dry_run_none() {
    let mut world = World::loaded(30).await;
    let roll = world.roll();
    let voters = world.voters().await;
    let file = format!(
        "personal_id,reason\n{},died\n{},\n",
        voters[0].personal_id, voters[1].personal_id
    );
    let wanted = changes::read(Kind::Strike, Cursor::new(file.clone())).unwrap();
    let dry = How {
        is_dry_run: true,
        ..How::default()
    };
    assert_eq!(world.change_all(&wanted, dry).await.unwrap().changed, 2);
    assert!(is_let_in(&roll, &voters[0], 1).await);
    assert!(world.acts().await.is_empty());

    let with_strangers = file + "00000000001,\n" + &voters[0].personal_id + ",\n";
    let wanted_too = changes::read(Kind::Strike, Cursor::new(with_strangers)).unwrap();
    let refused = world
        .change_all(&wanted_too, How::default())
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "line 4: nobody on the roll has this personal_id; line 5: the personal_id is named twice; \
         the roll was not changed"
    );
    assert!(is_let_in(&roll, &voters[0], 1).await);

    assert_eq!(
        world
            .change_all(&wanted, How::default())
            .await
            .unwrap()
            .changed,
        2
    );
    assert!(!is_let_in(&roll, &voters[0], 1).await && !is_let_in(&roll, &voters[1], 1).await);
    let acts = world.acts().await;
    assert_eq!(acts[0].1, "voter 0: died");
    assert_eq!(acts[1].1, "voter 1");
}

#[tokio::test]
async fn every_election_that_is_not_over_takes_part_or_those_that_are_named() {
    let mut world = World::loaded(30).await;
    world.load_election(8).await.unwrap();
    let (roll, voters) = (world.roll(), world.voters().await);
    let in_eight = async |voter: &Voter| {
        let claim = roll.claim(8, &voter.guid, &voter.personal_id, 1).await;
        assert!(claim.is_ok() || is_unknown(&claim), "{claim:?}");
        claim.is_ok()
    };
    assert_eq!(world.strike(&voters[0]).await.in_force.len(), 2);
    assert!(!is_let_in(&roll, &voters[0], 1).await && !in_eight(&voters[0]).await);

    // Without the key of an election it would not be in force there: nothing is changed.
    std::fs::remove_file(world.keys.path(8)).unwrap();
    let refused = world
        .change(&voters[1], Change::Strike(None))
        .await
        .unwrap_err();
    assert!(matches!(refused, RollError::KeyMissing(8, _)), "{refused}");
    assert!(is_let_in(&roll, &voters[1], 1).await);
    let wanted = [Wanted {
        line: None,
        personal_id: voters[1].personal_id.parse().unwrap(),
        change: Change::Strike(None),
    }];
    let only = |elections| How {
        elections,
        ..How::default()
    };
    let report = world.change_all(&wanted, only(&[ELECTION])).await.unwrap();
    assert_eq!(report.in_force.len(), 1);
    assert!(!is_let_in(&roll, &voters[1], 1).await && in_eight(&voters[1]).await);
    let unknown = world.change_all(&wanted, only(&[9])).await.unwrap_err();
    assert!(matches!(unknown, RollError::NotLoaded(9)), "{unknown}");
}

#[tokio::test]
async fn a_change_waits_for_no_redis_that_has_lost_the_roll_and_is_loaded_with_it() {
    let mut world = World::loaded(30).await;
    let voters = world.voters().await;
    world.forget_everything_in_redis().await;
    let report = world.strike(&voters[0]).await;
    let reissued = world.reissue(&voters[1]).await;
    assert_eq!(
        (report.in_force[0].voters, report.in_force[0].absent),
        (0, 1)
    );
    let registered = voter_roll::registered(&mut world.redis_connection().await, ELECTION).await;
    assert_eq!(registered.unwrap(), None, "half a description is none");
    let lost = voters[2].claim(&world.roll(), 1).await;
    assert!(matches!(lost, Err(ClaimError::RollNotLoaded)), "{lost:?}");
    world.load().await.unwrap();
    let roll = world.roll();
    assert!(!is_let_in(&roll, &voters[0], 1).await);
    assert!(!is_let_in(&roll, &voters[1], 1).await);
    assert!(is_let_in(&roll, &reissued, 1).await);
}

#[tokio::test]
async fn the_audit_log_of_the_roll_is_chained_and_says_nothing_of_ballots() {
    let mut world = World::loaded(30).await;
    let roll = world.roll();
    let voters = world.voters().await;
    // One who has voted, one who is about to, one who has not: their rows read the same.
    voters[0].vote(&roll, 1).await;
    voters[1].claim(&roll, 2).await.unwrap();
    for voter in &voters[..3] {
        world.strike(voter).await;
    }
    let rows = audit::newest(&world.database, None, 10).await.unwrap();
    for (index, row) in rows.iter().rev().enumerate() {
        assert_eq!((&*row.act.who, &*row.act.outcome), ("ana", "success"));
        assert_eq!(row.act.target, format!("voter {index}"));
    }
    assert_eq!(audit::verify(&world.database).await.unwrap().rows, 3);
    let update = "UPDATE audit_log SET target = 'voter 9'";
    assert!(world.database.execute(update, &[]).await.is_err());
    let bypass = "ALTER TABLE audit_log DISABLE TRIGGER ALL";
    world.database.batch_execute(bypass).await.unwrap();
    world.database.execute(update, &[]).await.unwrap();
    let broken = audit::verify(&world.database).await.unwrap_err();
    assert!(broken.to_string().contains("row 1"), "{broken}");
}

#[tokio::test]
async fn a_serial_in_redis_is_never_changed() {
    let world = World::loaded(30).await;
    let voters = world.voters().await;
    let claim = voters[0].claim(&world.roll(), 1).await.unwrap();
    // As if rows had been exchanged behind the back of the digest.
    let mut redis = world.redis_connection().await;
    let entries: Vec<(Vec<u8>, Vec<u8>)> = redis.hgetall("roll:7:0").await.unwrap();
    for (field, mut entry) in entries {
        if entry.len() > 14 {
            entry[3] ^= 1;
            let () = redis.hset("roll:7:0", field, entry).await.unwrap();
        }
    }
    let refused = world.load().await.unwrap_err();
    assert!(matches!(refused, RollError::SerialsDiffer(7)), "{refused}");
    let after = voters[0].claim(&world.roll(), 1).await.unwrap();
    assert_eq!(after.serial, claim.serial ^ 1, "nothing was written");
}

#[tokio::test]
async fn a_change_that_did_not_reach_redis_is_brought_there_by_a_load() {
    let mut world = World::loaded(30).await;
    let (roll, voters) = (world.roll(), world.voters().await);
    // As a command leaves it that dies in between.
    let strike = "UPDATE dim_voters SET struck_at = now() WHERE row_number < 2";
    world.database.execute(strike, &[]).await.unwrap();
    assert!(is_let_in(&roll, &voters[0], 1).await);
    world.strike(&voters[0]).await;
    assert!(
        !is_let_in(&roll, &voters[0], 1).await,
        "the same change again"
    );
    assert!(is_let_in(&roll, &voters[1], 1).await);
    world.load().await.unwrap();
    assert!(!is_let_in(&roll, &voters[1], 1).await);
}

#[tokio::test]
async fn nothing_is_changed_where_redis_is_away() {
    let mut world = World::loaded(30).await;
    let voters = world.voters().await;
    world.redis_url = "redis://127.0.0.1:1".to_owned();
    let refused = world
        .change(&voters[0], Change::Strike(None))
        .await
        .unwrap_err();
    assert!(matches!(refused, RollError::Redis(_)), "{refused}");
    assert_eq!(world.voters().await.len(), 30);
}
