//! The official result: what is certified, and hashed.

use std::collections::BTreeMap;

use ballot_records::{ElectionDefinition, ElectionId, PollNumber};
use electoral_rules::{ListTerms, Outcome, Rules};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ClosedLog, ElectionOutcome, PartitionTally, Reason, Tally};

/// The result of an election. Once every partition is past its closing marker, nothing in here changes any
/// more, however many records come later. So it includes only rejections that cannot occur after a marker.
///
/// Its canonical JSON is hashed and kept forever: fields are neither added nor renamed without a new `v`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfficialResult {
    /// The form of what follows: 1, or 2 with its log; 3 where the definition is of version 2, with the fields that only
    /// such elections have.
    pub v: u32,
    /// The election.
    pub election: ElectionId,
    /// What the pages call it.
    pub title: String,
    /// True if the candidates are persons.
    pub individual: bool,
    /// When it was defined.
    pub created: Timestamp,
    /// First moment at which votes counted.
    pub start: Timestamp,
    /// First moment at which votes no longer counted.
    pub end: Timestamp,
    /// How votes became seats or a winner.
    pub rules: Rules,
    /// Votes that count.
    pub counted: u64,
    /// Paper lines sent again.
    pub repeated: u64,
    /// Records of a ballot after its first.
    pub duplicate_ballots: u64,
    /// Ballots with an unknown poll number.
    pub invalid_poll_numbers: u64,
    /// Paper ballots that do not count, as their file was withdrawn; not there where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_ballots: Option<u64>,
    /// In form 3, the electorate that a threshold is a percentage of, as it was known when the result became final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<u64>,
    /// In the order of the ballot paper.
    pub participants: Vec<OfficialParticipant>,
    /// In form 3, the poll numbers of lists that stand together, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alliances: Vec<Vec<PollNumber>>,
    /// Seats or winners, with the ties that mattered; none where the electoral rules refuse the count.
    pub outcome: Option<Outcome>,
    /// From version 2 on, the records that it is based on: by partition, those up to the closing marker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<BTreeMap<i32, ClosedLog>>,
}

/// The result of one participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialParticipant {
    /// Place on the ballot.
    pub poll_number: PollNumber,
    /// The name as on the ballot.
    pub name: String,
    /// Votes counted.
    pub votes: u64,
    /// Seats, where seats are distributed.
    pub seats: Option<u64>,
    /// In form 3, what held for this list, where it was no ordinary one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ListTerms>,
}

impl OfficialResult {
    /// The official view of a tally and its outcome, without its log.
    pub fn new(definition: &ElectionDefinition, tally: &Tally, outcome: ElectionOutcome) -> Self {
        let is_third_form = definition.version() > 1;
        let participant = |index: usize| {
            let participant = &definition.participants[index];
            let terms = Some(participant.terms());
            OfficialParticipant {
                poll_number: participant.poll_number,
                name: participant.name.clone(),
                votes: outcome.votes[index],
                seats: outcome.seats().map(|seats| seats[index]),
                terms: terms.filter(|terms| is_third_form && *terms != ListTerms::default()),
            }
        };
        Self {
            v: if is_third_form { 3 } else { 1 },
            election: definition.id,
            title: definition.title.clone(),
            individual: definition.individual,
            created: definition.created,
            start: definition.start,
            end: definition.end,
            rules: definition.rules.clone(),
            counted: outcome.counted,
            repeated: tally.repeated,
            duplicate_ballots: tally.rejected.of(Reason::Duplicate),
            invalid_poll_numbers: outcome.invalid,
            withdrawn_ballots: Some(tally.withdrawn).filter(|ballots| *ballots > 0),
            registered: outcome
                .registered
                .filter(|_| definition.rules.needs_electorate()),
            participants: (0..outcome.votes.len()).map(participant).collect(),
            alliances: definition.alliances.clone(),
            outcome: outcome.outcome.ok(),
            log: None,
        }
    }

    /// The same with the records that these tallies stand on, where every tally says: what was form 1 is form 2 then.
    #[must_use]
    pub fn with_log(mut self, tallies: &[PartitionTally]) -> Self {
        let log = |tally: &PartitionTally| Some((tally.partition, tally.log.clone()?));
        self.log = tallies.iter().map(log).collect();
        if self.v == 1 && self.log.is_some() {
            self.v = 2;
        }
        self
    }
}
