//! Changing voters, as a test says it.

use indicatif::ProgressBar;
use service_database::audit;
use voter_roll::{Claim, ClaimError, Roll};
use voter_roll_command::changes::{self, Change, ChangeReport, How, Wanted};
use voter_roll_command::{Operator, RollError};

use crate::world::{Voter, World};

impl World {
    pub(crate) async fn change(
        &mut self,
        voter: &Voter,
        change: Change,
    ) -> Result<ChangeReport, RollError> {
        let wanted = [Wanted {
            line: None,
            personal_id: voter.personal_id.parse().unwrap(),
            change,
        }];
        self.change_all(&wanted, How::default()).await
    }

    pub(crate) async fn change_all(
        &mut self,
        wanted: &[Wanted],
        how: How<'_>,
    ) -> Result<ChangeReport, RollError> {
        let (redis, keys) = (self.redis(), self.keys.clone());
        let operator = Operator::new(Some("ana".to_owned()));
        let progress = ProgressBar::hidden();
        changes::change(
            &mut self.database,
            (&redis, &keys),
            &operator,
            wanted,
            how,
            &progress,
        )
        .await
    }

    pub(crate) async fn strike(&mut self, voter: &Voter) -> ChangeReport {
        self.change(voter, Change::Strike(None)).await.unwrap()
    }

    /// The same voter with a new guid.
    pub(crate) async fn reissue(&mut self, voter: &Voter) -> Voter {
        let report = self.change(voter, Change::Reissue(None)).await.unwrap();
        let reissued = &report.reissued[0];
        assert_eq!(reissued.personal_id.as_str(), voter.personal_id);
        assert_eq!(report.in_force.len(), 1);
        Voter {
            guid: reissued.guid,
            guid_text: reissued.guid.to_uuid().to_string(),
            ..voter.clone()
        }
    }

    /// What the audit log says, oldest first: what was done, and to what.
    pub(crate) async fn acts(&self) -> Vec<(String, String)> {
        let mut rows = audit::newest(&self.database, None, 1000).await.unwrap();
        rows.reverse();
        rows.into_iter()
            .map(|row| (row.act.what.into_owned(), row.act.target))
            .collect()
    }
}

pub(crate) fn is_unknown(claim: &Result<Claim, ClaimError>) -> bool {
    matches!(claim, Err(ClaimError::NotOnTheRoll))
}

pub(crate) async fn is_let_in(roll: &Roll, voter: &Voter, choice: u32) -> bool {
    let claim = voter.claim(roll, choice).await;
    assert!(claim.is_ok() || is_unknown(&claim), "{claim:?}");
    claim.is_ok()
}
