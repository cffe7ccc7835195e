//! What an election came to: the sum of its partitions, with seats or a winner.

use std::collections::BTreeMap;

use ballot_log::{ElectionDefinition, ElectionId, PollNumber, Publication};
use electoral_rules::{Count, Outcome, Rules};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The reason of a ballot that came second.
pub const DUPLICATE: &str = "Duplicate ballot.";
/// The reason of a ballot for nobody.
pub const INVALID_POLL_NUMBER: &str = "Invalid poll number.";

/// Totals of an election, of one partition or of several, as tally-stream stores them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Tally {
    /// `[constituency, poll number, votes]`.
    pub votes: Vec<(u16, PollNumber, u64)>,
    /// Records rejected, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Paper lines sent again.
    pub repeated: u64,
    /// Past the closing marker.
    pub closed: bool,
}

/// The tally of one partition, as of an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionTally {
    /// The partition of the ballot box.
    pub partition: i32,
    /// Offset of the first record that is not in here.
    pub offset: i64,
    /// The totals.
    pub tally: Tally,
}

/// The result of an election. Once every partition is past its closing marker, nothing in here changes any
/// more, however many records come later: so there are no rejections in it but those that a marker ends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfficialResult {
    /// The form of what follows.
    pub v: u32,
    /// The election.
    pub election: ElectionId,
    /// What the pages call it.
    pub title: String,
    /// True where persons stand.
    pub individual: bool,
    /// When it was defined.
    pub created: Timestamp,
    /// First moment at which votes counted.
    pub start: Timestamp,
    /// First moment at which they no longer did.
    pub end: Timestamp,
    /// How votes became seats or a winner.
    pub rules: Rules,
    /// Votes that count.
    pub counted: u64,
    /// Paper lines sent again.
    pub repeated: u64,
    /// Ballots that came second.
    pub duplicate_ballots: u64,
    /// Ballots for nobody.
    pub invalid_poll_numbers: u64,
    /// In the order of the ballot.
    pub participants: Vec<Standing>,
    /// Seats or a winner, with the ties that mattered; none where the electoral rules refuse the count.
    pub outcome: Option<Outcome>,
}

/// How one participant fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Place on the ballot.
    pub poll_number: PollNumber,
    /// The name as on the ballot.
    pub name: String,
    /// Votes counted.
    pub votes: u64,
    /// Seats, where seats are shared out.
    pub seats: Option<u64>,
}

impl Standing {
    /// What the interface of old shows: seats where seats are shared out, else the share of the votes.
    pub fn result(&self, counted: u64) -> Number {
        match self.seats {
            Some(seats) => seats.into(),
            None => share(self.votes, counted),
        }
    }
}

/// The sum of the partitions; closed only where all are.
pub fn merge(tallies: &[PartitionTally]) -> Tally {
    let mut merged = Tally {
        closed: !tallies.is_empty(),
        ..Tally::default()
    };
    for PartitionTally { tally, .. } in tallies {
        merged.votes.extend(&tally.votes);
        for (reason, count) in &tally.rejected {
            *merged.rejected.entry(reason.clone()).or_default() += count;
        }
        merged.repeated += tally.repeated;
        merged.closed &= tally.closed;
    }
    merged
}

impl Tally {
    /// Votes counted.
    pub fn counted(&self) -> u64 {
        self.votes.iter().map(|(_, _, votes)| votes).sum()
    }

    fn rejected_as(&self, reason: &str) -> u64 {
        self.rejected.get(reason).copied().unwrap_or_default()
    }

    fn votes_for(&self, poll_number: PollNumber) -> u64 {
        let theirs = self
            .votes
            .iter()
            .filter(|(_, number, _)| *number == poll_number);
        theirs.map(|(_, _, votes)| votes).sum()
    }
}

impl OfficialResult {
    /// Applies the election's rules to what was counted.
    pub fn new(definition: &ElectionDefinition, tally: &Tally) -> Self {
        let participants = definition.participants.iter();
        let votes: Vec<u64> = participants
            .clone()
            .map(|participant| tally.votes_for(participant.poll_number))
            .collect();
        let counted = tally.counted();
        let invalid_poll_numbers = tally.rejected_as(INVALID_POLL_NUMBER);
        let count = Count {
            votes: &votes,
            lists: &definition.terms(),
            // Cast are the valid votes and the ballots that named nobody.
            cast: Some(counted + invalid_poll_numbers),
            ..Count::default()
        };
        let outcome = definition.rules.apply(&count);
        let outcome = outcome
            .inspect_err(|error| tracing::error!(election = definition.id, %error, "the electoral rules refuse"))
            .ok();
        let seats = outcome.as_ref().and_then(Outcome::seats);
        let participants = participants
            .enumerate()
            .map(|(index, participant)| Standing {
                poll_number: participant.poll_number,
                name: participant.name.clone(),
                votes: votes[index],
                seats: seats.and_then(|seats| seats.get(index).copied()),
            })
            .collect();
        Self {
            v: 1,
            election: definition.id,
            title: definition.title.clone(),
            individual: definition.individual,
            created: definition.created,
            start: definition.start,
            end: definition.end,
            rules: definition.rules.clone(),
            counted,
            repeated: tally.repeated,
            duplicate_ballots: tally.rejected_as(DUPLICATE),
            invalid_poll_numbers,
            participants,
            outcome,
        }
    }
}

