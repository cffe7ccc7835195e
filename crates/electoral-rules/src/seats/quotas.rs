//! Quotas: a list has a seat for every full quota of its votes, and the seats left over go to the largest
//! remainders or to the largest lists.

use std::cmp::Reverse;

use super::{Division, Field, Grounds, Weights};
use crate::{
    count::Contender,
    fraction::Fraction,
    ties::{First, Tie, first_of, number_of, settle},
};

/// What a seat costs. It is taken from what counts for the lists that take part, so votes for lists below
/// the threshold and blank votes do not make seats dearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quota {
    /// Votes / seats, as an exact fraction.
    Hare,
    /// The whole part of votes / (seats + 1), plus one vote.
    Droop,
    /// Votes / (seats + 2), as an exact fraction. Seats given beyond the number of seats are taken back from the
    /// smallest remainders.
    Imperiali,
}

/// Who gets the seats that the quotas leave over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remainder {
    /// The lists with the most votes beyond their full quotas.
    LargestRemainder,
    /// The lists with the most votes.
    LargestLists,
}

impl Quota {
    /// The price of a seat as the fraction `(numerator, denominator)`, in the units of the weights.
    fn price(self, seats: u32, weight_of_all: u128, unit: u128) -> (u128, u128) {
        let seats = u128::from(seats);
        match self {
            Self::Hare => (weight_of_all, seats),
            Self::Imperiali => (weight_of_all, seats + 2),
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
        field: &Field<'_>,
    ) -> Division {
        let weight_of_all = lists.iter().map(|list| list.weight).sum();
        let (numerator, denominator) = self.price(seats, weight_of_all, weights.unit);

        // Hare's and Droop's quotas are more than votes / (seats + 1), so the full ones are never more than the seats.
        let mut full_quotas = vec![0_u64; weights.of_lists.len()];
        let mut remainders = vec![0; weights.of_lists.len()];
        for list in lists {
            let price_paid = list.weight * denominator;
            #[expect(
                clippy::expect_used,
                reason = "never more than the seats and two, a u64"
            )]
            let full = u64::try_from(price_paid / numerator).expect("full quotas");
            full_quotas[list.index] = full.min(field.limits.most(list));
            remainders[list.index] = price_paid % numerator;
        }
        let by_remainder = |list: &Contender| Reverse(remainders[list.index]);
        let returned = return_excess(seats, lists, &mut full_quotas, field, by_remainder);
        let rank = |list: &Contender| match rule {
            Remainder::LargestRemainder => by_remainder(list),
            Remainder::LargestLists => Reverse(list.weight),
        };
        let (order, ties) = hand_out_rest(seats, lists, &full_quotas, returned, field, rank);

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

/// The result of taking back the seats that full quotas give beyond the number of seats.
#[derive(Default)]
struct Returned {
    /// Seats that an open tie leaves to nobody.
    open: u64,
    ties: Vec<Tie>,
}

/// Takes back the seats that full quotas give beyond the number of seats, from those who come last by `rank`.
fn return_excess<Rank: Ord>(
    seats: u32,
    lists: &[&Contender],
    full_quotas: &mut [u64],
    field: &Field<'_>,
    rank: impl Fn(&Contender) -> Rank,
) -> Returned {
    let given: u64 = full_quotas.iter().sum();
    let too_many = given.saturating_sub(u64::from(seats));
    if too_many == 0 {
        return Returned::default();
    }
    let taken_back = take_back(too_many, lists, full_quotas, rank);
    if taken_back.level.is_empty() {
        return Returned::default();
    }
    let settlement = settle(taken_back.level, taken_back.places, field.tie, field.lots);
    let mut open = taken_back.places;
    for kept in settlement.winners {
        full_quotas[kept.index] += 1;
        open -= 1;
    }
    Returned {
        open,
        ties: settlement.ties,
    }
}

/// The seats of the full quotas, then those left over, to those who come first by `rank`: the lists in the order in
/// which they get their seats, and the ties that mattered.
fn hand_out_rest<Rank: Ord>(
    seats: u32,
    lists: &[&Contender],
    full_quotas: &[u64],
    returned: Returned,
    field: &Field<'_>,
    rank: impl Fn(&Contender) -> Rank,
) -> (Vec<usize>, Vec<Tie>) {
    let mut order = Vec::new();
    for list in lists {
        order.extend((0..full_quotas[list.index]).map(|_| list.index));
    }
    let mut held = full_quotas.to_vec();
    let Returned { open, mut ties } = returned;
    let mut seats_left = u64::from(seats) - number_of(&order) - open;

    // If there are hardly more votes than seats, or lists run out of candidates, more seats can be left than
    // there are lists. Then every list gets one, as often as possible.
    while seats_left > 0 {
        let eligible: Vec<&Contender> = lists
            .iter()
            .copied()
            .filter(|list| held[list.index] < field.limits.most(list))
            .collect();
        if eligible.is_empty() {
            break;
        }
        let first = first_of(eligible, seats_left, &rank);
        seats_left = first.places;
        for list in &first.placed {
            order.push(list.index);
            held[list.index] += 1;
        }
        if !first.level.is_empty() {
            let settlement = settle(first.level, first.places, field.tie, field.lots);
            order.extend(settlement.winners.iter().map(|list| list.index));
            ties = settlement.ties;
            break;
        }
    }
    (order, ties)
}

/// Takes one seat each from those who come last, as often as needed. If some of them are level for keeping theirs,
/// all of these lose it, and are returned with the number of seats that they may keep between them.
fn take_back<'a, Rank: Ord>(
    mut too_many: u64,
    lists: &[&'a Contender],
    full_quotas: &mut [u64],
    rank: impl Fn(&Contender) -> Rank,
) -> First<'a> {
    loop {
        let holders: Vec<&Contender> = lists
            .iter()
            .copied()
            .filter(|list| full_quotas[list.index] > 0)
            .collect();
        let keep = number_of(&holders).saturating_sub(too_many);
        for list in &holders {
            full_quotas[list.index] -= 1;
        }
        too_many = too_many.saturating_sub(number_of(&holders));
        if keep == 0 && too_many > 0 {
            continue;
        }
        let first = first_of(holders, keep, &rank);
        for list in &first.placed {
            full_quotas[list.index] += 1;
        }
        return first;
    }
}
