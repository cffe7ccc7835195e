//! Totals: how often each thing happened.

use std::collections::BTreeMap;

use ballot_records::record::{District, FileId};
use ballot_records::{BallotRecord, ElectionId, PollNumber};
use serde::{Deserialize, Serialize};

/// Why a record was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The bytes are not a record.
    #[serde(rename = "Unreadable record.")]
    Unreadable,
    /// No such election, or not open at the append time, or after the closing marker.
    #[serde(rename = "Election is not open.")]
    NotOpen,
    /// There is an earlier record of the same ballot.
    #[serde(rename = "Duplicate ballot.")]
    Duplicate,
    /// No participant has this poll number.
    #[serde(rename = "Invalid poll number.")]
    InvalidPollNumber,
}

impl Reason {
    /// The published text, as in JSON.
    pub fn text(self) -> &'static str {
        match self {
            Self::Unreadable => "Unreadable record.",
            Self::NotOpen => "Election is not open.",
            Self::Duplicate => "Duplicate ballot.",
            Self::InvalidPollNumber => "Invalid poll number.",
        }
    }
}

/// Records rejected, by reason; only reasons that occurred.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rejected(BTreeMap<Reason, u64>);

impl Rejected {
    /// One more.
    pub fn add(&mut self, reason: Reason) {
        *self.0.entry(reason).or_default() += 1;
    }

    /// One less, which had been added.
    pub fn remove(&mut self, reason: Reason) {
        if let Some(count) = self.0.get_mut(&reason) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&reason);
            }
        }
    }

    /// All reasons together.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// For one reason.
    pub fn of(&self, reason: Reason) -> u64 {
        self.0.get(&reason).copied().unwrap_or_default()
    }

    /// Each reason that occurred, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64)> {
        self.0.iter().map(|(reason, count)| (*reason, *count))
    }

    fn merge(&mut self, other: &Self) {
        for (reason, count) in &other.0 {
            *self.0.entry(*reason).or_default() += count;
        }
    }
}

/// A record that was not counted, as officials may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedBallot {
    /// Its offset in the partition.
    pub offset: i64,
    /// When the log received it, milliseconds since 1970.
    pub time_ms: i64,
    /// Why.
    pub reason: Reason,
    /// The ballot, if it can be read.
    pub ballot: Option<BallotRecord>,
}

/// Totals of one election: of a partition, or of several merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Votes counted, by constituency and poll number; only those that got any.
    #[serde(with = "votes_as_list")]
    pub votes: BTreeMap<(District, PollNumber), u64>,
    /// The same votes by the slot of time in which the log received them ([`Slots`](crate::Slots)), up to
    /// the last slot that has any.
    pub timeline: Vec<u64>,
    /// Records rejected.
    pub rejected: Rejected,
    /// Paper lines sent again.
    pub repeated: u64,
    /// Paper ballots that were counted, or had an invalid poll number, until their file was withdrawn.
    #[serde(default)]
    pub withdrawn: u64,
    /// Append time of the newest record, milliseconds since 1970.
    pub newest_ms: Option<i64>,
    /// Past the closing marker.
    pub closed: bool,
}

impl Tally {
    /// One more vote, received in this slot of time.
    pub fn add_vote(&mut self, district: District, poll_number: PollNumber, slot: usize) {
        *self.votes.entry((district, poll_number)).or_default() += 1;
        if self.timeline.len() <= slot {
            self.timeline.resize(slot + 1, 0);
        }
        self.timeline[slot] += 1;
    }

    /// One vote less, which had been added.
    pub fn remove_vote(&mut self, district: District, poll_number: PollNumber, slot: usize) {
        let place = (district, poll_number);
        if let Some(votes) = self.votes.get_mut(&place) {
            *votes = votes.saturating_sub(1);
            if *votes == 0 {
                self.votes.remove(&place);
            }
        }
        if let Some(votes) = self.timeline.get_mut(slot) {
            *votes = votes.saturating_sub(1);
        }
        while self.timeline.last() == Some(&0) {
            self.timeline.pop();
        }
    }

    /// Votes counted.
    pub fn counted(&self) -> u64 {
        self.votes.values().sum()
    }

    /// Records that belong to the election: counted + rejected + repeated + withdrawn.
    pub fn records(&self) -> u64 {
        self.counted() + self.rejected.total() + self.repeated + self.withdrawn
    }

    /// Votes for one participant, all constituencies together.
    pub fn votes_for(&self, poll_number: PollNumber) -> u64 {
        let mine = self
            .votes
            .iter()
            .filter(|((_, number), _)| *number == poll_number);
        mine.map(|(_, votes)| votes).sum()
    }

