//! Who gets a ballot, and who does not.

use futures_util::future::join_all;
use redis::AsyncCommands;
use test_kit::roll::{Claimed, RollModel};
use tokio::time::{Duration, timeout};
use voter_roll::{ClaimError, Guid, KeyDirectory};

use crate::world::{ELECTION, World};

#[tokio::test]
async fn a_voter_votes_once() {
    let world = World::loaded(20).await;
    let roll = world.roll();
    let voters = world.voters().await;
    let voter = &voters[0];
    let serial = voter.vote(&roll, 3).await;
    for choice in [3, 4] {
        assert!(matches!(
            voter.claim(&roll, choice).await,
            Err(ClaimError::AlreadyVoted)
        ));
    }
    assert_ne!(voters[1].vote(&roll, 3).await, serial);
}

#[tokio::test]
async fn a_wrong_personal_id_and_an_unknown_guid_get_one_answer() {
    let world = World::loaded(20).await;
    let roll = world.roll();
    let voters = world.voters().await;
    for personal_id in [
        voters[1].personal_id.as_str(),
        "",
        "00000000000",
        "x",
        "é\0",
    ] {
        let refused = roll.claim(ELECTION, &voters[0].guid, personal_id, 1).await;
        assert!(
            matches!(refused, Err(ClaimError::NotOnTheRoll)),
            "{refused:?}"
        );
    }
    for _ in 0..50 {
        let refused = roll
            .claim(ELECTION, &Guid::random(), &voters[0].personal_id, 1)
            .await;
        assert!(
            matches!(refused, Err(ClaimError::NotOnTheRoll)),
            "{refused:?}"
        );
    }
    // Also after the voter has voted: a wrong personal_id must not reveal that.
    voters[0].vote(&roll, 1).await;
    let refused = roll
        .claim(ELECTION, &voters[0].guid, &voters[1].personal_id, 1)
        .await;
    assert!(matches!(refused, Err(ClaimError::NotOnTheRoll)));
}

#[tokio::test]
async fn an_unconfirmed_claim_binds_the_voter_to_its_choice() {
    let world = World::loaded(20).await;
    let (roll, other_instance) = (world.roll(), world.roll());
    let voter = world.voters().await.remove(0);
    let first = voter.claim(&roll, 3).await.unwrap();
    let again = voter.claim(&other_instance, 3).await.unwrap();
    assert_eq!(first.serial, again.serial);
    let refused = voter.claim(&other_instance, 4).await;
    assert!(matches!(refused, Err(ClaimError::OtherChoicePending)));

    // Both attempts may be confirmed, in any order and more than once.
    other_instance.confirm(again.clone()).await.unwrap();
    roll.confirm(first).await.unwrap();
    other_instance.confirm(again).await.unwrap();
    assert!(matches!(
        voter.claim(&roll, 3).await,
        Err(ClaimError::AlreadyVoted)
    ));
    assert_eq!(world.status().await.redis.voted, 1);
}

#[tokio::test]
async fn of_different_choices_at_once_exactly_one_wins() {
    let world = World::loaded(100).await;
    let (roll, other_instance) = (world.roll(), world.roll());
    for voter in world.voters().await {
        let attempts = (1..=6).map(|choice| {
            let roll = if choice % 2 == 0 {
                &roll
            } else {
                &other_instance
            };
            voter.claim(roll, choice)
        });
        let answers = join_all(attempts).await;
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        let lost = answers
            .iter()
            .filter(|answer| matches!(answer, Err(ClaimError::OtherChoicePending)))
            .count();
        assert_eq!((won, lost), (1, 5));
    }
}

#[tokio::test]
async fn the_same_choice_at_once_is_fine_and_is_one_ballot() {
    let world = World::loaded(100).await;
    let (roll, other_instance) = (world.roll(), world.roll());
    for voter in world.voters().await {
        let attempts = (0..6).map(|attempt| {
            voter.claim(
                if attempt % 2 == 0 {
                    &roll
                } else {
                    &other_instance
                },
                9,
            )
        });
        let serials: Vec<_> = join_all(attempts)
            .await
            .into_iter()
            .map(|claim| claim.unwrap().serial)
            .collect();
        assert!(serials.iter().all(|serial| *serial == serials[0]));
    }
}

#[tokio::test]
async fn elections_do_not_know_of_each_other() {
    let world = World::loaded(20).await;
    let roll = world.roll();
    let voter = world.voters().await.remove(0);
    let refused = roll.claim(8, &voter.guid, &voter.personal_id, 1).await;
    assert!(matches!(refused, Err(ClaimError::RollNotLoaded)));
    let (redis, progress) = (world.redis(), indicatif::ProgressBar::hidden());
    voter_roll_command::load(&world.database, &redis, &world.keys, 8, None, &progress)
        .await
        .unwrap();
    voter.vote(&roll, 1).await;
    let in_eight =
        within_a_moment(async || roll.claim(8, &voter.guid, &voter.personal_id, 2).await.ok());
    in_eight.await;
}

