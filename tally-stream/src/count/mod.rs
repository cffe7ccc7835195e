//! The count: a pure function of the log.
//!
//! A partition's count after offset n depends only on the records before n and on the definitions of elections:
//! no clock, no randomness, no Redis, no order between partitions. So everything here is plain data and plain
//! functions, without I/O.

mod checkpoint;
mod identity;
mod seen;

use std::collections::BTreeMap;
use std::sync::Arc;

use ballot_log::{BallotRecord, Election, ElectionDefinition, ElectionId, Record};
use serde::{Deserialize, Serialize};
use tally::{ClosedLog, Reason, Rejected, RejectedBallot, Slots, Tally};

pub use checkpoint::{CheckpointError, Sightings};
pub use identity::LastRecord;

use identity::RunningHash;
use seen::{Seen, Sight};

/// The count of one partition, up to an offset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionCount {
    next_offset: i64,
    elections: BTreeMap<ElectionId, ElectionCount>,
    /// Records that belong to no election: unreadable, or with an election that did not exist at the time.
    unattributed: Rejected,
    /// Closing markers, obeyed or not.
    markers: u64,
    /// Offsets without a record: where transactions ended, or were aborted.
    gaps: u64,
    last: Option<LastRecord>,
    hash: RunningHash,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ElectionCount {
    tally: Tally,
    seen: Seen,
    slots: Slots,
    closed_log: Option<ClosedLog>,
}

/// A record of the log as Kafka delivers it.
#[derive(Clone, Copy, Debug)]
pub struct LogRecord<'a> {
    /// Its offset in the partition.
    pub offset: i64,
    /// When the log received it, milliseconds since 1970.
    pub time_ms: i64,
    /// Its bytes.
    pub payload: &'a [u8],
}

/// What the count did with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A vote for a participant.
    Counted,
    /// The same paper line sent again, or a ballot repeated in a later file of its official: nothing to report.
    Repeated,
    /// Not counted.
    Rejected(RejectedBallot),
    /// A closing marker.
    Marker,
    /// The record is before this count's offset: it has already been counted.
    Known,
}

impl LogRecord<'_> {
    fn rejected(&self, reason: Reason, ballot: Option<BallotRecord>) -> Verdict {
        Verdict::Rejected(RejectedBallot {
            offset: self.offset,
            time_ms: self.time_ms,
            reason,
            ballot,
        })
    }
}

impl PartitionCount {
    /// The offset of the first record that is not counted yet.
    pub fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// The tally of an election in this partition, as of [`PartitionCount::next_offset`].
    pub fn tally(&self, election: ElectionId) -> Tally {
        let count = self.elections.get(&election);
        let tally = count.map(|count| count.tally.clone()).unwrap_or_default();
        debug_assert_eq!(tally.timeline.iter().sum::<u64>(), tally.counted());
        tally
    }

    /// The tallies of all elections that records of this partition named.
    pub fn tallies(&self) -> impl Iterator<Item = (ElectionId, &Tally)> {
        let elections = self.elections.iter();
        elections.map(|(election, count)| (*election, &count.tally))
    }

    /// The records up to the closing marker of an election, once the marker has been counted.
    pub fn closed_log(&self, election: ElectionId) -> Option<ClosedLog> {
        self.elections.get(&election)?.closed_log.clone()
    }

    /// The last record that was counted.
    pub fn last(&self) -> Option<LastRecord> {
        self.last
    }

    /// The SHA-256 of all records counted; the result contains the one up to a closing marker.
    pub fn sha256(&self) -> [u8; 32] {
        self.hash.sha256()
    }

    /// Offsets below [`PartitionCount::next_offset`] that hold no record: where transactions ended, or were aborted.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// The elections that records of this partition named.
    pub fn elections(&self) -> impl Iterator<Item = ElectionId> {
        self.elections.keys().copied()
    }

    /// Records rejected without belonging to an election, by reason.
    pub fn unattributed(&self) -> &Rejected {
        &self.unattributed
    }

    /// Everything that was counted, rejected, repeated or a marker: the number of records read.
    pub fn records(&self) -> u64 {
        let attributed: u64 = self
            .elections
            .values()
            .map(|count| count.tally.records())
            .sum();
        attributed + self.unattributed.total() + self.markers
    }