    /// Adds another partition. Closed only if both are.
    pub fn merge(&mut self, other: &Self) {
        for (place, votes) in &other.votes {
            *self.votes.entry(*place).or_default() += votes;
        }
        if self.timeline.len() < other.timeline.len() {
            self.timeline.resize(other.timeline.len(), 0);
        }
        for (votes, more) in self.timeline.iter_mut().zip(&other.timeline) {
            *votes += more;
        }
        self.rejected.merge(&other.rejected);
        self.repeated += other.repeated;
        self.withdrawn += other.withdrawn;
        self.newest_ms = self.newest_ms.max(other.newest_ms);
        self.closed &= other.closed;
    }
}

/// "Partition p, as of offset n, is this": that stays true, so it may be written any number of times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionTally {
    /// The election.
    pub election: ElectionId,
    /// The partition of the ballot box.
    pub partition: i32,
    /// Offset of the first record that is not included.
    pub offset: i64,
    /// The totals.
    pub tally: Tally,
    /// Once the partition is closed: the records that the totals are based on.
    pub log: Option<ClosedLog>,
}

/// What became of the lines of an official's file, as far as one partition, or several, have counted: each line once,
/// however often it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileLines {
    /// New ballots, which count.
    pub ballots: u64,
    /// Ballots that an earlier file of the same official has as well, with the same choice.
    pub repeated: u64,
    /// Ballots that were seen before.
    pub duplicates: u64,
    /// New ballots whose poll number no participant has.
    pub invalid_poll_numbers: u64,
}

/// What one partition has counted of an official's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileTally {
    /// The election.
    pub election: ElectionId,
    /// The file.
    pub file: FileId,
    /// What became of its lines.
    pub lines: FileLines,
}

/// The records of a partition up to a closing marker: anyone with a copy of the log can prove that it is that log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedLog {
    /// Offset of the first record after the marker.
    pub end: i64,
    /// In hex, the SHA-256 of these records: of each one its offset and append time (milliseconds since 1970, 8 bytes
    /// each), the length of its value (4 bytes), all big-endian, and its value.
    pub sha256: String,
}

impl ClosedLog {
    /// The records below `end`, which have this hash.
    pub fn new(end: i64, sha256: [u8; 32]) -> Self {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16);
        let digits = |byte: u8| [digit(byte >> 4), digit(byte & 15)];
        let sha256 = sha256.into_iter().flat_map(digits).flatten().collect();
        Self { end, sha256 }
    }
}

/// The sum of the partitions; closed only if all of them are.
pub fn merge(tallies: &[PartitionTally]) -> Tally {
    let mut merged = Tally {
        closed: !tallies.is_empty(),
        ..Tally::default()
    };
    for partition in tallies {
        merged.merge(&partition.tally);
    }
    merged
}

/// All partitions of the ballot box together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Their sum.
    pub tally: Tally,
    /// The sum of their offsets: grows with every change.
    pub position: i64,
    /// Every partition is past its closing marker: nothing that decides the election can change any more.
    pub is_final: bool,
}

impl Totals {
    /// Of a cancelled election, which has no result: nothing but the position.
    #[must_use]
    pub fn without_result(self) -> Self {
        Self {
            tally: Tally::default(),
            is_final: false,
            ..self
        }
    }

    /// Adds up the partitions. The ballot box has `partitions` of them; those without a tally are empty.
    pub fn of(tallies: &[PartitionTally], partitions: usize) -> Self {
        let tally = merge(tallies);
        Self {
            position: tallies.iter().map(|tally| tally.offset).sum(),
            is_final: tally.closed && tallies.len() >= partitions,
            tally,
        }
    }
}

/// JSON has no pairs as keys, so this is a list of `[district, poll number, votes]`.
mod votes_as_list {
    use std::collections::BTreeMap;

    use ballot_records::PollNumber;
    use ballot_records::record::District;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        votes: &BTreeMap<(District, PollNumber), u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            votes
                .iter()
                .map(|((district, number), votes)| (district, number, votes)),
        )
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<(District, PollNumber), u64>, D::Error> {
        let list = Vec::<(District, PollNumber, u64)>::deserialize(deserializer)?;
        Ok(list
            .into_iter()
            .map(|(district, number, votes)| ((district, number), votes))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_the_same_in_json_and_in_words() {
        for reason in [
            Reason::Unreadable,
            Reason::NotOpen,
            Reason::Duplicate,
            Reason::InvalidPollNumber,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.text());
        }
    }
}
