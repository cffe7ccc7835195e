//! What the hashed result leaves out, as it follows from the log that the result stands on: constituencies, turnout over
//! time, ballots that do not count, and how each seat came about.

use std::collections::BTreeMap;

use ballot_log::{ElectionDefinition, PollNumber};
use electoral_rules::{Award, Claim, Outcome};
use serde::Serialize;
use tally::{Constituency, Tally, Timeline, constituencies};

/// The details of a result. Where its numbers may not be seen yet, only what tells of the turnout.
#[derive(Clone, Debug, Serialize)]
pub struct Details {
    /// Voters on the roll; none if it was never loaded.
    pub registered: Option<u64>,
    /// Ballots that do not count, by reason. Those that come too late add to it for ever.
    pub rejected: BTreeMap<&'static str, u64>,
    /// When the votes came.
    pub timeline: Timeline,
    /// In ascending order; none unless votes of several were counted.
    pub constituencies: Vec<Constituency>,
    /// The rules in sentences.
    pub rules_in_words: String,
    /// The seats one by one, in the order in which they were given; none where candidates are elected, or nobody voted.
    pub seats: Vec<AwardedSeat>,
    /// Where lists stand together: the seats as they were shared out among alliances, each by its first list, and single
    /// lists. `seats` then says what decided inside the alliance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seats_among_alliances: Vec<AwardedSeat>,
}

/// One seat, and what gave the list the best claim to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AwardedSeat {
    /// Its number, from 1.
    pub seat: u64,
    /// The list that got it.
    pub poll_number: PollNumber,
    /// `quotient`, `full_quota`, `remainder` or `largest_list`.
    pub by: &'static str,
    /// For a quotient, what the votes were divided by: a number, or a fraction such as `7/5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divisor: Option<String>,
    /// The votes that the claim rests on, exactly: a number, or a fraction such as `1783701/2`.
    pub votes: String,
}

impl Details {
    /// The details of a count and its outcome.
    pub fn new(
        definition: &ElectionDefinition,
        tally: &Tally,
        outcome: Option<&Outcome>,
        registered: Option<u64>,
        votes_visible: bool,
        district_minimum: u64,
    ) -> Self {
        let rejected = tally.rejected.iter();
        let shared_out = match outcome {
            Some(Outcome::Seats(shared_out)) if votes_visible => Some(shared_out),
            _ => None,
        };
        let seats = shared_out.map(|seats| seats.awards().map(AwardedSeat::from).collect());
        let among = shared_out.map(|seats| seats.awards_among().map(AwardedSeat::from).collect());
        Self {
            registered,
            rejected: rejected
                .map(|(reason, count)| (reason.text(), count))
                .collect(),
            timeline: Timeline::new(definition, tally.timeline.clone()),
            constituencies: constituencies(tally, definition, votes_visible, district_minimum),
            rules_in_words: definition.rules.to_string(),
            seats: seats.unwrap_or_default(),
            seats_among_alliances: among.unwrap_or_default(),
        }
    }
}

impl From<Award> for AwardedSeat {
    fn from(award: Award) -> Self {
        let (by, divisor) = match award.claim {
            Claim::Quotient { divisor, .. } => ("quotient", Some(divisor.to_string())),
            Claim::FullQuota(_) => ("full_quota", None),
            Claim::Remainder(_) => ("remainder", None),
            Claim::LargestList(_) => ("largest_list", None),
        };
        Self {
            seat: award.seat,
            poll_number: award.poll_number,
            by,
            divisor,
            votes: award.claim.votes().to_string(),
        }
    }
}