    /// Counts the next record; `definition` gives the definition of the election that it names, if
    /// there is one.
    ///
    /// The rules apply in this order: unreadable; election not open; ballot seen; no such poll number;
    /// else counted.
    ///
    /// # Errors
    /// Those of `definition`; then nothing has been counted.
    pub fn apply<E>(
        &mut self,
        record: LogRecord<'_>,
        definition: impl FnOnce(ElectionId) -> Result<Option<Arc<Election>>, E>,
    ) -> Result<Verdict, E> {
        if record.offset < self.next_offset {
            return Ok(Verdict::Known);
        }
        let Ok(content) = Record::decode(record.payload) else {
            self.note(&record);
            self.unattributed.add(Reason::Unreadable);
            return Ok(record.rejected(Reason::Unreadable, None));
        };
        // An election that had not been defined at the append time does not exist for this record: whether its
        // definition has been read by now must make no difference.
        let election =
            definition(content.election())?.filter(|election| election.existed_at(record.time_ms));
        self.note(&record);
        let ballot = match content {
            Record::Close { .. } => {
                self.close(election.as_deref(), &record);
                return Ok(Verdict::Marker);
            }
            Record::Ballot(ballot) => ballot,
        };
        let Some(election) = election else {
            self.unattributed.add(Reason::NotOpen);
            return Ok(record.rejected(Reason::NotOpen, Some(ballot)));
        };
        let count = self.election(&election);
        Ok(match count.judge(&ballot, &election, record.time_ms) {
            Ok(verdict) => verdict,
            Err(reason) => record.rejected(reason, Some(ballot)),
        })
    }

    /// Moves past a record.
    fn note(&mut self, record: &LogRecord<'_>) {
        self.gaps += record.offset.abs_diff(self.next_offset);
        self.next_offset = record.offset + 1;
        self.last = Some(LastRecord::of(record));
        self.hash.add(record);
    }

    /// A marker from before the end closes nothing: a vote whose voter was told that it was in time may still follow.
    fn close(&mut self, election: Option<&Election>, record: &LogRecord<'_>) {
        self.markers += 1;
        if let Some(election) = election.filter(|election| election.has_ended_at(record.time_ms)) {
            let log = ClosedLog::new(self.next_offset, self.hash.sha256());
            let count = self.election(election);
            count.tally.closed = true;
            // No later record can count, so the ballots seen before are no longer needed.
            count.seen = Seen::default();
            count.closed_log.get_or_insert(log);
        }
    }

    fn election(&mut self, election: &Election) -> &mut ElectionCount {
        let definition = election.definition();
        let count = self.elections.entry(definition.id);
        count.or_insert_with(|| ElectionCount::new(definition))
    }
}

impl ElectionCount {
    fn new(definition: &ElectionDefinition) -> Self {
        Self {
            tally: Tally::default(),
            seen: Seen::default(),
            slots: Slots::of(definition),
            closed_log: None,
        }
    }

    fn judge(
        &mut self,
        ballot: &BallotRecord,
        election: &Election,
        time_ms: i64,
    ) -> Result<Verdict, Reason> {
        self.tally.newest_ms = self.tally.newest_ms.max(Some(time_ms));
        let judged = self.judge_open(ballot, election, time_ms);
        match &judged {
            Ok(Verdict::Repeated) => self.tally.repeated += 1,
            Ok(_) => {}
            Err(reason) => self.tally.rejected.add(*reason),
        }
        judged
    }

    fn judge_open(
        &mut self,
        ballot: &BallotRecord,
        election: &Election,
        time_ms: i64,
    ) -> Result<Verdict, Reason> {
        if self.tally.closed || !election.is_open_at(time_ms) {
            return Err(Reason::NotOpen);
        }
        match self.seen.see(ballot.ballot, ballot.choice) {
            Sight::Repeated => return Ok(Verdict::Repeated),
            Sight::Duplicate => return Err(Reason::Duplicate),
            Sight::First => {}
        }
        let poll_number = election
            .poll_number(ballot.choice)
            .ok_or(Reason::InvalidPollNumber)?;
        let slot = self.slots.at(time_ms);
        self.tally.add_vote(ballot.district, poll_number, slot);
        Ok(Verdict::Counted)
    }
}

#[cfg(test)]
mod tests;
