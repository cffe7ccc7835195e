//! Who takes part in sharing out the seats.

use std::fmt;

use serde::Serialize;

use crate::{
    count::{Count, Totals},
    decimal::Decimal,
    error::RuleError,
};

/// The votes that a list needs to take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threshold {
    /// Every list takes part.
    None,
    /// At least (if strict: more than) this many hundredths of the base.
    Percent {
        percent: Decimal,
        of: Base,
        strict: bool,
        /// Alliances reach it together, not list by list.
        by_alliance: bool,
    },
    /// At least one seats-th of the valid votes.
    Quota,
}

/// What a percentage is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Valid,
    /// Valid and invalid.
    Cast,
    /// Everybody who may vote.
    Registered,
}

impl Base {
    fn votes(self, totals: Totals) -> u64 {
        match self {
            Self::Valid => totals.valid,
            Self::Cast => totals.cast,
            // `Threshold::standings` refuses a count without it; no list reaches a share of anything larger.
            Self::Registered => totals.registered.unwrap_or(u64::MAX),
        }
    }
}

/// Whether a list takes part in sharing out the seats, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It reached its threshold, or has none.
    Reached,
    /// It did not, and takes part because it is exempt.
    Exempt,
    /// It did not, but neither did any other list, so all take part.
    NoListReached,
    /// It did not, and takes no part.
    Below,
    /// It takes no part here, whatever its votes.
    TakesNoPart,
}

impl Standing {
    /// Whether the list takes part.
    pub fn takes_part(self) -> bool {
        !matches!(self, Self::Below | Self::TakesNoPart)
    }
}

impl Threshold {
    /// Whether more than the percentage is needed.
    pub(crate) fn is_strict(self) -> bool {
        matches!(self, Self::Percent { strict: true, .. })
    }

    /// The standing of every list.
    ///
    /// # Errors
    /// If it is a percentage of an electorate that is not given.
    pub(crate) fn standings(
        self,
        seats: u32,
        count: &Count<'_>,
        totals: Totals,
        alliances: &[Option<usize>],
    ) -> Result<Vec<Standing>, RuleError> {
        if self.needs_electorate() && totals.registered.is_none() {
            return Err(RuleError::NoElectorate);
        }
        let takes_part = |index: usize| count.terms(index).takes_part;
        let together = |index: usize| {
            let allies = (0..count.votes.len()).filter(|&other| {
                other == index || alliances[index].is_some() && alliances[other] == alliances[index]
            });
            allies
                .filter(|&ally| takes_part(ally))
                .map(|ally| count.votes[ally])
                .sum()
        };
        let reached: Vec<bool> = (0..count.votes.len())
            .map(|index| {
                let votes = if self.is_by_alliance() {
                    together(index)
                } else {
                    count.votes[index]
                };
                let own_percent = count.terms(index).threshold_percent;
                self.of_list(own_percent).is_reached(votes, seats, totals)
            })
            .collect();
        let any_reached = (0..reached.len()).any(|index| reached[index] && takes_part(index));

        Ok(reached
            .into_iter()
            .enumerate()
            .map(|(index, reached)| match reached {
                _ if !takes_part(index) => Standing::TakesNoPart,
                true => Standing::Reached,
                false if count.terms(index).exempt => Standing::Exempt,
                false if !any_reached => Standing::NoListReached,
                false => Standing::Below,
            })
            .collect())
    }

    /// Whether it is a percentage of the electorate.
    pub(crate) fn needs_electorate(self) -> bool {
        matches!(
            self,
            Self::Percent {
                of: Base::Registered,
                ..
            }
        )
    }

    /// Whether alliances reach it together.
    pub(crate) fn is_by_alliance(self) -> bool {
        matches!(
            self,
            Self::Percent {
                by_alliance: true,
                ..
            }
        )
    }

    /// The threshold of a list that may have a percentage of its own.
    fn of_list(self, own_percent: Option<Decimal>) -> Self {
        let Some(percent) = own_percent else {
            return self;
        };
        let (of, strict, by_alliance) = match self {
            Self::Percent {
                of,
                strict,
                by_alliance,
                ..
            } => (of, strict, by_alliance),
            Self::None | Self::Quota => (Base::Valid, false, false),
        };
        Self::Percent {
            percent,
            of,
            strict,
            by_alliance,
        }
    }

    /// Exactly reaching the threshold is enough, unless it is strict.
    fn is_reached(self, votes: u64, seats: u32, totals: Totals) -> bool {
        let votes = u128::from(votes);
        match self {
            Self::None => true,
            Self::Quota => votes * u128::from(seats) >= u128::from(totals.valid),
            Self::Percent {
                percent,
                of,
                strict,
                ..
            } => {
                // votes / base >= percent / 100. At most 2^64 * 100 * 10^17 on either side.
                let (numerator, denominator) = percent.as_ratio();
                let (share, needed) = (
                    votes * 100 * denominator,
                    numerator * u128::from(of.votes(totals)),
                );
                share > needed || !strict && share == needed
            }
        }
    }
}

/// The threshold in words; nothing if there is none.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Percent { percent, of, .. } => {
                let base = match of {
                    Base::Valid => "valid votes",
                    Base::Cast => "votes cast",
                    Base::Registered => "electorate",
                };
                write!(f, "{percent} % of the {base}")
            }
            Self::Quota => f.write_str("the valid votes divided by the seats"),
        }
    }
}