/// Whether the numbers of an election may be seen before they are final.
pub fn is_live(definition: &ElectionDefinition) -> bool {
    definition.results == Publication::Live
}

/// `part / whole`, rounded half up to two decimals; 0 of nothing.
fn share(part: u64, whole: u64) -> Number {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let hundredths = (200 * part + whole).checked_div(2 * whole).unwrap_or(0);
    let (units, hundredths) = (hundredths / 100, hundredths % 100);
    let digits = format!("{units}.{hundredths:02}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    // Digits with a point in between are always a number.
    digits.parse().unwrap_or_else(|_| 0.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_share_has_two_decimals_rounded_half_up() {
        for (part, whole, text) in [
            (0, 0, "0"),
            (0, 7, "0"),
            (7, 7, "1"),
            (1, 2, "0.5"),
            (1, 3, "0.33"),
            (2, 3, "0.67"),
            (1, 200, "0.01"),
            (1, 201, "0"),
            (5, 1000, "0.01"),
            (125, 1000, "0.13"),
            (145, 1000, "0.15"),
            (199, 200, "1"),
            (u64::MAX, u64::MAX, "1"),
        ] {
            assert_eq!(share(part, whole).to_string(), text, "{part}/{whole}");
        }
    }

    fn definition(rules: &str, individual: bool) -> ElectionDefinition {
        serde_json::from_str(&format!(
            r#"{{"id":7,"title":"T","created":"2026-06-16T13:00:00Z","start":"2026-06-16T13:00:00Z",
                "end":"2026-06-16T15:00:00Z","individual":{individual},"rules":{rules},
                "participants":[{{"poll_number":1,"name":"A"}},{{"poll_number":2,"name":"A"}},{{"poll_number":3,"name":"C"}}]}}"#
        ))
        .unwrap()
    }

    fn partition(partition: i32, json: &str) -> PartitionTally {
        let tally = serde_json::from_str(json).unwrap();
        PartitionTally {
            partition,
            offset: 9,
            tally,
        }
    }

    #[test]
    fn partitions_add_up_and_are_closed_only_together() {
        let one = partition(
            0,
            r#"{"votes":[[0,1,5],[0,3,2]],"rejected":{"Duplicate ballot.":2},"repeated":1,"newest_ms":5,"closed":true}"#,
        );
        let other = partition(
            1,
            r#"{"votes":[[0,1,1]],"rejected":{"Duplicate ballot.":1,"Invalid poll number.":4},"repeated":0,"newest_ms":null,"closed":false}"#,
        );
        let merged = merge(&[one.clone(), other]);
        assert!(!merged.closed && merge(&[one]).closed && !merge(&[]).closed);
        let rules = r#"{"method":"dhondt","seats":4,"tie":"ballot_order"}"#;
        let result = OfficialResult::new(&definition(rules, false), &merged);
        assert_eq!((result.counted, result.repeated), (8, 1));
        assert_eq!(
            (result.duplicate_ballots, result.invalid_poll_numbers),
            (3, 4)
        );
        let seats: Vec<_> = result.participants.iter().map(|one| one.seats).collect();
        assert_eq!(seats, [Some(3), Some(0), Some(1)]);
        assert_eq!(result.participants[0].result(8), Number::from(3));
    }

    #[test]
    fn what_comes_after_the_markers_changes_nothing() {
        let before =
            r#"{"votes":[[0,2,5]],"rejected":{},"repeated":0,"newest_ms":5,"closed":true}"#;
        let after = r#"{"votes":[[0,2,5]],"rejected":{"Election is not open.":9},"repeated":0,"newest_ms":99,"closed":true}"#;
        let rules = r#"{"method":"majority","winner":"plurality","tie":"lot"}"#;
        let text = |json| {
            let tally = merge(&[partition(0, json)]);
            crate::canonical::text(&OfficialResult::new(&definition(rules, true), &tally)).unwrap()
        };
        assert_eq!(text(before), text(after));
        assert!(text(before).contains(r#""winner":2"#));
    }

    proptest! {
        #[test]
        fn a_share_is_within_half_a_hundredth(part in 0..u64::MAX, more in 0..u64::MAX) {
            let whole = part.saturating_add(more).max(1);
            let digits = share(part, whole).to_string();
            let (units, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
            let hundredths: u128 = format!("{units}{decimals:0<2}").parse().unwrap();
            prop_assert!(hundredths <= 100);
            let (twice, part, whole) = (2 * hundredths * u128::from(whole), 200 * u128::from(part), u128::from(whole));
            prop_assert!(twice <= part + whole && part < twice + whole, "{}", digits);
        }
    }
}
