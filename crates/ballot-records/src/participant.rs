//! Those who stand in an election, as its definition lists them.

use electoral_rules::{Decimal, ListTerms};
use serde::{Deserialize, Serialize};

use crate::PollNumber;

/// A participant: a list or a person. What holds for an ordinary list is not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// Place on the ballot, from 1.
    pub poll_number: PollNumber,
    /// The name as on the ballot.
    pub name: String,
    /// Needs to reach no threshold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exempt: bool,
    /// Factor by which its votes count when seats are shared out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<Decimal>,
    /// A threshold of its own, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_percent: Option<Decimal>,
    /// How many candidates it has: it gets no more seats than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<u64>,
    /// False where it gets no seat here, as it missed a threshold elsewhere; its votes stay valid.
    #[serde(default = "ordinary", skip_serializing_if = "is_ordinary")]
    pub takes_part: bool,
    /// The seats that it has already.
    #[serde(default, skip_serializing_if = "is_none")]
    pub seats_won: u64,
}

fn ordinary() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_ordinary(takes_part: &bool) -> bool {
    *takes_part
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_none(seats: &u64) -> bool {
    *seats == 0
}

impl Participant {
    /// A participant for whom these terms hold.
    pub fn new(poll_number: PollNumber, name: String, terms: ListTerms) -> Self {
        Self {
            poll_number,
            name,
            exempt: terms.exempt,
            multiplier: terms.multiplier,
            threshold_percent: terms.threshold_percent,
            candidates: terms.candidates,
            takes_part: terms.takes_part,
            seats_won: terms.seats_won,
        }
    }

    /// What the electoral rules need to know of it.
    pub fn terms(&self) -> ListTerms {
        ListTerms {
            exempt: self.exempt,
            multiplier: self.multiplier,
            threshold_percent: self.threshold_percent,
            candidates: self.candidates,
            takes_part: self.takes_part,
            seats_won: self.seats_won,
        }
    }
}
