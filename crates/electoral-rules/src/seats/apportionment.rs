//! The result of sharing out seats.

use serde::Serialize;

use super::{Award, Division, Grounds, Standing};
use crate::{
    count::poll_number,
    ties::{Tie, number_of},
};

/// The seats of each list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Apportionment {
    /// The seats of each list, in the order of the votes. With `open_seats` they add up to the seats to fill.
    pub seats: Vec<u64>,
    /// The seats that nobody has, because they wait for lots or no list can take them.
    pub open_seats: u64,
    /// The ties that mattered, settled or open.
    pub ties: Vec<Tie>,
    #[serde(skip)]
    standings: Vec<Standing>,
    #[serde(skip)]
    order: Vec<usize>,
    #[serde(skip)]
    grounds: Grounds,
}

impl Apportionment {
    pub(super) fn new(seats_to_fill: u32, standings: Vec<Standing>, division: Division) -> Self {
        let Division {
            order,
            ties,
            grounds,
        } = division;
        let mut seats = vec![0; standings.len()];
        for &index in &order {
            seats[index] += 1;
        }
        let open_seats = u64::from(seats_to_fill) - number_of(&order);
        Self {
            seats,
            open_seats,
            ties,
            standings,
            order,
            grounds,
        }
    }

    /// Why each list took part, or did not, in the order of the votes.
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    /// The seats one by one, in the order in which they were given, each with its exact quotient.
    pub fn awards(&self) -> impl Iterator<Item = Award> {
        let mut held = vec![0; self.seats.len()];
        self.order
            .iter()
            .zip(1..)
            .filter_map(move |(&index, seat)| {
                let claim = self.grounds.claim(index, held[index])?;
                held[index] += 1;
                Some(Award {
                    seat,
                    poll_number: poll_number(index),
                    claim,
                })
            })
    }
}
