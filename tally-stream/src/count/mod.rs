//! The count: a pure function of the log.
//!
//! A partition's count after offset n depends only on the records before n and on the definitions of elections: no clock,
//! no randomness, no Redis, no order between partitions. So everything here is plain data and functions, without I/O.

mod checkpoint;
mod identity;
mod papers;
mod seen;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ballot_log::record::Withdrawal;
use ballot_log::{Ballot, BallotRecord, Election, ElectionDefinition, ElectionId, Record};
use serde::{Deserialize, Serialize};
use tally::{ClosedLog, FileTally, Reason, Rejected, RejectedBallot, Slots, Tally};
use uuid::Uuid;

pub use checkpoint::{CheckpointError, Sightings};
pub use identity::LastRecord;

use identity::RunningHash;
use papers::{Sight, Vote};
use seen::Seen;

/// The count of one partition, up to an offset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionCount {
    next_offset: i64,
    elections: BTreeMap<ElectionId, ElectionCount>,
    /// Records that belong to no election: unreadable, or with an election that did not exist at the time.
    unattributed: Rejected,
    /// Closing markers and withdrawals, obeyed or not.
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
    /// The withdrawals that were obeyed, by number.
    withdrawals: BTreeSet<u32>,
    /// What there was to know of files when the partition was closed, until it is taken.
    #[serde(skip)]
    last_files: LastFiles,
}

/// Whether they have been taken makes no difference to a count.
#[derive(Clone, Debug, Default)]
struct LastFiles(Vec<FileTally>);

impl PartialEq for LastFiles {
    fn eq(&self, _: &Self) -> bool {
        true
    }
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
    /// The withdrawal of a file.
    Withdrawn(FreedBallots),
    /// The record lies before this count's offset: it has been counted already.
    Known,
}

/// Ballots that are not invalid any more, as their file was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreedBallots {
    /// The election.
    pub election: ElectionId,
    /// Where the withdrawal lies in its partition.
    pub offset: i64,
    /// Those whose poll number no participant has.
    pub invalid: BTreeSet<Uuid>,
}

impl FreedBallots {
    /// Whether the withdrawal takes this rejection back.
    pub fn cover(&self, rejected: &RejectedBallot) -> bool {
        let is_freed = |ballot: &BallotRecord| {
            let freed = |guid| self.invalid.contains(&guid);
            ballot.election == self.election
                && matches!(ballot.ballot, Ballot::Paper(guid, _) if freed(guid))
        };
        rejected.reason == Reason::InvalidPollNumber
            && rejected.offset < self.offset
            && rejected.ballot.as_ref().is_some_and(is_freed)
    }
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
            Record::Withdrawal(withdrawal) => {
                let election = election.filter(|election| election.knows_withdrawals());
                return Ok(self.withdraw(election.as_deref(), withdrawal, &record));
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
            count.last_files.0 = count.take_files(election.definition().id);
            // Nothing that comes later can count, so nothing needs to know who came before.
            count.seen = Seen::default();
            count.closed_log.get_or_insert(log);
        }
    }

    /// An election that knows of no withdrawals is counted as programs that knew of none counted it.
    fn withdraw(
        &mut self,
        election: Option<&Election>,
        withdrawal: Withdrawal,
        record: &LogRecord<'_>,
    ) -> Verdict {
        let Some(election) = election else {
            self.unattributed.add(Reason::Unreadable);
            return record.rejected(Reason::Unreadable, None);
        };
        self.markers += 1;
        let invalid = self.election(election).withdraw(withdrawal);
        Verdict::Withdrawn(FreedBallots {
            election: withdrawal.election,
            offset: record.offset,
            invalid,
        })
    }

    /// What became of the lines of files, where more is known since this was last called.
    pub fn take_files(&mut self) -> Vec<FileTally> {
        let elections = self.elections.iter_mut();
        elections
            .flat_map(|(election, count)| count.take_files(*election))
            .collect()
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
            withdrawals: BTreeSet::new(),
            last_files: LastFiles::default(),
        }
    }

    fn take_files(&mut self, election: ElectionId) -> Vec<FileTally> {
        let mut files = std::mem::take(&mut self.last_files.0);
        let changed = self.seen.take_files().into_iter();
        files.extend(changed.map(|(file, lines)| FileTally {
            election,
            file,
            lines,
        }));
        files
    }

    /// Takes a file's ballots back, once; returns those whose poll number nobody has. After the closing marker nothing
    /// changes any more.
    fn withdraw(&mut self, withdrawal: Withdrawal) -> BTreeSet<Uuid> {
        if self.tally.closed || !self.withdrawals.insert(withdrawal.number) {
            return BTreeSet::new();
        }
        let mut invalid = BTreeSet::new();
        for freed in self.seen.withdraw(withdrawal.file) {
            self.tally.withdrawn += 1;
            match freed.place {
                Some(vote) => self.remove(vote),
                None => self.tally.rejected.remove(Reason::InvalidPollNumber),
            }
            match freed.next_place() {
                Some(place) => {
                    self.tally.repeated -= 1;
                    match place {
                        Some(vote) => self.add(vote),
                        None => self.tally.rejected.add(Reason::InvalidPollNumber),
                    }
                }
                None if freed.place.is_none() => {
                    invalid.insert(freed.guid);
                }
                None => {}
            }
        }
        invalid
    }

    fn add(&mut self, vote: Vote) {
        let slot = usize::from(vote.slot);
        self.tally.add_vote(vote.district, vote.poll_number, slot);
    }

    fn remove(&mut self, vote: Vote) {
        let slot = usize::from(vote.slot);
        self.tally
            .remove_vote(vote.district, vote.poll_number, slot);
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
        let poll_number = election.poll_number(ballot.choice);
        let place = poll_number.map(|poll_number| Vote {
            district: ballot.district,
            poll_number,
            slot: self.slots.at(time_ms),
        });
        match self.seen.see(ballot.ballot, ballot.choice, place) {
            Sight::Repeated => return Ok(Verdict::Repeated),
            Sight::Duplicate => return Err(Reason::Duplicate),
            Sight::First => {}
        }
        self.add(place.ok_or(Reason::InvalidPollNumber)?);
        Ok(Verdict::Counted)
    }
}

#[cfg(test)]
mod tests;
