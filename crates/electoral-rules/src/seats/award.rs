//! Seat by seat: who got it, and what gave the list a better claim than the others.

use super::{Divisors, Remainder, Weights};
use crate::fraction::Fraction;

/// One seat of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Award {
    /// The seat's number, in the order in which seats were given, from 1.
    pub seat: u64,
    /// The list that got it.
    pub poll_number: u32,
    /// The claim that won it.
    pub claim: Claim,
}

/// What gave a list (inside its alliance, if it stands in one) a seat; in votes, multiplied by the list's multiplier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Its votes divided by its next divisor.
    Quotient {
        /// The divisor.
        divisor: Fraction,
        /// What that gives.
        quotient: Fraction,
    },
    /// Its votes held this full quota (once more).
    FullQuota(Fraction),
    /// Its votes beyond the full quotas.
    Remainder(Fraction),
    /// All its votes, where the seats left over go to the largest lists.
    LargestList(Fraction),
}

impl Claim {
    /// The exact number of votes that the claim rests on.
    pub fn votes(self) -> Fraction {
        match self {
            Self::Quotient {
                quotient: votes, ..
            }
            | Self::FullQuota(votes)
            | Self::Remainder(votes)
            | Self::LargestList(votes) => votes,
        }
    }
}

/// The data from which claims are computed, so that a result with many seats stays small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grounds {
    /// No seat was given.
    None,
    Divisors {
        divisors: Divisors,
        weights: Weights,
        /// The seats that each list had won before.
        won: Vec<u64>,
    },
    Quotas {
        quota: Fraction,
        /// How many full quotas each list has.
        full_quotas: Vec<u64>,
        /// Each list's claim to the seats left over.
        left_over: Vec<Fraction>,
        rule: Remainder,
    },
    Alliances(Box<AllianceGrounds>),
}

/// Seats that were shared out between alliances and single lists first, and then inside each alliance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllianceGrounds {
    /// The lists of each alliance, and each single list, as places in [`crate::Count::votes`].
    pub(crate) teams: Vec<Vec<usize>>,
    /// For every list, its team; none where it got no seat for certain.
    pub(crate) team_of_lists: Vec<Option<usize>>,
    /// The team that got each seat, in order.
    pub(crate) order: Vec<usize>,
    /// What the teams had to show for their seats.
    pub(crate) among: Grounds,
    /// What the lists of each team had to show inside it; nothing for a single list.
    pub(crate) within: Vec<Grounds>,
}

impl AllianceGrounds {
    fn claim(&self, index: usize, held: usize) -> Option<Claim> {
        let team = self.team_of_lists[index]?;
        match self.teams[team].as_slice() {
            [_single] => self.among.claim(team, held),
            _ => self.within[team].claim(index, held),
        }
    }
}

impl Grounds {
    /// The claim of the list at `index`, which has `held` seats already, to its next one.
    pub(crate) fn claim(&self, index: usize, held: usize) -> Option<Claim> {
        match self {
            Self::None => None,
            Self::Alliances(alliances) => alliances.claim(index, held),
            Self::Divisors {
                divisors,
                weights,
                won,
            } => {
                let held = won[index] + held as u64;
                Some(Claim::Quotient {
                    divisor: divisors.divisor(held),
                    quotient: divisors.quotient(weights.of_lists[index], weights.unit, held),
                })
            }
            Self::Quotas {
                quota, full_quotas, ..
            } if (held as u64) < full_quotas[index] => Some(Claim::FullQuota(*quota)),
            Self::Quotas {
                left_over, rule, ..
            } => Some(match rule {
                Remainder::LargestRemainder => Claim::Remainder(left_over[index]),
                Remainder::LargestLists => Claim::LargestList(left_over[index]),
            }),
        }
    }
}
