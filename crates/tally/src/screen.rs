//! The result shown to observers at any moment of an election.

use ballot_records::definition::Finalise;
use ballot_records::{ElectionDefinition, ElectionId, Lots, Participant, PollNumber, Publication};
use electoral_rules::{Decimal, Outcome, Rules, Standing};
use jiff::Timestamp;
use serde::Serialize;

use crate::constituency::constituencies;
use crate::{Constituency, ElectionOutcome, Minimums, Rejected, Slots, Totals};

/// The result of an election as of some position in the log.
///
/// Until the end of an election whose results are published after it closes, only the turnout shows, also
/// over time and by constituency: `votes`, `share`, `seats`, `standing` and `outcome` are withheld. They always are where
/// the election was cancelled.
#[derive(Clone, Debug, Serialize)]
pub struct ScreenResult {
    /// Its number.
    pub election: ElectionId,
    /// What the pages call it.
    pub title: String,
    /// True if the candidates are persons.
    pub individual: bool,
    /// How votes become seats or a winner, as written in the definition.
    pub rules: Rules,
    /// When it was defined.
    pub created: Timestamp,
    /// First moment at which votes count.
    pub start: Timestamp,
    /// First moment at which votes no longer count.
    pub end: Timestamp,
    /// When the numbers are published.
    pub publication: Publication,
    /// Every partition is past its closing marker: nothing can change any more.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// When it was cancelled, where it was: then nothing in here is a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<Timestamp>,
    /// The sum of the partitions' offsets: grows with every change.
    pub position: i64,
    /// Append time of the newest record included, in whole seconds.
    pub counted_to: Option<Timestamp>,
    /// Voters on the roll, if it is loaded.
    pub registered: Option<u64>,
    /// counted + repeated + rejected + withdrawn.
    pub records: u64,
    /// Votes that count.
    pub counted: u64,
    /// Paper lines sent again.
    pub repeated: u64,
    /// Paper ballots that do not count, as their file was withdrawn; not there where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<u64>,
    /// What makes the result final, where it is not the end alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finalise: Option<Finalise>,
    /// Ballots that do not count, by reason.
    pub rejected: Rejected,
    /// counted / registered.
    pub turnout: Option<f64>,
    /// In the order of the ballot paper.
    pub candidates: Vec<Candidate>,
    /// The poll numbers of lists that stand together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alliances: Vec<Vec<PollNumber>>,
    /// Seats, or winners.
    pub outcome: Option<Outcome>,
    /// The lots that decided what was level, once they are drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lots: Option<Lots>,
    /// When the votes came.
    pub timeline: Timeline,
    /// In ascending order; only if votes of several constituencies were counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub districts: Vec<Constituency>,
    /// The least number of new votes by which this moves before the end; not there where it moves by each.
    #[serde(skip_serializing_if = "is_one")]
    pub live_minimum: u64,
    /// The least number of votes of a constituency that is shown by itself; not there where each is.
    #[serde(skip_serializing_if = "is_one")]
    pub district_minimum: u64,
}

