//! The roll changes while people vote.

use indicatif::ProgressBar;
use voter_roll::KeyDirectory;
use voter_roll_command::Operator;
use voter_roll_command::changes::{self, Change, ChangeReport, How, Wanted};

use crate::world::{Voter, World};

impl World<'_> {
    async fn change(&self, voter: &Voter, change: Change) -> ChangeReport {
        let mut database = voter_roll_command::connect(&self.database_url)
            .await
            .unwrap();
        let redis = redis::Client::open(self.redis_url.as_str()).unwrap();
        let keys = KeyDirectory::new(self.keys_dir.path());
        let wanted = [Wanted {
            line: None,
            personal_id: voter.personal_id.parse().unwrap(),
            change,
        }];
        let (operator, progress) = (Operator::new(None), ProgressBar::hidden());
        let stores = (&redis, &keys);
        let how = How::default();
        changes::change(&mut database, stores, &operator, &wanted, how, &progress)
            .await
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_struck_voter_is_answered_like_a_stranger() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    assert_eq!(station.post_vote(&voters[0], 1).await.status, 202);
    for voter in &voters[..2] {
        world.change(voter, Change::Strike(None)).await;
    }
    let stranger = Voter {
        guid: "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b".to_owned(),
        ..voters[2].clone()
    };
    let expected = station.post_vote(&stranger, 1).await;
    assert_eq!(expected.problem(), (403, "not-on-the-roll"));
    for voter in &voters[..2] {
        let refused = station.post_vote(voter, 1).await;
        assert_eq!(refused.exactly(), expected.exactly());
    }
    assert_eq!(station.post_vote(&voters[3], 1).await.status, 202);
    assert_eq!(world.ballots().len(), 2, "who had voted stays counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_guid_and_the_new_one_are_one_ballot() {
    let (world, voters) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let reissue = async |voter: &Voter| {
        let report = world.change(voter, Change::Reissue(None)).await;
        Voter {
            guid: report.reissued[0].guid.to_uuid().to_string(),
            ..voter.clone()
        }
    };
    assert_eq!(station.post_vote(&voters[0], 1).await.status, 202);
    let (voted, not_yet) = (reissue(&voters[0]).await, reissue(&voters[1]).await);
    for old in &voters[..2] {
        let refused = station.post_vote(old, 1).await;
        assert_eq!(refused.problem(), (403, "not-on-the-roll"));
    }
    let again = station.post_vote(&voted, 3).await;
    assert_eq!(again.problem(), (409, "already-voted"));
    assert_eq!(station.post_vote(&not_yet, 3).await.status, 202);
    let again = station.post_vote(&not_yet, 3).await;
    assert_eq!(again.problem(), (409, "already-voted"));
    let mut choices: Vec<_> = world.ballots().into_values().collect();
    choices.sort_unstable();
    assert_eq!(choices, [[1], [3]], "two ballots, one record each");
}
