//! What an election came to.

use serde::Serialize;

use crate::{
    count::poll_number,
    seats::{Award, Division, Grounds, Standing},
    ties::Tie,
};

/// The outcome of an election. As JSON, either form is an object of its own, with the fields below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Seats were shared out.
    Seats(Apportionment),
    /// One winner was to be elected.
    Winner(MajorityResult),
}

impl Outcome {
    /// The seats of each list, in the order of the votes; none where one winner is elected.
    pub fn seats(&self) -> Option<&[u64]> {
        match self {
            Self::Seats(apportionment) => Some(&apportionment.seats),
            Self::Winner(_) => None,
        }
    }

    /// Why each list takes part in sharing out the seats, or does not, in the order of the votes; none where one
    /// winner is elected.
    pub fn standings(&self) -> Option<&[Standing]> {
        match self {
            Self::Seats(apportionment) => Some(&apportionment.standings),
            Self::Winner(_) => None,
        }
    }

    /// The poll number of the winner, where one is elected and has been.
    pub fn winner(&self) -> Option<u32> {
        match self {
            Self::Seats(_) => None,
            Self::Winner(result) => result.winner,
        }
    }

    /// The ties that mattered, settled or open.
    pub fn ties(&self) -> &[Tie] {
        match self {
            Self::Seats(apportionment) => &apportionment.ties,
            Self::Winner(result) => &result.ties,
        }
    }
}

/// The seats of each list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Apportionment {
    /// The seats of each list, in the order of the votes. With `open_seats` they add up to the seats to fill.
    pub seats: Vec<u64>,
    /// The seats that are in nobody's, as they wait for lots.
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
    pub(crate) fn new(standings: Vec<Standing>, division: Division) -> Self {
        let Division {
            order,
            ties,
            grounds,
        } = division;
        let mut seats = vec![0; standings.len()];
        for &index in &order {
            seats[index] += 1;
        }
        let open_ties = ties.iter().filter(|tie| tie.is_open());
        let open_seats = open_ties.map(|tie| tie.seats).sum();
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

/// Who won, or goes to the second round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MajorityResult {
    /// The poll number of the winner; none while a tie is open or a second round is to come.
    pub winner: Option<u32>,
    /// Where nobody has the absolute majority, who goes to the second round, most votes first. Places that
    /// an open tie is about are missing from it.
    pub runoff: Option<Vec<u32>>,
    /// The ties that mattered, settled or open.
    pub ties: Vec<Tie>,
}
