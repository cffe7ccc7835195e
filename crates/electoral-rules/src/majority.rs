//! One winner.

use std::cmp::Reverse;

use serde::Serialize;

use crate::{
    count::{Contender, Count, Lots, Totals, poll_number},
    ties::{Tie, TieRule, first_of, settle},
};

/// What it takes to win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Majority {
    /// More votes than anyone else.
    Plurality,
    /// More than half of the valid votes, or of all votes cast; else the best go to a second round.
    Absolute {
        /// How many of them, 2 or more.
        runoff: u32,
        /// The votes of which more than half are needed.
        of: MajorityOf,
    },
}

/// What an absolute majority is a majority of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MajorityOf {
    Valid,
    /// All who voted, invalid votes included.
    Cast,
}

impl MajorityOf {
    fn votes(self, totals: Totals) -> u64 {
        match self {
            Self::Valid => totals.valid,
            Self::Cast => totals.cast,
        }
    }
}

/// Who is elected if there are several winners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WinnersResult {
    /// The poll numbers of the winners, most votes first. It omits places that depend on an open tie.
    pub winners: Vec<u32>,
    /// The ties that mattered, settled or open.
    pub ties: Vec<Tie>,
}

/// Elects those with the most votes.
pub(crate) fn several(
    winners: u32,
    count: &Count<'_>,
    totals: Totals,
    tie: TieRule,
    lots: &Lots,
) -> WinnersResult {
    let candidates = candidates(count);
    // Nobody has voted for anyone: nothing is decided, and no tie rule is meant for this.
    let (winners, ties) = if totals.votes == 0 {
        (Vec::new(), vec![Tie::open(winners.into(), &candidates)])
    } else {
        best(winners, &candidates, tie, lots)
    };
    WinnersResult { winners, ties }
}

fn candidates(count: &Count<'_>) -> Vec<Contender> {
    let candidate = |(index, &votes)| Contender {
        index,
        poll_number: poll_number(index),
        votes,
        weight: u128::from(votes),
    };
    count.votes.iter().enumerate().map(candidate).collect()
}

/// Who won, or goes to the second round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MajorityResult {
    /// The poll number of the winner; none while a tie is open or a second round is to come.
    pub winner: Option<u32>,
    /// If nobody has an absolute majority, who goes to the second round, most votes first. It omits places that
    /// depend on an open tie.
    pub runoff: Option<Vec<u32>>,
    /// The ties that mattered, settled or open.
    pub ties: Vec<Tie>,
}

impl Majority {
    pub(crate) fn decide(
        self,
        count: &Count<'_>,
        totals: Totals,
        tie: TieRule,
        lots: &Lots,
    ) -> MajorityResult {
        let candidates = candidates(count);
        // Nobody has voted for anyone: nothing is decided, and no tie rule is meant for this.
        if totals.votes == 0 {
            let ties = vec![Tie::open(1, &candidates)];
            return MajorityResult {
                winner: None,
                runoff: None,
                ties,
            };
        }

        match self {
            Self::Plurality => {
                let (first, ties) = best(1, &candidates, tie, lots);
                MajorityResult {
                    winner: first.first().copied(),
                    runoff: None,
                    ties,
                }
            }
            Self::Absolute { runoff, of } => {
                let all = u128::from(of.votes(totals));
                let elected = candidates
                    .iter()
                    .find(|candidate| 2 * u128::from(candidate.votes) > all);
                if let Some(elected) = elected {
                    let winner = Some(elected.poll_number);
                    return MajorityResult {
                        winner,
                        runoff: None,
                        ties: Vec::new(),
                    };
                }
                let (second_round, ties) = best(runoff, &candidates, tie, lots);
                MajorityResult {
                    winner: None,
                    runoff: Some(second_round),
                    ties,
                }
            }
        }
    }
}

/// The candidates with the most votes for this many places, best first, and the tie for the last places.
fn best(places: u32, candidates: &[Contender], tie: TieRule, lots: &Lots) -> (Vec<u32>, Vec<Tie>) {
    let first = first_of(candidates.iter().collect(), u64::from(places), |one| {
        Reverse(one.votes)
    });
    let (mut chosen, mut ties) = (first.placed, Vec::new());
    if !first.level.is_empty() {
        let settlement = settle(first.level, first.places, tie, lots);
        chosen.extend(settlement.winners);
        ties = settlement.ties;
    }
    let poll_numbers = chosen
        .iter()
        .map(|candidate| candidate.poll_number)
        .collect();
    (poll_numbers, ties)
}
