//! The results as dashboard-feed publishes them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Rejected by the count, but cast: such ballots belong to the base of a threshold `of` votes cast.
const INVALID: &str = "Invalid poll number.";

/// The state of one election's count: `GET /api/elections/{id}/results`, without the fields that are not
/// checked here.
#[derive(Clone, Debug, Deserialize)]
pub struct Results {
    /// The election.
    pub election: u32,
    /// For people.
    pub title: String,
    /// `live`, or `after-close`: then there are no votes by candidate until the count is final.
    pub publication: String,
    /// Whether the count is final: nothing can change any more.
    pub r#final: bool,
    /// Grows with every change.
    pub position: u64,
    /// Records of this election in the log: counted, repeated or rejected.
    pub records: u64,
    /// Ballots that count.
    pub counted: u64,
    /// Lines of paper ballots that were sent again.
    pub repeated: u64,
    /// Records that do not count, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Voters on the roll, where it is loaded.
    pub registered: Option<u64>,
    /// Those on the ballot paper.
    pub candidates: Vec<CandidateResult>,
    /// The least number of new votes by which this moves before the end; absent where it moves by each.
    #[serde(default)]
    pub live_minimum: Option<u64>,
    /// What the electoral rules make of the votes; absent while these are not published.
    pub outcome: Option<Value>,
}

/// One candidate's part of the results.
#[derive(Clone, Debug, Deserialize)]
pub struct CandidateResult {
    /// Its place on the ballot paper, from 1.
    pub poll_number: u32,
    /// As on the ballot paper.
    pub name: String,
    /// Absent while they are not published.
    pub votes: Option<u64>,
    /// Absent if one winner is elected, and while they are not published.
    pub seats: Option<u64>,
}

impl Results {
    /// Whether the results show everything that they will ever show for these votes.
    pub(crate) fn shows_votes(&self) -> bool {
        self.publication == "live" || self.r#final
    }

    /// The votes by poll number, in that order; `None` while they are not published. Before the first ballot
    /// there is nothing to hide: then all have zero votes.
    pub(crate) fn votes(&self) -> Option<Vec<(u32, u64)>> {
        let mut votes = self
            .candidates
            .iter()
            .map(|candidate| {
                let votes = candidate.votes.or((self.counted == 0).then_some(0))?;
                Some((candidate.poll_number, votes))
            })
            .collect::<Option<Vec<_>>>()?;
        votes.sort_unstable();
        Some(votes)
    }

    /// How many votes may be counted and not shown, at most.
    pub(crate) fn may_wait(&self) -> u64 {
        let least = self.live_minimum.filter(|_| !self.r#final);
        least.unwrap_or(1).saturating_sub(1)
    }

    /// Valid and invalid votes.
    pub(crate) fn cast(&self) -> u64 {
        self.counted + self.rejected.get(INVALID).copied().unwrap_or_default()
    }

    /// Records that do not count, whatever the reason.
    pub(crate) fn all_rejected(&self) -> u64 {
        self.rejected.values().sum()
    }
}