/// The participants and their votes.
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
    /// Seats, where seats are distributed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<u64>,
    /// If seats are distributed: whether it takes part, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// Its own threshold in percent, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_percent: Option<Decimal>,
    /// How many candidates it has, where that limits its seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<u64>,
    /// The seats that it has beside those that are shared out here.
    #[serde(skip_serializing_if = "is_none")]
    pub seats_won: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_none(seats: &u64) -> bool {
    *seats == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_one(minimum: &u64) -> bool {
    *minimum <= 1
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

impl ScreenResult {
    /// The screen's view of the totals and their outcome.
    pub fn new(
        definition: &ElectionDefinition,
        totals: Totals,
        outcome: ElectionOutcome,
        minimums: Minimums,
    ) -> Self {
        let Totals {
            tally,
            position,
            is_final,
        } = totals;
        let cancelled = definition.cancelled.as_ref().map(|cancelled| cancelled.at);
        let visible = cancelled.is_none() && (is_final || definition.results == Publication::Live);
        let ElectionOutcome {
            votes,
            counted,
            registered,
            outcome,
            ..
        } = outcome;
        let outcome = outcome.ok().filter(|_| visible);
        let seats = outcome.as_ref().and_then(Outcome::seats);
        let standings = outcome.as_ref().and_then(Outcome::standings);
        let candidate = |(index, participant): (usize, &Participant)| Candidate {
            poll_number: participant.poll_number,
            name: participant.name.clone(),
            votes: visible.then_some(votes[index]),
            share: visible.then(|| ratio(votes[index], counted)).flatten(),
            seats: seats.map(|seats| seats[index]),
            standing: standings.map(|standings| standings[index]),
            threshold_percent: participant.threshold_percent,
            candidates: participant.candidates,
            seats_won: participant.seats_won,
        };
        let participants = definition.participants.iter().enumerate();
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
            cancelled,
            position,
            counted_to: tally
                .newest_ms
                .and_then(|ms| Timestamp::from_second(ms.div_euclid(1_000)).ok()),
            registered,
            records: tally.records(),
            counted,
            repeated: tally.repeated,
            withdrawn: Some(tally.withdrawn).filter(|ballots| *ballots > 0),
            finalise: Some(definition.finalise).filter(|it| *it != Finalise::Automatic),
            turnout: registered.and_then(|registered| ratio(counted, registered)),
            candidates: participants.map(candidate).collect(),
            alliances: definition.alliances.clone(),
            outcome,
            lots: definition.lots.clone(),
            // From one result to the next, a constituency may move by few votes.
            districts: constituencies(
                &tally,
                definition,
                visible && (is_final || minimums.are_none()),
                minimums.district,
            ),
            live_minimum: minimums.live,
            district_minimum: minimums.district,
            timeline: Timeline::new(definition, tally.timeline),
            rejected: tally.rejected,
        }
    }
}

impl Timeline {
    /// Of the votes of each slot of an election.
    pub fn new(definition: &ElectionDefinition, ballots: Vec<u64>) -> Self {
        Self {
            from: definition.start.max(definition.created),
            slot_seconds: Slots::of(definition).seconds(),
            ballots,
        }
    }
}

/// Six decimals, for display: nothing is decided by it.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    let millionths =
        (u128::from(part) * 1_000_000 + u128::from(whole) / 2).checked_div(u128::from(whole))?;
    Some(f64::from(u32::try_from(millionths).ok()?) / 1e6)
}

#[cfg(test)]
mod tests {
    use ballot_records::record::District;
    use serde_json::{Value, json};

    use super::*;
    use crate::{PartitionTally, Tally, outcome};

    /// Three candidates; open from seven to eight in the evening.
    fn election(results: &str) -> ElectionDefinition {
        let definition = json!({
            "id": 7, "title": "T", "created": "2026-06-16T18:00:00Z", "start": "2026-06-16T19:00:00Z",
            "end": "2026-06-16T20:00:00Z", "individual": false, "results": results,
            "rules": {"method": "dhondt", "seats": 3, "tie": "ballot_order"},
            "participants": [{"poll_number": 1, "name": "A"}, {"poll_number": 2, "name": "B"}, {"poll_number": 3, "name": "C"}],
        });
        serde_json::from_value(definition).unwrap()
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
            log: None,
        }
    }

    fn result(results: &str, tallies: &[PartitionTally]) -> Value {
        result_with(results, tallies, Minimums::NONE)
    }

    fn result_with(results: &str, tallies: &[PartitionTally], minimums: Minimums) -> Value {
        let (definition, totals) = (election(results), Totals::of(tallies, 2));
        let outcome = outcome(&definition, &totals.tally, None);
        let result = ScreenResult::new(&definition, totals, outcome, minimums);
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
    fn constituencies_of_few_votes_are_shown_together() {
        let votes: Vec<_> = [(1, 5), (2, 1), (3, 9), (4, 2)]
            .into_iter()
            .flat_map(|(district, votes)| vec![(district, 1, 0); votes])
            .collect();
        let minimums = |district| Minimums { live: 1, district };
        let tallies = [partition(0, &votes, true), partition(1, &[], true)];
        let shown = result_with("live", &tallies, minimums(3));
        assert_eq!(shown["district_minimum"], 3);
        let districts = json!([
            {"district": 1, "counted": 5, "votes": [5, 0, 0]},
            {"district": 2, "with": [4], "counted": 3, "votes": [3, 0, 0]},
            {"district": 3, "counted": 9, "votes": [9, 0, 0]},
        ]);
        assert_eq!(shown["districts"], districts);
        // What few have left over would follow from the whole: the next smallest joins them.
        let shown = result_with("live", &tallies, minimums(4));
        let districts = json!([
            {"district": 1, "with": [2, 4], "counted": 8, "votes": [8, 0, 0]},
            {"district": 3, "counted": 9, "votes": [9, 0, 0]},
        ]);
        assert_eq!(shown["districts"], districts);
        let shown = result_with("live", &tallies, minimums(10));
        assert!(shown.get("districts").is_none());
        // Before the end they show their turnout alone.
        let open = [partition(0, &votes, false), partition(1, &[], false)];
        let shown = result_with("live", &open, minimums(3));
        assert_eq!(shown["districts"][0], json!({"district": 1, "counted": 5}));
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
