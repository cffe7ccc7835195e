//! The result that the screen shows: the sum of the partitions, with seats or a winner.

use std::collections::{BTreeMap, BTreeSet};

use ballot_log::record::District;
use ballot_log::{Election, ElectionDefinition, ElectionId, Participant, PollNumber, Publication};
use electoral_rules::{Count, Decimal, Outcome, Rules, Standing};
use jiff::Timestamp;
use serde::Serialize;

use crate::count::{PartitionTally, Reason, Rejected, Slots, Tally};

/// The result of an election as of some position in the log.
///
/// Until the end of an election whose results are published after it closes, only the turnout shows, also
/// over time and by constituency: `votes`, `share`, `seats`, `standing` and `outcome` are withheld.
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
    /// When the votes came.
    pub timeline: Timeline,
    /// In ascending order; only where votes of several constituencies were counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub districts: Vec<Constituency>,
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

/// Votes that count, by the time at which the log received them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// When the election opened, and the first slot began.
    pub from: Timestamp,
    /// The length of each slot, such that the election has at most 96.
    pub slot_seconds: i64,
    /// Votes in each slot, up to the last that has any.
    pub ballots: Vec<u64>,
}

/// The votes of one constituency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Constituency {
    /// Its number.
    pub district: District,
    /// Votes that count.
    pub counted: u64,
    /// Votes for each candidate, in the order of the ballot paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<Vec<u64>>,
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
            districts: districts(&merged, definition, visible),
            timeline: Timeline::new(definition, merged.timeline),
            rejected: merged.rejected,
        }
    }
}

impl Timeline {
    fn new(definition: &ElectionDefinition, ballots: Vec<u64>) -> Self {
        Self {
            from: definition.start.max(definition.created),
            slot_seconds: Slots::of(definition).seconds(),
            ballots,
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

fn districts(
    merged: &Tally,
    definition: &ElectionDefinition,
    votes_visible: bool,
) -> Vec<Constituency> {
    let districts: BTreeSet<District> =
        merged.votes.keys().map(|(district, _)| *district).collect();
    if districts.len() < 2 {
        return Vec::new();
    }
    let constituency = |district| {
        let votes_for = |participant: &Participant| {
            let votes = merged.votes.get(&(district, participant.poll_number));
            votes.copied().unwrap_or_default()
        };
        let votes: Vec<u64> = definition.participants.iter().map(votes_for).collect();
        Constituency {
            district,
            counted: votes.iter().sum(),
            votes: votes_visible.then_some(votes),
        }
    };
    districts.into_iter().map(constituency).collect()
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Three stand; open from seven to eight in the evening.
    fn election(results: &str) -> Election {
        let definition = json!({
            "id": 7, "title": "T", "created": "2026-06-16T18:00:00Z", "start": "2026-06-16T19:00:00Z",
            "end": "2026-06-16T20:00:00Z", "individual": false, "results": results,
            "rules": {"method": "dhondt", "seats": 3, "tie": "ballot_order"},
            "participants": [{"poll_number": 1, "name": "A"}, {"poll_number": 2, "name": "B"}, {"poll_number": 3, "name": "C"}],
        });
        Election::new(serde_json::from_value(definition).unwrap())
    }

    /// The tally of a partition from its votes: constituency, poll number, slot of time.
    fn partition(
        partition: i32,
        votes: &[(District, PollNumber, usize)],
        closed: bool,
    ) -> PartitionTally {
        let mut tally = Tally {
            closed,
            ..Tally::default()
        };
        for (district, poll_number, slot) in votes {
            tally.add_vote(*district, *poll_number, *slot);
        }
        PartitionTally {
            election: 7,
            partition,
            offset: 10,
            tally,
        }
    }

    fn result(results: &str, tallies: &[PartitionTally]) -> Value {
        let result = ElectionResult::new(&election(results), tallies, 2, None);
        serde_json::to_value(result).unwrap()
    }

    #[test]
    fn partitions_add_up_over_time_and_by_constituency() {
        let tallies = [
            partition(0, &[(3, 1, 0), (3, 2, 4), (10, 1, 4)], false),
            partition(1, &[(3, 2, 0), (10, 3, 5)], false),
        ];
        let result = result("live", &tallies);
        let timeline = json!({"from": "2026-06-16T19:00:00Z", "slot_seconds": 60, "ballots": [2, 0, 0, 0, 2, 1]});
        assert_eq!(result["timeline"], timeline);
        let districts = json!([
            {"district": 3, "counted": 3, "votes": [1, 2, 0]},
            {"district": 10, "counted": 2, "votes": [1, 0, 1]},
        ]);
        assert_eq!(result["districts"], districts);
    }

    #[test]
    fn before_they_may_be_seen_constituencies_show_their_turnout_alone() {
        let votes = [(3, 1, 0), (3, 2, 1), (4, 1, 2)];
        let half = [partition(0, &votes, true), partition(1, &[], false)];
        let hidden = result("after-close", &half);
        assert_eq!(hidden["timeline"]["ballots"], json!([1, 1, 1]));
        let turnout = json!([{"district": 3, "counted": 2}, {"district": 4, "counted": 1}]);
        assert_eq!(hidden["districts"], turnout);
        let closed = [partition(0, &votes, true), partition(1, &[], true)];
        let shown = result("after-close", &closed);
        assert_eq!(shown["districts"][0]["votes"], json!([1, 1, 0]));
    }

    #[test]
    fn one_constituency_is_none_and_no_votes_take_no_time() {
        let alone = result("live", &[partition(0, &[(3, 1, 0), (3, 2, 0)], false)]);
        assert!(alone.get("districts").is_none());
        let nothing = result("live", &[]);
        assert!(nothing.get("districts").is_none());
        assert_eq!(nothing["timeline"]["ballots"], json!([]));
    }
}