#[tokio::test]
async fn a_redis_that_forgot_the_roll_says_so_and_not_that_nobody_is_on_it() {
    let world = World::loaded(300).await;
    let (roll, fresh) = (world.roll(), world.roll());
    let voters = world.voters().await;
    let (early, late) = (&voters[0], &voters[1]);
    let claim = early.claim(&roll, 1).await.unwrap();
    world.forget_everything_in_redis().await;
    for roll in [&roll, &fresh] {
        assert!(matches!(
            late.claim(roll, 1).await,
            Err(ClaimError::RollNotLoaded)
        ));
        let stranger = roll
            .claim(ELECTION, &Guid::random(), "00000000000", 1)
            .await;
        assert!(matches!(stranger, Err(ClaimError::RollNotLoaded)));
    }
    // The confirmation of a vote under way is lost: it must not make its bucket complete.
    roll.confirm(claim).await.unwrap();
    for voter in &voters[1..] {
        let refused = voter.claim(&roll, 1).await;
        assert!(
            matches!(refused, Err(ClaimError::RollNotLoaded)),
            "{refused:?}"
        );
    }

    assert_eq!(world.load().await.unwrap().added, 299);
    within_a_moment(async || late.claim(&roll, 1).await.ok()).await;
    within_a_moment(async || late.claim(&fresh, 1).await.ok()).await;
    assert!(matches!(
        early.claim(&roll, 1).await,
        Err(ClaimError::AlreadyVoted)
    ));
    assert!(matches!(
        roll.claim(ELECTION, &Guid::random(), "00000000000", 1)
            .await,
        Err(ClaimError::NotOnTheRoll)
    ));
}

#[tokio::test]
async fn an_instance_without_the_right_key_takes_no_vote() {
    let (world, other) = (World::loaded(20).await, World::loaded(20).await);
    let voter = world.voters().await.remove(0);
    let empty = tempfile::tempdir().unwrap();
    for keys in [other.keys.clone(), KeyDirectory::new(empty.path())] {
        let refused = voter.claim(&world.roll_with(keys), 1).await;
        assert!(matches!(refused, Err(ClaimError::WrongKey)), "{refused:?}");
    }
    // Once the key is in its place, the instance continues on its own.
    let keys = KeyDirectory::new(empty.path());
    let roll = world.roll_with(keys.clone());
    assert!(matches!(
        voter.claim(&roll, 1).await,
        Err(ClaimError::WrongKey)
    ));
    std::fs::copy(world.keys.path(ELECTION), keys.path(ELECTION)).unwrap();
    within_a_moment(async || voter.claim(&roll, 1).await.ok()).await;
}

#[tokio::test]
async fn a_thousand_claims_at_once_are_answered_each_with_its_own() {
    let world = World::loaded(1000).await;
    let one_by_one = {
        let roll = world.roll();
        let mut serials = Vec::new();
        for voter in world.voters().await {
            serials.push(voter.claim(&roll, 1).await.unwrap().serial);
        }
        serials
    };
    assert_eq!(world.serials(&world.roll()).await, one_by_one);
}

#[tokio::test]
async fn an_entry_that_is_none_is_an_outage() {
    let world = World::loaded(1).await;
    let roll = world.roll();
    let voter = world.voters().await.remove(0);
    voter.claim(&roll, 1).await.unwrap();
    let mut redis = world.redis_connection().await;
    let () = redis.del("roll:7:0").await.unwrap();
    let () = redis.set("roll:7:0", "not a hash").await.unwrap();
    assert!(matches!(
        voter.claim(&roll, 1).await,
        Err(ClaimError::Unavailable(_))
    ));
    roll.check_writable().await.unwrap();
}

/// Waits for a result: refusals are cached for a fifth of a second.
async fn within_a_moment<T>(mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let attempts = async {
        loop {
            if let Some(found) = attempt().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), attempts)
        .await
        .expect("it should be there soon")
}

/// The simulation of a vote's path relies on the model.
#[tokio::test]
async fn the_script_does_what_its_model_does() {
    const VOTERS: usize = 4;
    let world = World::loaded(u64::try_from(VOTERS).unwrap()).await;
    let mut roll = world.roll();
    let voters = world.voters().await;
    let mut model = RollModel::loaded(VOTERS);
    let mut chance = 1_u32;
    let mut below = |limit: u32| {
        // Park and Miller's generator, with the multiplier 48271.
        chance = u32::try_from(u64::from(chance) * 48_271 % 0x7fff_ffff).unwrap();
        chance % limit
    };
    let mut pending = vec![None; VOTERS];
    for _ in 0..2_000 {
        let voter = usize::try_from(below(u32::try_from(VOTERS).unwrap())).unwrap();
        match below(200) {
            0 => {
                world.forget_everything_in_redis().await;
                world.load().await.unwrap();
                // A new handle, because the old one may have seen that the roll was gone.
                roll = world.roll();
                model.lose_everything();
                pending.fill(None);
            }
            1..40 => {
                if let Some(claim) = pending[voter].take() {
                    roll.confirm(claim).await.unwrap();
                    model.confirm(voter);
                }
            }
            _ => {
                let choice = 1 + below(3);
                let expected = model.claim(voter, choice);
                match voters[voter].claim(&roll, choice).await {
                    Ok(claim) => {
                        assert_eq!(expected, Claimed::Ballot);
                        pending[voter] = Some(claim);
                    }
                    Err(ClaimError::AlreadyVoted) => assert_eq!(expected, Claimed::AlreadyVoted),
                    Err(ClaimError::OtherChoicePending) => {
                        assert_eq!(expected, Claimed::OtherChoicePending);
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
}
