//! Sharing out seats: who takes part, what their votes count for, and by which method they become seats.

mod alliances;
mod apportionment;
mod award;
mod divisors;
mod quotas;
mod threshold;

pub use apportionment::{Alliance, Apportionment};
pub use award::{Award, Claim};
pub use threshold::Standing;

pub(crate) use award::{AllianceGrounds, Grounds};
pub(crate) use divisors::Divisors;
pub(crate) use quotas::{Quota, Remainder};
pub(crate) use threshold::{Base, Threshold};

use crate::{
    count::{Contender, Count, Lots, Totals, poll_number},
    decimal::Decimal,
    error::RuleError,
    ties::{Tie, TieRule},
};

/// The rules of an election that fills several seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeatSharing {
    pub(crate) method: SeatMethod,
    /// From 1 to [`crate::MAX_SEATS`].
    pub(crate) seats: u32,
    pub(crate) threshold: Threshold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeatMethod {
    /// Highest averages.
    Divisors(Divisors),
    /// A seat for each full quota, then the rest.
    Quota(Quota, Remainder),
}

impl SeatSharing {
    pub(crate) fn apply(
        self,
        count: &Count<'_>,
        totals: Totals,
        tie: TieRule,
        lots: &Lots,
    ) -> Result<Apportionment, RuleError> {
        let alliances = count.alliance_of_lists()?;
        let standings = self
            .threshold
            .standings(self.seats, count, totals, &alliances)?;
        let limits = Limits::of(count);
        let weights = Weights::of(count, totals, self.seats, &limits)?;
        let field = Field { limits, tie, lots };
        let taking_part: Vec<Contender> = (0..count.votes.len())
            .filter(|&index| standings[index].takes_part())
            .map(|index| Contender {
                index,
                poll_number: poll_number(index),
                votes: count.votes[index],
                weight: weights.of_lists[index],
            })
            .collect();
        // A list without votes gets no seat.
        let with_votes: Vec<&Contender> =
            taking_part.iter().filter(|list| list.votes > 0).collect();

        let division = if with_votes.is_empty() {
            Division::without_votes(self.seats, &taking_part)
        } else if with_votes
            .iter()
            .any(|list| alliances[list.index].is_some())
        {
            alliances::share_out(
                self.method,
                self.seats,
                &with_votes,
                &alliances,
                &weights,
                &field,
            )
        } else {
            self.method
                .share_out(self.seats, &with_votes, weights, &field)
        };
        Ok(Apportionment::new(self.seats, standings, division))
    }
}

impl SeatMethod {
    /// Shares out the seats between lists that all have votes.
    fn share_out(
        self,
        seats: u32,
        lists: &[&Contender],
        weights: Weights,
        field: &Field<'_>,
    ) -> Division {
        match self {
            Self::Divisors(divisors) => divisors.share_out(seats, lists, weights, field),
            Self::Quota(quota, remainder) => {
                quota.share_out(remainder, seats, lists, &weights, field)
            }
        }
    }
}

/// What else decides who gets a seat.
pub(crate) struct Field<'a> {
    pub(crate) limits: Limits,
    pub(crate) tie: TieRule,
    pub(crate) lots: &'a Lots,
}

/// How many seats each list can take, and how many it has already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    most: Vec<u64>,
    pub(crate) won: Vec<u64>,
}

impl Limits {
    fn of(count: &Count<'_>) -> Self {
        let terms = (0..count.votes.len()).map(|index| count.terms(index));
        let limits = terms.map(|terms| (terms.candidates.unwrap_or(u64::MAX), terms.seats_won));
        let (most, won) = limits.unzip();
        Self { most, won }
    }

    /// The new seats that a list can take at most.
    pub(crate) fn most(&self, list: &Contender) -> u64 {
        self.most[list.index]
    }

    /// The seats that a list has already.
    pub(crate) fn won(&self, list: &Contender) -> u64 {
        self.won[list.index]
    }
}

/// What the votes of each list count when seats are shared out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Weights {
    /// For every list, also those that do not take part: votes times multiplier, in units of 1/`unit` vote.
    pub(crate) of_lists: Vec<u128>,
    /// The power of ten that makes all of them whole.
    pub(crate) unit: u128,
}

impl Weights {
    /// Fails if sharing out this many seats could overflow; after this check, nothing can.
    fn of(
        count: &Count<'_>,
        totals: Totals,
        seats: u32,
        limits: &Limits,
    ) -> Result<Self, RuleError> {
        let multipliers: Vec<Decimal> = (0..count.votes.len())
            .map(|index| count.terms(index).multiplier.unwrap_or(Decimal::ONE))
            .collect();
        let decimals = multipliers
            .iter()
            .map(|multiplier| multiplier.decimals())
            .max();
        let unit = 10_u128.pow(decimals.unwrap_or(0));

        // `Rules::check` ensures that a multiplier in units is at most 10^18; votes are below 2^63.
        let mut largest_multiplier = 0;
        let mut of_lists = Vec::with_capacity(count.votes.len());
        for (&votes, multiplier) in count.votes.iter().zip(multipliers) {
            let (numerator, denominator) = multiplier.as_ratio();
            let multiplier = numerator * (unit / denominator);
            largest_multiplier = largest_multiplier.max(multiplier);
            of_lists.push(u128::from(votes) * multiplier);
        }

        // No product in any method is more than what all lists weigh times the largest divisor in whole
        // units, that of the modified Sainte-Laguë method: 5 (2 seats + 1).
        let won: u128 = limits.won.iter().copied().map(u128::from).sum();
        let largest_divisor = 10 * (u128::from(seats) + won) + 5;
        u128::from(totals.votes)
            .checked_mul(largest_multiplier)
            .and_then(|weight| weight.checked_mul(largest_divisor))
            .ok_or(RuleError::TooWide)?;
        Ok(Self { of_lists, unit })
    }
}

/// How the seats were shared out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Division {
    /// Who got each seat, in order, as places in [`Count::votes`].
    pub(crate) order: Vec<usize>,
    pub(crate) ties: Vec<Tie>,
    pub(crate) grounds: Grounds,
}

impl Division {
    /// There is nothing to share out.
    fn of_nothing() -> Self {
        Self {
            order: Vec::new(),
            ties: Vec::new(),
            grounds: Grounds::None,
        }
    }

    /// Nobody has voted for any list that takes part. Nothing tells them apart then, and no rule is meant to.
    fn without_votes(seats: u32, taking_part: &[Contender]) -> Self {
        // If no list takes part, no lists can be level.
        let tie = (!taking_part.is_empty()).then(|| Tie::open(u64::from(seats), taking_part));
        Self {
            ties: tie.into_iter().collect(),
            ..Self::of_nothing()
        }
    }
}
