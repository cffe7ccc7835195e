//! The result of sharing out seats.

use serde::Serialize;

use super::{Award, Division, Grounds, Standing};
use crate::{
    count::poll_number,
    ties::{Tie, number_of},
};

/// Lists that stand together, as far as they take part and have votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alliance {
    /// The poll numbers of the lists, ascending; it goes by the first.
    pub poll_numbers: Vec<u32>,
    /// The seats that it won against the others. Those that an open tie inside it is about are nobody's.
    pub seats: u64,
}

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

    /// The seats one by one, in the order in which they were given, each with its exact quotient. A list that stands in
    /// an alliance won its seats inside it; what the alliance had to show is in [`Apportionment::awards_among`].
    pub fn awards(&self) -> impl Iterator<Item = Award> {
        awards(&self.order, self.seats.len(), &self.grounds, poll_number)
    }

    /// The alliances of two lists or more.
    pub fn alliances(&self) -> Vec<Alliance> {
        let Grounds::Alliances(grounds) = &self.grounds else {
            return Vec::new();
        };
        let teams = grounds.teams.iter().enumerate();
        let alliances = teams.filter(|(_, lists)| lists.len() > 1);
        let alliance = |(team, lists): (usize, &Vec<usize>)| {
            let seats = grounds.order.iter().filter(|&&of| of == team);
            Alliance {
                poll_numbers: lists.iter().map(|&list| poll_number(list)).collect(),
                seats: seats.fold(0, |seats, _| seats + 1),
            }
        };
        alliances.map(alliance).collect()
    }

    /// The seats one by one, as they were shared out between alliances and single lists; nothing where no lists stand
    /// together. An alliance goes by the poll number of its first list.
    pub fn awards_among(&self) -> impl Iterator<Item = Award> {
        let grounds = match &self.grounds {
            Grounds::Alliances(grounds) => Some(grounds),
            _ => None,
        };
        grounds.into_iter().flat_map(|grounds| {
            let first = |team: usize| poll_number(grounds.teams[team][0]);
            awards(&grounds.order, grounds.teams.len(), &grounds.among, first)
        })
    }
}

/// The seats one by one, from who got each of them.
fn awards<'a>(
    order: &'a [usize],
    contenders: usize,
    grounds: &'a Grounds,
    number_of: impl Fn(usize) -> u32 + 'a,
) -> impl Iterator<Item = Award> + 'a {
    let mut held = vec![0; contenders];
    order.iter().zip(1..).filter_map(move |(&index, seat)| {
        let claim = grounds.claim(index, held[index])?;
        held[index] += 1;
        Some(Award {
            seat,
            poll_number: number_of(index),
            claim,
        })
    })
}
