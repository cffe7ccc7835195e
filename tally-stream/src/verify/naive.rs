//! The rules of the count once more, as plainly as possible: what [`crate::count`] is compared with, by its tests on
//! invented logs and by `verify` on the real one. Nothing of it is used here, and nothing here is stored.

use std::collections::{HashMap, HashSet};

use ballot_log::ElectionDefinition;
use sha2::{Digest, Sha256};
use tally::{ClosedLog, PartitionTally, Reason, Slots, Tally};
use uuid::Uuid;

use super::fields::{self, BallotSaid, Line, Said};

/// One election in one partition, from its first record on.
pub(crate) struct NaiveCount {
    definition: ElectionDefinition,
    next_offset: i64,
    sha256: Sha256,
    tally: Tally,
    serials: HashSet<u32>,
    papers: HashMap<Uuid, Vec<Seen>>,
    log: Option<ClosedLog>,
}

/// A line that named a paper ballot, and what came of it.
#[derive(Clone, Copy)]
struct Seen {
    line: Line,
    choice: u64,
    was: Was,
}

#[derive(Clone, Copy, PartialEq)]
enum Was {
    /// The ballot.
    First,
    /// The ballot again, in a later file of the same official.
    Repeat,
    /// Another ballot with the same identity.
    Duplicate,
    /// A line that has been seen.
    SentAgain,
}

impl NaiveCount {
    /// Of no record yet.
    pub(crate) fn new(definition: ElectionDefinition) -> Self {
        Self {
            definition,
            next_offset: 0,
            sha256: Sha256::new(),
            tally: Tally::default(),
            serials: HashSet::new(),
            papers: HashMap::new(),
            log: None,
        }
    }

    /// The offset behind the last record.
    pub(crate) fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// What came of the records so far.
    pub(crate) fn tally(&self, partition: i32) -> PartitionTally {
        PartitionTally {
            election: self.definition.id,
            partition,
            offset: self.next_offset,
            tally: self.tally.clone(),
            log: self.log.clone(),
        }
    }

    /// The next record; its time is in milliseconds since 1970.
    pub(crate) fn add(&mut self, offset: i64, time_ms: i64, payload: &[u8]) {
        self.next_offset = offset + 1;
        self.sha256.update(offset.to_be_bytes());
        self.sha256.update(time_ms.to_be_bytes());
        let length = i32::try_from(payload.len()).unwrap_or(i32::MAX);
        self.sha256.update(length.to_be_bytes());
        self.sha256.update(payload);
        let moment = i128::from(time_ms) * 1_000_000;
        match fields::read(payload) {
            Said::Close { election } if election == self.definition.id => self.close(moment),
            Said::Ballot {
                election,
                ballot,
                choice,
                district,
            } if election == self.definition.id
                && self.definition.created.as_nanosecond() <= moment =>
            {
                self.tally.newest_ms = self.tally.newest_ms.max(Some(time_ms));
                self.judge(ballot, choice, district, moment);
            }
            _ => {}
        }
    }

    fn close(&mut self, moment: i128) {
        if self.definition.end.as_nanosecond() <= moment && !self.tally.closed {
            self.tally.closed = true;
            let sha256 = self.sha256.clone().finalize();
            self.log = Some(ClosedLog::new(self.next_offset, sha256.into()));
        }
    }

    fn judge(&mut self, ballot: BallotSaid, choice: u64, district: u16, moment: i128) {
        let opens = self.definition.start.max(self.definition.created);
        let is_open =
            opens.as_nanosecond() <= moment && moment < self.definition.end.as_nanosecond();
        if self.tally.closed || !is_open {
            self.tally.rejected.add(Reason::NotOpen);
            return;
        }
        let was = match ballot {
            BallotSaid::Serial(serial) if self.serials.insert(serial) => Was::First,
            BallotSaid::Serial(_) => Was::Duplicate,
            BallotSaid::Paper(guid, line) => {
                let before = self.papers.entry(guid).or_default();
                let was = was(before, line, choice);
                if was != Was::SentAgain {
                    before.push(Seen { line, choice, was });
                }
                was
            }
        };
        match was {
            Was::Repeat | Was::SentAgain => self.tally.repeated += 1,
            Was::Duplicate => self.tally.rejected.add(Reason::Duplicate),
            Was::First => {
                let participants = &self.definition.participants;
                let chosen = participants
                    .iter()
                    .find(|participant| u64::from(participant.poll_number) == choice);
                let Some(chosen) = chosen else {
                    self.tally.rejected.add(Reason::InvalidPollNumber);
                    return;
                };
                let since_ms = moment / 1_000_000 - i128::from(opens.as_millisecond());
                let slot = since_ms / 1_000 / i128::from(Slots::of(&self.definition).seconds());
                let slot = usize::try_from(slot).unwrap_or_default();
                self.tally.add_vote(district, chosen.poll_number, slot);
            }
        }
    }
}

/// What a line is that names a paper ballot which these lines have named before.
fn was(before: &[Seen], line: Line, choice: u64) -> Was {
    let Some(first) = before.first() else {
        return Was::First;
    };
    let is_known = |seen: &Seen| seen.line == line && seen.was != Was::Repeat;
    if before.iter().any(is_known) {
        return Was::SentAgain;
    }
    if line.official != first.line.official || line.file == first.line.file {
        return Was::Duplicate;
    }
    let last_repeat = before.iter().rfind(|seen| seen.was == Was::Repeat);
    let is_second_of_its_file =
        |seen: &Seen| seen.line.file == line.file && seen.line.number != line.number;
    if choice != first.choice || last_repeat.is_some_and(is_second_of_its_file) {
        return Was::Duplicate;
    }
    Was::Repeat
}
