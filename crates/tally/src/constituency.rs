//! The votes by constituency, as far as they may be shown.

use std::collections::BTreeSet;

use ballot_records::record::District;
use ballot_records::{ElectionDefinition, Participant};
use serde::Serialize;

use crate::Tally;

/// How few votes are shown: whoever saw a voter vote must not see the choice in what moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minimums {
    /// The least number of new votes by which a result moves before the end.
    pub live: u64,
    /// The least number of votes of a constituency that is shown by itself.
    pub district: u64,
}

impl Minimums {
    /// Everything is shown at once.
    pub const NONE: Self = Self {
        live: 1,
        district: 1,
    };

    /// Whether everything is shown at once.
    pub fn are_none(self) -> bool {
        self.live <= 1 && self.district <= 1
    }
}

/// The votes of one constituency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Constituency {
    /// Its number; the lowest, where several are shown together.
    pub district: District,
    /// The numbers of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<District>,
    /// Votes that count.
    pub counted: u64,
    /// Votes for each candidate, in the order of the ballot paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<Vec<u64>>,
}

/// The votes by constituency, in ascending order; none unless votes of several were counted. Those with fewer than
/// `minimum` are one, together with the next smallest while they are still too few.
pub fn constituencies(
    tally: &Tally,
    definition: &ElectionDefinition,
    votes_visible: bool,
    minimum: u64,
) -> Vec<Constituency> {
    let districts: BTreeSet<District> = tally.votes.keys().map(|(district, _)| *district).collect();
    let constituency = |district| {
        let votes_for = |participant: &Participant| {
            let votes = tally.votes.get(&(district, participant.poll_number));
            votes.copied().unwrap_or_default()
        };
        let votes: Vec<u64> = definition.participants.iter().map(votes_for).collect();
        Constituency {
            district,
            with: Vec::new(),
            counted: votes.iter().sum(),
            votes: Some(votes),
        }
    };
    let mut shown = merged(districts.into_iter().map(constituency).collect(), minimum);
    if shown.len() < 2 {
        return Vec::new();
    }
    if !votes_visible {
        for one in &mut shown {
            one.votes = None;
        }
    }
    shown
}

fn merged(mut all: Vec<Constituency>, minimum: u64) -> Vec<Constituency> {
    all.sort_by_key(|it| (it.counted, it.district));
    let mut rest = all.into_iter().peekable();
    let mut together: Option<Constituency> = None;
    while let Some(next) = rest.next_if(|next| {
        let are_too_few = together.as_ref().is_some_and(|it| it.counted < minimum);
        are_too_few || next.counted < minimum
    }) {
        together = Some(match together {
            Some(together) => together.and(next),
            None => next,
        });
    }
    let mut shown: Vec<_> = together.into_iter().chain(rest).collect();
    shown.sort_by_key(|it| it.district);
    shown
}

impl Constituency {
    /// Both, shown together.
    fn and(self, other: Self) -> Self {
        let mut numbers: Vec<_> = [self.district, other.district]
            .into_iter()
            .chain(self.with)
            .chain(other.with)
            .collect();
        numbers.sort_unstable();
        let votes = self.votes.zip(other.votes);
        Self {
            district: numbers.remove(0),
            with: numbers,
            counted: self.counted + other.counted,
            votes: votes.map(|(votes, others)| {
                let both = votes.iter().zip(others);
                both.map(|(votes, others)| votes + others).collect()
            }),
        }
    }
}
