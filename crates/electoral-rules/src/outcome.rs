//! The outcome of an election.

use serde::Serialize;

use crate::{
    majority::{MajorityResult, WinnersResult},
    seats::{Apportionment, Standing},
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
    /// Several winners were to be elected.
    Winners(WinnersResult),
}

impl Outcome {
    /// The seats of each list, in the order of the votes; none where winners are elected.
    pub fn seats(&self) -> Option<&[u64]> {
        match self {
            Self::Seats(apportionment) => Some(&apportionment.seats),
            Self::Winner(_) | Self::Winners(_) => None,
        }
    }

    /// Why each list takes part in sharing out the seats, or does not, in the order of the votes; none where
    /// winners are elected.
    pub fn standings(&self) -> Option<&[Standing]> {
        match self {
            Self::Seats(apportionment) => Some(apportionment.standings()),
            Self::Winner(_) | Self::Winners(_) => None,
        }
    }

    /// The poll numbers of those who are elected, most votes first; nobody where seats are shared out.
    pub fn elected(&self) -> &[u32] {
        match self {
            Self::Seats(_) => &[],
            Self::Winner(result) => result.winner.as_slice(),
            Self::Winners(result) => &result.winners,
        }
    }

    /// The ties that mattered, settled or open.
    pub fn ties(&self) -> &[Tie] {
        match self {
            Self::Seats(apportionment) => &apportionment.ties,
            Self::Winner(result) => &result.ties,
            Self::Winners(result) => &result.ties,
        }
    }
}
