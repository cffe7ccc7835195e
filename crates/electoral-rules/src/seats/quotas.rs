//! Quotas: a list has a seat for every full quota of its votes, and the seats left over go to the largest
//! remainders or to the largest lists.

use std::{cmp::Reverse, iter::repeat_n};

use super::{Division, Grounds, Weights};
use crate::{
    count::{Contender, Lots},
    fraction::Fraction,
    ties::{TieRule, first_of, number_of, settle},
};

/// What a seat costs. It is taken from what counts for the lists that take part, so votes for lists below
/// the threshold and blank votes do not make seats dearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quota {
    /// Votes / seats, as an exact fraction.
    Hare,
    /// The whole part of votes / (seats + 1), plus one vote.
    Droop,
}

/// Who gets the seats that the quotas leave over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remainder {
    /// The lists with most votes beyond their full quotas.
    LargestRemainder,
    /// The lists with most votes.
    LargestLists,
}

impl Quota {
    /// The price of a seat as the fraction `(numerator, denominator)`, in the units of the weights.
    fn price(self, seats: u32, weight_of_all: u128, unit: u128) -> (u128, u128) {
        let seats = u128::from(seats);
        match self {
            Self::Hare => (weight_of_all, seats),
            Self::Droop => {
                let votes = weight_of_all / (unit * (seats + 1)) + 1;
                (votes * unit, 1)
            }
        }
    }

    /// Shares out the seats between lists that all have votes.
    pub(crate) fn share_out(
        self,
        rule: Remainder,
        seats: u32,
        lists: &[&Contender],
        weights: &Weights,
        tie: TieRule,
        lots: &Lots,
    ) -> Division {
        let weight_of_all = lists.iter().map(|list| list.weight).sum();
        let (numerator, denominator) = self.price(seats, weight_of_all, weights.unit);

        // Both quotas are more than votes / (seats + 1), so the full ones are never more than the seats.
        let mut full_quotas = vec![0; weights.of_lists.len()];
        let mut remainders = vec![0; weights.of_lists.len()];
        let mut order = Vec::new();
        for list in lists {
            let price_paid = list.weight * denominator;
            #[expect(clippy::expect_used, reason = "never more than the seats, a u32")]
            let full = usize::try_from(price_paid / numerator).expect("full quotas");
            full_quotas[list.index] = full;
            remainders[list.index] = price_paid % numerator;
            order.extend(repeat_n(list.index, full));
        }
        let mut seats_left = u64::from(seats) - number_of(&order);

        let rank = |list: &Contender| match rule {
            Remainder::LargestRemainder => Reverse(remainders[list.index]),
            Remainder::LargestLists => Reverse(list.weight),
        };
        // Where there are hardly more votes than seats, Droop's quota of at least one vote can leave more
        // seats than there are lists. Then everyone gets one, as often as that goes.
        while seats_left >= number_of(lists) {
            let everyone = first_of(lists.to_vec(), seats_left, rank);
            order.extend(everyone.placed.iter().map(|list| list.index));
            seats_left -= number_of(lists);
        }
        let first = first_of(lists.to_vec(), seats_left, rank);
        order.extend(first.placed.iter().map(|list| list.index));
        let mut ties = Vec::new();
        if !first.level.is_empty() {
            let settlement = settle(first.level, first.places, tie, lots);
            order.extend(settlement.winners.iter().map(|list| list.index));
            ties = settlement.ties;
        }

        let in_votes = |remainder| Fraction::new(remainder, denominator * weights.unit);
        let grounds = Grounds::Quotas {
            quota: in_votes(numerator),
            full_quotas,
            left_over: match rule {
                Remainder::LargestRemainder => remainders.into_iter().map(in_votes).collect(),
                Remainder::LargestLists => weights
                    .of_lists
                    .iter()
                    .map(|&weight| Fraction::new(weight, weights.unit))
                    .collect(),
            },
            rule,
        };
        Division {
            order,
            ties,
            grounds,
        }
    }
}
