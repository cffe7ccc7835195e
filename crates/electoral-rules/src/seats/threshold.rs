//! Who takes part in sharing out the seats.

use std::fmt;

use serde::Serialize;

use crate::{
    count::{Count, Totals},
    decimal::Decimal,
};

/// The votes that a list needs to take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threshold {
    /// Every list takes part.
    None,
    /// At least so many hundredths of the base.
    Percent { percent: Decimal, of: Base },
    /// At least one seats-th of the valid votes.
    Quota,
}

/// What a percentage is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Valid,
    /// Valid and invalid.
    Cast,
}

impl Base {
    fn votes(self, totals: Totals) -> u64 {
        match self {
            Self::Valid => totals.valid,
            Self::Cast => totals.cast,
        }
    }
}

/// Whether a list takes part in sharing out the seats, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It reached its threshold, or there is none.
    Reached,
    /// It did not, and takes part because it is exempt.
    Exempt,
    /// It did not, but neither did any other list, so all take part.
    NoListReached,
    /// It did not, and takes no part.
    Below,
}

impl Standing {
    /// Whether the list takes part.
    pub fn takes_part(self) -> bool {
        self != Self::Below
    }
}

impl Threshold {
    /// The standing of every list.
    pub(crate) fn standings(self, seats: u32, count: &Count<'_>, totals: Totals) -> Vec<Standing> {
        let reached: Vec<bool> = count
            .votes
            .iter()
            .enumerate()
            .map(|(index, &votes)| {
                let own_percent = count.terms(index).threshold_percent;
                self.of_list(own_percent).is_reached(votes, seats, totals)
            })
            .collect();
        let any_reached = reached.contains(&true);

        reached
            .into_iter()
            .enumerate()
            .map(|(index, reached)| match reached {
                true => Standing::Reached,
                false if count.terms(index).exempt => Standing::Exempt,
                false if !any_reached => Standing::NoListReached,
                false => Standing::Below,
            })
            .collect()
    }

    /// The threshold of a list that may have a percentage of its own.
    fn of_list(self, own_percent: Option<Decimal>) -> Self {
        let Some(percent) = own_percent else {
            return self;
        };
        let of = match self {
            Self::Percent { of, .. } => of,
            Self::None | Self::Quota => Base::Valid,
        };
        Self::Percent { percent, of }
    }

    /// Exactly reaching the threshold is enough.
    fn is_reached(self, votes: u64, seats: u32, totals: Totals) -> bool {
        let votes = u128::from(votes);
        match self {
            Self::None => true,
            Self::Quota => votes * u128::from(seats) >= u128::from(totals.valid),
            Self::Percent { percent, of } => {
                // votes / base >= percent / 100. At most 2^63 * 100 * 10^17 on either side.
                let (numerator, denominator) = percent.as_ratio();
                let base = u128::from(of.votes(totals));
                votes * 100 * denominator >= numerator * base
            }
        }
    }
}

/// What it takes, in words; nothing where there is no threshold.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Percent {
                percent,
                of: Base::Valid,
            } => write!(f, "{percent} % of the valid votes"),
            Self::Percent {
                percent,
                of: Base::Cast,
            } => write!(f, "{percent} % of the votes cast"),
            Self::Quota => f.write_str("the valid votes divided by the seats"),
        }
    }
}
