//! Highest averages: every seat goes to the list with the highest quotient of votes and its next divisor.

use std::{cmp::Ordering, collections::BinaryHeap};

use super::{Division, Field, Grounds, Weights};
use crate::{
    count::Contender,
    fraction::Fraction,
    ties::{number_of, settle},
};

/// A series of divisors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Divisors {
    /// 1, 2, 3, …
    DHondt,
    /// 1, 3, 5, …
    SainteLague,
    /// 1.4, 3, 5, …
    ModifiedSainteLague,
    /// 1, 1.5, 2, …
    Imperiali,
}

impl Divisors {
    /// By how much the divisors are multiplied to make them whole.
    fn unit(self) -> u128 {
        match self {
            Self::DHondt | Self::SainteLague => 1,
            Self::ModifiedSainteLague => 5,
            Self::Imperiali => 2,
        }
    }

    /// The divisor for the next seat of a list that has `held`, in whole units.
    fn after(self, held: u64) -> u128 {
        let held = u128::from(held);
        match self {
            Self::DHondt => held + 1,
            Self::SainteLague => 2 * held + 1,
            Self::ModifiedSainteLague if held == 0 => 7,
            Self::ModifiedSainteLague => 5 * (2 * held + 1),
            Self::Imperiali => held + 2,
        }
    }

    /// The divisor as in textbooks.
    pub(crate) fn divisor(self, held: u64) -> Fraction {
        Fraction::new(self.after(held), self.unit())
    }

    /// The quotient with which a list that has `held` seats claims its next one, in votes.
    pub(crate) fn quotient(self, weight: u128, unit: u128, held: u64) -> Fraction {
        Fraction::new(weight * self.unit(), unit * self.after(held))
    }

    /// Shares out the seats between lists that all have votes.
    pub(crate) fn share_out(
        self,
        seats: u32,
        lists: &[&Contender],
        weights: Weights,
        field: &Field<'_>,
    ) -> Division {
        let Field { limits, tie, lots } = field;
        let mut order = Vec::new();
        let mut ties = Vec::new();
        let mut seats_left = u64::from(seats);
        // The next claim of a list, unless it has run out of candidates.
        let next = |list, new| {
            let won = limits.won(list);
            (new < limits.most(list)).then(|| Quotient::of(self, list, won, new))
        };
        let mut quotients: BinaryHeap<Quotient<'_>> =
            lists.iter().filter_map(|list| next(list, 0)).collect();
        let mut level = Vec::new();

        // Every list with candidates left comes back with its next quotient.
        while seats_left > 0
            && let Some(highest) = quotients.pop()
        {
            level.push(highest);
            while let Some(next) = quotients.peek()
                && next.is_level_with(&level[0])
            {
                level.extend(quotients.pop());
            }

            if number_of(&level) > seats_left {
                // A series rises from divisor to divisor, so no list is level with itself.
                let lists = level.iter().map(|quotient| quotient.list).collect();
                let settlement = settle(lists, seats_left, *tie, lots);
                order.extend(settlement.winners.iter().map(|list| list.index));
                ties = settlement.ties;
                break;
            }
            seats_left -= number_of(&level);
            for Quotient { list, new, .. } in level.drain(..) {
                order.push(list.index);
                quotients.extend(next(list, new + 1));
            }
        }
        let grounds = Grounds::Divisors {
            divisors: self,
            weights,
            won: limits.won.clone(),
        };
        Division {
            order,
            ties,
            grounds,
        }
    }
}

/// A list's claim to its next seat.
struct Quotient<'a> {
    list: &'a Contender,
    /// The seats that it got here.
    new: u64,
    divisor: u128,
}

impl<'a> Quotient<'a> {
    fn of(divisors: Divisors, list: &'a Contender, won: u64, new: u64) -> Self {
        Self {
            list,
            new,
            divisor: divisors.after(won + new),
        }
    }

    /// Compares the quotients by cross-multiplication, because division would lose precision.
    fn compare(&self, other: &Self) -> Ordering {
        let this = self.list.weight * other.divisor;
        let that = other.list.weight * self.divisor;
        this.cmp(&that)
    }

    fn is_level_with(&self, other: &Self) -> bool {
        self.compare(other).is_eq()
    }
}

/// By quotient; where they are level, the lower poll number is taken down first.
impl Ord for Quotient<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other)
            .then_with(|| other.list.poll_number.cmp(&self.list.poll_number))
    }
}

impl PartialOrd for Quotient<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Quotient<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Quotient<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_are_those_of_the_books() {
        for (divisors, series) in [
            (Divisors::DHondt, ["1", "2", "3", "4"]),
            (Divisors::SainteLague, ["1", "3", "5", "7"]),
            (Divisors::ModifiedSainteLague, ["7/5", "3", "5", "7"]),
            (Divisors::Imperiali, ["1", "3/2", "2", "5/2"]),
        ] {
            let read = [0, 1, 2, 3].map(|held| divisors.divisor(held).to_string());
            assert_eq!(read, series, "{divisors:?}");
        }
        let quotient = Divisors::ModifiedSainteLague.quotient(6000, 100, 0);
        assert_eq!(quotient.to_string(), "300/7");
    }
}
