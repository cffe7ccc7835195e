//! New guids, while people vote.

use futures_util::future::join_all;
use voter_roll::{ClaimError, Guid};
use voter_roll_command::changes::Change;

use crate::changing::{is_let_in, is_unknown};
use crate::world::{ELECTION, Voter, World};

#[tokio::test]
async fn a_new_guid_has_the_ballot_and_the_old_one_is_unknown() {
    let mut world = World::loaded(30).await;
    let roll = world.roll();
    let voters = world.voters().await;
    let serials = world.serials(&roll).await;
    world.forget_everything_in_redis().await;
    world.load().await.unwrap();
    let roll = world.roll();

    let second = world.reissue(&voters[5]).await;
    assert!(!is_let_in(&roll, &voters[5], 1).await);
    let wrong = roll
        .claim(ELECTION, &second.guid, &voters[6].personal_id, 1)
        .await;
    assert!(is_unknown(&wrong));
    let third = world.reissue(&second).await;
    assert!(!is_let_in(&roll, &second, 1).await);
    assert_eq!(third.claim(&roll, 1).await.unwrap().serial, serials[5]);
    let other = third.claim(&roll, 2).await;
    assert!(matches!(other, Err(ClaimError::OtherChoicePending)));
    assert_eq!(third.vote(&roll, 1).await, serials[5]);
    let again = third.claim(&roll, 1).await;
    assert!(matches!(again, Err(ClaimError::AlreadyVoted)));
    for old in [&voters[5], &second] {
        assert!(!is_let_in(&roll, old, 1).await);
    }
    assert_eq!(
        world.acts().await,
        [
            ("reissue".to_owned(), "voter 5".to_owned()),
            ("reissue".to_owned(), "voter 5".to_owned())
        ]
    );
    assert!(world.export().await.contains(&third.guid_text));
}

#[tokio::test]
async fn whoever_voted_with_the_old_guid_has_voted() {
    let mut world = World::loaded(30).await;
    let roll = world.roll();
    let voters = world.voters().await;
    voters[0].vote(&roll, 1).await;
    let pending = voters[1].claim(&roll, 2).await.unwrap();
    let voted = world.reissue(&voters[0]).await;
    let bound = world.reissue(&voters[1]).await;
    for choice in [1, 2] {
        let again = voted.claim(&roll, choice).await;
        assert!(matches!(again, Err(ClaimError::AlreadyVoted)), "{again:?}");
    }
    // The choice still binds, whichever guid it was made with: the vote may be in the log.
    let other = bound.claim(&roll, 3).await;
    assert!(
        matches!(other, Err(ClaimError::OtherChoicePending)),
        "{other:?}"
    );
    assert_eq!(bound.claim(&roll, 2).await.unwrap().serial, pending.serial);
    // The confirmation of the vote under way does not bring the old guid back.
    roll.confirm(pending).await.unwrap();
    let again = bound.claim(&roll, 2).await;
    assert!(matches!(again, Err(ClaimError::AlreadyVoted)), "{again:?}");
    assert!(!is_let_in(&roll, &voters[0], 1).await);
    assert!(!is_let_in(&roll, &voters[1], 2).await);
}

#[tokio::test]
async fn a_new_guid_stands_when_redis_is_loaded_again() {
    let mut world = World::loaded(200).await;
    let voters = world.voters().await;
    let serials = world.serials(&world.roll()).await;
    let mut reissued = Vec::new();
    for voter in &voters[..20] {
        reissued.push(world.reissue(voter).await);
    }
    for _ in 0..2 {
        let roll = world.roll();
        for (index, voter) in reissued.iter().enumerate() {
            assert_eq!(voter.claim(&roll, 1).await.unwrap().serial, serials[index]);
            assert!(!is_let_in(&roll, &voters[index], 1).await);
        }
        world.forget_everything_in_redis().await;
        assert_eq!(world.load().await.unwrap().added, 200);
    }
    assert_eq!(world.load().await.unwrap().added, 0);
    assert_eq!(world.status().await.redis.free, 200);
}

#[tokio::test]
async fn of_the_old_guid_and_the_new_one_at_once_one_ballot_comes() {
    let mut world = World::loaded(40).await;
    let (roll, voters) = (world.roll(), world.voters().await);
    for voter in &voters {
        let voting = async {
            let claims = (0..20).map(|_| voter.claim(&roll, 1));
            join_all(claims).await
        };
        let guid = Guid::random();
        let voter_anew = Voter {
            guid,
            ..voter.clone()
        };
        let (with_old, _) = tokio::join!(voting, world.change(voter, Change::Reissue(Some(guid))));
        assert!(
            with_old
                .iter()
                .all(|claim| claim.is_ok() || is_unknown(claim))
        );
        let mut serials: Vec<u32> = with_old
            .iter()
            .filter_map(|claim| Some(claim.as_ref().ok()?.serial))
            .collect();
        serials.push(voter_anew.claim(&roll, 1).await.unwrap().serial);
        serials.dedup();
        assert_eq!(serials.len(), 1);
        assert!(!is_let_in(&roll, voter, 1).await);
    }
}

#[tokio::test]
async fn a_guid_that_was_ever_a_voters_is_nobody_elses() {
    let mut world = World::loaded(30).await;
    let voters = world.voters().await;
    let second = world.reissue(&voters[0]).await;
    world.reissue(&second).await;
    for used in [&voters[0].guid, &second.guid, &voters[1].guid] {
        let refused = world
            .change(&voters[2], Change::Reissue(Some(*used)))
            .await
            .unwrap_err();
        assert!(
            refused.to_string().contains("is, or was, that of a voter"),
            "{refused}"
        );
    }
    let header = "personal_id,guid,first_name,last_name,birth_date,gender,region,district";
    for used in [&voters[0], &second] {
        let file = format!(
            "{header}\n00000000001,{},A,B,1990-02-28,F,R,0\n",
            used.guid_text
        );
        let refused = world.import(&file).await.unwrap_err().to_string();
        assert!(refused.contains("line 2: the guid"), "{refused}");
    }
    world.strike(&voters[3]).await;
    let refused = world
        .change(&voters[3], Change::Reissue(None))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("reinstate"), "{refused}");
}
