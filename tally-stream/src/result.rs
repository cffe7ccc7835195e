//! The result that the screen shows: the sum of the partitions, with seats or a winner.

use std::collections::BTreeMap;

use ballot_log::{Election, ElectionId, Participant, PollNumber, Publication};
use electoral_rules::{Count, Decimal, Outcome, Rules, Standing};
use jiff::Timestamp;
use serde::Serialize;

use crate::count::{PartitionTally, Reason, Rejected, Tally};

/// The result of an election as of some position in the log.
///
/// Until the end of an election whose results are published after it closes, only the turnout shows:
/// `votes`, `share`, `seats`, `standing` and `outcome` are withheld.
#[derive(Clone, Debug, Serialize)]
pub struct ElectionResult {
    /// Its number.
    pub election: ElectionId,
    /// What the pages call it.
    pub title: String,
    /// True where persons stand.
    pub individual: bool,
    /// How votes become seats or a winner, as written in the definition.
    pub rules: Rules,
    /// When it was defined.
    pub created: Timestamp,
    /// First moment at which votes count.
    pub start: Timestamp,
    /// First moment at which they no longer do.
    pub end: Timestamp,
    /// When the numbers may be seen.
    pub publication: Publication,
    /// Every partition is past its closing marker: nothing can change any more.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// The sum of the partitions' offsets: grows with every change.
    pub position: i64,
    /// Append time of the newest record in here.
    pub counted_to: Option<Timestamp>,
    /// Voters on the roll, if it is loaded.
    pub registered: Option<u64>,
    /// counted + repeated + rejected.
    pub records: u64,
    /// Votes that count.
    pub counted: u64,
    /// Paper lines sent again.
    pub repeated: u64,
    /// Ballots that do not count, by reason.
    pub rejected: Rejected,
    /// counted / registered.
    pub turnout: Option<f64>,
    /// In the order of the ballot paper.
    pub candidates: Vec<Candidate>,
    /// Seats, or a winner.
    pub outcome: Option<Outcome>,
}

/// Who stands, and how they fare.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    /// Place on the ballot.
    pub poll_number: PollNumber,
    /// The name as on the ballot.
    pub name: String,
    /// Votes counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<u64>,
    /// votes / counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Seats, where seats are shared out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<u64>,
    /// Whether it takes part where seats are shared out, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// Its threshold in percent, where that is not everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_percent: Option<Decimal>,
}

impl ElectionResult {
    /// Sums the partitions up. `partitions` is how many the ballot box has; those without a tally are empty.
    pub fn new(
        election: &Election,
        tallies: &[PartitionTally],
        partitions: usize,
        registered: Option<u64>,
    ) -> Self {
        let definition = election.definition();
        let merged = merge(tallies);
        let is_final = merged.closed && tallies.len() >= partitions;
        let visible = is_final || definition.results == Publication::Live;
        let votes = votes_by_poll_number(&merged, definition.participants.len());
        let outcome = visible
            .then(|| outcome(election, &merged, &votes))
            .flatten();
        let counted = merged.counted();
        let seats = outcome.as_ref().and_then(Outcome::seats);
        let standings = outcome.as_ref().and_then(Outcome::standings);
        let candidate = |(index, participant): (usize, &Participant)| Candidate {
            poll_number: participant.poll_number,
            name: participant.name.clone(),
            votes: visible.then_some(votes[index]),
            share: visible.then(|| ratio(votes[index], counted)).flatten(),
            seats: seats.and_then(|seats| seats.get(index).copied()),
            standing: standings.and_then(|standings| standings.get(index).copied()),
            threshold_percent: participant.threshold_percent,
        };
        Self {
            election: definition.id,
            title: definition.title.clone(),
            individual: definition.individual,
            rules: definition.rules.clone(),
            created: definition.created,
            start: definition.start,
            end: definition.end,
            publication: definition.results,
            is_final,
            position: tallies.iter().map(|tally| tally.offset).sum(),
            counted_to: merged
                .newest_ms
                .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            registered,
            records: merged.records(),
            counted,
            repeated: merged.repeated,
            turnout: registered.and_then(|registered| ratio(counted, registered)),
            candidates: definition
                .participants
                .iter()
                .enumerate()
                .map(candidate)
                .collect(),
            outcome,
            rejected: merged.rejected,
        }
    }
}

fn merge(tallies: &[PartitionTally]) -> Tally {
    let all = |mut merged: Tally, tally: &PartitionTally| {
        merged.merge(&tally.tally);
        merged
    };
    match tallies.split_first() {
        None => Tally::default(),
        Some((first, others)) => others.iter().fold(first.tally.clone(), all),
    }
}

fn votes_by_poll_number(merged: &Tally, participants: usize) -> Vec<u64> {
    let mut votes: BTreeMap<PollNumber, u64> = BTreeMap::new();
    for ((_district, number), count) in &merged.votes {
        *votes.entry(*number).or_default() += count;
    }
    (1..)
        .take(participants)
        .map(|number| votes.get(&number).copied().unwrap_or_default())
        .collect()
}

/// Cast are the valid votes and the ballots that named nobody.
fn outcome(election: &Election, merged: &Tally, votes: &[u64]) -> Option<Outcome> {
    let definition = election.definition();
    let count = Count {
        votes,
        lists: &definition.terms(),
        cast: Some(merged.counted() + merged.rejected.of(Reason::InvalidPollNumber)),
        ..Count::default()
    };
    let outcome = definition.rules.apply(&count);
    outcome
        .inspect_err(
            |error| tracing::error!(election = definition.id, %error, "the electoral rules refuse"),
        )
        .ok()
}

/// Six decimals, for the eye: nothing is decided by it.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    let millionths =
        (u128::from(part) * 1_000_000 + u128::from(whole) / 2).checked_div(u128::from(whole))?;
    Some(f64::from(u32::try_from(millionths).ok()?) / 1e6)
}
